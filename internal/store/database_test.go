package store

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pressly/goose/v3"

	"redial/internal/call"
	"redial/internal/mariadbtest"
	"redial/internal/pgtest"
	"redial/internal/store/engine"
)

// backend is a kind of database.
type backend struct {
	name      string
	url       func(testing.TB) string // of a new, empty database
	shared    bool
	empty     string // the SQL that empties it
	first     int64  // the first version of its schema that there was
	isolation sql.IsolationLevel
}

var backends = []backend{
	{name: "sqlite", url: sqliteFile},
	{name: "postgres", url: pgtest.New, shared: true, empty: truncate},
	{name: "postgres serializable", url: pgtest.New, shared: true, empty: truncate, isolation: sql.LevelSerializable},
	{name: "mariadb", url: mariadbtest.New, shared: true, empty: deleteAll, first: 37},
}

const (
	truncate = "TRUNCATE calls, pauses, past_pauses, unlisted_codes, own_codes, endpoints, api_keys, audit, " +
		"trigger_secrets, rota_overrides, triggers, incidents, incident_members, nodes, sessions, " +
		"call_metadata CASCADE"
	deleteAll = `DELETE FROM calls; DELETE FROM pauses; DELETE FROM past_pauses; DELETE FROM unlisted_codes;
		DELETE FROM own_codes; DELETE FROM endpoints; DELETE FROM api_keys; DELETE FROM audit;
		DELETE FROM trigger_secrets; DELETE FROM rota_overrides; DELETE FROM triggers; DELETE FROM incidents;
		DELETE FROM incident_members; DELETE FROM nodes; DELETE FROM sessions;
		DELETE FROM call_metadata`
)

func sqliteFile(t testing.TB) string { return "sqlite:" + filepath.Join(t.TempDir(), "redial.db") }

// reuse makes the tests that follow one another in t share a PostgreSQL database, which is emptied in between. That is
// much faster than a new database for each.
func (b backend) reuse(t testing.TB) backend {
	t.Helper()
	if !b.shared {
		return b
	}
	url := b.url(t)
	s := b.openURL(t, url, nil)
	b.url = func(t testing.TB) string {
		run(t, s, b.empty)
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
	st := engine.Statement{SQL: query, Args: args, Rows: func(scan func(...any) error) error { return scan(&n) }}
	if err := patiently(s, st); err != nil {
		t.Fatal(err)
	}
	return n
}

func run(t testing.TB, s *Store, query string, args ...any) {
	t.Helper()
	if err := try(s, query, args...); err != nil {
		t.Fatal(err)
	}
}

func try(s *Store, query string, args ...any) error {
	return patiently(s, engine.Statement{SQL: query, Args: args})
}

// patiently runs a statement beside the store, and waits for what others have locked.
func patiently(s *Store, st engine.Statement) error {
	for {
		err := s.engine.Aside(context.Background(), func(x *engine.Tx) error { return x.Read(st) })
		if err == nil || s.engine.Fault(err) != engine.Locked {
			return err
		}
	}
}

// kind is the kind of a database: sqlite, postgres or mysql.
func kind(s *Store) string {
	scheme, _, _ := strings.Cut(s.Name(), ":")
	return scheme
}

// status is one of the figures of a server of MySQL or MariaDB.
func status(t testing.TB, s *Store, name string) (n int) {
	t.Helper()
	err := s.reading(context.Background()).each("SHOW GLOBAL STATUS LIKE '"+name+"'", nil,
		func(scan func(...any) error) error { return scan(new(string), &n) })
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// waiters is how many transactions wait for a lock.
func waiters(t testing.TB, s *Store) int {
	t.Helper()
	if kind(s) == "mysql" {
		return status(t, s, "Innodb_row_lock_current_waits")
	}
	return count(t, s, "SELECT count(*) FROM pg_locks WHERE NOT granted")
}

// migrateDown undoes all migrations after a version.
func migrateDown(t testing.TB, s *Store, to int64) {
	t.Helper()
	files, dialect, others := migrations, goose.DialectSQLite3, "*_postgres.sql"
	switch kind(s) {
	case "postgres":
		dialect, others = goose.DialectPostgres, "*_sqlite.sql"
	case "mysql":
		var err error
		dialect, others = goose.DialectMySQL, ""
		if files, err = fs.Sub(migrations, "mysql"); err != nil {
			t.Fatal(err)
		}
	}
	excluded, err := fs.Glob(files, others)
	if err != nil {
		t.Fatal(err)
	}
	g, err := goose.NewProvider(dialect, s.engine.Pools().Aside, files,
		goose.WithDisableGlobalRegistry(true), goose.WithExcludeNames(excluded))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := g.DownTo(context.Background(), to); err != nil {
		t.Fatal(err)
	}
}
