package store

import (
	"context"
	"errors"
	"testing"
	"time"

	"redial/internal/call"
)

// hand is a Dialer with so many slots.
type hand struct {
	slots   int
	started []Due
	yielded int
}

func (h *hand) Take() bool {
	if h.slots == 0 {
		return false
	}
	h.slots--
	return true
}

func (h *hand) Drop() { h.slots++ }

func (h *hand) Yield() { h.yielded++ }

func (h *hand) Start(due []Due) { h.started = append(h.started, due...) }

// What a batch makes due is on disk as dialed before it is handed over, and nothing
// is taken for what is not dialed.
func testTakenAtOnce(t *testing.T, b backend) {
	s := b.open(t, nil)
	s.clock = time.Now
	h := &hand{slots: 2}
	s.DialBy(h)

	asked := func(key Idempotency, with ...func(*call.Wish)) *creating { // now: begin's deadline is over
		o := created(t, key, with...)
		var err error
		if o.call, o.events, err = call.New(o.call.Wish, s.Now()); err != nil {
			t.Fatal(err)
		}
		return o
	}
	create := func(with ...func(*call.Wish)) call.Call {
		o := asked(Idempotency{}, with...)
		if err := errors.Join(together(t, s, o)...); err != nil {
			t.Fatal(err)
		}
		return o.made
	}

	one := create(to(phone))
	if len(h.started) != 1 || h.slots != 1 || len(get(t, s, one.ID).Attempts) != 1 {
		t.Fatalf("%d slots free, %d started; want the first call dialed with its commit", h.slots, len(h.started))
	}
	equal(t, h.started[0].Call, get(t, s, one.ID))
	equal(t, h.started[0].Actions, []call.Action{{Kind: call.Dial, Attempt: 1}})
	equal(t, one.State, call.Waiting) // as it was asked for

	held := create(to(phone)) // one rings there
	if len(h.started) != 1 || h.slots != 1 || get(t, s, held.ID).Held == "" {
		t.Fatalf("%d slots free, %d started; want the second call held, and its slot given back", h.slots, len(h.started))
	}
	if h.yielded != 0 {
		t.Fatal("nothing that is due was left behind")
	}

	// The call that is next at a free number is not overtaken by one that is asked for now.
	change(t, s, one.ID, func(c *call.Call) []call.Event {
		return c.Report(1, call.Report{SID: "CA1", Status: call.StatusCompleted}, s.Now())
	})
	if len(h.started) != 1 || h.slots != 1 || h.yielded != 1 {
		t.Fatalf("%d started, %d yielded; want the dialer told that a call is released", len(h.started), h.yielded)
	}
	dial(t, s, s.Now(), held.ID)
	waits := create(to(phone))
	over := changed(held.ID, func(c *call.Call) []call.Event {
		return c.Report(1, call.Report{SID: "CA2", Status: call.StatusCompleted}, s.Now())
	})
	late := asked(Idempotency{}, to(phone))
	over.now, late.now = s.Now(), s.Now()
	if err := errors.Join(together(t, s, late, over)...); err != nil {
		t.Fatal(err)
	}
	if len(h.started) != 1 || h.slots != 1 {
		t.Fatalf("%d started, want no call dialed before the one that waits", len(h.started))
	}
	dial(t, s, s.Now(), waits.ID)
	h.yielded = 0

	errs := together(t, s, asked(Idempotency{"scope", "key", "request"}), asked(Idempotency{}), asked(Idempotency{}))
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	if len(h.started) != 2 || h.slots != 0 || h.yielded != 1 || count(t, s, "SELECT count(*) FROM calls WHERE state = 'waiting' AND held_for IS NULL") != 2 {
		t.Fatalf("%d slots free, %d started; want one of three dialed, for which there was a slot", h.slots, len(h.started))
	}

	// A batch that fails gives back what it took, and so does each that is run again.
	h.slots = 1
	broken := create(func(w *call.Wish) { w.Policy.RedialAfter = nil })
	if len(h.started) != 3 {
		t.Fatalf("%d started", len(h.started))
	}
	h.slots = 1
	change(t, s, broken.ID, func(c *call.Call) []call.Event { return c.Placed(1, sid(c.ID, 1), begin) })
	run(t, s, "INSERT INTO events (call_id, seq, type, at, attempt, data) VALUES ($1, 4, 'x', 0, 0, '{}')", broken.ID)
	if errs := together(t, s, changed(broken.ID, report(call.StatusFailed))); errs[0] == nil || h.slots != 1 || len(h.started) != 3 {
		t.Errorf("%v, %d slots free, %d started; want nothing kept of a batch that failed", errs, h.slots, len(h.started))
	}
}

// A batch that the database has run again does everything once, and one whose COMMIT was
// never answered performs nothing: what it did is found out by looking.
func testRunAgainAndUnanswered(t *testing.T, b backend) {
	s := b.open(t, func(o *Options) { o.Clock = func() time.Time { return begin } })
	h := &hand{slots: 1}
	s.DialBy(h)
	due, busy := create(t, s), create(t, s)
	h.started, h.slots = nil, 3
	change(t, s, due.ID, func(c *call.Call) []call.Event { return c.Placed(1, sid(due.ID, 1), begin) })
	dial(t, s, begin, busy.ID)
	waiting := create(t, s, func(w *call.Wish) { w.Policy.NotBefore.After = time.Minute })

	transact, retryable, fail := s.transact, s.dialect.retryable, errors.New("again")
	times := 0
	s.dialect.retryable = func(err error) bool { return errors.Is(err, fail) }
	s.transact = func(ctx context.Context, fn func(*tx) error) error {
		return transact(ctx, func(x *tx) error {
			times++
			if err := fn(x); err != nil || times > 2 {
				return err
			}
			return fail
		})
	}
	key := Idempotency{"scope", "again", "request"}
	first, second := created(t, key), created(t, key)
	silent := &claiming{which: []selection{{where: dueToDial}, {where: dueToAsk}}, limit: 9}
	silent.now = begin.Add(time.Minute)
	if err := errors.Join(together(t, s, changed(due.ID, report(call.Ringing)), first, second, silent)...); err != nil {
		t.Fatal(err)
	}
	if times != 3 || h.slots != 2 || len(h.started) != 1 || first.made.ID != second.made.ID {
		t.Errorf("run %d times, %d slots free, %d started; want one call, dialed once", times, h.slots, len(h.started))
	}
	if got := ids(silent.due); len(got) != 3 {
		t.Errorf("%v were due, want %s, %s and %s", got, due.ID, busy.ID, waiting.ID)
	}
	for _, id := range []string{due.ID, busy.ID, waiting.ID, first.call.ID} {
		equal(t, len(get(t, s, id).Attempts), 1)
		equal(t, len(events(t, s, id)), get(t, s, id).Seq)
	}

	s.dialect.retryable = retryable
	s.transact = func(ctx context.Context, fn func(*tx) error) error {
		return errors.Join(transact(ctx, fn), errors.New("the answer was lost"))
	}
	h.started = nil
	lost := created(t, Idempotency{})
	if errs := together(t, s, lost); errs[0] == nil || len(h.started) != 0 || h.slots != 2 {
		t.Errorf("%v, %d started, %d slots free; want an error, and nothing performed", errs, len(h.started), h.slots)
	}
	s.transact = transact
	again := get(t, s, lost.call.ID)
	if a := again.Attempt(1); a == nil || a.SID != "" {
		t.Errorf("%+v, want the dial on disk that nobody has sent", a)
	}
}

// A call whose deadline has passed is not dialed, even if its own request makes it due; nor does
// it take the slot of another, which its batch makes due as well.
func testNothingIsDialedPastItsDeadline(t *testing.T, b backend) {
	s := b.open(t, nil)
	s.clock = func() time.Time { return begin.Add(2 * time.Minute) }
	h := &hand{slots: 1}
	s.DialBy(h)
	late, fine, later := created(t, Idempotency{}, lasting(time.Minute)), created(t, Idempotency{}), created(t, Idempotency{}, lasting(time.Minute))
	if err := errors.Join(together(t, s, late, fine, later)...); err != nil {
		t.Fatal(err)
	}
	equal(t, ids(h.started), []string{fine.call.ID})
	for _, o := range []*creating{late, later} {
		if c := get(t, s, o.call.ID); h.slots != 0 || len(c.Attempts) != 0 {
			t.Errorf("%d attempts past the deadline, and %d slots free", len(c.Attempts), h.slots)
		}
	}
}
