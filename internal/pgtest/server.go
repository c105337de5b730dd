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
)

//go:embed server.sh
var serverScript string

// A running server. lifeline is the writing end of its standard input. It stays open,
// unused, for as long as this process lives; the kernel closes it when the process ends,
// even by SIGKILL, and the script then stops the server and removes its files.
type running struct {
	admin    *url.URL
	lifeline io.Closer
}

// start runs a server in a directory of its own, reached by a Unix socket in it.
func start() (*running, error) {
	bin, err := binDir()
	if err != nil {
		return nil, err
	}
	// Not TMPDIR: a socket's path is short, and another user must be able to reach it.
	dir, err := os.MkdirTemp("/tmp", "redial-pg-")
	if err != nil {
		return nil, err
	}
	cmd := exec.Command("/bin/sh", "-c", serverScript, "pgtest", bin, dir)
	cmd.Dir = dir
	// A process group of its own, so that Ctrl-C does not reach the server before the script.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if os.Getuid() == 0 {
		if cmd.SysProcAttr.Credential, err = giveAway(dir); err != nil {
			return nil, errors.Join(err, os.Remove(dir))
		}
	}
	lifeline, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	if err := startAndWait(cmd); err != nil {
		return nil, err
	}
	return &running{
		admin: &url.URL{
			Scheme:   "postgres",
			User:     url.User("postgres"),
			Path:     "/postgres",
			RawQuery: url.Values{"host": {dir}}.Encode(),
		},
		lifeline: lifeline,
	}, nil
}

// startAndWait returns when the script has said "ready", or with what it said instead.
func startAndWait(cmd *exec.Cmd) error {
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("starting a server: %w", err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if line == "ready\n" {
		return nil
	}
	rest, _ := io.ReadAll(out)
	return fmt.Errorf("starting a server: %w: %s%s", errors.Join(err, cmd.Wait()), line, rest)
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
		if hasAll(dir, "initdb", "pg_ctl", "postgres") {
			return dir, nil
		}
	}
	return "", errors.New("no server is installed: run `make deps-test` (`make test` does so too), or set REDIAL_TEST_DATABASE_URL")
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
