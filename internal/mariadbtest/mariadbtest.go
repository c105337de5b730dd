package mariadbtest

import (
	"cmp"
	"context"
	"crypto/rand"
	"database/sql"
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

// adminTimeout bounds creating or dropping one database.
const adminTimeout = time.Minute

// New returns the URL of a new, empty database, dropped when t ends. Without a server New fails the test, because a
// suite that leaves out a database proves nothing about it.
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
		t.Fatalf("MariaDB for tests: %v", err)
	}
	name := "redial_test_" + strings.ToLower(rand.Text())
	// The default that the server has for texts is not relied on: what compares without case, and with other spaces at
	// the end, would be found out by few tests.
	if err := run(srv.admin, "CREATE DATABASE "+name+" CHARACTER SET latin1"); err != nil {
		t.Fatalf("creating a test database: %v", err)
	}
	t.Cleanup(func() {
		if err := run(srv.admin, "DROP DATABASE "+name); err != nil {
			t.Errorf("dropping the test database: %v", err)
		}
	})
	u := *srv.admin
	u.Path = "/" + name
	return u.String()
}

// durable is a server of this test binary's own, even if the environment names one.
var durable = sync.OnceValues(func() (*running, error) { return start() })

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

// run uses a context of its own, because the test's context is already over when the test cleans up.
func run(admin *url.URL, text string) error {
	ctx, cancel := context.WithTimeout(context.Background(), adminTimeout)
	defer cancel()
	conf := mysql.NewConfig()
	conf.User = admin.User.Username()
	conf.Passwd, _ = admin.User.Password()
	if socket := admin.Query().Get("socket"); socket != "" {
		conf.Net, conf.Addr = "unix", socket
	} else {
		conf.Net, conf.Addr = "tcp", admin.Hostname()+":"+cmp.Or(admin.Port(), "3306")
	}
	connector, err := mysql.NewConnector(conf)
	if err != nil {
		return err
	}
	db := sql.OpenDB(connector)
	defer db.Close()
	if _, err := db.ExecContext(ctx, text); err != nil {
		return fmt.Errorf("%s: %w", text, err)
	}
	return nil
}
