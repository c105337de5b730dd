package store

import (
	"errors"
	"testing"
	"time"

	"redial/internal/call"
)

// A transaction that has failed is not committed, though COMMIT is answered without an error.
func testCommitAnsweredByRollback(t *testing.T, b backend) {
	if !b.shared {
		return // SQLite goes on after a statement that failed
	}
	s := b.open(t, nil)
	c := create(t, s)
	err := s.tx(t.Context(), func(x *tx) error {
		if err := x.exec("UPDATE calls SET from_number = 'x' WHERE id = $1", c.ID); err != nil {
			return err
		}
		if x.exec("SELECT 1/0") == nil {
			t.Error("it can be divided by nothing")
		}
		return nil
	})
	if err == nil {
		t.Error("what was rolled back counts as committed")
	}
	equal(t, get(t, s, c.ID), c)
}

// A look says from when on something may be due; what another node commits a little later, due a
// little earlier, is found all the same.
func testLowsLeaveAMargin(t *testing.T, b backend) {
	nodes := b.pair(t)
	one, other := nodes[0], nodes[1]
	if one == other {
		return // nobody else writes
	}
	for _, s := range nodes {
		s.clock = func() time.Time { return begin }
	}
	if _, _, err := one.NextWake(t.Context()); err != nil {
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

// A call whose deadline has passed is not dialed, even if its own request makes it due; nor does
// it take the slot of another, which its batch makes due as well.
func testNothingIsDialedPastItsDeadline(t *testing.T, b backend) {
	s := b.open(t, nil)
	s.clock = func() time.Time { return begin.Add(2 * time.Minute) }
	h := &hand{room: 1}
	s.TakeAtOnce(h)
	late, fine, later := created(t, Idempotency{}, lasting(time.Minute)), created(t, Idempotency{}), created(t, Idempotency{}, lasting(time.Minute))
	if err := errors.Join(together(t, s, late, fine, later)...); err != nil {
		t.Fatal(err)
	}
	equal(t, ids(h.started), []string{fine.call.ID})
	for _, o := range []*creating{late, later} {
		if c := get(t, s, o.call.ID); h.room != 0 || len(c.Attempts) != 0 {
			t.Errorf("%d attempts past the deadline, and room for %d more", len(c.Attempts), h.room)
		}
	}
}

// The database's clock is read in the middle of the round trip, and the quickest tells most.
func TestTheRoundTripCountsHalf(t *testing.T) {
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	const rtt, ahead = 400 * time.Millisecond, 3 * time.Second
	if got := offsetOf(at, at.Add(rtt/2+ahead), rtt); got != ahead {
		t.Errorf("the clock is taken to be %s ahead, want %s", got, ahead)
	}
	if got := offsetOf(at, at.Add(rtt/2-ahead), rtt); got != -ahead {
		t.Errorf("the clock is taken to be %s ahead, want %s", got, -ahead)
	}
}
