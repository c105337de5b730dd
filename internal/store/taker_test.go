package store

import (
	"errors"
	"testing"
	"time"

	"redial/internal/call"
)

// hand is a Taker with room for so many.
type hand struct {
	room    int
	started []Due
	yielded int
}

func (h *hand) Take() bool {
	if h.room == 0 {
		return false
	}
	h.room--
	return true
}

func (h *hand) Drop() { h.room++ }

func (h *hand) Yield() { h.yielded++ }

func (h *hand) Start(due []Due) { h.started = append(h.started, due...) }

// What a batch makes due is on disk as dialed before it is handed over, and nothing
// is taken for what is not dialed.
func testTakenAtOnce(t *testing.T, b backend) {
	s := b.open(t, nil)
	s.clock = time.Now
	h := &hand{room: 2}
	s.TakeAtOnce(h)

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
	if len(h.started) != 1 || h.room != 1 || len(get(t, s, one.ID).Attempts) != 1 {
		t.Fatalf("room for %d, %d started; want the first call dialed with its commit", h.room, len(h.started))
	}
	equal(t, h.started[0].Call, get(t, s, one.ID))
	equal(t, h.started[0].Actions, []call.Action{{Kind: call.Dial, Attempt: 1}})
	equal(t, one.State, call.Waiting) // as it was asked for

	held := create(to(phone)) // one rings there
	if len(h.started) != 1 || h.room != 1 || get(t, s, held.ID).Held == "" {
		t.Fatalf("room for %d, %d started; want the second call held, and its room given back", h.room, len(h.started))
	}
	if h.yielded != 0 {
		t.Fatal("nothing that is due was left behind")
	}

	// Whose turn it has become is not overtaken by who comes now.
	change(t, s, one.ID, func(c *call.Call) []call.Event {
		return c.Report(1, call.Report{SID: "CA1", Status: call.StatusCompleted}, s.Now())
	})
	if len(h.started) != 1 || h.room != 1 || h.yielded != 1 {
		t.Fatalf("%d started, %d yielded; want a word that somebody's turn has come", len(h.started), h.yielded)
	}
	dial(t, s, s.Now(), held.ID)
	h.yielded = 0

	errs := together(t, s, asked(Idempotency{"scope", "key", "request"}), asked(Idempotency{}), asked(Idempotency{}))
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	if len(h.started) != 2 || h.room != 0 || h.yielded != 1 || count(t, s, "SELECT count(*) FROM calls WHERE state = 'waiting' AND held_for IS NULL") != 2 {
		t.Fatalf("room for %d, %d started; want one of three dialed, for which there was room", h.room, len(h.started))
	}

	// A batch that fails gives back what it took, and so does each that is run again.
	h.room = 1
	broken := create(func(w *call.Wish) { w.Policy.RedialAfter = nil })
	if len(h.started) != 3 {
		t.Fatalf("%d started", len(h.started))
	}
	h.room = 1
	change(t, s, broken.ID, func(c *call.Call) []call.Event { return c.Placed(1, sid(c.ID, 1), begin) })
	run(t, s, "INSERT INTO events (call_id, seq, type, at, attempt, data) VALUES ($1, 4, 'x', 0, 0, '{}')", broken.ID)
	if errs := together(t, s, changed(broken.ID, report(call.StatusFailed))); errs[0] == nil || h.room != 1 || len(h.started) != 3 {
		t.Errorf("%v, room for %d, %d started; want nothing kept of a batch that failed", errs, h.room, len(h.started))
	}
}
