package call

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// nextDial decides when the next dial is, and whom it rings: people are several if they are rung at once, and
// none if nobody is rung any more. waiting says why the dial is not made sooner; it is empty if only the pause
// after the dial before keeps it.
func (c *Call) nextDial(now time.Time) (people []int, at time.Time, waiting string) {
	people, at = c.whoIsNext()
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

// whoIsNext returns who is rung next, and from when on the dials before allow it. It knows neither the window
// nor the time of the first dial. A postponed attempt goes out before any new one.
func (c *Call) whoIsNext() (people []int, at time.Time) {
	at = c.CreatedAt
	for i := range c.Attempts {
		if a := &c.Attempts[i]; c.isToBeSent(a) {
			people, at = append(people, a.Person), latest(at, a.RetryAt)
		}
	}
	if len(people) == 0 {
		people = c.nextPeople()
	}
	for _, p := range people {
		at = latest(at, c.ready(p))
	}
	for i := range c.Attempts { // a dial begins after the attempts before it have ended
		at = latest(at, c.Attempts[i].EndedAt)
	}
	return people, at
}

// RingsOthers says whether somebody else than the person of attempt n is rung, or will be.
func (c *Call) RingsOthers(n int) bool {
	person := c.Attempt(n).Person
	for i := range c.Attempts {
		if a := &c.Attempts[i]; a.Person != person && a.Live() {
			return true
		}
	}
	people, _ := c.whoIsNext()
	another := func(p int) bool { return p != person }
	return c.CancelRequested.IsZero() && slices.ContainsFunc(people, another)
}

// plan makes the Call wait for its next dial, and returns the Event that says so if that is news.
func (c *Call) plan(next time.Time, waiting string, now time.Time) []Event {
	was := c.State
	c.State = Waiting
	if c.Held != "" { // the Call is woken when the number is free, and nobody knows when that is
		c.NextAttemptAt, c.WakeAt = time.Time{}, c.Deadline
		return nil
	}
	if planned := c.NextAttemptAt; !planned.IsZero() && !latest(planned, next).After(now) {
		next = planned // the dial is due, and an earlier time for it is no news
	}
	moved := !next.Equal(c.NextAttemptAt)
	c.NextAttemptAt, c.WakeAt = next, next
	switch {
	case !moved:
		return nil
	case waiting != "" && (was == Waiting || c.anyPostponed()):
		return []Event{c.event(CallDeferred, now, Event{Waiting: waiting, NextAttemptAt: next})}
	case len(c.Attempts) == 0, c.anyPostponed():
		return nil
	case was == Waiting && !next.After(now): // the Event of what made it due has said so
		return nil
	}
	last := c.Attempts[len(c.Attempts)-1].Result()
	return []Event{c.event(RedialScheduled, now, Event{Reason: string(last), Waiting: waiting, NextAttemptAt: next})}
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

// WaitsFor says why the Call dials no phone at now. It is empty if the Call may dial one, or has ended.
func (c *Call) WaitsFor(now time.Time) string {
	switch {
	case c.State == Ended:
		return ""
	case c.State == Dialing:
		return ErrDialed.Error()
	case c.Held != "":
		return ErrHeld.Error()
	}
	people, at, waiting := c.nextDial(now)
	if waiting != "" || !at.After(now) {
		return waiting
	}
	if a := c.firstPostponed(); a != nil {
		return NotTaken(a.PlacedBy)
	}
	var last *Attempt // of the people who are rung next, the attempt whose pause ends last
	for i := range c.Attempts {
		a := &c.Attempts[i]
		if slices.Contains(people, a.Person) && (last == nil || !c.pauseEnds(a).Before(c.pauseEnds(last))) {
			last = a
		}
	}
	if last == nil {
		return "the time of its request: the clock was set back"
	}
	return fmt.Sprintf("the pause after attempt %d: %s", last.N, last.Result())
}
