package store

import (
	"context"
	"errors"
	"io/fs"
	"net"
	neturl "net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"redial/internal/pgtest"
)

func inspect(t *testing.T, url string) *Inspection {
	t.Helper()
	i, err := Inspect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	return i
}

// has says whether one of the ills says so.
func (i *Inspection) has(what string) bool {
	for _, ill := range i.Ills {
		if strings.Contains(ill.What, what) && ill.Fix != "" {
			return true
		}
	}
	return false
}

// To look at a database makes nothing, whether there is one, or a process that has it open, or none.
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
	if i := inspect(t, url); i.New || i.Schema != i.Newest || i.Pending != 0 || i.InUse || slices.ContainsFunc(i.Ills, func(ill Ill) bool { return ill.Grave }) || !strings.HasPrefix(i.Engine, "SQLite 3.") {
		t.Errorf("of one that is closed: %+v", i)
	}
	equal(t, files(), before)
}

// The schema may be older than the binary, or newer.
func TestSchemasOfOtherVersions(t *testing.T) {
	for _, b := range backends[:2] {
		t.Run(b.name, func(t *testing.T) {
			url := b.url(t)
			if i := inspect(t, url); i.Schema != 0 || !i.New && i.Pending == 0 {
				t.Errorf("of an empty one: %+v", i)
			}
			s, err := Open(t.Context(), url, Options{Migrate: true})
			if err != nil {
				t.Fatal(err)
			}
			run(t, s, "DELETE FROM goose_db_version WHERE version_id = (SELECT max(version_id) FROM goose_db_version)")
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			if i := inspect(t, url); i.Schema >= i.Newest || i.Pending != 1 {
				t.Errorf("of an older one: %+v", i)
			}
			if s, err = Open(t.Context(), url, Options{}); err != nil {
				t.Fatal(err)
			}
			run(t, s, "INSERT INTO goose_db_version (version_id, is_applied) VALUES (99999, "+map[bool]string{true: "true", false: "1"}[b.shared]+")")
			if err := s.Close(); err != nil {
				t.Fatal(err)
			}
			if i := inspect(t, url); i.Schema != 99999 {
				t.Errorf("of a newer one: %+v", i)
			}
		})
	}
}

// A disk that is full, over the network or in memory, and a user who may not write, are told.
func TestWhatADiskLacks(t *testing.T) {
	url := sqliteFile(t)
	s, err := Open(t.Context(), url, Options{Migrate: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	file := strings.TrimPrefix(url, "sqlite:")
	disk, may := diskOf, writable
	t.Cleanup(func() { diskOf, writable = disk, may })
	for what, on := range map[string]struct {
		free  uint64
		kind  string
		may   bool
		mode  os.FileMode
		says  string
		grave bool
	}{
		"full":       {1 << 20, "", true, 0o600, "full, or nearly so: 1 MB are free", true},
		"nearly":     {100 << 20, "", true, 0o600, "nearly full: 100 MB are free", false},
		"network":    {1 << 40, "network", true, 0o600, "network file system", true},
		"memory":     {1 << 40, "memory", true, 0o600, "tmpfs", false},
		"another's":  {1 << 40, "", false, 0o600, "can't be written by this user", true},
		"for others": {1 << 40, "", true, 0o644, "other users may read", false},
	} {
		t.Run(what, func(t *testing.T) {
			diskOf, writable = func(string) (uint64, string) { return on.free, on.kind }, func(string) bool { return on.may }
			if err := os.Chmod(file, on.mode); err != nil {
				t.Fatal(err)
			}
			i := inspect(t, url)
			if !i.has(on.says) || i.Ills[0].Grave != on.grave {
				t.Errorf("%+v", i.Ills)
			}
		})
	}
	diskOf, writable = disk, func(string) bool { return false }
	if i := inspect(t, "sqlite:"+filepath.Join(t.TempDir(), "x.db")); !i.has("may not write to the folder") {
		t.Errorf("of a folder that can't be written: %+v", i.Ills)
	}
	writable = may
	if err := os.Link(file, file+".hard"); err != nil {
		t.Fatal(err)
	}
	if i := inspect(t, url); !i.has("hard links") {
		t.Errorf("of hard links: %+v", i.Ills)
	}
}

// Settings of PostgreSQL that lose calls are told, and what its role may not do.
func TestWhatPostgreSQLLacks(t *testing.T) {
	url := pgtest.New(t)
	s, err := Open(t.Context(), url, Options{Migrate: true})
	if err != nil {
		t.Fatal(err)
	}
	var name string
	if err := s.read.QueryRowContext(t.Context(), "SELECT current_database()").Scan(&name); err != nil {
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
		if _, err := s.write.ExecContext(context.Background(), `DROP OWNED BY "`+role+`"; DROP ROLE "`+role+`"`); err != nil {
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

// What can't be opened is explained, and how that is mended.
func TestTroublesAreExplained(t *testing.T) {
	for says, err := range map[string]error{
		"does not take this user":   &pgconn.PgError{Code: "28P01"},
		"no such database":          &pgconn.PgError{Code: "3D000"},
		"no connection left":        &pgconn.PgError{Code: "53300"},
		"is starting":               &pgconn.PgError{Code: "57P03"},
		"there is no host db.local": &net.DNSError{Name: "db.local", IsNotFound: true},
		"name server":               &net.DNSError{Name: "db.local", IsTimeout: true},
		"no PostgreSQL listens":     syscall.ECONNREFUSED,
		"does not answer":           context.DeadlineExceeded,
		"standby":                   errors.New("read only connection"),
		"may not read":              fs.ErrPermission,
		"mounted read-only":         syscall.EROFS,
		"one of the parameters":     &pgconn.PgError{Code: "42704"},
	} {
		if what, fix := Trouble(err); !strings.Contains(what, says) || fix == "" {
			t.Errorf("%v: %q, %q, want %q", err, what, fix, says)
		}
	}
	garbage := filepath.Join(t.TempDir(), "x.db")
	if err := os.WriteFile(garbage, []byte(strings.Repeat("no database ", 1000)), private); err != nil {
		t.Fatal(err)
	}
	missing := pgtest.New(t)
	for url, says := range map[string]string{
		"sqlite:" + garbage:                    "the file is no database",
		"sqlite:" + filepath.Dir(garbage):      "that is a folder",
		"sqlite:/nowhere/at/all/x.db":          "the folder of the database is not there",
		"postgres://u:hush@127.0.0.1:1/x":      "no PostgreSQL listens there",
		strings.Replace(missing, "?", "x?", 1): "there is no such database",
	} {
		_, err := Inspect(t.Context(), url)
		what, fix := Trouble(err)
		if err == nil || !strings.Contains(what, says) || fix == "" || strings.Contains(err.Error()+what+fix, "hush") {
			t.Errorf("%s: %v, %q, %q, want %q", url, err, what, fix, says)
		}
	}
	if what, _ := Trouble(errors.New("something else")); what != "" {
		t.Errorf("of what it does not know: %q", what)
	}
}
