package mariadbtest

import (
	"crypto/rand"
	_ "embed"
	"errors"
	"net/url"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"redial/internal/testserver"
)

//go:embed server.sh
var serverScript string

// A running server. Its script is nil if the environment names the server.
type running struct {
	admin  *url.URL
	script *testserver.Script
}

// password of the users. It has characters that a URL has to escape.
const password = "h%sh@/?#"

// serverOf says on which server a database is.
var serverOf sync.Map // by the database's name

// create makes a database, and a user who may use it.
func (r *running) create(t testing.TB, name string) string {
	t.Helper()
	user, database := "u_"+name, "redial_test_"+name
	// The default that the server has for texts is not relied on: what compares without case, and with other spaces at
	// the end, would be found out by few tests.
	err := run(r.admin, "CREATE DATABASE "+database+" CHARACTER SET latin1",
		"CREATE USER "+user+" IDENTIFIED BY '"+password+"'", "GRANT ALL ON "+database+".* TO "+user)
	if err != nil {
		t.Fatalf("creating a test database: %v", err)
	}
	serverOf.Store(database, r)
	u := *r.admin
	u.User, u.Path = url.UserPassword(user, password), "/"+database
	return u.String()
}

// forgetful are options of a server whose data is lost in a power cut, which is faster. It does not renew its
// statistics either: a plan must not depend on whether they were collected in the middle of a test.
var forgetful = []string{
	"--innodb-flush-log-at-trx-commit=0", "--innodb-flush-method=nosync", "--innodb-doublewrite=0",
	"--innodb-stats-auto-recalc=OFF",
}

// Server is a server of a test's own, with a durable database. It ends with the test.
type Server struct {
	URL string // of the database
	*running
}

// NewServer starts a server with further options, such as --read-only=1.
func NewServer(t testing.TB, options ...string) *Server {
	t.Helper()
	return newServers(t, options)[0]
}

// NewPair starts two servers that have the same database, as a primary and a replica have, though they don't
// replicate. Each is reached by TCP, so that one URL can name both.
func NewPair(t testing.TB) (a, b *Server, both string) {
	t.Helper()
	list := newServers(t, nil, nil)
	hosts := make([]string, len(list))
	for i, s := range list {
		through, _ := Lossy(t, s.URL)
		hosts[i] = parsed(t, through).Host
	}
	u := parsed(t, list[0].URL)
	u.Host, u.RawQuery = "hosts", ""
	return list[0], list[1], strings.Replace(u.String(), "@hosts", "@"+strings.Join(hosts, ","), 1)
}

// newServers starts servers with a database of the same name.
func newServers(t testing.TB, options ...[]string) (list []*Server) {
	t.Helper()
	name := strings.ToLower(rand.Text())
	for _, o := range options {
		r, err := start(o...)
		if err != nil {
			t.Fatalf("MariaDB for tests: %v", err)
		}
		t.Cleanup(r.script.Stop)
		list = append(list, &Server{URL: r.create(t, name), running: r})
	}
	return list
}

// Exec runs a statement as the administrator.
func (s *Server) Exec(t testing.TB, text string) {
	t.Helper()
	if err := run(s.admin, text); err != nil {
		t.Fatal(err)
	}
}

// Ask returns the first column of an answer to the administrator, who has chosen the database.
func (s *Server) Ask(t testing.TB, text string) []string {
	t.Helper()
	admin := *s.admin
	admin.Path = parsed(t, s.URL).Path
	return ask(t, &admin, text)
}

// Kill ends the server by SIGKILL.
func (s *Server) Kill() error { return s.script.Tell("kill") }

// Restart starts the server again, with the same data, and waits until it answers.
func (s *Server) Restart() error { return s.script.Tell("start") }

// start runs a server in a directory of its own, reached by a Unix socket in it.
func start(options ...string) (*running, error) {
	server, err := program("mariadbd")
	if err != nil {
		return nil, err
	}
	install, err := program("mariadb-install-db")
	if err != nil {
		return nil, err
	}
	s, err := testserver.Start(serverScript, server, []string{"mysql", "nobody"}, append([]string{install}, options...)...)
	if err != nil {
		return nil, err
	}
	return &running{script: s, admin: &url.URL{
		Scheme: "mysql", User: url.User("root"), Host: "localhost", Path: "/",
		RawQuery: url.Values{"socket": {s.Dir + "/socket"}}.Encode(),
	}}, nil
}

// program finds a program of the server's. Debian keeps some out of PATH.
func program(name string) (string, error) {
	for _, dir := range []string{"", "/usr/sbin", "/usr/bin"} {
		if path, err := exec.LookPath(filepath.Join(dir, name)); err == nil {
			return path, nil
		}
	}
	return "", errors.New("no server is installed: run `make deps-test` (`make test` does so too), " +
		"or set REDIAL_TEST_MYSQL_URL")
}
