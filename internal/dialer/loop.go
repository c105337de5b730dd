package dialer

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"redial/internal/call"
	"redial/internal/crashpoint"
	"redial/internal/store"
)

const (
	otherNodes = 250 * time.Millisecond // how soon work that another node left is seen
	apart      = 4 * time.Millisecond   // nodes that wait for the same Call
	locked     = 5 * time.Millisecond   // the shortest, when there was nothing to be had
	idle       = time.Hour              // the longest sleep
)

// Run wakes what is due until ctx is over. Then it claims nothing more, waits for the
// requests that are in flight, and returns.
func (d *Dialer) Run(ctx context.Context) {
	defer d.inFlight.Wait()
	since := d.Store.Now()
	spread := d.spread(ctx)
	var beside sync.WaitGroup
	beside.Go(func() { d.sweep(ctx) })
	beside.Go(func() { d.inquire(ctx, since, spread) })
	defer beside.Wait()
	failing := backoff{least: 100 * time.Millisecond, most: 10 * time.Second}
	var due store.Times // what became due while the loop waited
	for ctx.Err() == nil {
		next, err := d.round(context.WithoutCancel(ctx), due)
		if err != nil {
			now := d.Store.Now()
			next = store.Look{At: now.Add(failing.next(now))}
			d.failed(err, next.At)
		} else {
			failing.reset()
		}
		due = d.Store.Timer.Wait(ctx, next)
	}
}

// failed logs that a round failed, and when the next one is.
func (d *Dialer) failed(err error, again time.Time) {
	if store.Away(err) {
		d.awayLog.Happened(err)
	} else {
		d.Log.Error("waking calls failed", "err", err, "again_at", again)
	}
}

// round wakes what is due now, and says what to wait for. A dial that is known to be due is claimed without a look at
// what else is: that is for the next round, at once.
func (d *Dialer) round(ctx context.Context, known store.Times) (_ store.Look, err error) {
	defer crashpoint.Contain(&err)
	ctx, cancel := context.WithTimeout(ctx, storeTime)
	defer cancel()
	next, looked := known, !due(known.Dial, d.Store.Now())
	if looked {
		if next, err = d.Store.Timer.Next(ctx); err != nil {
			return store.Look{}, err
		}
	}
	pause, err := d.keepPause(ctx)
	if err != nil {
		return store.Look{}, err
	}
	tells, err := d.clockTells(ctx)
	if err != nil {
		return store.Look{}, err
	}
	if err := d.blocks.load(ctx, d.Store, d.Account); err != nil {
		return store.Look{}, err
	}
	now := d.Store.Now()
	d.block(pause, tells, next.Dial, now)
	woken := 0
	if due(next.Ask, now) {
		n, err := d.wake(ctx, d.Store.ClaimToAsk, d.free())
		if err != nil {
			return store.Look{}, err
		}
		woken += n
	}
	d.idlePause(pause, next.Dial)
	if tells && due(next.Dial, now) && !now.Before(d.trouble.over()) {
		n, err := d.wake(ctx, d.claimToDial, min(d.mayDial(pause), d.free(), int(d.pace.TokensAt(now))))
		if err != nil {
			return store.Look{}, err
		}
		woken += n
	}
	if woken > 0 || !looked {
		return store.Look{At: now}, nil // there may be more
	}
	// Another node has claimed what is due and could not be had.
	l := d.next(now, pause, next)
	l.At = later(l.At, now.Add(locked))
	return l, nil
}

func (d *Dialer) claimToDial(ctx context.Context, now time.Time, limit int) ([]store.Due, error) {
	return d.Store.ClaimToDial(ctx, now, limit, d.blocks.all()...)
}

// wake claims at most limit of the Calls that are due, and performs their Actions. Each dial takes a token of the pace.
func (d *Dialer) wake(
	ctx context.Context, claim func(context.Context, time.Time, int) ([]store.Due, error), limit int,
) (int, error) {
	due, err := claim(ctx, d.Store.Now(), limit)
	crashpoint.Point(crashpoint.ClaimAfterCommit)
	d.trial.begin(due)
	d.usePace(due)
	d.start(due)
	return len(due), err
}

// usePace takes one token of the pace for each dial that was claimed. The balance may become negative: a
// parallel Call dials several people at once.
func (d *Dialer) usePace(due []store.Due) {
	for _, c := range due {
		for range dials(c) {
			d.pace.ReserveN(d.Store.Now(), 1)
		}
	}
}

// start performs the Actions of the Calls that were claimed, each in a goroutine of its own.
func (d *Dialer) start(due []store.Due) {
	for _, c := range due {
		if c.Damaged != nil {
			d.Log.Error("a call can't be read, and is set aside for a while", "call", c.Call.ID, "err", c.Damaged)
			continue
		}
		d.metrics.lateness.Observe(max(0, d.Store.Now().Sub(c.WokeAt).Seconds()))
		for _, a := range c.Actions {
			d.busy.Add(1)
			d.inFlight.Go(func() {
				defer d.done()
				d.perform(&c.Call, a)
			})
		}
	}
}

// done frees a slot, and wakes the loop if all slots were taken.
func (d *Dialer) done() {
	if d.busy.Add(-1) == slots-1 {
		d.Store.Timer.Wake()
	}
}

// next plans the next round, after one that had nothing to do.
func (d *Dialer) next(now time.Time, pause *store.Pause, first store.Times) store.Look {
	l := store.Look{At: now.Add(idle)}
	if d.Store.Shared() { // other nodes look too: not all at the same instant
		l.At = now.Add(otherNodes - rand.N(otherNodes/4))
	}
	if d.free() == 0 {
		return l // woken when a slot is free
	}
	l.Ask = true
	l.NoLaterThan(d.apart(first.Ask))
	switch ready := later(d.trouble.over(), d.nextToken(now)); {
	case pause != nil:
		l.NoLaterThan(pause.NextCheckAt)
		if pause.Kind == store.PauseOfFull { // until a leg has ended
			l.NoLaterThan(now.Add(otherNodes))
		} else if d.trial.isArmed() && d.clock.tells && !first.Dial.IsZero() {
			l.NoLaterThan(later(d.apart(first.Dial), ready))
		}
	case !d.clock.tells: // looked at in every round, of which shared databases have four a second
	case due(first.Dial, ready) && ready.After(now): // others may wait as well as this one
		l.NoLaterThan(ready)
	default:
		l.Dial = true
		l.NoLaterThan(d.apart(first.Dial))
	}
	return l
}

// block finds out what keeps this node from dialing all that is due.
func (d *Dialer) block(pause *store.Pause, tells bool, dial, now time.Time) {
	switch {
	case pause != nil:
		d.blocks.are(pause.Why(), pause.Since, now)
	case !tells:
		d.blocks.are(clockOff, now, now)
	case now.Before(d.trouble.over()):
		d.blocks.are(call.NotTaken(d.Store.PlacedBy()), now, now)
	case due(dial, now) && (d.blocks.now.Why == call.Paced || d.free() == 0 || d.pace.TokensAt(now) < 1):
		d.blocks.are(call.Paced, now, now)
	default:
		d.blocks.are("", now, now)
	}
}

// apart is a little later than a time that all nodes know of. Without it, all nodes would
// look for the same Call in the same instant.
func (d *Dialer) apart(t time.Time) time.Time {
	if t.IsZero() || !d.Store.Shared() {
		return t
	}
	return t.Add(rand.N(apart))
}

// nextToken is when the pace allows another dial.
func (d *Dialer) nextToken(now time.Time) time.Time {
	missing := 1 - d.pace.TokensAt(now)
	if missing <= 0 {
		return now
	}
	wait := time.Duration(missing / float64(d.pace.Limit()) * float64(time.Second))
	return now.Add(wait + time.Microsecond) // rounded up: a moment too early is a round for nothing
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
