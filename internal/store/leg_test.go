package store

import (
	"context"
	"errors"
	"testing"
	"time"

	"redial/internal/call"
	"redial/internal/store/engine"
)

// A number that others free and take again whenever this node looks is given up after a few tries: the Call is held
// for it, and the next sweep finds that it is free.
func testANumberThatIsNeverHad(t *testing.T, b backend) {
	s := b.open(t, nil)
	c := create(t, s, to(phone))
	transact, tries := s.transact, 0
	s.transact = func(ctx context.Context, fn func(*tx) error) error {
		return transact(ctx, func(x *tx) error {
			send := x.Send
			x.Send = func(list []engine.Statement) error {
				var rest []engine.Statement
				for _, st := range list {
					if takes(st) { // no Call has the number, but it can't be taken either
						tries++
						continue
					}
					rest = append(rest, st)
				}
				return send(rest)
			}
			return fn(x)
		})
	}
	started := time.Now()
	dial(t, s, begin)
	if held := get(t, s, c.ID); held.Held != phone || len(held.Attempts) > 0 || tries > 20 {
		t.Fatalf("after %d tries in %v: held for %q, with %d attempts",
			tries, time.Since(started), held.Held, len(held.Attempts))
	}
	s.transact = transact
	for more := true; more; {
		var err error
		if more, _, err = s.Sweep(t.Context(), begin); err != nil {
			t.Fatal(err)
		}
	}
	dial(t, s, begin, c.ID)
}

// A step that uses the sid of another attempt gets an error that says so, alone and in a batch, and the other
// operations of the batch do not fail.
func testSIDOfAnother(t *testing.T, b backend) {
	s := b.open(t, nil)
	one, two, three := create(t, s), create(t, s), create(t, s, func(w *call.Wish) { w.Policy.MaxAttempts = 2 })
	dial(t, s, begin, one.ID, two.ID, three.ID)
	place := func(n int, sid string) func(*call.Call) []call.Event {
		return func(c *call.Call) []call.Event { return c.Placed(n, sid, begin) }
	}
	change(t, s, one.ID, place(1, "CA1"))
	before := get(t, s, two.ID)
	if _, err := s.Change(t.Context(), two.ID, begin, steps(place(1, "CA1"))); !errors.Is(err, ErrSIDTaken) {
		t.Errorf("alone: %v", err)
	}
	equal(t, get(t, s, two.ID), before)
	errs := together(t, s, changed(two.ID, place(1, "CA1")), changed(three.ID, place(1, "CA3")))
	if !s.engine.Taken(errs[0], keyOfSID) || errs[1] != nil {
		t.Errorf("in a batch: %v", errs)
	}
	change(t, s, three.ID, func(c *call.Call) []call.Event {
		return c.Report(1, call.Report{SID: "CA3", Status: call.StatusNoAnswer}, begin)
	})
	dial(t, s, begin, three.ID)
	if _, err := s.Change(t.Context(), three.ID, begin, steps(place(2, "CA3"))); !errors.Is(err, ErrSIDTaken) {
		t.Errorf("of the same call: %v", err)
	}
	if s.engine.Taken(errors.New("UNIQUE constraint failed: attempts.sid"), keyOfSID) {
		t.Error("anybody's words are taken for the database's")
	}
}

// Legs with recent news, and legs that are over, are not among the silent ones.
func testSilentLegs(t *testing.T, b backend) {
	s := b.open(t, func(o *Options) { o.PlacedBy = "the account" })
	told := create(t, s)
	var silent []string
	for range 3 {
		silent = append(silent, create(t, s).ID)
	}
	over, waiting := create(t, s), create(t, s)
	dial(t, s, begin, append([]string{told.ID, over.ID, waiting.ID}, silent...)...)
	later := begin.Add(time.Minute)
	for _, id := range silent[1:] {
		change(t, s, id, func(c *call.Call) []call.Event { return c.Placed(1, sid(c.ID, 1), begin) })
	}
	change(t, s, told.ID, func(c *call.Call) []call.Event {
		return c.Report(1, call.Report{SID: sid(c.ID, 1), Status: call.InProgress}, later)
	})
	change(t, s, over.ID, report(call.StatusCompleted))
	change(t, s, waiting.ID, report(call.StatusBusy))
	var found []string
	for after := ""; ; {
		page, err := s.Silent(t.Context(), later, after, 2)
		if err != nil {
			t.Fatal(err)
		}
		if len(page) == 0 {
			break
		}
		found, after = append(found, page...), page[len(page)-1]
	}
	equal(t, found, silent)
	if all, err := s.Silent(t.Context(), later.Add(time.Millisecond), "", 9); err != nil || len(all) != 4 {
		t.Errorf("a moment later: %v, %v", all, err)
	}
	if by := get(t, s, told.ID).Attempts[0].PlacedBy; by != "the account" {
		t.Errorf("it was placed by %q", by)
	}
}

// An attempt of the version before does not say who placed it, nor what was sent for it: no bound is shortened, and no
// 404 counts.
func testAttemptsOfTheVersionBefore(t *testing.T, b backend) {
	s := b.open(t, nil)
	c := create(t, s)
	run(t, s, `UPDATE calls SET state = 'dialing', next_attempt_at = NULL WHERE id = $1`, c.ID)
	run(t, s, `INSERT INTO attempts (call_id, n, to_number, person, needs_key, detects, sid, status, dialed_at, send_by,
		postponements, finals, duration, sip_code, unanswered, absent, ambiguous, lost, unplaced, asks, stuck,
		hang_ups, interrupts, instructed, wrong_keys)
		VALUES ($1, 1, $2, 0, 0, 0, 'CA1', 'queued', 0, 0, 0, '', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0)`, c.ID, phone)
	a := get(t, s, c.ID).Attempts[0]
	if a.PlacedBy != "" || a.TalkLimit != 0 || !a.Heard || !a.OverdueAt.IsZero() || a.Status() != call.Queued {
		t.Errorf("%+v", a)
	}
}
