package trigger

import (
	"context"
	"fmt"
	"sync/atomic"

	"redial/internal/call"
	"redial/internal/source"
	"redial/internal/store"
)

// Triggers ring phones about events, by the file that is in force.
type Triggers struct {
	store     *store.Store
	file      atomic.Pointer[File]
	Overrides Overrides // of its rotas
}

// New returns Triggers without a file: until Use gives them one, no event rings a phone.
func New(s *store.Store) *Triggers {
	return &Triggers{store: s, Overrides: Overrides{store: s}}
}

// File is the file in force, nil if there is none.
func (t *Triggers) File() *File { return t.file.Load() }

// Use puts a file in force for every event that comes from now on.
func (t *Triggers) Use(f *File) { t.file.Store(f) }

// Told is what became of an event.
type Told struct {
	Trigger string
	Calls   []call.Call // that were made about it
	Why     string      // why no phone rings, as a sentence; empty if one does
	Doubts  []string    // what went wrong on the way, for whoever wrote the file
}

// Tell tells a trigger what has happened. When it returns, what follows is on disk. It returns ErrNoTrigger,
// ErrNobody with the doubts that explain it, or an error of the store.
func (t *Triggers) Tell(ctx context.Context, by store.Asker, name string, e *source.Event) (Told, error) {
	f := t.File()
	tr, err := f.Named(name)
	if err != nil {
		return Told{}, err
	}
	told := Told{Trigger: name}
	ring, _ := tr.Ring(e)
	if len(ring) == 0 {
		told.Why = "nothing in the event fires and matches the trigger"
		return told, nil
	}
	now := t.store.Now()
	d, err := f.Decide(tr, e, ring, t.Overrides.around(ctx, now))
	if err != nil {
		told.Doubts = d.Doubts
		return told, err
	}
	w, err := f.Wish(&d, now)
	if err != nil {
		return told, fmt.Errorf("a call about an event of the trigger %s: %w", name, err)
	}
	w.By = by.Name
	c, events, err := call.New(w, now)
	if err != nil {
		return told, err
	}
	c, _, err = t.store.Create(ctx, by, c, events, store.Idempotency{})
	if err != nil {
		return told, err
	}
	told.Calls, told.Doubts = []call.Call{c}, d.Doubts
	return told, nil
}
