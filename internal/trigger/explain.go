package trigger

import (
	"context"
	"errors"
	"maps"
	"slices"

	"redial/api"
	"redial/internal/call"
	"redial/internal/source"
)

// Explained is what a trigger would do about an event if nothing of it were known before.
type Explained struct {
	Decision
	Says    []api.Say  // what each of the recipients hears
	Ringing int        // members that would ring
	Call    *call.Call // that would be made; nil: none
	Why     string     // why none, as a sentence
}

// Explain says what a trigger would do about an event, and does nothing of it.
func (t *Triggers) Explain(ctx context.Context, name string, e *source.Event) (x Explained, err error) {
	f := t.File()
	tr, err := f.Named(name)
	if err != nil {
		return x, err
	}
	ring, _ := tr.Ring(e)
	if x.Ringing = len(ring); len(ring) == 0 {
		x.Why = silence(e)
		return x, nil
	}
	now := t.store.Now()
	x.Decision, err = f.Decide(tr, e, ring, t.Overrides.around(ctx, now))
	if errors.Is(err, ErrNobody) {
		x.Why = err.Error()
		return x, nil
	}
	if err != nil {
		return x, err
	}
	for _, p := range x.To {
		says := x.Say
		if p.Say != "" {
			says = api.Say{Text: p.Say, Language: p.Language, Repeat: x.Say.Repeat}
		}
		x.Says = append(x.Says, says)
	}
	w, err := f.Wish(&x.Decision, now)
	if err != nil {
		return x, err
	}
	c, _, err := call.New(w, now)
	x.Call = &c
	return x, err
}

// Sample is an event that rings the trigger, for whoever has none at hand.
func (t *Trigger) Sample() *source.Event {
	m := source.Member{
		Key: "test", State: source.Firing, Title: "Test alert", Severity: "critical", Labels: map[string]string{},
	}
	for _, name := range slices.Sorted(maps.Keys(t.Match)) {
		if part := partOf(&m, name); part != nil {
			*part = t.Match[name][0]
		} else {
			m.Labels[name] = t.Match[name][0]
		}
	}
	return &source.Event{Member: m, Source: t.Source, Members: []source.Member{m}, Fires: 1, Raw: map[string]any{}}
}
