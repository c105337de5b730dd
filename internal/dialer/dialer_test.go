package dialer

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"redial/internal/call"
	"redial/internal/store"
)

// phones take every call, and say on placed which.
type phones struct {
	Carrier
	placed chan string
}

func (p *phones) Place(_ context.Context, c *call.Call, _ int) (string, error) {
	p.placed <- c.ID
	return "CA" + c.ID, nil
}

// dialing is a Dialer on a database of its own. It does not run yet.
func dialing(t *testing.T, perSecond float64, clock func() time.Time) (*Dialer, *phones) {
	t.Helper()
	d, p, _ := dialingOn(t, perSecond, clock)
	return d, p
}

// dialingOn names the database's file as well.
func dialingOn(t *testing.T, perSecond float64, clock func() time.Time) (d *Dialer, p *phones, file string) {
	t.Helper()
	file = filepath.Join(t.TempDir(), "redial.db")
	s, err := store.Open(t.Context(), "sqlite:"+file, store.Options{Migrate: true, Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	p = &phones{placed: make(chan string, 99)}
	silent := slog.New(slog.DiscardHandler)
	return New(Config{Store: s, Carrier: p, Account: "AC1", CallsPerSecond: perSecond, Log: silent}), p, file
}

// create has a number called after a while.
func create(t *testing.T, s *store.Store, id, number string, after time.Duration) {
	t.Helper()
	w := call.Wish{
		ID: id, Secret: "s3cret", From: "+815012345678", To: number,
		Policy: call.DefaultPolicy(), Message: call.Message{Say: &call.Say{Text: "Hello."}},
	}
	w.Policy.NotBefore.After = after
	c, events, err := call.New(w, s.Now())
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Create(t.Context(), store.Asker{}, c, events, store.Idempotency{}); err != nil {
		t.Fatal(err)
	}
}

// Each dial uses up a part of the pace; a call whose number turns out to be taken uses none, and
// does not delay the others.
func TestWhoIsHeldUsesNoPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, p := dialing(t, 1e-5, time.Now) // one in a day
		d.pace.SetBurst(2)
		d.pace.ReserveN(d.Store.Now(), -1)
		create(t, d.Store, "1 one", "+819012345678", 0)
		create(t, d.Store, "2 held", "+819012345678", 0)
		create(t, d.Store, "3 two", "+819012345679", 0)
		create(t, d.Store, "4 waits", "+819012345670", 0)
		running(t, d)
		time.Sleep(time.Second)
		if got := placedNow(p); !slices.Equal(got, []string{"1 one", "3 two"}) {
			t.Errorf("%v were dialed", got)
		}
	})
}

// However much is due, no more is claimed than there are free slots for; when one is free, what has waited goes on.
func TestNoMoreIsClaimedThanThereAreSlots(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, p := dialing(t, 1e6, time.Now)
		p.placed = make(chan string) // a create request ends when it is read from here
		for i := range slots + 6 {
			create(t, d.Store, fmt.Sprintf("call%02d", i), fmt.Sprintf("+8190123400%02d", i), 0)
		}
		running(t, d)
		claimed := func() int {
			synctest.Wait()
			counts, err := d.Store.Counts(t.Context(), 99)
			if err != nil {
				t.Fatal(err)
			}
			return counts[call.Dialing]
		}
		if n := claimed(); n != slots || d.InFlight() != slots {
			t.Errorf("%d calls were claimed, %d create requests are under way; want %d", n, d.InFlight(), slots)
		}
		<-p.placed
		<-p.placed
		if n := claimed(); n != slots+2 || d.InFlight() != slots {
			t.Errorf("%d calls were claimed, %d create requests are under way; want two more, and %d", n, d.InFlight(), slots)
		}
		for range slots + 4 {
			<-p.placed
		}
	})
}

// What a commit makes due is dialed then, not at the end of a sleep.
func TestWhatBecomesDueIsDialedThen(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, p := dialing(t, 100, time.Now)
		running(t, d)
		synctest.Wait() // it sleeps
		create(t, d.Store, "now", "+819012345678", 0)
		create(t, d.Store, "soon", "+819012345679", time.Minute)
		synctest.Wait()
		if got := placedNow(p); !slices.Equal(got, []string{"now"}) {
			t.Errorf("%v were dialed", got)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		if got := placedNow(p); !slices.Equal(got, []string{"soon"}) {
			t.Errorf("%v were dialed", got)
		}
	})
}

// placedNow are the calls that were placed by now, in the order of their names.
func placedNow(p *phones) (ids []string) {
	for {
		select {
		case id := <-p.placed:
			ids = append(ids, id)
		default:
			slices.Sort(ids)
			return ids
		}
	}
}

// A clock that is set ahead, or a machine that slept, makes what is due no later than
// the next look at the clock.
func TestTheClockIsSetAhead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ahead atomic.Int64
		d, p := dialing(t, 1, func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) })
		create(t, d.Store, "later", "+819012345678", 50*time.Minute)
		ctx, stop := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); d.Run(ctx) }()
		time.Sleep(time.Minute)
		started := time.Now()
		ahead.Store(int64(49 * time.Minute))
		<-p.placed
		if took := time.Since(started); took > 11*time.Second {
			t.Errorf("it was dialed after %v", took)
		}
		stop()
		<-done
	})
}

// Whoever sets this node's clock, however far, has it held against the database's at once.
func TestTheClockIsHeldAgainstTheDatabase(t *testing.T) {
	at := time.Date(2026, 4, 1, 9, 0, 0, 0, time.UTC)
	for _, tc := range []struct {
		set, passed time.Duration
		stale       bool
	}{
		{0, time.Second, false},
		{clockSet / 2, time.Second, false},
		{0, clockEvery, true},
		{-time.Hour, time.Second, true},
		{time.Hour, time.Second, true},
		{2 * clockSet, time.Second, true},
		{-2 * clockSet, time.Second, true},
	} {
		c := clockCheck{at: at}
		if got := c.stale(at.Add(tc.passed+tc.set), tc.passed); got != tc.stale {
			t.Errorf("set by %v, after %v: %t", tc.set, tc.passed, got)
		}
	}
	if never := new(clockCheck); !never.stale(at, at.Sub(never.at)) {
		t.Error("the first look is not taken")
	}
}
