package store

import (
	"sync"
	"time"

	"redial/internal/call"
)

// timer tells, within this process, when to look at what is due.
type timer struct {
	mu  sync.Mutex
	due chan struct{}
	// unoffered receives when a batch left free numbers to the next sweep.
	unoffered chan struct{}

	until  wakes // a change that is due before this is told at once
	news   wakes // the earliest due among the changes since the last look
	bounds lowerBounds
}

// wakes are times to dial, and to ask or give up; zero is never.
type wakes struct{ dial, ask time.Time }

// lowerBounds are where the scans of the claims' indexes begin: as far as this node knows, nothing
// is due before. Without them, a long-running snapshot makes every claim read all index entries
// that the database can't remove yet.
type lowerBounds struct {
	dial, ask, expire time.Time
	until             time.Time // from then on all is read, whatever this node knows
}

const (
	boundMargin = 15 * time.Second // longer than a transaction of another node takes, and its clock is off
	boundTime   = 15 * time.Second
)

// lowerBounds returns those that hold now.
func (t *timer) lowerBounds(now time.Time) lowerBounds {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !now.Before(t.bounds.until) || t.bounds.until.After(now.Add(boundTime)) { // or the clock was set back
		t.bounds = lowerBounds{}
	}
	return t.bounds
}

// raise sets the lower bounds by what a look has found due first; zero is nothing. What this node
// changed meanwhile, keep has taken into account.
func (t *timer) raise(dial, ask, expire, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.bounds.until.IsZero() {
		t.bounds.until = now.Add(boundTime)
	}
	t.bounds.dial = earlier(earlier(dial, t.news.dial), now).Add(-boundMargin)
	t.bounds.ask = earlier(earlier(ask, t.news.ask), now).Add(-boundMargin)
	t.bounds.expire = earlier(expire, t.news.ask)
}

// keep lowers the lower bounds for a Call that was changed.
func (t *timer) keep(due wakes, deadline time.Time) {
	t.bounds.dial = lower(t.bounds.dial, due.dial)
	t.bounds.ask = lower(t.bounds.ask, due.ask)
	t.bounds.expire = lower(t.bounds.expire, deadline)
}

// lower is a bound, or a time that is before it; zero is never.
func lower(bound, t time.Time) time.Time {
	if !t.IsZero() && t.Before(bound) {
		return t
	}
	return bound
}

// anyTime is after every time that a Call can be due at.
var anyTime = time.Unix(1<<40, 0)

func (t *timer) init() {
	t.due = make(chan struct{}, 1)
	t.unoffered = make(chan struct{}, 1)
	t.until = wakes{anyTime, anyTime}
}

// Due receives after this process changed a Call that is now due sooner than
// Sleep was told.
func (t *timer) Due() <-chan struct{} { return t.due }

// Unoffered receives after this process has left numbers free that Calls are held for: a
// Sweep has more to do.
func (t *timer) Unoffered() <-chan struct{} { return t.unoffered }

// Sleep says until when nobody looks at what is due, since NextWake was asked: for
// Calls to dial, and for those to ask about or to give up. Zero: whenever that is.
func (t *timer) Sleep(dial, ask time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.until = wakes{dial, ask}
	t.ring(t.news)
}

// Soonest is when the first of the Calls is due that were changed since NextWake was
// asked, of those that Sleep said to be of interest; zero if there is none.
func (t *timer) Soonest() time.Time {
	t.mu.Lock()
	defer t.mu.Unlock()
	var at time.Time
	if !t.until.dial.IsZero() {
		at = t.news.dial
	}
	if !t.until.ask.IsZero() {
		at = earlier(at, t.news.ask)
	}
	return at
}

// resumed tells that there may be anything to do.
func (t *timer) resumed() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.news.ask = time.Unix(0, 0)
	t.ring(t.news)
}

// look begins a look at what is due: until Sleep, nothing need be told.
func (t *timer) look() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.until, t.news = wakes{}, wakes{}
}

// changed tells of a Call that was changed.
func (t *timer) changed(c *call.Call) {
	t.mu.Lock()
	defer t.mu.Unlock()
	var due wakes
	switch c.State {
	case call.Waiting:
		due = wakes{c.WakeAt, c.Deadline}
		t.keep(wakes{dial: c.WakeAt}, c.Deadline)
	case call.Dialing:
		due.ask = c.WakeAt
		t.keep(due, time.Time{})
	}
	t.news = wakes{earlier(t.news.dial, due.dial), earlier(t.news.ask, due.ask)}
	t.ring(due)
}

func (t *timer) ring(due wakes) {
	if sooner(due.dial, t.until.dial) || sooner(due.ask, t.until.ask) {
		poke(t.due)
	}
}

func sooner(t, until time.Time) bool { return !t.IsZero() && t.Before(until) }

// earlier is the earlier of two times, of which zero is never.
func earlier(a, b time.Time) time.Time {
	if b.IsZero() || sooner(a, b) {
		return a
	}
	return b
}
