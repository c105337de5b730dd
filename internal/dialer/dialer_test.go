package dialer

import (
	"context"
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
	return New(Config{Store: s, Carrier: p, Account: "AC1", CallsPerSecond: perSecond, Log: slog.New(slog.DiscardHandler)}), p, file
}

// create has a number called after a while.
func create(t *testing.T, s *store.Store, id, number string, after time.Duration) {
	t.Helper()
	w := call.Wish{ID: id, Secret: "s3cret", From: "+815012345678", To: number, Policy: call.DefaultPolicy(), Message: call.Message{Say: &call.Say{Text: "Hello."}}}
	w.Policy.NotBefore.After = after
	c, events, err := call.New(w, s.Now())
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := s.Create(t.Context(), c, events, store.Idempotency{}); err != nil {
		t.Fatal(err)
	}
}

// A slot that is given back is there again, with its token of the pace; what is dialed
// has used it up.
func TestASlotIsGivenBack(t *testing.T) {
	d, p := dialing(t, 0.001, nil)
	d.open = true
	for range 3 {
		if !d.Take() {
			t.Fatal("there is no slot, though nobody was dialed")
		}
		if d.Take() {
			t.Fatal("there are more slots than the pace allows")
		}
		d.Drop()
	}
	if d.busy.Load() != 0 {
		t.Fatalf("%d slots are taken", d.busy.Load())
	}

	// The second finds the number taken, and the third dials with its token of the pace.
	d.pace.SetBurst(2)
	d.pace.ReserveN(d.Store.Now(), -1)
	create(t, d.Store, "one", "+819012345678", 0)
	create(t, d.Store, "held", "+819012345678", 0)
	create(t, d.Store, "two", "+819012345679", 0)
	d.inFlight.Wait()
	close(p.placed)
	var dialed []string
	for id := range p.placed {
		dialed = append(dialed, id)
	}
	slices.Sort(dialed)
	if !slices.Equal(dialed, []string{"one", "two"}) {
		t.Errorf("%v were dialed", dialed)
	}
	if d.busy.Load() != 0 || d.Take() {
		t.Errorf("%d slots are taken; want none, and the pace used up", d.busy.Load())
	}
}

// What was left behind is not overtaken before the loop has looked for it: no plan that
// was begun earlier gives a slot.
func TestNobodyOvertakes(t *testing.T) {
	d, _ := dialing(t, 10, nil)
	before := plan{dial: true, shut: d.shutSoFar()}
	d.opens(before)
	d.Yield()
	if d.Take() {
		t.Error("there is a slot, though something is due")
	}
	d.opens(before)
	if d.Take() {
		t.Error("a plan that knows nothing of it gives a slot")
	}
	d.opens(plan{dial: true, shut: d.shutSoFar()})
	if !d.Take() {
		t.Fatal("there is no slot after the look")
	}
	d.Drop()
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
		if took := time.Since(started); took > doze+time.Second {
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
