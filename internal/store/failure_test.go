package store

import (
	"context"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"redial/internal/call"
)

// everyMethod calls the methods of a Store, and returns their errors.
func everyMethod(ctx context.Context, s *Store, id string) map[string]error {
	c := filled(call.Waiting)
	c.Attempts = nil
	errs := map[string]error{}
	_, _, errs["Create"] = s.Create(ctx, Asker{}, c, nil, Idempotency{})
	_, errs["Change"] = s.Change(ctx, id, begin, steps(cancel))
	_, errs["ClaimToDial"] = s.ClaimToDial(ctx, begin, 1)
	_, errs["ClaimToAsk"] = s.ClaimToAsk(ctx, begin, 1)
	_, errs["Get"] = s.Get(ctx, id)
	_, _, errs["BySID"] = s.BySID(ctx, "CA1")
	_, _, errs["List"] = s.List(ctx, Query{Limit: 1})
	_, errs["Events"] = s.Events(ctx, id, 0, 100)
	_, errs["Timer.Next"] = s.Timer.Next(ctx)
	_, errs["Counts"] = s.Counts(ctx, 10)
	errs["Scrub"] = s.Scrub(ctx, Asker{}, id, begin)
	_, errs["Retain"] = s.Retain(ctx, begin, 0)
	_, errs["PauseAccount"] = s.PauseAccount(ctx, "AC1", Pause{Since: begin, NextCheckAt: begin})
	errs["ResumeAccount"] = s.ResumeAccount(ctx, "AC1")
	_, errs["AccountPause"] = s.AccountPause(ctx, "AC1")
	_, errs["ClaimCheck"] = s.ClaimCheck(ctx, "AC1", begin, begin)
	_, errs["Tell"] = s.Tell(ctx, Telling{Trigger: "alerts", Now: fixed(begin), Teller: teller{}})
	_, _, errs["Incidents"] = s.Incidents(ctx, IncidentQuery{Limit: 1})
	_, errs["Incident"] = s.Incident(ctx, id)
	_, errs["IncidentMembers"] = s.IncidentMembers(ctx, id, "", 1)
	_, _, errs["DueTriggers"] = s.DueTriggers(ctx, begin, 1)
	_, errs["IsDue"] = s.IsDue(ctx, "alerts", begin)
	errs["Ready"] = s.Ready(ctx)
	errs["Ping"] = s.Ping(ctx)
	errs["Migrate"] = s.Migrate(ctx)
	_, errs["PendingSQL"] = s.PendingSQL(ctx)
	errs["CheckSchema"] = s.CheckSchema(ctx)
	return errs
}

func testClosed(t *testing.T, b backend) {
	s, err := Open(t.Context(), b.url(t), Options{Migrate: true, Isolation: b.isolation})
	if err != nil {
		t.Fatal(err)
	}
	c := create(t, s)
	canceled, cancel := context.WithCancel(t.Context())
	cancel()
	for name, err := range everyMethod(canceled, s, c.ID) {
		if err == nil || isNotFound(err) {
			t.Errorf("%s, canceled: %v", name, err)
		}
	}
	equal(t, get(t, s, c.ID), c)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	for name, err := range everyMethod(t.Context(), s, c.ID) {
		if err == nil || isNotFound(err) {
			t.Errorf("%s, closed: %v", name, err)
		}
	}
}

func TestOpenRefuses(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for _, tc := range []struct{ url, want string }{
		{"", "must begin with"},
		{"oracle://localhost/redial", "must begin with"},
		{"mysql://u:s3cret@127.0.0.1:1/redial", "opening the database"},
		{"mysql://u:s3cret@localhost", "can't be read"},
		{"mysql://u:s3cret@localhost/redial?sslmode=x", `"sslmode"`},
		{"sqlite:", "sqlite:FILE"},
		{"sqlite::memory:", "sqlite:FILE"},
		{"sqlite:redial.db?mode=memory", "sqlite:FILE"},
		{"sqlite:" + filepath.Join(t.TempDir(), "no", "such", "folder.db"), "no such file"},
		{"postgres://u:s3cret@localhost:port/redial", "can't be read"},
		{"postgres://u:s3cret@127.0.0.1:1/redial?connect_timeout=2", "opening the database"},
	} {
		s, err := Open(ctx, tc.url, Options{Migrate: true})
		if err == nil {
			s.Close()
			t.Errorf("%s: opened", tc.url)
			continue
		}
		if !strings.Contains(err.Error(), tc.want) || strings.Contains(err.Error(), "s3cret") {
			t.Errorf("%s: %v, want %q and no password", tc.url, err, tc.want)
		}
	}
}

func TestOneProcessPerSQLiteFile(t *testing.T) {
	url := sqliteFile(t)
	for range 2 { // the file can be opened again after it was closed
		s, err := Open(t.Context(), url, Options{Migrate: true})
		if err != nil {
			t.Fatal(err)
		}
		if second, err := Open(t.Context(), url, Options{}); err == nil || !strings.Contains(err.Error(), "another redial") {
			t.Errorf("opened twice: %v, %v", second, err)
		}
		create(t, s)
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// A full disk stores nothing, not even a part of a call. Once there is room again, the store goes on.
func TestAFullDiskTakesNothing(t *testing.T) {
	s, err := Open(t.Context(), sqliteFile(t), Options{Migrate: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	first := create(t, s)
	const tables = "CREATE TABLE filler (bytes); CREATE TABLE last (bytes)"
	if _, err := s.engine.Pools().Aside.ExecContext(t.Context(), tables); err != nil {
		t.Fatal(err)
	}
	limit := func(pages string) {
		t.Helper()
		if _, err := s.engine.Pools().Aside.ExecContext(t.Context(), "PRAGMA max_page_count = "+pages); err != nil {
			t.Fatal(err)
		}
	}
	limit("1") // no more pages than there are
	created := 0
	for range 1000 { // first the rest of the existing pages is filled
		c, events, bad := call.New(wish(), begin)
		if bad != nil {
			t.Fatal(bad)
		}
		if _, _, err = s.Create(t.Context(), Asker{}, c, events, Idempotency{}); err != nil {
			break
		}
		created++
	}
	if err == nil {
		t.Fatal("a full disk takes everything")
	}
	equal(t, count(t, s, "SELECT count(*) FROM calls"), created+1)
	equal(t, count(t, s, "SELECT count(DISTINCT call_id) FROM events"), created+1)
	equal(t, get(t, s, first.ID), first)
	// Each row of the second kind needs another page.
	for _, rest := range []string{"filler VALUES (zeroblob(1000))", "last VALUES (zeroblob(4500))"} {
		for err = nil; err == nil; { // a call needs several pages, so a few may be left
			_, err = s.engine.Pools().Aside.ExecContext(t.Context(), "INSERT INTO "+rest)
		}
	}
	if err := s.Ping(t.Context()); err != nil {
		t.Fatal(err)
	}
	if s.Ready(t.Context()) == nil {
		t.Error("it is ready with a full disk")
	}
	limit("1000000")
	for range 3 {
		if err := s.Ready(t.Context()); err != nil {
			t.Error(err)
		}
	}
	equal(t, count(t, s, "SELECT count(*) FROM probes"), 1)
	create(t, s)
}

// A transaction that has failed is not committed, although COMMIT is answered without an error.
func testCommitAnsweredByRollback(t *testing.T, b backend) {
	if !b.shared {
		return // SQLite goes on after a statement that failed
	}
	s := b.open(t, nil)
	c := create(t, s)
	err := s.tx(t.Context(), func(x *tx) error {
		if err := x.exec("UPDATE calls SET from_number = 'x' WHERE id = $1", c.ID); err != nil {
			return err
		}
		if x.exec("SELECT nothing FROM calls") == nil {
			t.Error("a column is read that there is not")
		}
		return nil
	})
	if err == nil {
		t.Error("what was rolled back counts as committed")
	}
	equal(t, get(t, s, c.ID), c)
}
