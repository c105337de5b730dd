package call

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// due is who is rung next and when, by everything that the policy says; waiting tells
// why not before, where it is not the pause between two dials.
func (c *Call) due(now time.Time) (people []int, at time.Time, waiting string) {
	people, at = c.next()
	if first := c.notBefore(); first.After(at) {
		at = first
		if first.After(now) {
			waiting = "not before " + first.UTC().Format(time.RFC3339)
		}
	}
	from := latest(at, now)
	if open := c.open(from); !open.Equal(from) {
		at, waiting = open, c.Policy.Window.reason(from, c.Policy.ringLength())
	}
	return people, at, waiting
}

// next is who is rung next, and when, as far as the dials before allow it; nobody when
// all are done with. What was postponed goes out before anything else.
func (c *Call) next() (people []int, at time.Time) {
	at = c.CreatedAt
	for i := range c.Attempts {
		if a := &c.Attempts[i]; a.isPostponed() {
			people, at = append(people, a.Person), latest(at, a.RetryAt)
		}
	}
	if len(people) == 0 {
		people = c.nextPeople()
	}
	for _, p := range people {
		at = latest(at, c.ready(p))
	}
	for i := range c.Attempts { // whoever is next, is after those before
		at = latest(at, c.Attempts[i].EndedAt)
	}
	return people, at
}

// plan waits for the next dial.
func (c *Call) plan(next time.Time, waiting string, now time.Time) []Event {
	was := c.State
	c.State = Waiting
	if c.Held != "" { // nobody knows when: the Call is woken when the number is free
		c.NextAttemptAt, c.WakeAt = time.Time{}, c.Deadline
		return nil
	}
	if planned := c.NextAttemptAt; !planned.IsZero() && !latest(planned, next).After(now) {
		next = planned // it is due, and no news that it could have been before, had the window been open
	}
	moved := !next.Equal(c.NextAttemptAt)
	c.NextAttemptAt, c.WakeAt = next, next
	switch {
	case !moved:
		return nil
	case waiting != "" && (was == Waiting || c.anyPostponed()):
		return []Event{c.event(CallDeferred, now, Event{Waiting: waiting, NextAttemptAt: next})}
	case len(c.Attempts) == 0, c.anyPostponed(), was == Waiting && !next.After(now): // what made it due was told
		return nil
	}
	last := &c.Attempts[len(c.Attempts)-1]
	return []Event{c.event(RedialScheduled, now, Event{Reason: string(last.Result()), Waiting: waiting, NextAttemptAt: next})}
}

// Why the next dial can't be made at once.
var (
	ErrEnded  = errors.New("the call has ended")
	ErrDialed = errors.New("an attempt is under way")
	ErrHeld   = errors.New("another call is ringing the number; this one is dialed when that has ended")
)

// NotNowError says why the next dial may not be made at once, and when it may.
type NotNowError struct {
	Waiting string
	At      time.Time
}

func (e *NotNowError) Error() string {
	return fmt.Sprintf("it may not ring now (%s), but at %s", e.Waiting, e.At.UTC().Format(time.RFC3339))
}

// WaitsFor says why no phone is dialed for the Call at now; empty when one may be.
func (c *Call) WaitsFor(now time.Time) string {
	switch {
	case c.State == Ended:
		return ""
	case c.State == Dialing:
		return ErrDialed.Error()
	case c.Held != "":
		return ErrHeld.Error()
	}
	people, at, waiting := c.due(now)
	if waiting != "" || !at.After(now) {
		return waiting
	}
	if c.anyPostponed() {
		return NotTaken
	}
	var last *Attempt // to let go of those to be rung
	for i := range c.Attempts {
		if a := &c.Attempts[i]; slices.Contains(people, a.Person) && (last == nil || !c.pauseEnds(a).Before(c.pauseEnds(last))) {
			last = a
		}
	}
	if last == nil {
		return "the time of its request: the clock was set back"
	}
	return fmt.Sprintf("the pause after attempt %d: %s", last.N, last.Result())
}
