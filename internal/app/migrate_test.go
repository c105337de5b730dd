package app

import (
	"net/url"
	"strings"
	"testing"

	"redial/internal/mariadbtest"
)

// A user who lacks a right that migrations take is told which statement gives it.
func TestMigrateWithoutARight(t *testing.T) {
	for _, right := range []string{"CREATE", "INSERT"} {
		database := mariadbtest.New(t)
		u, err := url.Parse(database)
		if err != nil {
			t.Fatal(err)
		}
		user, name := u.User.Username(), strings.TrimPrefix(u.Path, "/")
		mariadbtest.Exec(t, database, "REVOKE "+right+" ON "+name+".* FROM "+user)
		_, err = Migrate(t.Context(), database, false, func(string) {})
		for _, want := range []string{"DATABASE_URL: this user may not do that; GRANT ALL ON the database", right} {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("without %s: %v, want %s", right, err, want)
			}
		}
		mariadbtest.Exec(t, database, "GRANT ALL ON "+name+".* TO "+user)
		if _, err := Migrate(t.Context(), database, false, func(string) {}); err != nil {
			t.Errorf("with all rights: %v", err)
		}
	}
}
