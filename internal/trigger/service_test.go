package trigger

import (
	"context"
	"errors"
	"path/filepath"
	"testing"

	"redial/internal/call"
	"redial/internal/source"
	"redial/internal/store"
)

// triggersOf are Triggers over a database of their own, with a file of one trigger named a.
func triggersOf(t *testing.T, trigger string) *Triggers {
	t.Helper()
	triggers := New(storeOf(t, true))
	triggers.Use(fileOf(t, trigger))
	return triggers
}

// storeOf is a database of its own, whose tables may be missing.
func storeOf(t *testing.T, tables bool) *store.Store {
	t.Helper()
	link := "sqlite:" + filepath.Join(t.TempDir(), "x.db")
	s, err := store.Open(context.Background(), link, store.Options{Migrate: tables})
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

// An event that fires and matches makes a call, which is on disk; another makes none, and says why.
func TestAnEventMakesACall(t *testing.T) {
	triggers := triggersOf(t, "to: [carl]\nmatch: {severity: critical}")
	by := store.Asker{Name: "ops"}
	told, err := triggers.Tell(t.Context(), by, "a", diskFull())
	if err != nil || len(told.Calls) != 1 {
		t.Fatalf("told %+v, error %v", told, err)
	}
	stored, err := triggers.store.Get(t.Context(), told.Calls[0].ID)
	if err != nil {
		t.Fatal(err)
	}
	wants(t, "to", stored.To, "+819012345679")
	wants(t, "by", stored.By, "ops")
	wants(t, "metadata", stored.Metadata, map[string]string{"trigger": "a", "incident": told.Incidents[0]})

	over := diskFull()
	over.State, over.Members = source.Resolved, over.Members[:1]
	over.Members[0].State = source.Resolved
	told, err = triggers.Tell(t.Context(), by, "a", over)
	if err != nil || len(told.Calls) != 0 || told.Why == "" {
		t.Errorf("what is over: told %+v, error %v", told, err)
	}
	if _, err := triggers.Tell(t.Context(), by, "b", diskFull()); !errors.Is(err, ErrNoTrigger) {
		t.Errorf("an unknown trigger: %v", err)
	}
	var none []call.Call
	wants(t, "calls about what is over", told.Calls, none)
}
