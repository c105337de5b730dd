package store

import (
	"math"
	"time"
)

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

// at returns those that hold at a time.
func (b *lowerBounds) at(now time.Time) lowerBounds {
	if !now.Before(b.until) || b.until.After(now.Add(boundTime)) { // or the clock was set back
		*b = lowerBounds{}
	}
	return *b
}

// raise sets them by what was found due first; zero is nothing.
func (b *lowerBounds) raise(first Times, deadline, now time.Time) {
	if b.until.IsZero() {
		b.until = now.Add(boundTime)
	}
	b.dial = earlier(first.Dial, now).Add(-boundMargin)
	b.ask = earlier(first.Ask, now).Add(-boundMargin)
	b.expire = deadline
}

// lower lowers them for a Call that was changed, and is due to be dialed, asked about, or given up; zero is never.
func (b *lowerBounds) lower(dial, ask, expire time.Time) {
	for _, bound := range []struct {
		at *time.Time
		to time.Time
	}{{&b.dial, dial}, {&b.ask, ask}, {&b.expire, expire}} {
		if sooner(bound.to, *bound.at) {
			*bound.at = bound.to
		}
	}
}

// floor is a lower bound as the database has it.
func floor(t time.Time) int64 {
	if t.IsZero() {
		return math.MinInt64
	}
	return micros(t)
}
