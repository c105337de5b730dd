package mariadbtest

import (
	"context"
	"database/sql"
	"strings"
	"testing"

	"github.com/go-sql-driver/mysql"
)

// Databases are empty, apart from each other and gone afterwards, as their users are.
func TestNew(t *testing.T) {
	var urls [2]string
	t.Run("in use", func(t *testing.T) {
		for i := range urls {
			urls[i] = New(t)
			if _, err := connect(t, urls[i]).ExecContext(t.Context(), "CREATE TABLE calls (id INT)"); err != nil {
				t.Error(err)
			}
		}
		if _, err := connect(t, urls[0]).ExecContext(t.Context(), "USE "+nameIn(parsed(t, urls[1]))); err == nil {
			t.Error("a user may use another database")
		}
	})
	for _, u := range urls {
		err := run(adminOf(t, u), "USE "+nameIn(parsed(t, u)))
		if err == nil || !strings.Contains(err.Error(), "Unknown database") {
			t.Errorf("%s still exists: %v", u, err)
		}
		if err := connect(t, u).PingContext(t.Context()); err == nil {
			t.Errorf("its user is still let in")
		}
	}
}

func connect(t *testing.T, database string) *sql.DB {
	t.Helper()
	conf := config(parsed(t, database))
	conf.MultiStatements = true
	c, err := mysql.NewConnector(conf)
	if err != nil {
		t.Fatal(err)
	}
	db := sql.OpenDB(c)
	db.SetMaxIdleConns(0)
	t.Cleanup(func() { db.Close() })
	return db
}

// count returns how many rows of the table n has.
func count(t *testing.T, database string) (n int) {
	t.Helper()
	if err := connect(t, database).QueryRowContext(t.Context(), "SELECT count(*) FROM n").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// A database that is away throws out those who use it, and lets nobody in.
func TestAway(t *testing.T) {
	database, other := New(t), New(t)
	inUse, elsewhere := session(t, database), session(t, other)
	back := Away(t, database)
	if err := inUse.PingContext(t.Context()); err == nil {
		t.Error("a session goes on")
	}
	if err := connect(t, database).PingContext(t.Context()); err == nil {
		t.Error("somebody is let in")
	}
	if err := elsewhere.PingContext(t.Context()); err != nil {
		t.Errorf("another database: %v", err)
	}
	back()
	if err := connect(t, database).PingContext(t.Context()); err != nil {
		t.Error(err)
	}
}

func session(t *testing.T, database string) *sql.Conn {
	t.Helper()
	c, err := connect(t, database).Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// What is lost is lost once, and the server has executed the statements or has not.
func TestLossy(t *testing.T) {
	database := New(t)
	through, lose := Lossy(t, database)
	db := connect(t, through)
	const insert = "START TRANSACTION; INSERT INTO n VALUES (1); SELECT 42; COMMIT"
	insertIs := func() (answer int, err error) {
		rows, err := db.QueryContext(t.Context(), insert)
		if err != nil {
			return 0, err
		}
		defer rows.Close()
		for rows.Next() {
			if err := rows.Scan(&answer); err != nil {
				return 0, err
			}
		}
		for rows.NextResultSet() {
		}
		return answer, rows.Err()
	}
	if _, err := db.ExecContext(t.Context(), "CREATE TABLE n (i INT) ENGINE = InnoDB"); err != nil {
		t.Fatal(err)
	}
	want := 0
	for _, tc := range []struct {
		what             Loss
		executed, answer int
	}{{Request, 0, 0}, {Answer, 1, 0}, {End, 1, 42}} {
		lose("COMMIT", tc.what)
		if answer, err := insertIs(); err == nil || answer != tc.answer {
			t.Errorf("%d: %d, %v", tc.what, answer, err)
		}
		if want += tc.executed; count(t, database) != want {
			t.Errorf("%d: %d rows, want %d", tc.what, count(t, database), want)
		}
		if _, err := insertIs(); err != nil {
			t.Errorf("after it was lost: %v", err)
		}
		want++
	}
}

// A server that was killed has kept what it had committed. Another one goes on.
func TestAServerIsKilledAndStarted(t *testing.T) {
	s := NewServer(t, "--log-bin", "--sync-binlog=0")
	const insert = "CREATE TABLE n (i INT); INSERT INTO n VALUES (1)"
	if _, err := connect(t, s.URL).ExecContext(t.Context(), insert); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := s.Kill(); err != nil {
			t.Fatal(err)
		}
		if err := connect(t, s.URL).PingContext(context.Background()); err == nil {
			t.Error("it goes on")
		}
		if err := s.Restart(); err != nil {
			t.Fatal(err)
		}
		if n := count(t, s.URL); n != 1 {
			t.Errorf("%d rows", n)
		}
	}
}

// What a server does is counted.
func TestDurableCPU(t *testing.T) {
	db, before := connect(t, NewDurable(t)), DurableCPU(t)
	for DurableCPU(t) == before {
		if _, err := db.ExecContext(t.Context(), "DO BENCHMARK(1000000, MD5('x'))"); err != nil {
			t.Fatal(err)
		}
	}
}

// Both servers of a pair have the same database and user, and are reached by one URL.
func TestPair(t *testing.T) {
	a, b, both := NewPair(t)
	for _, s := range []*Server{a, b} {
		if err := connect(t, s.URL).PingContext(t.Context()); err != nil {
			t.Error(err)
		}
	}
	if err := connect(t, both).PingContext(t.Context()); err != nil {
		t.Error(err)
	}
	if strings.Count(both, ",") != 1 || parsed(t, a.URL).Path != parsed(t, b.URL).Path {
		t.Errorf("%s and %s are %s", a.URL, b.URL, both)
	}
}
