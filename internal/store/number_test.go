package store

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"redial/internal/call"
	"redial/internal/store/engine"
)

const phone = "+819011112222"

func testHeldAndReleased(t *testing.T, b backend) {
	s := b.open(t, nil)
	one, two, three, elsewhere := create(t, s, to(phone)), create(t, s, to(phone)), create(t, s, to(phone)), create(t, s)
	dial(t, s, begin, one.ID, elsewhere.ID)
	for _, id := range []string{two.ID, three.ID} {
		if c := get(t, s, id); c.Held == "" || c.State != call.Waiting || len(c.Attempts) > 0 {
			t.Fatalf("%+v, want it held", c)
		}
	}
	dial(t, s, begin.Add(time.Hour)) // nothing is due while the phone rings
	change(t, s, one.ID, report(call.Ringing))
	dial(t, s, begin)
	change(t, s, one.ID, report(call.StatusCompleted))
	if get(t, s, two.ID).Held != "" || get(t, s, three.ID).Held == "" {
		t.Fatal("want the oldest released, and it alone")
	}
	dial(t, s, begin, two.ID)
	change(t, s, two.ID, report(call.StatusBusy)) // the phone is free while two waits to redial
	dial(t, s, begin, three.ID)
	dial(t, s, begin.Add(30*time.Second)) // two's dial is due, but two is held now
	change(t, s, three.ID, report(call.StatusCompleted))
	dial(t, s, begin.Add(30*time.Second), two.ID)
	equal(t, types(events(t, s, two.ID)), []call.EventType{
		call.CallCreated, call.CallHeld, call.CallReleased, call.AttemptDialed, call.AttemptEnded,
		call.RedialScheduled, call.CallHeld, call.CallReleased, call.RedialScheduled, call.AttemptDialed,
	})
}

// A Call that was offered the number passes it on if it ends without ringing it.
func testCanceledCallPassesTheNumberOn(t *testing.T, b backend) {
	s := b.open(t, nil)
	one := create(t, s, to(phone))
	two := create(t, s, to(phone))
	three := create(t, s, to(phone), lasting(time.Minute))
	four, five := create(t, s, to(phone)), create(t, s, to(phone))
	dial(t, s, begin, one.ID)
	change(t, s, four.ID, cancel) // four is held, but was not offered the number: no Call is released
	if get(t, s, two.ID).Held == "" {
		t.Fatal("released while the phone rings")
	}
	change(t, s, one.ID, report(call.StatusCompleted))
	change(t, s, two.ID, cancel)
	if get(t, s, three.ID).Held != "" || get(t, s, five.ID).Held == "" {
		t.Fatal("want the number of a canceled call passed on to the next")
	}
	due := claim(t, func() ([]Due, error) { return s.ClaimToDial(t.Context(), begin.Add(time.Minute), 9) })
	equal(t, ids(due), []string{three.ID})
	equal(t, get(t, s, three.ID).Outcome, call.Expired)
	dial(t, s, begin.Add(time.Minute), five.ID)
	change(t, s, five.ID, report(call.StatusCompleted))
	equal(t, count(t, s, "SELECT count(*) FROM destinations"), 0)
}

// A leg that turns out to ring is recorded, even if another Call rings the phone. The phone is free only when neither
// rings.
func testFactOnTakenNumber(t *testing.T, b backend) {
	s := b.open(t, nil)
	one, two := create(t, s, to(phone)), create(t, s, to(phone))
	dial(t, s, begin, one.ID)
	change(t, s, one.ID, func(c *call.Call) []call.Event {
		return c.NotProcessed(1, begin.Add(time.Minute), begin, "429")
	})
	dial(t, s, begin, two.ID)
	change(t, s, one.ID, report(call.Ringing))
	if c := get(t, s, one.ID); c.State != call.Dialing || c.Attempts[0].Status() != call.Ringing {
		t.Fatalf("%+v", c)
	}
	three := create(t, s, to(phone))
	dial(t, s, begin)
	change(t, s, two.ID, report(call.StatusBusy))
	if get(t, s, three.ID).Held == "" {
		t.Error("released while the leg rings")
	}
	four := create(t, s, to(phone))
	dial(t, s, begin.Add(30*time.Second)) // all are held: the leg still rings
	change(t, s, one.ID, report(call.StatusCompleted))
	dial(t, s, begin.Add(30*time.Second), two.ID)
	change(t, s, two.ID, report(call.StatusCompleted))
	for _, c := range []call.Call{three, four} {
		dial(t, s, begin.Add(30*time.Second), c.ID)
		change(t, s, c.ID, report(call.StatusCompleted))
	}
	equal(t, count(t, s, "SELECT count(*) FROM destinations"), 0)
}

// phones checks that no phone rings twice at once.
type phones struct {
	mu sync.Mutex
	by map[string]string
}

func (p *phones) rings(t *testing.T, c *call.Call) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if other := p.by[c.To]; other != "" {
		t.Errorf("%s is rung by %s and %s", c.To, other, c.ID)
	}
	p.by[c.To] = c.ID
}

// stops is called before the store is told: the next dial may come right after.
func (p *phones) stops(c *call.Call) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.by, c.To)
}

// A Call that finds the phone taken is seen by the transaction that frees it, even if both run at once.
func testHeldWhileReleased(t *testing.T, b backend) {
	nodes := b.pair(t)
	one, two := create(t, nodes[0], to(phone)), createDue(t, nodes[0], begin.Add(time.Minute), to(phone))
	dial(t, nodes[0], begin, one.ID)
	released := make(chan error, 1)
	err := nodes[0].tx(t.Context(), func(x *tx) error {
		o := &claiming{which: []selection{{where: dueToDial}}, limit: 9}
		o.now = begin.Add(time.Minute)
		err := newBatch(x, []operation{o}).run()
		if err := errors.Join(err, x.flush()); err != nil {
			return err
		}
		if len(o.due) != 1 || o.due[0].Call.Held == "" {
			t.Errorf("held: %+v", o.due)
		}
		go func() {
			_, err := nodes[1].Change(t.Context(), one.ID, begin, steps(report(call.StatusCompleted)))
			released <- err
		}()
		waitUntilBlocked(t, x, released)
		return nil
	})
	if err := errors.Join(err, <-released); err != nil {
		t.Fatal(err)
	}
	if get(t, nodes[0], two.ID).Held != "" {
		t.Error("the phone is free, but the call is held for ever")
	}
}

// waitUntilBlocked returns when another transaction waits for this one, or has ended without waiting.
func waitUntilBlocked(t *testing.T, x *tx, through chan error) {
	for blocked := 0; blocked == 0 && len(through) == 0 && x.store.Shared(); {
		if kind(x.store) == "mysql" {
			blocked = waiters(t, x.store)
			continue
		}
		err := x.each(`SELECT count(*) FROM pg_locks
			WHERE NOT granted AND pg_backend_pid() = ANY (pg_blocking_pids(pid))`, nil,
			func(scan func(...any) error) error { return scan(&blocked) })
		if err != nil {
			t.Error(err)
			return
		}
	}
}

// takes says whether a statement takes a number.
func takes(st engine.Statement) bool { return strings.HasPrefix(st.SQL, "INSERT INTO destinations") }

// unsent is a batch whose statements are sent to a function instead of the database.
func unsent(t *testing.T, send func([]engine.Statement) error) *batch {
	t.Helper()
	var b *batch
	err := backends[0].open(t, nil).tx(t.Context(), func(x *tx) error {
		x.Send = send
		b = newBatch(x, nil)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Nodes that went through several numbers in different orders would wait for each other in a ring.
func TestNumbersAreGoneThroughInOrder(t *testing.T) {
	var got []string
	send := func(list []engine.Statement) error {
		for _, st := range list {
			if takes(st) || strings.HasPrefix(st.SQL, "DELETE") {
				got = append(got, st.Args[0].(string))
			}
			if takes(st) {
				st.Rows(func(...any) error { return nil })
			}
		}
		return nil
	}
	b := unsent(t, send)
	for i, n := range []string{"3", "1", "4", "2"} {
		c, _, err := call.New(wish(to(n)), begin)
		if err != nil {
			t.Fatal(err)
		}
		ringing := c.Clone()
		ringing.Wake(begin, "")
		s := &stored{before: c, after: ringing}
		if i%2 == 0 {
			s = &stored{before: ringing, after: c}
		}
		b.calls[c.ID] = s
	}
	if err := b.settle(); err != nil {
		t.Fatal(err)
	}
	equal(t, got, []string{"1", "2", "3", "4"})
}

func testFewPhones(t *testing.T, b backend) {
	nodes := b.pair(t)
	numbers := []string{"+819011110001", "+819011110002", "+819011110003"}
	var all []call.Call
	for i := range 30 {
		all = append(all, create(t, nodes[0], to(numbers[i%3]), func(w *call.Wish) {
			w.Policy.MaxAttempts, w.Policy.RedialAfter = 2, nil
		}))
	}
	p := &phones{by: map[string]string{}}
	enough := time.Now().Add(time.Minute) // bounded by time, because a round that finds nothing due takes none
	var wg sync.WaitGroup
	for i := range 4 {
		wg.Go(func() {
			for time.Now().Before(enough) {
				if t.Failed() || !work(t, nodes[i%2], p) {
					return
				}
			}
			t.Error("some call is never over")
		})
	}
	wg.Go(func() {
		for i := 0; i < len(all); i += 7 {
			if _, err := nodes[1].Change(t.Context(), all[i].ID, begin, steps(cancel)); err != nil {
				t.Error(err)
			}
		}
	})
	wg.Wait()
	equal(t, count(t, nodes[0], "SELECT count(*) FROM calls WHERE state <> 'ended'"), 0)
	equal(t, count(t, nodes[0], "SELECT count(*) FROM destinations"), 0)
}

// work rings the phones that are due, and hangs up. It says whether any Call is left.
func work(t *testing.T, s *Store, p *phones) (more bool) {
	due, err := s.ClaimToDial(t.Context(), begin, 4)
	if err != nil {
		t.Error(err)
		return false
	}
	if len(due) == 0 { // a number that stays unclear counts as taken, and the sweep finds it
		if _, _, err := s.Sweep(t.Context(), begin); err != nil {
			t.Error(err)
		}
	}
	for _, d := range due {
		if len(d.Actions) > 0 {
			p.rings(t, &d.Call)
		}
	}
	for _, d := range due {
		if len(d.Actions) == 0 {
			continue
		}
		p.stops(&d.Call)
		if _, err := s.Change(t.Context(), d.Call.ID, begin, steps(report(call.StatusNoAnswer))); err != nil {
			t.Error(err)
		}
	}
	n, err := s.Counts(t.Context(), 1000)
	if err != nil {
		t.Error(err)
	}
	return n[call.Waiting]+n[call.Dialing] > 0
}
