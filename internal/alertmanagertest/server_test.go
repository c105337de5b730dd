package alertmanagertest_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"redial/internal/alertmanagertest"
)

// patience is how long a test waits for what must come.
const patience = time.Minute

// An alert that is posted comes to the receiver, and comes again when it is over; from a pair, too.
func TestAnAlertIsSent(t *testing.T) {
	for name, start := range map[string]func(testing.TB, string) []*alertmanagertest.Server{
		"alone": func(t testing.TB, config string) []*alertmanagertest.Server {
			return []*alertmanagertest.Server{alertmanagertest.New(t, config)}
		},
		"a pair": func(t testing.TB, config string) []*alertmanagertest.Server {
			pair := alertmanagertest.NewPair(t, config)
			return pair[:]
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url, bodies := receiver(t)
			servers := start(t, `
route: {receiver: phone, group_wait: 0s, group_interval: 1s}
receivers: [{name: phone, webhook_configs: [{url: "`+url+`"}]}]`)
			alert := alertmanagertest.Alert{Labels: map[string]string{"alertname": "DiskFull"}, StartsAt: time.Now()}
			for _, s := range servers {
				s.Post(t, alert)
			}
			heard(t, servers[0], bodies, `"status":"firing"`)
			for _, s := range servers {
				s.Post(t, alert.Resolved())
			}
			heard(t, servers[0], bodies, `"status":"resolved"`)
		})
	}
}

// What the servers kept goes with them.
func TestNothingIsLeft(t *testing.T) {
	left := func() (n int) {
		entries, err := os.ReadDir(os.Getenv("TMPDIR"))
		if err != nil {
			t.Fatal(err)
		}
		return len(entries)
	}
	t.Setenv("TMPDIR", t.TempDir())
	t.Run("one that ran", func(t *testing.T) {
		alertmanagertest.New(t, "route: {receiver: nobody}\nreceivers: [{name: nobody}]")
		if left() == 0 {
			t.Error("it keeps nothing")
		}
	})
	if left() > 0 {
		t.Error("something is left")
	}
}

func receiver(t *testing.T) (url string, bodies <-chan string) {
	t.Helper()
	got := make(chan string, 100)
	s := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		got <- string(body)
	}))
	t.Cleanup(s.Close)
	return s.URL, got
}

// heard waits until a body with these words has come.
func heard(t *testing.T, s *alertmanagertest.Server, bodies <-chan string, words string) {
	t.Helper()
	late := time.After(patience)
	for {
		select {
		case body := <-bodies:
			if strings.Contains(body, words) {
				return
			}
		case <-late:
			t.Fatalf("no %s came; Alertmanager wrote:\n%s", words, s.Log())
		}
	}
}

func TestConfigurationsAreChecked(t *testing.T) {
	alertmanagertest.CheckConfig(t, "route: {receiver: nobody}\nreceivers: [{name: nobody}]")
	inner := &noted{TB: t}
	alertmanagertest.CheckConfig(inner, "route: {receiver: somebody}\nreceivers: [{name: nobody}]")
	if !strings.Contains(inner.text, "somebody") {
		t.Errorf("a receiver that does not exist is taken: %s", inner.text)
	}
}

// noted is a test that keeps what is said against it.
type noted struct {
	testing.TB
	text string
}

func (n *noted) Errorf(_ string, args ...any) {
	for _, a := range args {
		if out, ok := a.([]byte); ok {
			n.text += string(out)
		}
	}
}
