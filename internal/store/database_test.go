package store

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pressly/goose/v3"

	"redial/internal/call"
	"redial/internal/pgtest"
)

// backend is a kind of database.
type backend struct {
	name      string
	url       func(testing.TB) string // of a new, empty database
	shared    bool
	isolation sql.IsolationLevel
}

var backends = []backend{
	{"sqlite", sqliteFile, false, 0},
	{"postgres", pgtest.New, true, 0},
	{"postgres serializable", pgtest.New, true, sql.LevelSerializable},
}

func sqliteFile(t testing.TB) string { return "sqlite:" + filepath.Join(t.TempDir(), "redial.db") }

// reuse makes the tests that follow one another in t share a PostgreSQL database, which is emptied in between. That is
// much faster than a new database for each.
func (b backend) reuse(t testing.TB) backend {
	if !b.shared {
		return b
	}
	url := b.url(t)
	s := b.openURL(t, url, nil)
	b.url = func(t testing.TB) string {
		run(t, s, "TRUNCATE calls, pauses, past_pauses, unlisted_codes, own_codes, endpoints, api_keys, audit, "+
			"trigger_secrets, rota_overrides, triggers, incidents, incident_members CASCADE")
		return url
	}
	return b
}

// open opens an empty database; change may be nil.
func (b backend) open(t testing.TB, change func(*Options)) *Store {
	t.Helper()
	return b.openURL(t, b.url(t), change)
}

// pair is two nodes on one database. SQLite allows only one node, which is returned twice.
func (b backend) pair(t testing.TB) [2]*Store {
	t.Helper()
	url := b.url(t)
	s := b.openURL(t, url, nil)
	if !b.shared {
		return [2]*Store{s, s}
	}
	return [2]*Store{s, b.openURL(t, url, nil)}
}

func (b backend) openURL(t testing.TB, url string, change func(*Options)) *Store {
	t.Helper()
	o := Options{Migrate: true, Isolation: b.isolation}
	if change != nil {
		change(&o)
	}
	s, err := Open(t.Context(), url, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// begin is when the Calls of tests are created. The store takes the time from its caller.
var begin = time.Date(2026, 4, 1, 9, 0, 0, 123456000, time.UTC)

var lastID atomic.Int64

// wish is a wish with an id of its own.
func wish(change ...func(*call.Wish)) call.Wish {
	w := call.Wish{
		ID: fmt.Sprintf("c%06d", lastID.Add(1)), Secret: "s3cret", From: "+815012345678",
		Message: call.Message{Say: &call.Say{Text: "The server is down."}}, Policy: call.DefaultPolicy(),
	}
	for _, f := range change {
		f(&w)
	}
	w.To = cmp.Or(w.To, "+8190"+w.ID[1:]) // each call has a number of its own, unless the test gives one
	return w
}

func to(number string) func(*call.Wish) { return func(w *call.Wish) { w.To = number } }

func lasting(d time.Duration) func(*call.Wish) {
	return func(w *call.Wish) { w.Policy.Deadline.After = d }
}

// create stores a new Call.
func create(t testing.TB, s *Store, change ...func(*call.Wish)) call.Call {
	t.Helper()
	c, events, err := call.New(wish(change...), begin)
	if err != nil {
		t.Fatal(err)
	}
	stored, replayed, err := s.Create(t.Context(), Asker{}, c, events, Idempotency{})
	if err != nil || replayed {
		t.Fatalf("creating: replayed %t, %v", replayed, err)
	}
	return stored
}

// change runs a step that can't fail.
func change(t testing.TB, s *Store, id string, step func(*call.Call) []call.Event) call.Call {
	t.Helper()
	c, err := s.Change(t.Context(), id, begin, steps(step))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func steps(step func(*call.Call) []call.Event) Step {
	return func(c *call.Call) ([]call.Event, error) { return step(c), nil }
}

func cancel(c *call.Call) []call.Event { return c.Cancel(false, "", begin) }

// report is a step with Twilio's report about the last attempt.
func report(status call.Status) func(*call.Call) []call.Event {
	return func(c *call.Call) []call.Event {
		n := len(c.Attempts)
		return c.Report(n, call.Report{SID: sid(c.ID, n), Status: status}, begin)
	}
}

func sid(id string, n int) string { return fmt.Sprintf("CA-%s-%d", id, n) }

// dial claims what is due at now, and expects exactly dials of these Calls.
func dial(t testing.TB, s *Store, now time.Time, ids ...string) {
	t.Helper()
	due, err := s.ClaimToDial(t.Context(), now, 100)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, d := range due {
		for _, a := range d.Actions {
			if a.Kind == call.Dial {
				got = append(got, d.Call.ID)
			}
		}
	}
	slices.Sort(got)
	equal(t, got, slices.Sorted(slices.Values(ids)))
}

func get(t testing.TB, s *Store, id string) call.Call {
	t.Helper()
	c, err := s.Get(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func events(t testing.TB, s *Store, id string) []call.Event {
	t.Helper()
	list, err := s.Events(t.Context(), id, 0, 1000)
	if err != nil {
		t.Fatal(err)
	}
	for i, e := range list {
		if e.Seq != i+1 {
			t.Fatalf("event %d has seq %d", i+1, e.Seq)
		}
	}
	return list
}

func types(list []call.Event) (types []call.EventType) {
	for _, e := range list {
		types = append(types, e.Type)
	}
	return types
}

func count(t testing.TB, s *Store, query string, args ...any) (n int) {
	t.Helper()
	if err := s.engine.Pools().Aside.QueryRowContext(context.Background(), query, args...).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func run(t testing.TB, s *Store, query string, args ...any) {
	t.Helper()
	if _, err := s.engine.Pools().Aside.ExecContext(context.Background(), query, args...); err != nil {
		t.Fatal(err)
	}
}

// migrateDown undoes all migrations after a version.
func migrateDown(t testing.TB, s *Store, to int64) {
	t.Helper()
	dialect, others := goose.DialectSQLite3, "*_postgres.sql"
	if s.Shared() {
		dialect, others = goose.DialectPostgres, "*_sqlite.sql"
	}
	excluded, err := fs.Glob(migrations, others)
	if err != nil {
		t.Fatal(err)
	}
	g, err := goose.NewProvider(dialect, s.engine.Pools().Aside, migrations,
		goose.WithDisableGlobalRegistry(true), goose.WithExcludeNames(excluded))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := g.DownTo(context.Background(), to); err != nil {
		t.Fatal(err)
	}
}
