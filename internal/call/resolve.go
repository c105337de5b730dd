package call

import (
	"errors"
	"time"
)

// Why an attempt can't be resolved.
var (
	ErrNotAmbiguous = errors.New("the attempt is not ambiguous: there is nothing to resolve")
	ErrStillAlive   = errors.New("that call is still alive; wait until it has ended")
	ErrHasSID       = errors.New("the attempt has a sid, so it was placed")
)

// Resolve records what an operator, by, found out about an ambiguous attempt n: which of the carrier's calls it was, or
// that it was none (r is nil). A Call that has ended stays ended; any other goes on from what is known now.
func (c *Call) Resolve(n int, r *Report, by string, now time.Time) ([]Event, error) {
	a := c.Attempt(n)
	switch {
	case a == nil || a.Result() != Ambiguous:
		return nil, ErrNotAmbiguous
	case r == nil && a.SID != "":
		return nil, ErrHasSID
	case r != nil && (r.SID == "" || a.SID != "" && a.SID != r.SID):
		return nil, ErrNotAmbiguous
	case r != nil && !r.Status.Final():
		return nil, ErrStillAlive
	}
	a.Ambiguous, a.Lost = false, false
	if r == nil {
		a.Unplaced = true
	} else {
		c.learn(a, *r, now)
	}
	e := Event{By: by, SID: a.SID, Result: a.Result(), Duration: a.Duration}
	return append([]Event{c.attemptEvent(AttemptResolved, now, n, e)}, c.settle(now)...), nil
}
