package store

import (
	"sync"
	"time"

	"redial/internal/call"
)

// watchers tells, within this process, that a Call has changed.
type watchers struct {
	mu   sync.Mutex
	byID map[string]map[chan struct{}]struct{}
	due  chan struct{}
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
// that PostgreSQL can't remove yet.
type lowerBounds struct {
	dial, ask, expire time.Time
	until             time.Time // from then on all is read, whatever this node knows
}

const (
	boundMargin = 15 * time.Second // longer than a transaction of another node takes, and its clock is off
	boundTime   = 15 * time.Second
)

// lowerBounds returns those that hold now.
func (w *watchers) lowerBounds(now time.Time) lowerBounds {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !now.Before(w.bounds.until) || w.bounds.until.After(now.Add(boundTime)) { // or the clock was set back
		w.bounds = lowerBounds{}
	}
	return w.bounds
}

// raise sets the lower bounds by what a look has found due first; zero is nothing. What this node
// changed meanwhile, keep has taken into account.
func (w *watchers) raise(dial, ask, expire, now time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.bounds.until.IsZero() {
		w.bounds.until = now.Add(boundTime)
	}
	w.bounds.dial = earlier(earlier(dial, w.news.dial), now).Add(-boundMargin)
	w.bounds.ask = earlier(earlier(ask, w.news.ask), now).Add(-boundMargin)
	w.bounds.expire = earlier(expire, w.news.ask)
}

// keep lowers the lower bounds for a Call that was changed.
func (w *watchers) keep(due wakes, deadline time.Time) {
	w.bounds.dial = lower(w.bounds.dial, due.dial)
	w.bounds.ask = lower(w.bounds.ask, due.ask)
	w.bounds.expire = lower(w.bounds.expire, deadline)
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

func (w *watchers) init() {
	w.byID = map[string]map[chan struct{}]struct{}{}
	w.due = make(chan struct{}, 1)
	w.unoffered = make(chan struct{}, 1)
	w.until = wakes{anyTime, anyTime}
}

// Watch returns a channel that receives after Call id was changed, or had something
// written for the endpoint of that id, by this
// process, and a function that ends the watch. Changes by other nodes are not seen.
func (w *watchers) Watch(id string) (<-chan struct{}, func()) {
	ch := make(chan struct{}, 1)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.byID[id] == nil {
		w.byID[id] = map[chan struct{}]struct{}{}
	}
	w.byID[id][ch] = struct{}{}
	return ch, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.byID[id], ch)
		if len(w.byID[id]) == 0 {
			delete(w.byID, id)
		}
	}
}

// Due receives after this process changed a Call that is now due sooner than
// Sleep was told.
func (w *watchers) Due() <-chan struct{} { return w.due }

// Unoffered receives after this process has left numbers free that Calls are held for: a
// Sweep has more to do.
func (w *watchers) Unoffered() <-chan struct{} { return w.unoffered }

// Sleep says until when nobody looks at what is due, since NextWake was asked: for
// Calls to dial, and for those to ask about or to give up. Zero: whenever that is.
func (w *watchers) Sleep(dial, ask time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.until = wakes{dial, ask}
	w.ring(w.news)
}

// Soonest is when the first of the Calls is due that were changed since NextWake was
// asked, of those that Sleep said to be of interest; zero if there is none.
func (w *watchers) Soonest() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	var at time.Time
	if !w.until.dial.IsZero() {
		at = w.news.dial
	}
	if !w.until.ask.IsZero() {
		at = earlier(at, w.news.ask)
	}
	return at
}

// resumed tells that there may be anything to do.
func (w *watchers) resumed() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.news.ask = time.Unix(0, 0)
	w.ring(w.news)
}

// look begins a look at what is due: until Sleep, nothing need be told.
func (w *watchers) look() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.until, w.news = wakes{}, wakes{}
}

// poke tells whoever watches this id.
func (w *watchers) poke(id string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for ch := range w.byID[id] {
		poke(ch)
	}
}

// notify tells of a Call that was changed.
func (w *watchers) notify(c *call.Call) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for ch := range w.byID[c.ID] {
		poke(ch)
	}
	var due wakes
	switch c.State {
	case call.Waiting:
		due = wakes{c.WakeAt, c.Deadline}
		w.keep(wakes{dial: c.WakeAt}, c.Deadline)
	case call.Dialing:
		due.ask = c.WakeAt
		w.keep(due, time.Time{})
	}
	w.news = wakes{earlier(w.news.dial, due.dial), earlier(w.news.ask, due.ask)}
	w.ring(due)
}

func (w *watchers) ring(due wakes) {
	if sooner(due.dial, w.until.dial) || sooner(due.ask, w.until.ask) {
		poke(w.due)
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

func poke(ch chan struct{}) {
	select {
	case ch <- struct{}{}:
	default: // it has yet to hear of the last change
	}
}
