package store

import (
	"context"
	"fmt"
	"sync"
	"time"

	"redial/internal/call"
)

// Timer says when to look at what is due: at the earliest wake_at, or earlier if this process makes something due
// before that. It does not hear of what other nodes make due.
type Timer struct {
	reading func(context.Context) reader
	now     func() time.Time
	changed chan struct{} // receives when a changed Call is due before the look
	woken   chan struct{} // receives when Wake was called

	mu     sync.Mutex
	look   Look  // the look that Wait waits for
	news   Times // the earliest among the Calls that were changed since the last look
	bounds lowerBounds
}

// Times are when the first Call is to be dialed, and when the first is to be asked about or given up; zero is never.
type Times struct{ Dial, Ask time.Time }

// IsZero says that there is none.
func (t Times) IsZero() bool { return t.Dial.IsZero() && t.Ask.IsZero() }

// Look says when to look at what is due. Dial and Ask say whether the caller could then handle Calls that become due
// earlier, to be dialed or to be asked about.
type Look struct {
	At        time.Time
	Dial, Ask bool
}

// NoLaterThan makes the look at t, if that is sooner; zero is never.
func (l *Look) NoLaterThan(t time.Time) {
	if sooner(t, l.At) {
		l.At = t
	}
}

// wants are the times for which a look would be made earlier.
func (l *Look) wants(t Times) Times {
	if !l.Dial {
		t.Dial = time.Time{}
	}
	if !l.Ask {
		t.Ask = time.Time{}
	}
	return t
}

func (t *Timer) init(reading func(context.Context) reader, now func() time.Time) {
	t.reading, t.now = reading, now
	t.changed, t.woken = make(chan struct{}, 1), make(chan struct{}, 1)
}

// Each of the three reads the head of an index. For min() a database may scan more.
const nextWake = `SELECT
	(SELECT wake_at FROM calls WHERE state = 'waiting' AND wake_at >= $1 ORDER BY wake_at LIMIT 1),
	(SELECT wake_at FROM calls WHERE state = 'dialing' AND wake_at >= $2 ORDER BY wake_at LIMIT 1),
	(SELECT deadline_at FROM calls WHERE state = 'waiting' AND deadline_at >= $3 ORDER BY deadline_at LIMIT 1)`

// Next reads when the first Calls are due.
func (t *Timer) Next(ctx context.Context) (next Times, err error) {
	t.hear()
	now := t.now()
	bounds := t.lowerBounds(now)
	var deadline time.Time
	_, err = t.reading(ctx).row(nextWake, []any{floor(bounds.dial), floor(bounds.ask), floor(bounds.expire)},
		asMicros{&next.Dial}, asMicros{&next.Ask}, asMicros{&deadline})
	if err != nil {
		return next, fmt.Errorf("reading what is due next: %w", err)
	}
	t.raiseBounds(next, deadline, now)
	next.Ask = earlier(next.Ask, deadline)
	return next, nil
}

// clockStep is how often Wait looks at the clock: a timer does not notice that the clock was set, or that the machine
// was suspended.
const clockStep = 10 * time.Second

// Wait returns when it is time for a look, when Wake is called, when ctx is done, or when this process has made a Call
// due for which the look would be made earlier. In the last case it returns what is due, and the caller need not ask
// Next for it.
func (t *Timer) Wait(ctx context.Context, l Look) (due Times) {
	t.await(l)
	alarm := time.NewTimer(l.At.Sub(t.now()))
	defer alarm.Stop()
	clock := time.NewTicker(clockStep)
	defer clock.Stop()
	for {
		select {
		case <-t.changed:
			due, at := t.dueBy(t.now())
			if !due.IsZero() {
				return due
			}
			if sooner(at, l.At) { // a look before that would find nothing due
				l.At = at
				alarm.Reset(at.Sub(t.now()))
			}
			continue
		case <-clock.C:
			if t.now().Before(l.At) {
				continue
			}
		case <-ctx.Done():
		case <-t.woken:
		case <-alarm.C:
		}
		return Times{}
	}
}

// Wake ends a Wait, or the next one: there may be something to do, even if nothing is due.
func (t *Timer) Wake() { poke(t.woken) }

// await begins a Wait. What was changed since the last look counts, too.
func (t *Timer) await(l Look) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.look = l
	t.tell(t.news)
}

// dueBy returns the news and forgets them, if something is due by now for which a look would be made earlier.
// Otherwise it only returns when the first will be.
func (t *Timer) dueBy(now time.Time) (due Times, at time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	first := t.look.wants(t.news)
	at = earlier(first.Dial, first.Ask)
	if at.IsZero() || at.After(now) {
		return Times{}, at
	}
	due = t.news
	t.look, t.news = Look{}, Times{}
	return due, at
}

// hear forgets the news: the next look at the database shows what was changed before.
func (t *Timer) hear() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.look, t.news = Look{}, Times{}
}

// set tells the Timer of a Call whose change is committed.
func (t *Timer) set(c *call.Call) {
	t.mu.Lock()
	defer t.mu.Unlock()
	var due Times
	switch c.State {
	case call.Waiting:
		due = Times{c.WakeAt, c.Deadline}
		t.bounds.lower(c.WakeAt, time.Time{}, c.Deadline)
	case call.Dialing:
		due.Ask = c.WakeAt
		t.bounds.lower(time.Time{}, c.WakeAt, time.Time{})
	}
	t.news = Times{earlier(t.news.Dial, due.Dial), earlier(t.news.Ask, due.Ask)}
	t.tell(due)
}

// tell wakes Wait, if something is due before its look.
func (t *Timer) tell(due Times) {
	due = t.look.wants(due)
	if sooner(due.Dial, t.look.At) || sooner(due.Ask, t.look.At) {
		poke(t.changed)
	}
}

// lowerBounds returns the lower bounds that hold now.
func (t *Timer) lowerBounds(now time.Time) lowerBounds {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.bounds.at(now)
}

// raiseBounds sets the lower bounds to what a look has found due first. Changes that this node made meanwhile count,
// too: news.Ask may be a deadline, so it bounds both scans.
func (t *Timer) raiseBounds(next Times, deadline, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.bounds.raise(earlier(next.Dial, t.news.Dial), earlier(next.Ask, t.news.Ask), earlier(deadline, t.news.Ask), now)
}
