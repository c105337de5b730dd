package store

import (
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"redial/internal/call"
	"redial/internal/store/engine"
)

// words are the words that a column's CHECK lists in the migrations.
func words(t testing.TB, column string) []string {
	t.Helper()
	text, err := fs.ReadFile(migrations, "00001_calls.sql")
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile(`CHECK \(` + column + ` IN \(([^)]*)\)`).FindSubmatch(text)
	if m == nil {
		t.Fatalf("the schema has no CHECK of %s", column)
	}
	var list []string
	for w := range strings.SplitSeq(string(m[1]), ",") {
		list = append(list, strings.Trim(strings.TrimSpace(w), "'"))
	}
	return slices.Sorted(slices.Values(list))
}

func sorted[T ~string](list []T) (out []string) {
	for _, w := range list {
		out = append(out, string(w))
	}
	return slices.Sorted(slices.Values(out))
}

// testWords compares the schema's words with those in Go, and checks that the database accepts each of them, and no
// other.
func testWords(t *testing.T, b backend) {
	alive := []call.Status{
		call.Placing, call.Unknown, call.Postponed, call.Queued, call.Initiated, call.Ringing, call.InProgress,
	}
	statuses := sorted(alive)
	for _, r := range call.Results() {
		statuses = append(statuses, string(r))
	}
	slices.Sort(statuses)
	equal(t, words(t, "state"), sorted(call.States()))
	equal(t, words(t, "outcome"), sorted(call.Outcomes()))
	equal(t, words(t, "result"), sorted(call.Results()))
	equal(t, words(t, "status"), statuses)

	s := b.open(t, nil)
	c := personal(t, s)
	take := func(query string, word string) error {
		return try(s, query, c.ID, word)
	}
	for query, list := range map[string][]string{
		"UPDATE calls SET outcome = $2 WHERE id = $1":        sorted(call.Outcomes()),
		"UPDATE attempts SET result = $2 WHERE call_id = $1": sorted(call.Results()),
		"UPDATE attempts SET status = $2 WHERE call_id = $1": statuses,
	} {
		for _, w := range list {
			if err := take(query, w); err != nil {
				t.Errorf("%s: %q: %v", query, w, err)
			}
		}
		if take(query, "unheard-of") == nil {
			t.Errorf("%s: any word is taken", query)
		}
	}
	for _, broken := range []string{
		"UPDATE calls SET state = 'waiting' WHERE id = $1", "UPDATE calls SET wake_at = 1 WHERE id = $1",
		"UPDATE calls SET outcome = NULL WHERE id = $1", "UPDATE calls SET ended_at = NULL WHERE id = $1",
	} {
		if err := try(s, broken, c.ID); err == nil {
			t.Errorf("the schema lets pass: %s", broken)
		}
	}
}

var (
	creates = regexp.MustCompile(`CREATE TABLE (IF NOT EXISTS )?calls`)
	drops   = regexp.MustCompile(`DROP TABLE (IF EXISTS )?calls`)
)

func testMigrations(t *testing.T, b backend) {
	ctx := t.Context()
	s := b.open(t, func(o *Options) { o.Migrate = false })
	pending, err := s.PendingSQL(ctx)
	if err != nil || !creates.MatchString(pending) || drops.MatchString(pending) {
		t.Fatalf("pending %q, %v", pending, err)
	}
	if err := s.CheckSchema(ctx); !errors.Is(err, ErrSchema) {
		t.Errorf("%v, want ErrSchema", err)
	}
	for range 2 {
		if err := s.Migrate(ctx); err != nil {
			t.Fatal(err)
		}
		if pending, err := s.PendingSQL(ctx); err != nil || pending != "" || s.CheckSchema(ctx) != nil {
			t.Fatalf("pending %q, %v", pending, err)
		}
	}
	create(t, s)
	migrateDown(t, s, 0)
	if err := s.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	equal(t, count(t, s, "SELECT count(*) FROM calls"), 0)
	create(t, s)
}

// The schema that MySQL has in a folder of its own has the same tables and columns as the others, and the same of them
// may be NULL. What it has beside them is generated.
func TestTheSchemasAreAlike(t *testing.T) {
	columns := func(b backend, query string) (list []string) {
		s := b.open(t, nil)
		err := s.reading(t.Context()).each(query, nil, func(scan func(...any) error) error {
			var table, column string
			var null bool
			err := scan(&table, &column, &null)
			list = append(list, fmt.Sprintf("%s.%s may be NULL: %t", table, column, null))
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		slices.Sort(list)
		return list
	}
	got := columns(backends[3], `SELECT table_name, column_name, is_nullable = 'YES' FROM information_schema.columns
		WHERE table_schema = database() AND table_name <> 'goose_db_version' AND extra NOT LIKE '%GENERATED%'`)
	want := columns(backends[0], `SELECT m.name, p.name, p."notnull" = 0 AND p.pk = 0
		FROM sqlite_master AS m, pragma_table_info(m.name) AS p
		WHERE m.type = 'table' AND m.name NOT IN ('goose_db_version', 'sqlite_sequence')`)
	equal(t, got, want)
}

// On MySQL each statement of a migration commits by itself. So every migration may be run again, from the beginning,
// wherever it was interrupted: the schema is the same, and what is stored stays.
func TestAMigrationOfMySQLIsRunAgain(t *testing.T) {
	b := backends[3]
	tables := func(s *Store) (list []string) {
		for _, table := range texts(t, s, "SELECT table_name FROM information_schema.tables WHERE table_schema = database()"+
			" AND table_type = 'BASE TABLE' ORDER BY table_name") {
			st := engine.Statement{SQL: "SHOW CREATE TABLE " + table}
			st.Rows = func(scan func(...any) error) error {
				var text string
				err := scan(new(string), &text)
				list = append(list, regexp.MustCompile(` AUTO_INCREMENT=\d+`).ReplaceAllString(text, ""))
				return err
			}
			if err := patiently(s, st); err != nil {
				t.Fatal(err)
			}
		}
		return list
	}
	s := b.open(t, nil)
	want := tables(s)
	c := create(t, s)
	run(t, s, "DELETE FROM goose_db_version WHERE version_id > 0")
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatalf("all of them again: %v", err)
	}
	equal(t, tables(s), want)
	equal(t, get(t, s, c.ID), c)
	equal(t, count(t, s, "SELECT count(*) FROM key_changes"), 1)

	for _, part := range []float64{0.1, 0.5, 0.9} {
		s := b.open(t, func(o *Options) { o.Migrate = false })
		pending, err := s.PendingSQL(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		statements := strings.Split(pending, ";\n")
		for _, text := range statements[:int(part*float64(len(statements)))] {
			run(t, s, text)
		}
		if err := s.Migrate(t.Context()); err != nil {
			t.Errorf("after %.0f%% of them: %v", 100*part, err)
		}
		equal(t, tables(s), want)
	}
}

// texts are the texts that a query finds.
func texts(t testing.TB, s *Store, query string) (list []string) {
	t.Helper()
	list, err := queryIDs(s.reading(t.Context()), query)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestNodesMigrateTogether(t *testing.T) {
	for _, b := range shared {
		url := b.url(t)
		var wg sync.WaitGroup
		for range 4 {
			wg.Go(func() {
				s, err := Open(t.Context(), url, Options{Migrate: true})
				if err != nil {
					t.Error(err)
					return
				}
				if err := errors.Join(s.CheckSchema(t.Context()), s.Close()); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
	}
}
