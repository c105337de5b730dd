package store

import (
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"redial/internal/call"
	"redial/internal/store/engine"
)

func ids(due []Due) (ids []string) {
	for _, d := range due {
		ids = append(ids, d.Call.ID)
	}
	return ids
}

func claim(t testing.TB, from func() ([]Due, error)) []Due {
	t.Helper()
	due, err := from()
	if err != nil {
		t.Fatal(err)
	}
	return due
}

// createDue stores a Call whose next dial is due at a time.
func createDue(t testing.TB, s *Store, at time.Time, with ...func(*call.Wish)) call.Call {
	t.Helper()
	c := create(t, s, with...)
	return change(t, s, c.ID, func(c *call.Call) []call.Event {
		c.NextAttemptAt, c.WakeAt = at, at
		return nil
	})
}

func testDueOrder(t *testing.T, b backend) {
	s := b.open(t, nil)
	third, first, second := createDue(t, s, begin.Add(3)), createDue(t, s, begin.Add(-time.Hour)), createDue(t, s, begin)
	for _, limit := range []int{0, -1} {
		if due := claim(t, func() ([]Due, error) { return s.ClaimToDial(t.Context(), begin, limit) }); len(due) > 0 {
			t.Errorf("limit %d: %v", limit, ids(due))
		}
	}
	due := claim(t, func() ([]Due, error) { return s.ClaimToDial(t.Context(), begin.Add(time.Hour), 1) })
	equal(t, ids(due), []string{first.ID})
	equal(t, due[0].WokeAt, first.WakeAt)
	equal(t, due[0].Actions, []call.Action{{Kind: call.Dial, Attempt: 1}})
	equal(t, get(t, s, first.ID), due[0].Call)
	due = claim(t, func() ([]Due, error) { return s.ClaimToDial(t.Context(), begin.Add(time.Hour), 9) })
	equal(t, slices.Sorted(slices.Values(ids(due))), []string{third.ID, second.ID})
	dial(t, s, begin.Add(time.Hour))
}

func testNotDue(t *testing.T, b backend) {
	s := b.open(t, nil)
	c := createDue(t, s, begin.Add(time.Microsecond))
	dial(t, s, begin)
	dial(t, s, begin.Add(time.Microsecond), c.ID)
	if due := claim(t, func() ([]Due, error) { return s.ClaimToAsk(t.Context(), begin, 9) }); len(due) > 0 {
		t.Errorf("asked about: %v", ids(due))
	}
}

func testAsk(t *testing.T, b backend) {
	s := b.open(t, nil)
	lost, placed := create(t, s), create(t, s)
	dial(t, s, begin, lost.ID, placed.ID)
	change(t, s, placed.ID, func(c *call.Call) []call.Event { return c.Placed(1, "CA1", begin) })
	want := map[string]call.ActionKind{lost.ID: call.Search, placed.ID: call.LookUp}
	got := map[string]call.ActionKind{}
	for _, d := range claim(t, func() ([]Due, error) { return s.ClaimToAsk(t.Context(), begin.Add(time.Minute), 9) }) {
		got[d.Call.ID] = d.Actions[0].Kind
	}
	equal(t, got, want)
	due := claim(t, func() ([]Due, error) { return s.ClaimToAsk(t.Context(), begin.Add(time.Minute), 9) })
	if len(due) > 0 {
		t.Errorf("asked about again at once: %v", ids(due))
	}
	dial(t, s, begin.Add(time.Minute))
}

func testExpire(t *testing.T, b backend) {
	s := b.open(t, nil)
	c, later := create(t, s, lasting(time.Minute)), create(t, s)
	due := claim(t, func() ([]Due, error) { return s.ClaimToAsk(t.Context(), begin.Add(time.Minute), 9) })
	equal(t, ids(due), []string{c.ID})
	if due[0].Actions != nil || get(t, s, c.ID).Outcome != call.Expired || get(t, s, later.ID).State != call.Waiting {
		t.Errorf("%+v", due)
	}
}

func testFailingClaim(t *testing.T, b backend) {
	s := b.open(t, nil)
	one, two := create(t, s), create(t, s)
	run(t, s, "INSERT INTO events (call_id, seq, type, at, attempt, data) VALUES ($1, 2, 'x', 0, 0, '{}')", two.ID)
	if due, err := s.ClaimToDial(t.Context(), begin, 9); err == nil || due != nil {
		t.Fatalf("claimed %v, %v, want an error", ids(due), err)
	}
	equal(t, get(t, s, one.ID), one)
	equal(t, count(t, s, "SELECT (SELECT count(*) FROM attempts) + (SELECT count(*) FROM destinations)"), 0)
	run(t, s, "DELETE FROM events WHERE call_id = $1 AND seq = 2", two.ID)
	dial(t, s, begin, one.ID, two.ID)
}

func testTwoNodes(t *testing.T, b backend) {
	nodes := b.pair(t)
	const calls = 40
	for range calls {
		create(t, nodes[0])
	}
	var (
		wg      sync.WaitGroup
		mu      sync.Mutex
		claimed = map[string]int{}
	)
	for i := range 4 {
		wg.Go(func() {
			for range 200 {
				due, err := nodes[i%2].ClaimToDial(t.Context(), begin, 3)
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				for _, id := range ids(due) {
					claimed[id]++
				}
				done := len(claimed) == calls
				mu.Unlock()
				if done {
					return
				}
			}
		})
	}
	wg.Wait()
	for id, n := range claimed {
		if n > 1 {
			t.Errorf("%s was claimed %d times", id, n)
		}
	}
	if len(claimed) != calls || count(t, nodes[0], "SELECT count(*) FROM attempts") != calls {
		t.Errorf("%d of %d claimed", len(claimed), calls)
	}
}

// A row that can't be read is reported and set aside; other rows are not affected.
func testDamaged(t *testing.T, b backend) {
	s := b.open(t, nil)
	ringing, damaged, fine := create(t, s, to(phone)), create(t, s, to(phone)), create(t, s)
	dial(t, s, begin, ringing.ID, fine.ID) // the damaged Call is next for the phone, and held
	last := create(t, s, to(phone))
	dial(t, s, begin)
	broken := create(t, s)
	for _, id := range []string{damaged.ID, broken.ID} {
		err := try(s, "UPDATE calls SET policy = '{' WHERE id = $1", id)
		if err != nil {
			t.Fatal(err)
		}
	}
	due := claim(t, func() ([]Due, error) { return s.ClaimToDial(t.Context(), begin, 9) })
	if len(due) != 1 || due[0].Call.ID != broken.ID || due[0].Damaged == nil || len(due[0].Actions) > 0 {
		t.Fatalf("%+v", due)
	}
	dial(t, s, begin.Add(setAside-1)) // left alone
	due = claim(t, func() ([]Due, error) { return s.ClaimToDial(t.Context(), begin.Add(setAside), 9) })
	if len(due) != 1 || due[0].Damaged == nil {
		t.Errorf("%+v, want it tried again", due)
	}
	change(t, s, ringing.ID, report(call.StatusCompleted))
	if get(t, s, last.ID).Held != "" {
		t.Error("who waits behind a damaged call waits for ever")
	}
	later := begin.Add(40 * 24 * time.Hour) // after all deadlines
	for range 2 {
		n := 0
		for _, d := range claim(t, func() ([]Due, error) { return s.ClaimToAsk(t.Context(), later, 9) }) {
			if d.Damaged != nil {
				n++
			}
		}
		equal(t, n, 2)
		later = later.Add(setAside)
	}
}

// A look finds when the next Call is due. A Call that another node commits shortly after, and that is due shortly
// before, is found all the same.
func testLowerBoundsLeaveAMargin(t *testing.T, b backend) {
	nodes := b.pair(t)
	one, other := nodes[0], nodes[1]
	if one == other {
		return // no other node writes
	}
	for _, s := range nodes {
		s.clock = func() time.Time { return begin }
	}
	if _, err := one.Timer.Next(t.Context()); err != nil {
		t.Fatal(err)
	}
	ago := begin.Add(-5 * time.Second)
	late := createDue(t, other, ago)
	dial(t, one, begin, late.ID)
	change(t, other, late.ID, func(c *call.Call) []call.Event {
		c.WakeAt = ago
		return c.Placed(1, sid(c.ID, 1), ago)
	})
	change(t, other, late.ID, func(c *call.Call) []call.Event {
		c.WakeAt = ago
		return nil
	})
	due := claim(t, func() ([]Due, error) { return one.ClaimToAsk(t.Context(), begin, 9) })
	equal(t, ids(due), []string{late.ID})
}

// A call that was held for a number and is released is dialed before calls that were asked for later, however few
// slots the dialer has. A newer call for the same number waits for it.
func testHeldBeforeNewer(t *testing.T, b backend) {
	s := b.open(t, nil)
	now := begin
	asked := func(with ...func(*call.Wish)) *creating {
		now = now.Add(time.Millisecond)
		o := created(t, Idempotency{}, with...)
		var err error
		if o.call, o.events, err = call.New(o.call.Wish, now); err != nil {
			t.Fatal(err)
		}
		o.now = now
		return o
	}
	create := func(with ...func(*call.Wish)) call.Call {
		o := asked(with...)
		if err := errors.Join(together(t, s, o)...); err != nil {
			t.Fatal(err)
		}
		return o.made
	}
	first := func() []string {
		return ids(claim(t, func() ([]Due, error) { return s.ClaimToDial(t.Context(), now, 1) }))
	}
	one := create(to(phone))
	dial(t, s, now, one.ID)
	held := create(to(phone))
	dial(t, s, now) // a call rings there
	elsewhere, newer := create(), create(to(phone))
	now = now.Add(time.Second)
	change(t, s, one.ID, func(c *call.Call) []call.Event {
		return c.Report(1, call.Report{SID: "CA1", Status: call.StatusCompleted}, now)
	})
	equal(t, first(), []string{held.ID})
	equal(t, first(), []string{elsewhere.ID})
	dial(t, s, now)
	if get(t, s, newer.ID).Held == "" {
		t.Fatal("the newer call for the number does not wait for the older one")
	}

	// A call that is asked for in the very transaction that frees the number does not overtake it either.
	over, late := changed(held.ID, func(c *call.Call) []call.Event {
		return c.Report(1, call.Report{SID: "CA2", Status: call.StatusCompleted}, now)
	}), asked(to(phone))
	over.now = now
	if err := errors.Join(together(t, s, late, over)...); err != nil {
		t.Fatal(err)
	}
	equal(t, first(), []string{newer.ID})
	dial(t, s, now)
	if get(t, s, late.call.ID).Held == "" {
		t.Error("the latest call for the number does not wait for the older one")
	}
}

// A call whose deadline has passed is not dialed, though its dial is due as well.
func testNothingIsDialedPastItsDeadline(t *testing.T, b backend) {
	s := b.open(t, nil)
	late, fine := created(t, Idempotency{}, lasting(time.Minute)), created(t, Idempotency{})
	later := created(t, Idempotency{}, lasting(time.Minute))
	if err := errors.Join(together(t, s, late, fine, later)...); err != nil {
		t.Fatal(err)
	}
	due := claim(t, func() ([]Due, error) { return s.ClaimToDial(t.Context(), begin.Add(2*time.Minute), 9) })
	for _, d := range due {
		if (len(d.Actions) > 0) != (d.Call.ID == fine.call.ID) {
			t.Errorf("%+v, want %s dialed, and it alone", d, fine.call.ID)
		}
	}
	for _, o := range []*creating{late, later} {
		if c := get(t, s, o.call.ID); len(c.Attempts) != 0 || c.Outcome != call.Expired {
			t.Errorf("%d attempts past the deadline, %s", len(c.Attempts), c.Outcome)
		}
	}
	equal(t, len(get(t, s, fine.call.ID).Attempts), 1)
}

// Two nodes that change different calls at the same time are not in each other's way, however large a part of all calls
// these are: none locks others than its own.
func testTwoNodesChangeAtOnce(t *testing.T, b backend) {
	if !b.shared || b.isolation != 0 {
		return // SQLite has one writer; under SERIALIZABLE only correctness counts
	}
	const each = 10
	nodes := b.pair(t)
	endpoint(t, nodes[0], "all", "*")
	var all []string
	for range 2 * each {
		all = append(all, create(t, nodes[0]).ID)
	}
	if kind(nodes[0]) == "mysql" { // its planner looks at the rows
		run(t, nodes[0], "ANALYZE TABLE calls")
	}
	of := func(ids []string) (ops []operation) {
		for _, id := range ids {
			key := DeliveryKey{CallID: id, EndpointID: "all", Seq: 1}
			ops = append(ops, changed(id, cancel), &delivering{key: key, step: func(*Delivery) error { return nil }})
		}
		return ops
	}
	for name, lock := range map[string]func(*tx) error{
		"changes": func(x *tx) error { return newBatch(x, of(all[:each])).run() },
		"looks for those that nobody has locked": func(x *tx) error {
			_, err := x.lockBy(byID, engine.SkipLocked, selectUnlocked, engine.List(all[:each]))
			return err
		},
	} {
		err := nodes[0].tx(t.Context(), func(x *tx) error {
			if err := lock(x); err != nil {
				return err
			}
			return nodes[1].transact(t.Context(), func(x *tx) error { return newBatch(x, of(all[each:])).run() })
		})
		if err != nil {
			t.Errorf("while one node %s: %v", name, err)
		}
	}
}

// Two nodes that claim at the same time get a half each: none locks what it does not take.
func testTwoNodesClaimAtOnce(t *testing.T, b backend) {
	if !b.shared || b.isolation != 0 {
		return // SQLite has one writer; under SERIALIZABLE only correctness counts
	}
	const claimed = 2 // of a few rows a planner rather reads them all
	nodes := b.pair(t)
	for range 2 * claimed {
		create(t, nodes[0])
	}
	claims := func() *claiming {
		o := &claiming{limit: claimed, which: []selection{{where: dueToDial}, {where: dueToAsk}, {where: dueToExpire}}}
		o.now = begin
		return o
	}
	var mine, others []string
	err := nodes[0].tx(t.Context(), func(x *tx) error {
		o := claims()
		if err := newBatch(x, []operation{o}).run(); err != nil {
			return err
		}
		mine = ids(o.due)
		others = ids(claim(t, func() ([]Due, error) { return nodes[1].ClaimToDial(t.Context(), begin, claimed) }))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	both := slices.ContainsFunc(mine, func(id string) bool { return slices.Contains(others, id) })
	if len(mine) != claimed || len(others) != claimed || both {
		t.Errorf("one node got %q, the other %q", mine, others)
	}
}
