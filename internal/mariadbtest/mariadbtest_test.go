package mariadbtest

import (
	"net/url"
	"strings"
	"testing"
)

// Databases are empty, apart from each other and gone afterwards.
func TestNew(t *testing.T) {
	var urls [2]string
	t.Run("in use", func(t *testing.T) {
		for i := range urls {
			urls[i] = New(t)
			if err := run(must(t, urls[i]), "CREATE TABLE "+database(t, urls[i])+".calls (id INT)"); err != nil {
				t.Error(err)
			}
		}
	})
	for _, u := range urls {
		err := run(must(t, u), "USE "+database(t, u))
		if err == nil || !strings.Contains(err.Error(), "Unknown database") {
			t.Errorf("%s still exists: %v", u, err)
		}
	}
}

func must(t *testing.T, text string) *url.URL {
	t.Helper()
	u, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return u
}

func database(t *testing.T, text string) string { return strings.TrimPrefix(must(t, text).Path, "/") }
