package dialer

import (
	"context"
	"math/rand/v2"
	"time"
)

const (
	sweepEvery = time.Minute
	sweepFirst = 5 * time.Second      // within this after the start, on a shared database
	sweepAgain = 2 * time.Millisecond // between two steps: others want to write, too
	sweepSoon  = time.Second          // after a step that another node's locks kept from its work
)

// sweep has the store look for calls that are held for numbers which are free: once a minute,
// and when a batch has left some to it. Nodes that share a database do so at different times.
func (d *Dialer) sweep(ctx context.Context) {
	var pause time.Duration
	if d.Store.Shared() {
		pause = rand.N(sweepFirst)
	}
	for {
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		case <-d.Store.Unoffered():
		}
		pause = sweepEvery - rand.N(sweepEvery/8)
		switch more, passed := d.sweepOnce(context.WithoutCancel(ctx)); {
		case more:
			pause = sweepAgain
		case passed:
			pause = sweepSoon
		}
	}
}

// sweepOnce does one step of the sweep. more says that there is more to do, passed that it passed over
// rows that another node has locked.
func (d *Dialer) sweepOnce(ctx context.Context) (more, passed bool) {
	ctx, cancel := context.WithTimeout(ctx, storeTime)
	defer cancel()
	more, passed, err := d.Store.Sweep(ctx, d.Store.Now())
	if err != nil {
		d.Log.Error("looking for calls that wait for free numbers failed", "err", err)
	}
	select {
	case <-d.Store.Unoffered(): // by this step itself
		return true, passed
	default:
		return more, passed
	}
}
