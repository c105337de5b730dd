package mariadbtest

import (
	"crypto/rand"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
)

// New returns the URL of a new, empty database, dropped when t ends. Its user may do everything there, and nothing
// elsewhere: no more than redial's user needs. Without a server New fails the test, because a suite that leaves out a
// database proves nothing about it.
func New(t testing.TB) string {
	t.Helper()
	return newOn(t, server)
}

// NewDurable is New on a server that keeps what it has committed, as a real one does. It is there for measuring, and
// for tests that change settings of the server.
func NewDurable(t testing.TB) string {
	t.Helper()
	return newOn(t, durable)
}

func newOn(t testing.TB, server func() (*running, error)) string {
	t.Helper()
	srv, err := server()
	if err != nil {
		t.Fatalf("MariaDB for tests: %v", err)
	}
	database := srv.create(t, strings.ToLower(rand.Text()))
	t.Cleanup(func() {
		u := parsed(t, database)
		if err := run(srv.admin, "DROP DATABASE "+nameIn(u), "DROP USER "+u.User.Username()); err != nil {
			t.Errorf("dropping the test database: %v", err)
		}
	})
	return database
}

// durable is a server of this test binary's own, even if the environment names one. It reads its files past the
// operating system's cache, and has one of its own, with room for what is measured.
var durable = sync.OnceValues(func() (*running, error) {
	return start("--innodb-buffer-pool-size=1G", "--innodb-log-file-size=96M")
})

// DurableCPU is the processor time that the server of NewDurable has used so far.
func DurableCPU(t testing.TB) time.Duration {
	t.Helper()
	srv, err := durable()
	if err != nil {
		t.Fatal(err)
	}
	used, err := srv.script.CPU("pid")
	if err != nil {
		t.Fatal(err)
	}
	return used
}

// server is the one that this test binary uses.
var server = sync.OnceValues(func() (*running, error) {
	text := os.Getenv("REDIAL_TEST_MYSQL_URL")
	if text == "" {
		return start(forgetful...)
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "mysql" {
		// The text may hold a password, and the error of url.Parse would show it.
		return nil, errors.New("REDIAL_TEST_MYSQL_URL is not a mysql:// URL")
	}
	return &running{admin: u}, nil
})

// Exec runs a statement as the administrator of a database's server.
func Exec(t testing.TB, database, text string) {
	t.Helper()
	if err := run(adminOf(t, database), text); err != nil {
		t.Fatal(err)
	}
}

// Ask returns the first column of an answer to the administrator, as text.
func Ask(t testing.TB, database, text string) []string {
	t.Helper()
	return ask(t, adminOf(t, database), text)
}

// Away makes a database unreachable, as if its server were down, and returns a function that brings it back.
func Away(t testing.TB, database string) (back func()) {
	t.Helper()
	user := parsed(t, database).User.Username()
	Exec(t, database, "ALTER USER "+user+" ACCOUNT LOCK")
	const sessions = "SELECT id FROM information_schema.processlist WHERE user = '%s'"
	for {
		ids := Ask(t, database, fmt.Sprintf(sessions, user))
		if len(ids) == 0 {
			return func() { t.Helper(); Exec(t, database, "ALTER USER "+user+" ACCOUNT UNLOCK") }
		}
		for _, id := range ids {
			var is *mysql.MySQLError
			err := run(adminOf(t, database), "KILL "+id)
			if err != nil && (!errors.As(err, &is) || is.Number != noThread) {
				t.Fatal(err)
			}
		}
	}
}

const noThread = 1094 // the session has ended by itself

func adminOf(t testing.TB, database string) *url.URL {
	t.Helper()
	srv, ok := serverOf.Load(nameIn(parsed(t, database)))
	if !ok {
		t.Fatal("no database of New's")
	}
	return srv.(*running).admin
}
