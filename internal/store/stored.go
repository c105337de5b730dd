package store

import (
	"redial/internal/call"
	"redial/internal/crashpoint"
)

// Step is a pure step on a Call: it may run more than once.
type Step func(*call.Call) ([]call.Event, error)

// stored is a Call before and after the batch.
type stored struct {
	before, after call.Call
	events        []call.Event
	then          []*call.Call // the Call after each of the events
	err           error        // why it can't be read
	waking        *waking      // nil: it was not due
}

// step runs a pure step. A step that fails leaves the Call as it was.
func (c *stored) step(step Step) (after call.Call, err error) {
	if c.err != nil {
		return call.Call{}, c.err
	}
	defer crashpoint.Contain(&err)
	after = c.after.Clone()
	events, err := step(&after)
	if err != nil {
		return call.Call{}, err
	}
	c.record(&after, events)
	return after, nil
}

// record keeps what a step made of the Call.
func (c *stored) record(after *call.Call, events []call.Event) {
	c.after, c.events = *after, append(c.events, events...)
	for range events {
		c.then = append(c.then, after)
	}
}

// waking is how a Call is woken, and its state before.
type waking struct {
	step    func(c *call.Call, busy ...string) ([]call.Action, []call.Event)
	before  call.Call
	events  int           // how many events the batch had caused before
	actions []call.Action // what Wake returned
	err     error         // why it could not be woken, although it can be read
}

// wake wakes a Call, and tells it which of its numbers other Calls ring. If the Call was woken before, it begins again
// from the state before that.
func (c *stored) wake(busy ...string) {
	w := c.waking
	c.after, w.actions = w.before, nil
	c.events, c.then = c.events[:w.events:w.events], c.then[:w.events:w.events]
	_, w.err = c.step(func(woken *call.Call) (events []call.Event, _ error) {
		w.actions, events = w.step(woken, busy...)
		return events, nil
	})
}

// isNew says whether the batch creates the Call.
func (c *stored) isNew() bool { return len(c.events) > 0 && c.events[0].Type == call.CallCreated }
