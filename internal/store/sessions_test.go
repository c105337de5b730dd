package store

import (
	"testing"
	"time"
)

// A session is there until it expires or is ended, and what has expired is removed.
func testSessions(t *testing.T, b backend) {
	now := begin
	s := b.open(t, func(o *Options) { o.Clock = func() time.Time { return now } })
	keep := func(hash, data string, lasts time.Duration) {
		t.Helper()
		if err := s.KeepSession(t.Context(), hash, data, now.Add(lasts)); err != nil {
			t.Fatal(err)
		}
	}
	is := func(hash, want string) {
		t.Helper()
		if got, err := s.Session(t.Context(), hash); err != nil || got != want {
			t.Errorf("session %s is %q, %v, not %q", hash, got, err, want)
		}
	}
	keep("one", "a", time.Hour)
	keep("two", "b", 2*time.Hour)
	keep("one", "c", time.Hour)
	is("one", "c")
	is("two", "b")
	is("three", "")
	if err := s.ForgetSession(t.Context(), "two"); err != nil {
		t.Fatal(err)
	}
	is("two", "")
	now = now.Add(time.Hour)
	is("one", "")
	keep("four", "d", time.Hour)
	left, err := queryIDs(s.reading(t.Context()), "SELECT hash FROM sessions")
	if err != nil || len(left) != 1 || left[0] != "four" {
		t.Errorf("%q are kept, %v", left, err)
	}
}
