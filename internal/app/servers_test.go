package app

import (
	"testing"

	"redial/internal/mariadbtest"
	"redial/internal/pgtest"
)

// server is a kind of server that nodes may share, and what may happen to it.
type server struct {
	fresh         func(testing.TB) string                           // the URL of an empty database
	away          func(t testing.TB, database string) (back func()) // makes a database unreachable
	lossy         []lossy                                           // the ways in which an answer is lost
	begin, commit string                                            // the statement of which an answer is lost
}

// lossy is a way to a database on which the answer to a statement is lost.
type lossy func(t testing.TB, database string) (through string, lose func(statement string))

var servers = map[string]server{
	"postgres": {pgtest.New, pgtest.Away, []lossy{pgtest.Lossy}, "BEGIN", pgtest.Committed},
	"mariadb": {
		mariadbtest.New, mariadbtest.Away,
		[]lossy{losing(mariadbtest.Answer), losing(mariadbtest.End), losing(mariadbtest.Request)},
		"START TRANSACTION", "COMMIT",
	},
}

func losing(what mariadbtest.Loss) lossy {
	return func(t testing.TB, database string) (through string, lose func(string)) {
		through, loses := mariadbtest.Lossy(t, database)
		return through, func(statement string) { loses(statement, what) }
	}
}

// onServers runs a test on each kind of server.
func onServers(t *testing.T, test func(*testing.T, server)) {
	for name, s := range servers {
		t.Run(name, func(t *testing.T) { test(t, s) })
	}
}
