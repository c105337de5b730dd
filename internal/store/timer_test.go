package store

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"redial/internal/call"
)

// waits is the change of a Call that is to be dialed after a while, and given up after another while.
func waits(dial, deadline time.Duration) func(*Timer) {
	return func(t *Timer) {
		c := call.Call{State: call.Waiting, WakeAt: time.Now().Add(dial)}
		c.Deadline = time.Now().Add(deadline)
		t.set(&c)
	}
}

// rings is the change of a Call that is to be asked about after a while.
func rings(ask time.Duration) func(*Timer) {
	return func(t *Timer) { t.set(&call.Call{State: call.Dialing, WakeAt: time.Now().Add(ask)}) }
}

// Wait returns at the time of the look, or earlier if this process makes something due for which the look would be
// made earlier. Then it returns what is due, if it is due now.
func TestWaitingForALook(t *testing.T) {
	const hour = time.Hour
	both := Look{Dial: true, Ask: true}
	none := func(*Timer) {}
	for name, tc := range map[string]struct {
		look         Look
		first, while func(*Timer) // before the wait, and in the middle of it
		took         time.Duration
		dial, ask    bool // known to be due then
	}{
		"nothing happens":             {look: both, first: none, while: none, took: hour},
		"a call is due":               {look: both, first: none, while: waits(0, 9*hour), took: hour / 2, dial: true},
		"one was due before the wait": {look: both, first: waits(0, 9*hour), while: none, dial: true},
		"one is due later": {
			look: both, first: none, while: waits(time.Minute, 9*hour), took: hour/2 + time.Minute,
		},
		"one is due after the look": {look: both, first: none, while: waits(2*hour, 9*hour), took: hour},
		"nobody could dial it":      {look: Look{Ask: true}, first: none, while: waits(0, 9*hour), took: hour},
		"its deadline counts all the same": {
			look: Look{Ask: true}, first: none, while: waits(0, time.Minute), took: hour/2 + time.Minute,
		},
		"one is to be asked about": {look: both, first: none, while: rings(0), took: hour / 2, ask: true},
		"nobody could ask":         {look: Look{Dial: true}, first: none, while: rings(0), took: hour},
		"the earliest of two counts": {
			look: both, first: waits(2*hour, 9*hour), while: rings(time.Minute), took: hour/2 + time.Minute,
		},
		"one has ended": {
			look: both, first: none, while: func(t *Timer) { t.set(&call.Call{State: call.Ended}) }, took: hour,
		},
		"there is something to do":  {look: both, first: none, while: (*Timer).Wake, took: hour / 2},
		"there was before the wait": {look: both, first: (*Timer).Wake, while: none},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var w Timer
				w.init(nil, time.Now)
				tc.first(&w)
				time.AfterFunc(hour/2, func() { tc.while(&w) })
				started := time.Now()
				tc.look.At = started.Add(hour)
				due := w.Wait(t.Context(), tc.look)
				if took := time.Since(started); took != tc.took {
					t.Errorf("it took %s, want %s", took, tc.took)
				}
				soon := time.Now().Add(1)
				if dial, ask := sooner(due.Dial, soon), sooner(due.Ask, soon); dial != tc.dial || ask != tc.ask {
					t.Errorf("%+v is known to be due", due)
				}
				time.Sleep(hour)
			})
		})
	}
}

// What is due is returned once: if the caller could not handle it, the next Wait does not end because of it. Neither
// does it end because of what a look at the database has shown.
func TestWhatIsDueIsToldOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var w Timer
		w.init(nil, time.Now)
		wait := func() (took time.Duration, due Times) {
			started := time.Now()
			due = w.Wait(t.Context(), Look{At: started.Add(time.Hour), Dial: true, Ask: true})
			return time.Since(started), due
		}
		waits(0, 9*time.Hour)(&w)
		if took, due := wait(); took != 0 || due.Dial.IsZero() {
			t.Errorf("after %s, %+v; want it told at once", took, due)
		}
		if took, due := wait(); took != time.Hour || !due.IsZero() {
			t.Errorf("after %s, %+v; want it told once", took, due)
		}
		waits(0, 9*time.Hour)(&w)
		w.hear()
		if took, due := wait(); took != time.Hour || !due.IsZero() {
			t.Errorf("after %s, %+v; want nothing told that a look has shown", took, due)
		}
		ctx, stop := context.WithCancel(t.Context())
		stop()
		if due := w.Wait(ctx, Look{At: time.Now().Add(time.Hour)}); !due.IsZero() {
			t.Errorf("%+v", due)
		}
	})
}
