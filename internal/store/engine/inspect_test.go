package engine

import (
	"context"
	"crypto/tls"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/go-sql-driver/mysql"
	"github.com/jackc/pgx/v5/pgconn"

	"redial/internal/mariadbtest"
	"redial/internal/pgtest"
)

func newFile(t testing.TB) string { return "sqlite:" + filepath.Join(t.TempDir(), "redial.db") }

// opened opens a database, writes something there, and leaves it open.
func opened(t testing.TB, url string) Engine {
	t.Helper()
	e, err := Open(t.Context(), url, Options{})
	if err == nil {
		err = e.Write(t.Context(), func(x *Tx) error {
			return x.Read(Statement{SQL: "CREATE TABLE IF NOT EXISTS things (id TEXT PRIMARY KEY)"})
		})
	}
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func inspect(t *testing.T, url string) *Inspection {
	t.Helper()
	i, e, err := Inspect(t.Context(), url)
	if err == nil && e != nil {
		err = e.Close()
	}
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

// Inspect reports a disk that is full, on the network or in memory, and a user who may not write.
func TestWhatADiskLacks(t *testing.T) {
	url := newFile(t)
	if err := opened(t, url).Close(); err != nil {
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

// Errors of the whole database are told from those of a statement, and from faults.
func TestADatabaseThatIsAwayIsKnown(t *testing.T) {
	_, _, refused := Inspect(t.Context(), "postgres://u:hush@127.0.0.1:1/x")
	ctx, cancel := context.WithTimeout(t.Context(), 0)
	defer cancel()
	for want, errs := range map[bool][]error{
		true: {
			refused, ctx.Err(), io.ErrUnexpectedEOF, driver.ErrBadConn,
			&net.OpError{Op: "read", Err: syscall.ECONNRESET},
			&pgconn.PgError{Code: "57P01", SeverityUnlocalized: "FATAL"}, &pgconn.PgError{Code: "57P03"},
			&pgconn.PgError{Code: "53300"}, &pgconn.PgError{Code: "53100"}, &pgconn.PgError{Code: "25006"},
			fmt.Errorf("%w: %w", ErrUnclear, io.ErrUnexpectedEOF),
			ofMySQL(4031, "HY000"), ofMySQL(3032, "HY000"), ofMySQL(1040, "08004"),
			ofMySQL(1290, "HY000"), ofMySQL(1874, "HY000"),
			ofMySQL(1205, "HY000"), ofMySQL(3572, "HY000"), &pgconn.PgError{Code: "55P03"}, // locked for long
		},
		false: {
			ofMySQL(1213, "40001"), ofMySQL(1062, "23000"), ofMySQL(1153, "08S01"),
			errors.New("a fault"), ErrUnclear, context.Canceled, &pgconn.PgError{Code: "23505"},
			&pgconn.PgError{Code: "42P01"}, &pgconn.PgError{Code: "40001"}, &pgconn.PgError{Code: "XX000"},
		},
	} {
		for _, err := range errs {
			if Away(fmt.Errorf("doing something: %w", err)) != want {
				t.Errorf("%v: not %t", err, want)
			}
		}
	}
}

func ofMySQL(number uint16, state string) error {
	return &mysql.MySQLError{Number: number, SQLState: [5]byte([]byte(state))}
}

// For a database that can't be opened, Trouble says why, and what to do.
func TestTroublesAreExplained(t *testing.T) {
	for says, err := range map[string]error{
		"does not take this user":   &pgconn.PgError{Code: "28P01"},
		"no such database":          &pgconn.PgError{Code: "3D000"},
		"no connection left":        &pgconn.PgError{Code: "53300"},
		"is starting":               &pgconn.PgError{Code: "57P03"},
		"there is no host db.local": &net.DNSError{Name: "db.local", IsNotFound: true},
		"name server":               &net.DNSError{Name: "db.local", IsTimeout: true},
		"no database listens":       syscall.ECONNREFUSED,
		"does not answer":           context.DeadlineExceeded,
		"standby":                   errors.New("read only connection"),
		"may not read":              fs.ErrPermission,
		"mounted read-only":         syscall.EROFS,
		"one of the parameters":     &pgconn.PgError{Code: "42704"},
		"certificate can't be":      &tls.CertificateVerificationError{Err: errors.New("signed by nobody")},
		"speaks no TLS":             mysql.ErrNoTLS,
		"without TLS":               ofMySQL(3159, "HY000"),
		"has expired":               ofMySQL(1862, "HY000"),
		"has locked":                ofMySQL(3118, "HY000"),
		"is offline":                ofMySQL(3032, "HY000"),
		"lets nobody in":            ofMySQL(1129, "HY000"),
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
	noSuch, err := url.Parse(mariadbtest.New(t))
	if err != nil {
		t.Fatal(err)
	}
	stranger := *noSuch
	noSuch.Path, stranger.User = "/no_such_database", url.UserPassword("nobody", "hush")
	for url, says := range map[string]string{
		"sqlite:" + garbage:                    "the file is no database",
		"sqlite:" + filepath.Dir(garbage):      "that is a folder",
		"sqlite:/nowhere/at/all/x.db":          "the folder of the database is not there",
		"postgres://u:hush@127.0.0.1:1/x":      "no database listens there",
		"mysql://u:hush@127.0.0.1:1/x":         "no database listens there",
		"mysql://u:hush@h/x?socket=/nowhere":   "no database listens there",
		"mysql://u:hush@nowhere.invalid/x":     "nowhere.invalid",
		noSuch.String():                        "there is no such database",
		stranger.String():                      "does not take this user",
		strings.Replace(missing, "?", "x?", 1): "there is no such database",
	} {
		_, _, err := Inspect(t.Context(), url)
		what, fix := Trouble(err)
		if err == nil || !strings.Contains(what, says) || fix == "" || strings.Contains(err.Error()+what+fix, "hush") {
			t.Errorf("%s: %v, %q, %q, want %q", url, err, what, fix, says)
		}
	}
	if what, _ := Trouble(errors.New("something else")); what != "" {
		t.Errorf("of what it does not know: %q", what)
	}
}
