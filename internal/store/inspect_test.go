package store

import (
	"context"
	neturl "net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"redial/internal/mariadbtest"
	"redial/internal/pgtest"
	"redial/internal/store/engine"
)

func inspect(t *testing.T, url string) *Inspection {
	t.Helper()
	i, err := Inspect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

// has says whether one of the ills contains these words.
func (i *Inspection) has(what string) bool {
	for _, ill := range i.Ills {
		if strings.Contains(ill.What, what) && ill.Fix != "" {
			return true
		}
	}
	return false
}

// Looking at a database creates nothing, whether there is one or not, and whether a process has it open or not.
func TestToLookMakesNothing(t *testing.T) {
	folder := t.TempDir()
	url := "sqlite:" + filepath.Join(folder, "redial.db")
	files := func() (names []string) {
		list, err := os.ReadDir(folder)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range list {
			names = append(names, f.Name())
		}
		return names
	}
	if i := inspect(t, url); !i.New || i.Schema != 0 || len(files()) != 0 || i.Free == 0 {
		t.Errorf("of none: %+v, and there is %q", i, files())
	}
	s, err := Open(t.Context(), url, Options{Migrate: true})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Inspect(t.Context(), url); err == nil { // that would drop the locks of s
		t.Error("a database is opened twice in a process")
	}
	if i, err := s.Inspect(t.Context()); err != nil || i.Schema != i.Newest || i.Pending != 0 || i.Free == 0 {
		t.Errorf("of one that is open: %+v, %v", i, err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	before := files()
	grave := func(ill engine.Ill) bool { return ill.Grave }
	if i := inspect(t, url); i.New || i.Schema != i.Newest || i.Pending != 0 || i.InUse ||
		slices.ContainsFunc(i.Ills, grave) || !strings.HasPrefix(i.Engine, "SQLite 3.") {
		t.Errorf("of one that is closed: %+v", i)
	}
	equal(t, files(), before)
}

// The schema may be older or newer than the binary.
func TestSchemasOfOtherVersions(t *testing.T) {
	for _, b := range []backend{backends[0], backends[1], backends[3]} {
		t.Run(b.name, func(t *testing.T) {
			url := b.url(t)
			if i := inspect(t, url); i.Schema != 0 || !i.New && i.Pending == 0 {
				t.Errorf("of an empty one: %+v", i)
			}
			s, err := Open(t.Context(), url, Options{Migrate: true})
			if err != nil {
				t.Fatal(err)
			}
			newest := count(t, s, "SELECT max(version_id) FROM goose_db_version")
			run(t, s, "DELETE FROM goose_db_version WHERE version_id = $1", newest)
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			if i := inspect(t, url); i.Schema >= i.Newest || i.Pending != 1 {
				t.Errorf("of an older one: %+v", i)
			}
			if s, err = Open(t.Context(), url, Options{}); err != nil {
				t.Fatal(err)
			}
			applied := map[bool]string{true: "true", false: "1"}[b.shared]
			run(t, s, "INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, "+applied+")")
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			if i := inspect(t, url); i.Schema != 99999 {
				t.Errorf("of a newer one: %+v", i)
			}
		})
	}
}

// Inspect looks at a server of MariaDB as at one of PostgreSQL: at its clock, the schema, what is stored, and which
// tables redial's user may write.
func TestWhatMariaDBHas(t *testing.T) {
	url := mariadbtest.New(t)
	s, err := Open(t.Context(), url, Options{Migrate: true})
	if err != nil {
		t.Fatal(err)
	}
	endpoint(t, s, "all", "*")
	i := inspect(t, url)
	if !strings.HasPrefix(i.Engine, "MariaDB 1") && !strings.HasPrefix(i.Engine, "MySQL ") {
		t.Errorf("it is %q", i.Engine)
	}
	if i.Ahead.Abs() > time.Second || i.Schema != i.Newest || i.Pending != 0 || len(i.Endpoints) != 1 {
		t.Errorf("%+v", i)
	}
	run(t, s, "INSERT INTO pauses (account, since, code, message, next_check_at) VALUES ('AC', 1, 20003, '', 2)")
	if again, err := s.Inspect(t.Context()); err != nil || len(again.Pauses) != 1 {
		t.Errorf("%+v, %v", again, err)
	}
	as, err := neturl.Parse(url)
	if err != nil {
		t.Fatal(err)
	}
	as.User = neturl.User("looks_at_" + as.Path[len(as.Path)-12:])
	mariadbtest.Exec(t, url, "CREATE USER "+as.User.Username())
	mariadbtest.Exec(t, url, "GRANT SELECT ON "+as.Path[1:]+".* TO "+as.User.Username())
	t.Cleanup(func() {
		mariadbtest.Exec(t, url, "DROP USER "+as.User.Username())
		s.Close()
	})
	if i := inspect(t, as.String()); !i.has("may not do what redial does") {
		t.Errorf("of a user that may only read: %+v", i.Ills)
	}
}

// Inspect reports settings of PostgreSQL that lose calls, and what its role may not do.
func TestWhatPostgreSQLLacks(t *testing.T) {
	url := pgtest.New(t)
	s, err := Open(t.Context(), url, Options{Migrate: true})
	if err != nil {
		t.Fatal(err)
	}
	var name string
	if err := s.engine.Pools().Read.QueryRowContext(t.Context(), "SELECT current_database()").Scan(&name); err != nil {
		t.Fatal(err)
	}
	run(t, s, `ALTER DATABASE "`+name+`" SET synchronous_commit = off`)
	run(t, s, `ALTER DATABASE "`+name+`" SET default_transaction_isolation = 'serializable'`)
	i := inspect(t, url)
	for _, what := range []string{"synchronous_commit is off", "serializable by default"} {
		if !i.has(what) {
			t.Errorf("it is not told that %s: %+v", what, i.Ills)
		}
	}
	if !strings.HasPrefix(i.Engine, "PostgreSQL 1") || i.Ahead.Abs() > time.Second || i.Schema != i.Newest {
		t.Errorf("%+v", i)
	}
	if i := inspect(t, pgtest.Pooled(t, url)); !i.has("a pooler answers") {
		t.Errorf("it is not told that a pooler answers: %+v", i.Ills)
	}
	role := "role_of_" + name
	run(t, s, `CREATE ROLE "`+role+`" LOGIN`)
	t.Cleanup(func() { // the test's own context is over by then
		drop := `DROP OWNED BY "` + role + `"; DROP ROLE "` + role + `"`
		if _, err := s.engine.Pools().Aside.ExecContext(context.Background(), drop); err != nil {
			t.Error(err)
		}
		s.Close()
	})
	run(t, s, `GRANT SELECT ON ALL TABLES IN SCHEMA public TO "`+role+`"`)
	as, err := neturl.Parse(url)
	if err != nil {
		t.Fatal(err)
	}
	as.User = neturl.User(role)
	if i := inspect(t, as.String()); !i.has("may not write the tables") {
		t.Errorf("of a role that may only read: %+v", i.Ills)
	}
}
