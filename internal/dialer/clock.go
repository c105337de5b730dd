package dialer

import (
	"context"
	"time"

	"redial/internal/call"
)

const (
	clockEvery = time.Minute     // between two looks at the database's clock
	clockLimit = 2 * time.Second // a node whose clock is off by more does not dial
	clockSet   = clockLimit / 10 // a clock that went on by so much more or less than time has passed was set
)

// clockCheck is what the last look at the clock said.
type clockCheck struct {
	at    time.Time // of that look, by this node's own clock
	tells bool
}

// stale says whether it is time for another look: after a while, and when somebody has set this
// node's clock, which shows now. passed is by the monotonic clock, which nobody can set.
func (c *clockCheck) stale(now time.Time, passed time.Duration) bool {
	return passed >= clockEvery || (now.Round(0).Sub(c.at.Round(0))-passed).Abs() > clockSet
}

// clockTells says whether this node's clock is near enough to the database's to dial by it. With a wrong
// clock, attempts could be sent after their SendBy.
func (d *Dialer) clockTells(ctx context.Context) (bool, error) {
	now := time.Now()
	if !d.clock.stale(now, now.Sub(d.clock.at)) {
		return d.clock.tells, nil
	}
	if err := d.Store.SyncClock(ctx); err != nil {
		return false, err
	}
	offset, told := d.Store.ClockOffset(), d.clock.tells
	d.clock = clockCheck{now, offset.Abs() <= clockLimit}
	d.metrics.clock.Set(offset.Seconds())
	if !d.clock.tells {
		d.Log.Error("this node's clock is wrong: it does not dial until it is set", "offset", offset, "limit", clockLimit)
	} else if !told {
		d.Log.Debug("this node's clock is right", "offset", offset)
	}
	return d.clock.tells, nil
}

// local is the Call with the times of attempt n by this node's own clock. The carrier's fence and its
// questions go by these.
func (d *Dialer) local(c *call.Call, n int) *call.Call {
	own := c.Clone()
	a, offset := own.Attempt(n), d.Store.ClockOffset()
	a.DialedAt, a.SendBy = a.DialedAt.Add(-offset), a.SendBy.Add(-offset)
	return &own
}
