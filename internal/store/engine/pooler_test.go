package engine

import (
	"context"
	"database/sql"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"testing/synctest"
	"time"

	"github.com/pressly/goose/v3/lock"

	"redial/internal/pgtest"
)

// things is a schema with one table.
var things = fstest.MapFS{"00001_things.sql": file("CREATE TABLE things (id TEXT PRIMARY KEY);", "DROP TABLE things;")}

// keepLock holds the lock for migrations in a session of its own, as a pooler does for a node that has gone.
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

// A migration that waits for a lock which is never released says so, and fails with a sentence that says what to do.
func TestALockThatAPoolerKept(t *testing.T) {
	for name, through := range map[string]func(*testing.T, string) string{
		"straight":    func(_ *testing.T, url string) string { return url },
		"by a pooler": func(t *testing.T, url string) string { return pgtest.Pooled(t, url) },
		"in its dialect": func(t *testing.T, url string) string {
			return pgtest.Pooled(t, url) + "&default_query_exec_mode=exec"
		},
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
				e, err := Open(t.Context(), url, Options{Notice: notice})
				if err != nil {
					t.Fatal(err)
				}
				defer e.Close()
				if err = e.Migrate(t.Context(), things); err == nil {
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

				// Neither looking at a schema nor migrating one that is up to date needs the lock.
				if found, err := e.Schema(t.Context(), things); err != nil || len(found.Pending) != 1 {
					t.Errorf("%+v, %v", found, err)
				}
				free()
				if err := e.Migrate(t.Context(), things); err != nil {
					t.Fatal(err)
				}
				defer keepLock(t, database)()
				if err := e.Migrate(t.Context(), things); err != nil {
					t.Fatal(err)
				}
				if found, err := e.Schema(t.Context(), things); err != nil || len(found.Pending) != 0 {
					t.Errorf("%+v, %v", found, err)
				}
				if len(said) != 1 {
					t.Errorf("it was said %q", said)
				}
			})
		})
	}
}
