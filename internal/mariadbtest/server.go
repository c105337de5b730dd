package mariadbtest

import (
	_ "embed"
	"errors"
	"net/url"
	"os/exec"
	"path/filepath"

	"redial/internal/testserver"
)

//go:embed server.sh
var serverScript string

// A running server. Its script is nil if the environment names the server.
type running struct {
	admin  *url.URL
	script *testserver.Script
}

// forgetful are options of a server whose data is lost in a power cut, which is faster. It does not renew its
// statistics either: a plan must not depend on whether they were collected in the middle of a test.
var forgetful = []string{
	"--innodb-flush-log-at-trx-commit=0", "--innodb-flush-method=nosync", "--innodb-doublewrite=0",
	"--innodb-stats-auto-recalc=OFF",
}

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
