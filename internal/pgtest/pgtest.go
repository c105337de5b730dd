package pgtest

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// adminTimeout bounds creating or dropping one database.
const adminTimeout = time.Minute

// New returns the URL of a new, empty database, dropped when t ends. Parameters of the session can be added to it,
// such as "&default_transaction_isolation=serializable". Without a server New fails the test, because a suite that
// leaves out a database proves nothing about it.
func New(t testing.TB) string {
	t.Helper()
	return newOn(t, server)
}

// NewDurable is New on a server that keeps what it has committed, as a real one does. It is there for measuring.
func NewDurable(t testing.TB) string {
	t.Helper()
	return newOn(t, durable)
}

func newOn(t testing.TB, server func() (*running, error)) string {
	t.Helper()
	srv, err := server()
	if err != nil {
		t.Fatalf("PostgreSQL for tests: %v", err)
	}
	name := "redial_test_" + strings.ToLower(rand.Text())
	// Nobody is ever connected to template0, so several tests can create databases at the same time.
	if err := run(srv.admin, "CREATE DATABASE "+name+" TEMPLATE template0"); err != nil {
		t.Fatalf("creating a test database: %v", err)
	}
	t.Cleanup(func() {
		if err := run(srv.admin, "DROP DATABASE "+name+" WITH (FORCE)"); err != nil {
			t.Errorf("dropping the test database: %v", err)
		}
	})
	return withDatabase(srv.admin, name)
}

// durable is a server of this test binary's own, even if the environment names one.
var durable = sync.OnceValues(func() (*running, error) { return start("") })

// DurableCPU is the processor time that the server of NewDurable has used so far.
func DurableCPU(t testing.TB) time.Duration {
	t.Helper()
	srv, err := durable()
	if err != nil {
		t.Fatal(err)
	}
	used, err := srv.script.CPU("data/postmaster.pid")
	if err != nil {
		t.Fatal(err)
	}
	return used
}

// server is the one that this test binary uses.
var server = sync.OnceValues(func() (*running, error) {
	text := os.Getenv("REDIAL_TEST_DATABASE_URL")
	if text == "" {
		return start(forgetful)
	}
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql" {
		// The text may hold a password, and the error of url.Parse would show it.
		return nil, fmt.Errorf("REDIAL_TEST_DATABASE_URL is not a postgres:// URL")
	}
	return &running{admin: u}, nil
})

func withDatabase(admin *url.URL, name string) string {
	u := *admin
	u.Path = "/" + name
	query := u.Query()
	query.Del("dbname")
	query.Set("application_name", "redial-test") // the URL always has a query, so that callers can add to it
	u.RawQuery = query.Encode()
	return u.String()
}

// run uses a context of its own, because the test's context is already over when the test cleans up.
func run(admin *url.URL, sql string) error {
	ctx, cancel := context.WithTimeout(context.Background(), adminTimeout)
	defer cancel()
	conn, err := pgx.Connect(ctx, admin.String())
	if err != nil {
		return err
	}
	defer conn.Close(ctx)
	_, err = conn.Exec(ctx, sql)
	return err
}

// Away makes a database of New's unreachable, as if its server were down, and returns a function that brings it
// back.
func Away(t testing.TB, database string) (back func()) {
	t.Helper()
	srv, err := server()
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(database)
	if err != nil {
		t.Fatal(err)
	}
	name := strings.TrimPrefix(u.Path, "/")
	allow := func(word string) {
		t.Helper()
		if err := run(srv.admin, "ALTER DATABASE "+name+" ALLOW_CONNECTIONS "+word); err != nil {
			t.Fatal(err)
		}
	}
	allow("false")
	err = run(srv.admin, "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = '"+name+"'")
	if err != nil {
		t.Fatal(err)
	}
	return func() { t.Helper(); allow("true") }
}
