package pgtest

import (
	"bufio"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"
)

//go:embed server.sh
var serverScript string

//go:embed pair.sh
var pairScript string

//go:embed pooler.sh
var poolerScript string

// A running server. lifeline is the writing end of its standard input. It stays open, unused, for as long as this
// process lives; the kernel closes it when the process ends, even by SIGKILL, and the script then stops the server
// and removes its files.
type running struct {
	admin    *url.URL
	lifeline io.Closer
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
	return &running{admin: onSocket(s.dir), lifeline: s.in}, nil
}

func onSocket(hosts string) *url.URL {
	return &url.URL{
		Scheme: "postgres", User: url.User("postgres"), Path: "/postgres", RawQuery: url.Values{"host": {hosts}}.Encode(),
	}
}

// script is a shell script that runs servers in dir until its standard input ends.
type script struct {
	dir string
	in  io.WriteCloser
	out *bufio.Reader
	cmd *exec.Cmd
}

func runScript(text string, args ...string) (*script, error) {
	bin, err := binDir()
	if err != nil {
		return nil, err
	}
	return runProgram(text, bin, args...)
}

// runProgram is runScript with the folder in which the script finds its programs.
func runProgram(text, bin string, args ...string) (*script, error) {
	// Not in TMPDIR: a socket's path must be short, and another user must be able to reach it.
	dir, err := os.MkdirTemp("/tmp", "redial-pg-")
	if err != nil {
		return nil, err
	}
	cmd := exec.Command("/bin/sh", append([]string{"-c", text, "pgtest", bin, dir}, args...)...)
	cmd.Dir = dir
	// Its own process group keeps Ctrl-C from reaching the server before the script.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if os.Getuid() == 0 {
		if cmd.SysProcAttr.Credential, err = giveAway(dir); err != nil {
			return nil, errors.Join(err, os.Remove(dir))
		}
	}
	s := &script{dir: dir, cmd: cmd}
	if s.in, err = cmd.StdinPipe(); err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	s.out = bufio.NewReader(out)
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting a server: %w", err)
	}
	return s, s.says("ready")
}

// says returns nil once the script has written a word, or an error with what it wrote instead.
func (s *script) says(word string) error {
	line, err := s.out.ReadString('\n')
	if line == word+"\n" {
		return nil
	}
	rest, _ := io.ReadAll(s.out)
	return fmt.Errorf("running a server: %w: %s%s", errors.Join(err, s.cmd.Wait()), line, rest)
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
	s, err := runProgram(poolerScript, bouncer, server)
	if err != nil {
		t.Fatalf("PgBouncer for tests (run `make deps-test`): %v", err)
	}
	t.Cleanup(func() {
		_ = s.in.Close() // ends the script
		_ = s.cmd.Wait()
	})
	through := onSocket(s.dir)
	through.Path = "/" + conf.Database
	return through.String()
}

// Pair is a primary with a synchronous standby.
type Pair struct {
	URL    string // of both servers: a client is to use the one that takes writes
	script *script
}

// NewPair starts a Pair, which ends with t.
func NewPair(t testing.TB) *Pair {
	t.Helper()
	s, err := runScript(pairScript)
	if err != nil {
		t.Fatalf("PostgreSQL for tests: %v", err)
	}
	t.Cleanup(func() {
		_ = s.in.Close() // ends the script
		_ = s.cmd.Wait()
	})
	return &Pair{onSocket(s.dir + "/a," + s.dir + "/b").String(), s}
}

// Failover kills the primary and promotes the standby.
func (p *Pair) Failover() error {
	if _, err := io.WriteString(p.script.in, "failover\n"); err != nil {
		return err
	}
	return p.script.says("done")
}

// giveAway makes dir the property of an ordinary user: PostgreSQL refuses to run as root.
func giveAway(dir string) (*syscall.Credential, error) {
	for _, name := range []string{"postgres", "nobody"} {
		u, err := user.Lookup(name)
		if err != nil {
			continue
		}
		uid, uidErr := strconv.Atoi(u.Uid)
		gid, gidErr := strconv.Atoi(u.Gid)
		if err := errors.Join(uidErr, gidErr); err != nil {
			return nil, err
		}
		return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, os.Chown(dir, uid, gid)
	}
	return nil, errors.New("PostgreSQL does not run as root, and there is no user postgres or nobody to run it as")
}

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
