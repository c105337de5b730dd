package dialer

import (
	"context"
	"time"

	"redial/internal/call"
)

const (
	inquireEvery = time.Second / 5  // between two questions at the start
	silentFor    = 10 * time.Second // on a shared database, a leg is asked about only if it was silent for so long
	inquirePage  = 100
)

// spread delays the questions that fell due while redial was away, so that they are asked one after
// another. It returns how long they will take.
func (d *Dialer) spread(ctx context.Context) time.Duration {
	failing := backoff{least: 100 * time.Millisecond, most: 10 * time.Second}
	for ctx.Err() == nil {
		within, cancel := context.WithTimeout(ctx, storeTime)
		now := d.Store.Now()
		last, err := d.Store.SpreadAsks(within, now, inquireEvery)
		cancel()
		if err == nil || ctx.Err() != nil {
			return last.Sub(now)
		}
		wait := failing.next(time.Now())
		d.Log.Error("nothing is dialed yet", "err", err, "again_in", wait)
		pause(ctx, wait)
	}
	return 0
}

// inquire has the carrier asked, after a while, about the legs that were alive before the start: redial
// missed the reports that came meanwhile. If other nodes may have heard them, it asks only about the
// legs of which nothing new was heard for some time.
func (d *Dialer) inquire(ctx context.Context, since time.Time, after time.Duration) {
	if d.Store.Shared() {
		since = since.Add(-silentFor)
	}
	pause(ctx, after)
	failing := backoff{least: time.Second, most: time.Minute}
	for last := ""; ctx.Err() == nil; {
		ids, err := d.Store.Silent(ctx, since, last, inquirePage)
		if err == nil && len(ids) == 0 {
			return
		}
		if err != nil && ctx.Err() == nil {
			wait := failing.next(time.Now())
			d.Log.Warn("looking for the calls from before the start failed", "err", err, "again_in", wait)
			pause(ctx, wait)
		}
		for _, id := range ids {
			d.inquireAbout(ctx, id, since)
			last = id
		}
	}
}

// inquireAbout has a Call's legs asked about, and waits until it is time for the next Call. If the Call
// can't be changed now, its legs are asked about as they were planned.
func (d *Dialer) inquireAbout(ctx context.Context, id string, since time.Time) {
	asked := 0
	_, err := d.Store.Change(ctx, id, d.Store.Now(), func(c *call.Call) ([]call.Event, error) {
		asked = c.Inquire(since, d.Store.Now())
		return nil, nil
	})
	if err != nil && ctx.Err() == nil {
		d.Log.Warn("asking about a call from before the start failed", "call", id, "err", err)
	}
	pause(ctx, time.Duration(asked)*inquireEvery)
}

// pause waits, unless ctx ends before.
func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}
