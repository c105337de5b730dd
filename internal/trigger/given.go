package trigger

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"redial/api"
	"redial/internal/call"
	"redial/internal/source"
)

// Given is what a request says itself about the call that it asks a trigger for. It stands in the place of what the
// trigger says, and is checked like every request for a call.
type Given struct {
	To          string // the number to ring; empty: the trigger's people
	From        string // the number that calls; empty: the default
	Twiml       string // what is heard; empty: the trigger's words
	RingTimeout string // as policy.ring_timeout; empty: that of the trigger's policy
}

// Ask returns the Wish for a call of its own, outside of any incident, that a trigger makes of an event. It writes
// nothing: Told says why no phone is to ring, and what went wrong on the way. It returns ErrNoTrigger, ErrNobody, or an
// *api.Problem about what is given.
func (t *Triggers) Ask(ctx context.Context, name string, e *source.Event, g Given) (call.Wish, Told, error) {
	f := t.File()
	tr, err := f.Named(name)
	if err != nil {
		return call.Wish{}, Told{}, err
	}
	told := Told{Trigger: name}
	ring, _ := tr.Ring(e)
	if len(ring) == 0 {
		told.Why = silence(e)
		return call.Wish{}, told, nil
	}
	now := t.store.Now()
	around := t.Overrides.around(ctx, now)
	if g.To != "" {
		around.Instead = []Recipient{f.whose(g.To, around)}
	}
	if g.Twiml != "" {
		silent := *tr
		silent.Say, tr = nil, &silent // its words would not be heard: nothing is wrong with them
	}
	d, err := f.Decide(tr, e, ring, around)
	if told.Doubts = d.Doubts; err != nil {
		return call.Wish{}, told, err
	}
	if g == (Given{}) {
		w, err := f.Wish(&d, now)
		told.Doubts = d.Doubts
		return w, told, err
	}
	body, err := g.request(&d)
	if err != nil {
		return call.Wish{}, told, err
	}
	w, err := f.reader.Wish(body, now)
	return w, told, err
}

// Asked notes what became of a call of its own, which was stored or, with an error, was not.
func (t *Triggers) Asked(told Told, c call.Call, err error) {
	told.Calls = []call.Call{c}
	t.report(&told, err)
}

// whose is the person of the file who has a number, or somebody of whom nothing else is known.
func (f *File) whose(number string, around Around) Recipient {
	r := Recipient{Person: Person{Number: number}}
	e164, err := f.number(number, around.Now)
	if err != nil {
		return r // the edge will say the same
	}
	for _, name := range slices.Sorted(maps.Keys(f.People)) {
		if p := f.People[name]; p.Number == e164 {
			return Recipient{Name: name, Person: p}
		}
	}
	return r
}

// request is the request for the call of a decision, with what is given in the place of what was decided.
func (g Given) request(d *Decision) ([]byte, error) {
	req := api.CreateCall{From: g.From, People: slices.Clone(d.To), Say: &d.Say, Metadata: d.Metadata}
	if g.Twiml != "" {
		req.Say, req.Twiml = nil, g.Twiml
		for i := range req.People {
			req.People[i].Say, req.People[i].Language = "", ""
		}
	}
	policy, err := g.policy(d.Policy)
	return withPolicy(req, policy), err
}

// policy is a trigger's policy with the ring timeout that is given.
func (g Given) policy(own json.RawMessage) (json.RawMessage, error) {
	if g.RingTimeout == "" {
		return own, nil
	}
	fields := map[string]any{}
	if len(own) > 0 {
		if err := json.Unmarshal(own, &fields); err != nil {
			return nil, fmt.Errorf("reading the trigger's policy: %w", err)
		}
	}
	fields["ring_timeout"] = g.RingTimeout
	return json.Marshal(fields)
}
