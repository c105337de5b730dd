package store

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"redial/internal/call"
	"redial/internal/store/engine"
)

// open is a window that is open for a time from begin on, and again the next day.
func open(long time.Duration) func(*call.Wish) {
	return func(w *call.Wish) {
		w.Policy.Window = call.Window{From: 9 * 3600, To: 9*3600 + int(long.Seconds()), Zone: "Etc/UTC"}
		w.Policy.Deadline.After = max(w.Policy.Deadline.After, 48*time.Hour)
	}
}

// sweep sweeps until there is no more to do, and returns the number of steps.
func sweep(t testing.TB, s *Store, now time.Time) (steps int) {
	t.Helper()
	for more := true; more; steps++ {
		var err error
		if more, _, err = s.Sweep(t.Context(), now); err != nil {
			t.Fatal(err)
		}
		select {
		case <-s.Unoffered():
			more = true
		default:
		}
		if steps > 5000 {
			t.Fatal("there is no end to it")
		}
	}
	return steps
}

// completed ends the last attempt of a Call at a time.
func completed(t testing.TB, s *Store, id string, now time.Time) {
	t.Helper()
	_, err := s.Change(t.Context(), id, now, steps(func(c *call.Call) []call.Event {
		n := len(c.Attempts)
		return c.Report(n, call.Report{SID: sid(c.ID, n), Status: call.StatusCompleted}, now)
	}))
	if err != nil {
		t.Fatal(err)
	}
}

// A Call that can't ring when its number becomes free, for whatever reason, keeps the number from no other Call: the
// next one is released in the same transaction.
func testWhoCantRingKeepsNobody(t *testing.T, b backend) {
	s := b.open(t, nil)
	later := begin.Add(30 * time.Minute)
	people := func(w *call.Wish) {
		w.People = []call.Person{{Number: w.To}, {Number: w.To + "9"}}
		w.Policy.MaxAttempts, w.Policy.MaxPerResult = 2, map[call.Result]int{call.Busy: 1}
	}
	for i, tc := range []struct {
		name string
		wish func(*call.Wish)
		then func(id string) // what happens to it while it is held
		want func(call.Call) bool
	}{
		{"its window has closed", open(10 * time.Minute), nil,
			func(c call.Call) bool { return c.Held == "" && c.NextAttemptAt.After(later) }},
		{"its deadline has passed", lasting(10 * time.Minute), nil,
			func(c call.Call) bool { return c.Outcome == call.Expired }},
		{"its row is damaged", lasting(time.Hour), func(id string) {
			run(t, s, "UPDATE calls SET options = '{' WHERE id = $1", id)
		}, nil},
		{"its next dial is put off", lasting(48 * time.Hour), func(id string) {
			change(t, s, id, func(c *call.Call) []call.Event {
				c.Policy.NotBefore.After = 0
				c.Attempts = []call.Attempt{{
					N: 1, To: c.To, DialedAt: begin, SendBy: begin, SID: "CA" + c.ID, EndedAt: later,
					Finals: []call.Status{call.StatusBusy},
				}}
				return nil
			})
		}, func(c call.Call) bool { return c.Held == "" && c.NextAttemptAt.Equal(later.Add(30*time.Second)) }},
		{"another number of its ladder is next", people, func(id string) {
			change(t, s, id, func(c *call.Call) []call.Event {
				c.Attempts = []call.Attempt{{
					N: 1, To: c.To, DialedAt: begin, SendBy: begin, SID: "CA" + c.ID, EndedAt: begin,
					Finals: []call.Status{call.StatusBusy},
				}}
				return nil
			})
		}, func(c call.Call) bool { return c.Held == "" && !c.NextAttemptAt.After(later) && c.Offered == "" }},
	} {
		number := fmt.Sprintf("+8190111122%02d", i)
		ringing := create(t, s, to(number))
		dial(t, s, begin, ringing.ID)
		first, next, last := create(t, s, to(number), tc.wish), create(t, s, to(number)), create(t, s, to(number))
		dial(t, s, begin)
		if tc.then != nil {
			tc.then(first.ID)
		}
		completed(t, s, ringing.ID, later)
		if tc.want != nil && !tc.want(get(t, s, first.ID)) {
			t.Errorf("%s: the first stands at %+v", tc.name, get(t, s, first.ID))
		}
		if got := get(t, s, next.ID); got.Offered != number || get(t, s, last.ID).Held == "" {
			t.Errorf("%s: the next is held for %q, offered %q; want it released, and it alone", tc.name, got.Held, got.Offered)
		}
		if n := sweep(t, s, later); n != 1 || get(t, s, last.ID).Held == "" {
			t.Errorf("%s: %d steps of a sweep released one more", tc.name, n)
		}
		if tc.want == nil {
			run(t, s, "DELETE FROM calls WHERE id = $1", first.ID)
		} else if c := get(t, s, first.ID); c.State != call.Ended {
			change(t, s, first.ID, cancel)
		}
		change(t, s, last.ID, cancel)
		dial(t, s, later, next.ID)
		completed(t, s, next.ID, later)
	}
}

// A Call that rings several people at once, and finds all their numbers taken, is released when any of the numbers is
// free.
func testHeldForSeveral(t *testing.T, b backend) {
	s := b.open(t, nil)
	other := phone + "9"
	one, two := create(t, s, to(phone)), create(t, s, to(other))
	dial(t, s, begin, one.ID, two.ID)
	atOnce := func(w *call.Wish) {
		w.People, w.Policy.Ladder = []call.Person{{Number: phone}, {Number: other}}, call.Parallel
	}
	both, next := create(t, s, to(phone), atOnce), create(t, s, to(other))
	dial(t, s, begin)
	equal(t, count(t, s, "SELECT count(*) FROM also_held"), 1)
	completed(t, s, two.ID, begin)
	equal(t, get(t, s, both.ID).Offered, other)
	equal(t, get(t, s, next.ID).Held, other)
	equal(t, count(t, s, "SELECT count(*) FROM also_held"), 0)
	dial(t, s, begin, both.ID)
	if c := get(t, s, both.ID); len(c.Attempts) != 1 || c.Attempts[0].To != other {
		t.Fatalf("%+v", c.Attempts)
	}
	completed(t, s, both.ID, begin)
	dial(t, s, begin, next.ID)

	// A free number that nobody noticed is found by the sweep.
	third := create(t, s, to(phone), atOnce)
	dial(t, s, begin)
	run(t, s, "DELETE FROM destinations WHERE number = $1", other)
	sweep(t, s, begin)
	equal(t, get(t, s, third.ID).Offered, other)

	// The sweep removes a row that a node of an older version left behind.
	dial(t, s, begin, third.ID)
	completed(t, s, third.ID, begin)
	run(t, s, "INSERT INTO also_held (number, call_id) VALUES ($1, $2)", other, third.ID)
	sweep(t, s, begin)
	equal(t, count(t, s, "SELECT count(*) FROM also_held"), 0)
}

// A number that another node takes and frees all the time counts as taken in the end.
func TestANumberThatCantBeToldIsTaken(t *testing.T) {
	sent := 0
	b := unsent(t, func(list []engine.Statement) error {
		for _, st := range list {
			if takes(st) {
				sent++
			}
		}
		return nil
	})
	c, _, err := call.New(wish(), begin)
	if err != nil {
		t.Fatal(err)
	}
	o := &claiming{}
	o.now = begin
	woken := &stored{before: c, after: c, waking: &waking{step: o.wake(""), before: c}}
	b.calls[c.ID] = woken
	woken.wake()
	if err := b.settle(); err != nil {
		t.Fatal(err)
	}
	if sent != 1+takeAgain || woken.after.Held != c.To {
		t.Errorf("taken %d times, then held for %q", sent, woken.after.Held)
	}
}

// A Call that was released and then does not dial keeps the number from no other Call either.
func testWhoIsOfferedAndDoesNotDial(t *testing.T, b backend) {
	s := b.open(t, nil)
	asked := func(now time.Time) func() {
		return func() { claim(t, func() ([]Due, error) { return s.ClaimToDial(t.Context(), now, 9) }) }
	}
	for i, tc := range []struct {
		name  string
		wish  func(*call.Wish)
		then  func(id string) func()
		sweep bool // only a sweep finds it
	}{
		{"deferred", open(time.Minute), func(string) func() { return asked(begin.Add(2 * time.Minute)) }, false},
		{"canceled", lasting(time.Hour), func(id string) func() { return func() { change(t, s, id, cancel) } }, false},
		{"expired", lasting(time.Minute), func(string) func() {
			return func() {
				claim(t, func() ([]Due, error) { return s.ClaimToAsk(t.Context(), begin.Add(2*time.Minute), 9) })
			}
		}, false},
		{"damaged", lasting(time.Hour), func(id string) func() {
			return func() {
				run(t, s, "UPDATE calls SET options = '{' WHERE id = $1", id)
				asked(begin.Add(2 * time.Minute))()
			}
		}, true},
		{"forgotten", lasting(time.Hour), func(id string) func() { // by a node of an older version, say
			return func() {
				run(t, s, "UPDATE calls SET wake_at = $2 WHERE id = $1", id, micros(begin.Add(time.Hour)))
			}
		}, true},
		{"deleted", lasting(time.Hour), func(id string) func() {
			return func() { run(t, s, "DELETE FROM calls WHERE id = $1", id) }
		}, true},
	} {
		number := fmt.Sprintf("+8190111133%02d", i)
		ringing := create(t, s, to(number))
		dial(t, s, begin, ringing.ID)
		first, next, last := create(t, s, to(number), tc.wish), create(t, s, to(number)), create(t, s, to(number))
		dial(t, s, begin)
		completed(t, s, ringing.ID, begin)
		if c := get(t, s, first.ID); c.Offered != number {
			t.Fatalf("%s: not released: %+v", tc.name, c)
		}
		sweep(t, s, begin)
		if get(t, s, next.ID).Held == "" {
			t.Fatalf("%s: a sweep releases a second one", tc.name)
		}
		tc.then(first.ID)()
		if tc.sweep {
			sweep(t, s, begin.Add(2*time.Minute))
		}
		if got := get(t, s, next.ID); got.Offered != number || get(t, s, last.ID).Held == "" {
			t.Errorf("%s: the next is held for %q, offered %q; want it released, and it alone", tc.name, got.Held, got.Offered)
		}
		run(t, s, "DELETE FROM calls WHERE id = $1 OR id = $2 OR id = $3", first.ID, next.ID, last.ID)
	}
}

// A number that is free for an unknown reason is found by the next sweep.
func testSweepFindsFreeNumbers(t *testing.T, b backend) {
	s := b.open(t, nil)
	var ringing, first, last []string
	for i := range 3 * sweepMost {
		number := fmt.Sprintf("+8190111144%02d", i)
		ringing = append(ringing, create(t, s, to(number)).ID)
	}
	got := claim(t, func() ([]Due, error) { return s.ClaimToDial(t.Context(), begin, 3*sweepMost) })
	if len(got) != len(ringing) {
		t.Fatalf("%d are dialed", len(got))
	}
	for i := range ringing {
		number := fmt.Sprintf("+8190111144%02d", i)
		first, last = append(first, create(t, s, to(number)).ID), append(last, create(t, s, to(number)).ID)
	}
	claim(t, func() ([]Due, error) { return s.ClaimToDial(t.Context(), begin, 9*sweepMost) })
	writes := 0
	transact := s.transact
	s.transact = func(ctx context.Context, fn func(*tx) error) error { writes++; return transact(ctx, fn) }
	if sweep(t, s, begin); writes > 0 {
		t.Error("a sweep writes though nothing is wrong")
	}
	run(t, s, "DELETE FROM destinations WHERE call_id <> $1", ringing[0])
	sweep(t, s, begin)
	if writes == 0 || writes > 4 {
		t.Errorf("%d batches for %d numbers", writes, len(ringing))
	}
	for i := range ringing {
		if free := i > 0; (get(t, s, first[i]).Held == "") != free || get(t, s, last[i]).Held == "" {
			t.Errorf("number %d: the first is held for %q, the last for %q",
				i, get(t, s, first[i]).Held, get(t, s, last[i]).Held)
		}
	}
	writes = 0
	if sweep(t, s, begin.Add(time.Minute)); writes > 0 {
		t.Error("a sweep writes though those who were released only wait to be dialed")
	}
}

// hold fills the database with copies of a held Call.
func hold(t testing.TB, s *Store, like string, n int) {
	t.Helper()
	series := "SELECT i FROM generate_series(1, %d) AS s(i)"
	if kind(s) != "postgres" {
		series = "WITH RECURSIVE s(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM s WHERE i < %d) SELECT i FROM s"
	}
	var cols, vals string
	for i, c := range callColumns(new(call.Call)) {
		if i > 0 {
			cols, vals = cols+", ", vals+", "
		}
		cols += c.name
		if c.name == "id" {
			vals += "c.id || '-' || (1000000 + s.i)"
		} else {
			vals += "c." + c.name
		}
	}
	run(t, s, fmt.Sprintf("INSERT INTO calls (%s) SELECT %s FROM (%s) AS s, calls AS c WHERE c.id = $1",
		cols, vals, fmt.Sprintf(series, n)), like)
}

// A batch tries 32 of the Calls that are held for a number, however many they are.
func testAFewAreTriedAtOnce(t *testing.T, b backend) {
	const many = 50_000
	s := b.open(t, nil)
	ringing := create(t, s, to(phone))
	dial(t, s, begin, ringing.ID)
	closes := open(10 * time.Minute)
	first := create(t, s, to(phone), closes)
	able, then := create(t, s, to(phone)), create(t, s, to(phone), closes)
	dial(t, s, begin)
	hold(t, s, first.ID, 69)
	hold(t, s, then.ID, many)
	later := begin.Add(time.Hour)
	held := func() int { return count(t, s, "SELECT count(*) FROM calls WHERE held_for = $1", phone) }
	before := held()
	completed(t, s, ringing.ID, later)
	for i := 1; i <= 3; i++ {
		if got := before - held(); got != min(32*i, 71) {
			t.Fatalf("%d were tried after %d batches", got, i)
		}
		select {
		case <-s.Unoffered():
		default:
			if i < 3 {
				t.Error("nobody is told that there is more to do")
			}
		}
		if _, _, err := s.Sweep(t.Context(), later); err != nil {
			t.Fatal(err)
		}
	}
	if c := get(t, s, able.ID); c.Offered != phone {
		t.Errorf("%+v, want it released: it can ring", c)
	}
}

// Nodes that sweep at the same time release one Call for each number, and do not wait for each other.
func testSweepsAtOnce(t *testing.T, b backend) {
	nodes := b.pair(t)
	var first []string
	const numbers = 20
	for i := range numbers {
		number := fmt.Sprintf("+8190111155%02d", i)
		ringing := create(t, nodes[0], to(number))
		dial(t, nodes[0], begin, ringing.ID)
		first = append(first, create(t, nodes[0], to(number)).ID)
		create(t, nodes[0], to(number))
		create(t, nodes[0], to(number), open(time.Minute))
		dial(t, nodes[0], begin)
	}
	run(t, nodes[0], "DELETE FROM destinations")
	var all sync.WaitGroup
	for i := range 6 {
		all.Go(func() {
			for range 3 {
				if _, _, err := nodes[i%2].Sweep(t.Context(), begin); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	sweep(t, nodes[1], begin)
	equal(t, count(t, nodes[0], "SELECT count(*) FROM calls WHERE held_for IS NULL AND state = 'waiting'"), numbers)
	for _, id := range first {
		if get(t, nodes[0], id).Offered == "" {
			t.Errorf("%s is not released, though it is the first", id)
		}
	}
}

// twoAreHeld creates two Calls that are held for a number, and a third that rings it.
func twoAreHeld(t testing.TB, s *Store) (ringing, first, second call.Call) {
	t.Helper()
	ringing = create(t, s, to(phone))
	dial(t, s, begin, ringing.ID)
	first, second = create(t, s, to(phone)), create(t, s, to(phone))
	dial(t, s, begin)
	return ringing, first, second
}

// A number that another node sweeps is left to that node. Otherwise this node would pass over the Call that the other
// one releases, and release the next one.
func testASweepIsNotDoubled(t *testing.T, b backend) {
	if !b.shared {
		return // SQLite has one writer
	}
	nodes := b.pair(t)
	_, first, second := twoAreHeld(t, nodes[0])
	run(t, nodes[0], "DELETE FROM destinations")
	err := nodes[0].tx(t.Context(), func(x *tx) error {
		o := &sweeping{numbers: []string{phone}}
		o.now = begin
		if err := newBatch(x, []operation{o}).run(); err != nil {
			return err
		}
		if more, passed, err := nodes[1].Sweep(t.Context(), begin); more || passed || err != nil {
			t.Errorf("more: %t, passed: %t, %v", more, passed, err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	sweep(t, nodes[1], begin)
	if get(t, nodes[0], first.ID).Offered == "" || get(t, nodes[0], second.ID).Held == "" {
		t.Error("want the first released, and it alone")
	}
}

// A sweep does not wait for a Call that another node has locked, but passes over it to those behind it. What it leaves
// to the next sweep is not reported as something to do at once.
func testSweepWaitsForNoLock(t *testing.T, b backend) {
	if !b.shared {
		return // SQLite has one writer
	}
	nodes := b.pair(t)
	ringing, first, second := twoAreHeld(t, nodes[0])
	lock := func(meanwhile func(), ids ...string) {
		err := nodes[0].tx(t.Context(), func(x *tx) error {
			for _, id := range ids {
				if err := x.exec("SELECT id FROM calls WHERE id = $1 FOR UPDATE", id); err != nil {
					return err
				}
			}
			meanwhile()
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	step := func() (passed bool) {
		more, passed, err := nodes[1].Sweep(t.Context(), begin)
		if err != nil || more {
			t.Errorf("there is more: %t, %v", more, err)
		}
		select {
		case <-nodes[1].Unoffered():
			t.Error("it is to be done at once again")
		default:
		}
		return passed
	}
	lock(func() {
		completed(t, nodes[1], ringing.ID, begin) // this would fail if it waited
		<-nodes[1].Unoffered()
		if !step() {
			t.Error("nobody says that both are locked")
		}
	}, first.ID, second.ID)
	lock(func() {
		if step() {
			t.Error("the second could ring")
		}
	}, first.ID)
	sweep(t, nodes[1], begin)
	if get(t, nodes[0], second.ID).Offered == "" || get(t, nodes[0], first.ID).Held == "" {
		t.Error("want the second released, and it alone")
	}
}

// A panic in what follows from a taken number ends neither the process nor the batch: the Call is set aside, and has
// taken nothing.
func testAPanicWhenANumberIsTaken(t *testing.T, b backend) {
	s := b.open(t, nil)
	other := phone + "9"
	ringing, held := create(t, s, to(phone)), create(t, s, to(phone))
	dial(t, s, begin, ringing.ID)
	both := create(t, s, to(phone), func(w *call.Wish) {
		w.People, w.Policy.Ladder = []call.Person{{Number: phone}, {Number: other}}, call.Parallel
	})
	fine := create(t, s)
	o := &claiming{which: []selection{{where: dueToDial}}, limit: 9}
	o.now = begin
	err := s.tx(t.Context(), func(x *tx) error {
		batch := newBatch(x, []operation{o})
		send := x.Send
		x.Send = func(list []engine.Statement) error {
			if c := batch.calls[both.ID]; c != nil && c.waking != nil && slices.ContainsFunc(list, takes) {
				c.waking.step = nil // no step expects that
			}
			return send(list)
		}
		return batch.run()
	})
	if err != nil {
		t.Fatal(err)
	}
	damaged := 0
	for _, d := range o.due {
		if d.Damaged != nil {
			damaged++
			equal(t, d.Call.ID, both.ID)
		}
	}
	if damaged != 1 || len(get(t, s, fine.ID).Attempts) != 1 || get(t, s, held.ID).Held == "" ||
		len(get(t, s, both.ID).Attempts) > 0 {
		t.Errorf("%+v", o.due)
	}
	equal(t, count(t, s, "SELECT count(*) FROM destinations WHERE call_id = $1", both.ID), 0)
	dial(t, s, begin.Add(setAside-1))
}

// After a sweep, no Call that may ring is held for a number that is free and was offered to no Call, whatever happened
// to Calls that share numbers.
func testNobodyIsHeldForAFreeNumber(t *testing.T, b backend) {
	for seed := range uint64(6) {
		w := &waiting{t: t, s: b.open(t, nil), rng: rand.New(rand.NewPCG(seed, 0)), now: begin}
		for range 120 {
			w.step()
			sweep(t, w.s, w.now)
			w.check(seed)
			if t.Failed() {
				return
			}
		}
	}
}

// waiting is a few numbers, and Calls that want them.
type waiting struct {
	t   *testing.T
	s   *Store
	rng *rand.Rand
	now time.Time
	ids []string
}

func (w *waiting) number() string { return fmt.Sprintf("+8190222200%02d", w.rng.IntN(3)) }

// step does something at random.
func (w *waiting) step() {
	w.t.Helper()
	switch w.rng.IntN(10) {
	case 0, 1, 2:
		w.ask()
	case 3, 4:
		w.now = w.now.Add(time.Duration(w.rng.IntN(240)) * time.Second)
	case 5, 6:
		if _, err := w.s.ClaimToDial(w.t.Context(), w.now, 1+w.rng.IntN(3)); err != nil {
			w.t.Fatal(err)
		}
	case 7:
		if _, err := w.s.ClaimToAsk(w.t.Context(), w.now, 1+w.rng.IntN(3)); err != nil {
			w.t.Fatal(err)
		}
	default:
		w.change()
	}
}

func (w *waiting) ask() {
	with := wish(to(w.number()))
	with.Policy.RingTimeout = 5 * time.Second
	with.Policy.Deadline.After = time.Duration(1+w.rng.IntN(20)) * time.Minute
	if w.rng.IntN(2) == 0 {
		from := (w.now.Hour()*60+w.now.Minute())*60 + w.now.Second()
		opens := from - w.rng.IntN(60)
		with.Policy.Window = call.Window{From: opens, To: opens + 30 + w.rng.IntN(300), Zone: "Etc/UTC"}
	}
	if w.rng.IntN(3) == 0 {
		with.People = []call.Person{{Number: with.To}}
		for _, n := range []string{w.number(), w.number()} {
			if !slices.ContainsFunc(with.People, func(p call.Person) bool { return p.Number == n }) {
				with.People = append(with.People, call.Person{Number: n})
			}
		}
		with.Policy.Ladder = call.Ladders()[w.rng.IntN(3)]
	}
	c, events, err := call.New(with, w.now)
	if err != nil {
		return // it would never ring
	}
	if _, _, err := w.s.Create(w.t.Context(), Asker{}, c, events, Idempotency{}); err != nil {
		w.t.Fatal(err)
	}
	w.ids = append(w.ids, c.ID)
}

// change reports something to a Call, or damages its row.
func (w *waiting) change() {
	if len(w.ids) == 0 {
		return
	}
	id := w.ids[w.rng.IntN(len(w.ids))]
	ends := []call.Status{call.StatusBusy, call.StatusNoAnswer, call.StatusFailed, call.StatusCompleted}
	what, say := w.rng.IntN(12), ends[w.rng.IntN(4)]
	if what == 0 {
		run(w.t, w.s, "UPDATE calls SET options = '{' WHERE id = $1", id)
		return
	}
	_, err := w.s.Change(w.t.Context(), id, w.now, steps(func(c *call.Call) []call.Event {
		n := 1 + w.rng.IntN(max(1, len(c.Attempts)))
		switch {
		case what == 1:
			return c.Cancel(false, "", w.now)
		case c.Attempt(n) == nil:
			return nil
		case what == 2:
			return c.NotProcessed(n, w.now.Add(time.Minute), w.now, "429")
		case what == 3:
			return c.Refused(n, call.Refusal{Code: 21211, Status: 400}, w.now)
		}
		return c.Report(n, call.Report{SID: sid(c.ID, n), Status: say}, w.now)
	}))
	if err != nil && !errors.Is(err, errDamaged) {
		w.t.Fatal(err)
	}
}

// check looks for a Call that may ring and is held for a number which is free.
func (w *waiting) check(seed uint64) {
	w.t.Helper()
	taken, offered := map[string]bool{}, map[string]bool{}
	var calls []call.Call
	for _, id := range w.ids {
		c, err := w.s.Get(w.t.Context(), id)
		if err != nil {
			continue
		}
		calls = append(calls, c)
		for number := range c.LiveNumbers() {
			taken[number] = true
		}
	}
	read := func(numbers map[string]bool, sql string, args ...any) {
		each := func(scan func(...any) error) error {
			var number string
			err := scan(&number)
			numbers[number] = true
			return err
		}
		if err := w.s.reading(w.t.Context()).each(sql, args, each); err != nil {
			w.t.Fatal(err)
		}
	}
	// This includes the numbers of a Call whose row is damaged: the claim that finds it sets it aside.
	read(taken, "SELECT number FROM destinations")
	read(offered, "SELECT offered FROM calls WHERE state = 'waiting' AND offered > '' AND wake_at <= $1", micros(w.now))
	for _, c := range calls {
		for _, number := range append(c.AlsoHeld(), c.Held) {
			released := c.Clone()
			released.Release(number, w.now)
			if number != "" && released.Offered == number && !taken[number] && !offered[number] {
				w.t.Errorf("seed %d, at %s: %s is held for %s, which is free", seed, w.now, c.ID, number)
			}
		}
	}
}
