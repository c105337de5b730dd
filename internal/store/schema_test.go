package store

import (
	"errors"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"redial/internal/call"
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
		_, err := s.engine.Pools().Aside.ExecContext(t.Context(), query, c.ID, word)
		return err
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
		if _, err := s.engine.Pools().Aside.ExecContext(t.Context(), broken, c.ID); err == nil {
			t.Errorf("the schema lets pass: %s", broken)
		}
	}
}

func testMigrations(t *testing.T, b backend) {
	ctx := t.Context()
	s := b.open(t, func(o *Options) { o.Migrate = false })
	pending, err := s.PendingSQL(ctx)
	if err != nil || !strings.Contains(pending, "CREATE TABLE calls") || strings.Contains(pending, "DROP TABLE calls") {
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

func TestNodesMigrateTogether(t *testing.T) {
	b := backends[1]
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
