package trigger

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"redial/internal/crashpoint"
	"redial/internal/store"
)

const (
	lookEvery   = 5 * time.Second // for what other nodes have left behind
	lookAlone   = time.Minute     // where there are no other nodes
	lookAgain   = time.Second     // after a look that failed
	lookApart   = 50 * time.Millisecond
	lookMost    = 1000            // triggers that are looked at at once
	lookTime    = 3 * time.Second // for one of them
	lookFails   = 5               // of them, and the database is taken to be away
	leftForGone = time.Hour       // to nodes whose file has the trigger
)

// Run rings what waits for its time, until ctx is done: what is held, what may ring again, what the next call is to
// tell, and what is to be remembered. It also forgets what nothing was heard of. Any node does so for all.
func (t *Triggers) Run(ctx context.Context) {
	for ctx.Err() == nil {
		alarm := time.NewTimer(t.look(context.WithoutCancel(ctx)))
		select {
		case <-ctx.Done():
		case <-alarm.C:
		case <-t.store.Triggered():
		}
		alarm.Stop()
	}
}

// look rings what is due, and says how long to wait for the next look.
func (t *Triggers) look(ctx context.Context) time.Duration {
	now := t.store.Now()
	names, next, err := t.dueBy(ctx, now)
	if err != nil {
		t.failed("", err)
		return lookAgain
	}
	woken, failed := 0, 0
	for _, name := range names {
		switch is, err := t.wake(ctx, name, now); {
		case err != nil:
			t.failed(name, err)
			failed++
		case is:
			woken++
		}
	}
	switch {
	case failed > 0:
		return lookAgain
	case woken > 0:
		return 0 // when the next is due was not read
	}
	wait := lookAlone
	if t.store.Shared() {
		wait = lookEvery - rand.N(lookEvery/8)
	}
	if !next.IsZero() {
		wait = min(wait, max(0, next.Sub(now)))
		if t.store.Shared() {
			wait += rand.N(lookApart) // so that not all nodes look at the same moment
		}
	}
	return wait
}

// dueBy returns the triggers whose time has come, and when that of the next comes.
func (t *Triggers) dueBy(ctx context.Context, now time.Time) (names []string, next time.Time, err error) {
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	return t.store.DueTriggers(ctx, now, lookMost)
}

// wake looks at one trigger, and says whether it did.
func (t *Triggers) wake(ctx context.Context, name string, now time.Time) (is bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	defer crashpoint.Contain(&err)
	k := t.looking(ctx, name, store.Asker{})
	if k.file == nil {
		k.trigger.ForgetAfter = defaultKept // nobody has looked at it for a while: no node has it
		if due, err := t.store.IsDue(ctx, name, now.Add(-leftForGone)); err != nil || !due {
			return false, err
		}
	}
	became, err := t.store.Tell(ctx, store.Telling{Trigger: name, Now: t.store.Now, OnlyDue: true, Teller: k})
	if err != nil {
		return false, err
	}
	switch {
	case errors.Is(became.Refused, ErrNoTrigger):
		t.log.Warn("what a trigger has to ring about waits, as the file has no such trigger", "trigger", name)
	case became.Refused != nil:
		t.log.Error("a trigger can't ring now, and tries again", "trigger", name, "err", became.Refused)
	}
	if len(became.Made) > 0 || len(k.ringing) > 0 {
		t.tellDoubts(&Told{Trigger: name, Calls: became.Made, Doubts: k.allDoubts()})
	}
	return true, nil
}

// failed logs that a look failed, seldom: the database may be away for hours.
func (t *Triggers) failed(name string, err error) {
	if name != "" {
		err = fmt.Errorf("the trigger %s: %w", name, err)
	}
	t.looks.Happened(err)
}
