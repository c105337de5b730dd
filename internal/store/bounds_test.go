package store

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"redial/internal/call"
	"redial/internal/store/engine"
)

// bounded is a call of a test about bounds, as the test expects it to be stored.
type bounded struct {
	by      string
	numbers []string
}

func (c bounded) wish(w *call.Wish) {
	w.By, w.To, w.Policy.NotBefore.After = c.by, c.numbers[0], time.Hour
	w.People = c.people()
}

func (c bounded) people() (list []call.Person) {
	for _, n := range c.numbers {
		if len(c.numbers) > 1 {
			list = append(list, call.Person{Number: n})
		}
	}
	return list
}

// Whatever is asked for, in batches or alone, with Idempotency-Keys or without, for one person or several: a call is
// refused just when a bound is reached, and then leaves nothing. A call that has ended counts no more.
func testBounds(t *testing.T, b backend) {
	names, phones := []string{"shop", "crm", ""}, []string{"+819011110001", "+819011110002", "+819011110003"}
	for _, bounds := range []Bounds{{1, 1}, {0, 2}, {3, 0}, {7, 3}, {exactBound + 1, 3}, {4, exactBound + 1}} {
		seed := rand.Uint64()
		r := rand.New(rand.NewPCG(seed, seed))
		fail := func(format string, args ...any) {
			t.Helper()
			t.Fatalf("seed %d, %+v: %s", seed, bounds, fmt.Sprintf(format, args...))
		}
		s := b.open(t, func(o *Options) { o.Bounds = bounds })
		live, keys := map[string]bounded{}, map[string]*creating{} // by id, and the first with each Idempotency-Key
		waiting := func(matches func(bounded) bool) (n int) {
			for _, c := range live {
				if matches(c) {
					n++
				}
			}
			return n
		}
		full := func(c bounded) *TooManyError {
			if bounds.ToNumber > 0 {
				for i, n := range c.numbers {
					if waiting(func(o bounded) bool { return slices.Contains(o.numbers, n) }) >= bounds.ToNumber {
						return &TooManyError{Most: bounds.ToNumber, Person: i, People: len(c.people())}
					}
				}
			}
			if c.by != "" && bounds.OfName > 0 &&
				waiting(func(o bounded) bool { return o.by == c.by }) >= bounds.OfName {
				return &TooManyError{Most: bounds.OfName, Name: c.by}
			}
			return nil
		}
		for range 25 {
			var ops []operation
			var want []*TooManyError
			var repeats []*creating
			refused := map[string]*TooManyError{} // those with Idempotency-Keys
			for range 1 + r.IntN(5) {
				c := bounded{names[r.IntN(3)], slices.Clone(phones)}
				r.Shuffle(3, func(i, j int) { c.numbers[i], c.numbers[j] = c.numbers[j], c.numbers[i] })
				c.numbers = c.numbers[:1+r.IntN(3)]
				var key Idempotency
				if r.IntN(2) == 0 {
					key = Idempotency{Scope: "scope", Key: fmt.Sprint(r.IntN(30)), Hash: "request"}
				}
				o := created(t, key, c.wish)
				first := keys[key.Key]
				ops, repeats = append(ops, o), append(repeats, first)
				why := full(c)
				if before, sameBatch := refused[key.Key]; sameBatch {
					why = before
				}
				if first != nil {
					why = nil
				}
				want = append(want, why)
				if why != nil && key.Key != "" {
					refused[key.Key] = why
				}
				if why == nil && first == nil {
					live[o.call.ID] = c
					if key.Key != "" {
						keys[key.Key] = o
					}
				}
			}
			for i, err := range together(t, s, ops...) {
				o := ops[i].(*creating)
				got, refused := errors.AsType[*TooManyError](err)
				switch {
				case want[i] == nil && err != nil, want[i] != nil && (!refused || *got != *want[i]):
					fail("%v, and not %v", err, want[i])
				case err == nil && repeats[i] != nil && o.made.ID != repeats[i].call.ID:
					fail("a repeat got %s, and not %s", o.made.ID, repeats[i].call.ID)
				}
				if err := s.CheckBounds(t.Context(), &o.call); (err != nil) !=
					(full(bounded{o.call.By, o.call.Numbers()}) != nil) {
					fail("the check says %v", err)
				}
			}
			for id := range live {
				if r.IntN(4) == 0 {
					change(t, s, id, cancel)
					delete(live, id)
				}
			}
			list, _, err := s.List(t.Context(), Query{Limit: 500})
			if err != nil {
				t.Fatal(err)
			}
			if n := len(slices.DeleteFunc(list, func(a Asked) bool { return a.State == call.Ended })); n != len(live) {
				fail("%d calls wait, and not %d", n, len(live))
			}
			if bounds.OfName > exactBound || bounds.ToNumber > exactBound { // such a count is used for a while
				s.counted.of = nil
			}
		}
		for _, table := range []string{"events", "also_called"} {
			if n := count(t, s, "SELECT count(*) FROM "+table+" WHERE call_id NOT IN (SELECT id FROM calls)"); n != 0 {
				fail("%d rows of %s are of no call", n, table)
			}
		}
	}
}

// A large bound is exact on one node, and takes no count for each batch. Who is refused makes nothing.
func testLargeBound(t *testing.T, b backend) {
	const most = exactBound + 100
	s := b.open(t, func(o *Options) { o.Bounds = Bounds{OfName: most} })
	s.counted.age = time.Hour // however slow the machine is
	counts, inserts := 0, 0
	transact := s.transact
	s.transact = func(ctx context.Context, fn func(*tx) error) error {
		return transact(ctx, func(x *tx) error {
			send := x.Send
			x.Send = func(list []engine.Statement) error {
				for _, st := range list {
					if st.SQL == countOfName {
						counts++
					}
					if strings.HasPrefix(st.SQL, "INSERT INTO calls") {
						inserts++
					}
				}
				return send(list)
			}
			return fn(x)
		})
	}
	byShop := func(w *call.Wish) { w.By = "shop" }
	taken, last := 0, ""
	for range 6 {
		var ops []operation
		for range 200 {
			ops = append(ops, created(t, Idempotency{}, byShop))
		}
		for i, err := range together(t, s, ops...) {
			if err == nil {
				taken, last = taken+1, ops[i].(*creating).call.ID
			}
		}
	}
	if taken != most || counts != 1 {
		t.Errorf("%d were taken, by %d counts", taken, counts)
	}
	keyed := func() *creating { return created(t, Idempotency{Scope: "scope", Key: "key", Hash: "request"}, byShop) }
	inserts = 0
	if _, refused := errors.AsType[*TooManyError](together(t, s, keyed())[0]); !refused || inserts > 0 {
		t.Errorf("one more is refused: %t, after %d inserts", refused, inserts)
	}
	equal(t, count(t, s, "SELECT count(*) FROM calls"), most)
	change(t, s, last, cancel)
	s.counted.of = nil // as after a second
	if errs := together(t, s, keyed(), created(t, Idempotency{}, byShop)); errs[0] != nil || errs[1] == nil {
		t.Errorf("after one has ended, of two: %v", errs)
	}
	if errs := together(t, s, keyed()); errs[0] != nil {
		t.Errorf("a repeat at the bound: %v", errs)
	}
}

// What a batch has added to a count is taken back when it fails.
func testFailedBatchCountsNothing(t *testing.T, b backend) {
	s := b.open(t, func(o *Options) { o.Bounds = Bounds{OfName: exactBound + 1} })
	byShop := func(w *call.Wish) { w.By = "shop" }
	create(t, s, byShop)
	transact, no := s.transact, errors.New("no")
	s.transact = func(ctx context.Context, fn func(*tx) error) error {
		return transact(ctx, func(x *tx) error { return errors.Join(fn(x), no) })
	}
	if errs := together(t, s, created(t, Idempotency{}, byShop)); !errors.Is(errs[0], no) {
		t.Fatal(errs)
	}
	s.transact = transact
	equal(t, s.counted.get(subject{name: "shop"}), 1)
}

// On two nodes a small bound counts what either has committed.
func testBoundsOfTwoNodes(t *testing.T, b backend) {
	url := b.url(t)
	bounds := func(o *Options) { o.Bounds = Bounds{OfName: 3, ToNumber: 2} }
	nodes := []*Store{b.openURL(t, url, bounds)}
	if b.shared {
		nodes = append(nodes, b.openURL(t, url, bounds))
	}
	node := func(i int) *Store { return nodes[i%len(nodes)] }
	for i := range 6 {
		number := []string{phone, phone, "+815012340000"}[i%3]
		o := created(t, Idempotency{}, func(w *call.Wish) { w.By, w.To = "shop", number })
		err := together(t, node(i), o)[0]
		if refused := err != nil; refused != (i >= 3) {
			t.Errorf("call %d: %v", i, err)
		}
	}
}
