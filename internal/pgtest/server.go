package pgtest

import (
	_ "embed"
	"errors"
	"fmt"
	"net/url"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"github.com/jackc/pgx/v5"

	"redial/internal/testserver"
)

//go:embed server.sh
var serverScript string

//go:embed pair.sh
var pairScript string

//go:embed pooler.sh
var poolerScript string

// A running server. Its script is nil if the environment names the server.
type running struct {
	admin  *url.URL
	script *testserver.Script
}

// forgetful are options of a server whose data is lost in a power cut, which is faster. It keeps no statistics
// either: a plan must not depend on whether they were collected in the middle of a test.
const forgetful = "-F -c full_page_writes=off -c autovacuum=off"

// start runs a server in a directory of its own, reached by a Unix socket in it.
func start(options string) (*running, error) {
	s, err := runScript(serverScript, options)
	if err != nil {
		return nil, err
	}
	return &running{admin: onSocket(s.Dir), script: s}, nil
}

func onSocket(hosts string) *url.URL {
	return &url.URL{
		Scheme: "postgres", User: url.User("postgres"), Path: "/postgres", RawQuery: url.Values{"host": {hosts}}.Encode(),
	}
}

// users are those that may run the servers, in place of root.
var users = []string{"postgres", "nobody"}

func runScript(text string, args ...string) (*testserver.Script, error) {
	bin, err := binDir()
	if err != nil {
		return nil, err
	}
	return testserver.Start(text, bin, users, args...)
}

// Pooled starts a PgBouncer in transaction mode before a database of New's, and returns the URL
// through it. It ends with t.
func Pooled(t testing.TB, database string) string {
	t.Helper()
	bouncer, err := exec.LookPath("pgbouncer")
	if err != nil {
		bouncer = "/usr/sbin/pgbouncer" // where Debian keeps it, out of PATH
	}
	conf, err := pgx.ParseConfig(database)
	if err != nil {
		t.Fatal(err)
	}
	server := fmt.Sprintf("host=%s port=%d user=%s", conf.Host, conf.Port, conf.User)
	if conf.Password != "" {
		server += " password=" + conf.Password
	}
	s, err := testserver.Start(poolerScript, bouncer, users, server)
	if err != nil {
		t.Fatalf("PgBouncer for tests (run `make deps-test`): %v", err)
	}
	t.Cleanup(s.Stop)
	through := onSocket(s.Dir)
	through.Path = "/" + conf.Database
	return through.String()
}

// Pair is a primary with a synchronous standby.
type Pair struct {
	URL    string // of both servers: a client is to use the one that takes writes
	script *testserver.Script
}

// NewPair starts a Pair, which ends with t.
func NewPair(t testing.TB) *Pair {
	t.Helper()
	s, err := runScript(pairScript)
	if err != nil {
		t.Fatalf("PostgreSQL for tests: %v", err)
	}
	t.Cleanup(s.Stop)
	return &Pair{onSocket(s.Dir + "/a," + s.Dir + "/b").String(), s}
}

// Failover kills the primary and promotes the standby.
func (p *Pair) Failover() error { return p.script.Tell("failover") }

// Restart kills the primary, which may once have been the standby, and starts it again with the same data.
func (p *Pair) Restart() error { return p.script.Tell("restart") }

// binDir finds the newest installed server. Debian keeps its programs out of PATH.
func binDir() (string, error) {
	dirs, err := filepath.Glob("/usr/lib/postgresql/*/bin")
	if err != nil {
		return "", err
	}
	slices.SortFunc(dirs, func(a, b string) int { return version(b) - version(a) })
	if initdb, err := exec.LookPath("initdb"); err == nil {
		dirs = slices.Insert(dirs, 0, filepath.Dir(initdb))
	}
	for _, dir := range dirs {
		if hasAll(dir, "initdb", "pg_ctl", "postgres", "pg_basebackup", "psql") {
			return dir, nil
		}
	}
	return "", errors.New("no server is installed: run `make deps-test` (`make test` does so too), " +
		"or set REDIAL_TEST_DATABASE_URL")
}

func version(bin string) int {
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(bin))) // "9.6" and the like come last
	return n
}

func hasAll(dir string, programs ...string) bool {
	return !slices.ContainsFunc(programs, func(p string) bool {
		_, err := exec.LookPath(filepath.Join(dir, p))
		return err != nil
	})
}
