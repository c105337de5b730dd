package dialer

import (
	"context"
	"time"

	"redial/internal/call"
)

const (
	clockEvery = time.Minute     // between two looks at the database's clock
	clockLimit = 2 * time.Second // off by more, a node does not dial: something is wrong with it
	clockSet   = clockLimit / 10 // more than what is known passed or did not: somebody has set the clock
)

// clockCheck is what the last look at the clock said.
type clockCheck struct {
	at    time.Time // of that look, by this node's own clock
	tells bool
}

// stale says whether it is time for another look: after a while, and when this node's
// clock, which shows now, was set meanwhile. How much time has passed in truth, a clock
// says that nobody can set.
func (c *clockCheck) stale(now time.Time, passed time.Duration) bool {
	return passed >= clockEvery || (now.Round(0).Sub(c.at.Round(0))-passed).Abs() > clockSet
}

// clockTells says whether this node's clock is near enough to the database's to
// dial by it. A fence that stands in the wrong place protects nobody.
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

// local is the Call with the times of attempt n by this node's own clock, which
// is what the carrier's fence and its questions go by.
func (d *Dialer) local(c *call.Call, n int) *call.Call {
	own := c.Clone()
	a, offset := own.Attempt(n), d.Store.ClockOffset()
	a.DialedAt, a.SendBy = a.DialedAt.Add(-offset), a.SendBy.Add(-offset)
	return &own
}
