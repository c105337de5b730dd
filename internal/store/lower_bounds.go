package store

import (
	"math"
	"time"
)

// lowerBounds are where the scans of the claims' indexes begin: as far as this node knows, nothing earlier is due.
// Without them, a long-running snapshot makes every claim read all index entries that the database can't remove yet.
type lowerBounds struct {
	dial, ask, expire time.Time
	until             time.Time // after it the scans begin at the beginning again, whatever this node knows
}

const (
	boundMargin = 15 * time.Second // more than a transaction of another node takes, plus the error of its clock
	boundTime   = 15 * time.Second
)

// at returns the lower bounds that hold at a time.
func (b *lowerBounds) at(now time.Time) lowerBounds {
	if !now.Before(b.until) || b.until.After(now.Add(boundTime)) { // or the clock was set back
		*b = lowerBounds{}
	}
	return *b
}

// raise sets them to the earliest that was found due; zero means that nothing is due.
func (b *lowerBounds) raise(dial, ask, expire, now time.Time) {
	if b.until.IsZero() {
		b.until = now.Add(boundTime)
	}
	b.dial = earlier(dial, now).Add(-boundMargin)
	b.ask = earlier(ask, now).Add(-boundMargin)
	b.expire = expire
}

// lower lowers them for a changed Call, which is due to be dialed, asked about or given up then; zero is never.
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

func sooner(t, until time.Time) bool { return !t.IsZero() && t.Before(until) }

// earlier is the earlier of two times; zero is never.
func earlier(a, b time.Time) time.Time {
	if b.IsZero() || sooner(a, b) {
		return a
	}
	return b
}

// floor is a lower bound as the database stores times.
func floor(t time.Time) int64 {
	if t.IsZero() {
		return math.MinInt64
	}
	return micros(t)
}
