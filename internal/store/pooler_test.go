package store

import (
	"context"
	"database/sql"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pressly/goose/v3/lock"

	"redial/internal/call"
	"redial/internal/pgtest"
)

// keepLock has a session of its own hold the lock for migrations, as a pooler does with one whose
// node has gone.
func keepLock(t *testing.T, url string) (free func()) {
	t.Helper()
	db, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	conn, err := db.Conn(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.ExecContext(context.Background(), "SELECT pg_advisory_lock($1)", lock.DefaultLockID); err != nil {
		t.Fatal(err)
	}
	return sync.OnceFunc(func() { // a server may be slow to notice that a session has ended
		if _, err := conn.ExecContext(context.Background(), "SELECT pg_advisory_unlock($1)", lock.DefaultLockID); err != nil {
			t.Error(err)
		}
		conn.Close()
		db.Close()
	})
}

// Who waits for a lock that nobody frees says so, and ends with the sentence that names the fix.
func TestALockThatAPoolerKept(t *testing.T) {
	for name, through := range map[string]func(*testing.T, string) string{
		"straight":       func(_ *testing.T, url string) string { return url },
		"by a pooler":    func(t *testing.T, url string) string { return pgtest.Pooled(t, url) },
		"in its dialect": func(t *testing.T, url string) string { return pgtest.Pooled(t, url) + "&default_query_exec_mode=exec" },
	} {
		t.Run(name, func(t *testing.T) {
			database := pgtest.New(t)
			url := through(t, database)
			synctest.Test(t, func(t *testing.T) {
				free := keepLock(t, database)
				defer free()
				began := time.Now()
				var said []string
				notice := func(sentence string) {
					if waited := time.Since(began); waited < lockSaid || waited > lockSaid+lockPoll {
						t.Errorf("said after %s", waited)
					}
					said = append(said, sentence)
				}
				clock := func() time.Time { return begin } // the bubble's stands in the year 2000
				s, err := Open(t.Context(), url, Options{Migrate: true, Notice: notice, Clock: clock})
				if err == nil {
					s.Close()
					t.Fatal("migrated under a lock")
				}
				if waited := time.Since(began); waited < lockGiveUp || waited > lockGiveUp+lockPoll {
					t.Errorf("given up after %s", waited)
				}
				if len(said) != 1 || !strings.Contains(said[0], "waiting up to 1m0s") {
					t.Errorf("it was said %q", said)
				}
				for _, want := range []string{"PgBouncer", "pg_terminate_backend", "redial migrate", "past the pooler"} {
					if !strings.Contains(err.Error(), want) {
						t.Errorf("%v: want %s", err, want)
					}
				}

				// Looking needs no lock, nor does a schema that is up to date.
				look, err := Open(t.Context(), url, Options{Clock: clock})
				if err != nil {
					t.Fatal(err)
				}
				defer look.Close()
				if sql, err := look.PendingSQL(t.Context()); err != nil || sql == "" {
					t.Errorf("pending %q, %v", sql, err)
				}
				free()
				if err := look.Migrate(t.Context()); err != nil {
					t.Fatal(err)
				}
				defer keepLock(t, database)()
				if err := look.Migrate(t.Context()); err != nil {
					t.Fatal(err)
				}
				if err := look.CheckSchema(t.Context()); err != nil {
					t.Error(err)
				}
				if len(said) != 1 {
					t.Errorf("it was said %q", said)
				}
			})
		})
	}
}

// Through a pooler in transaction mode a plain URL does all that is needed, for several nodes one
// after another and at once, and leaves no lock behind.
func TestAPlainURLThroughAPooler(t *testing.T) {
	database := pgtest.New(t)
	url := pgtest.Pooled(t, database)
	var nodes []*Store
	for range 3 {
		s, err := Open(t.Context(), url, Options{Migrate: true})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		nodes = append(nodes, s)
	}
	for i := range 30 {
		s := nodes[i%len(nodes)]
		c := create(t, s)
		dial(t, nodes[(i+1)%len(nodes)], begin, c.ID)
		change(t, s, c.ID, func(c *call.Call) []call.Event { return c.Placed(1, sid(c.ID, 1), begin) })
		change(t, s, c.ID, report(call.StatusCompleted))
		equal(t, get(t, nodes[(i+2)%len(nodes)], c.ID).State, call.Ended)
	}
	equal(t, count(t, nodes[0], "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"), 0)
}
