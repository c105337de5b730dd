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

// boundsModel knows what a Store with bounds must hold, and draws what to ask it for.
type boundsModel struct {
	*rand.Rand
	seed   uint64
	bounds Bounds
	live   map[string]bounded   // by id
	keys   map[string]*creating // the first with each Idempotency-Key
}

func newBoundsModel(bounds Bounds) *boundsModel {
	seed := rand.Uint64()
	return &boundsModel{
		Rand: rand.New(rand.NewPCG(seed, seed)), seed: seed, bounds: bounds,
		live: map[string]bounded{}, keys: map[string]*creating{},
	}
}

func (m *boundsModel) fail(t *testing.T, format string, args ...any) {
	t.Helper()
	t.Fatalf("seed %d, %+v: %s", m.seed, m.bounds, fmt.Sprintf(format, args...))
}

func (m *boundsModel) waiting(matches func(bounded) bool) (n int) {
	for _, c := range m.live {
		if matches(c) {
			n++
		}
	}
	return n
}

// full says which bound leaves no room for a call, or nil.
func (m *boundsModel) full(c bounded) *TooManyError {
	for i, n := range c.numbers {
		toNumber := func(o bounded) bool { return slices.Contains(o.numbers, n) }
		if m.bounds.ToNumber > 0 && m.waiting(toNumber) >= m.bounds.ToNumber {
			return &TooManyError{Most: m.bounds.ToNumber, Person: i, People: len(c.people())}
		}
	}
	ofName := func(o bounded) bool { return o.by == c.by }
	if c.by != "" && m.bounds.OfName > 0 && m.waiting(ofName) >= m.bounds.OfName {
		return &TooManyError{Most: m.bounds.OfName, Name: c.by}
	}
	return nil
}

func (m *boundsModel) draw() (c bounded, key Idempotency) {
	names, phones := []string{"shop", "crm", ""}, []string{"+819011110001", "+819011110002", "+819011110003"}
	c = bounded{names[m.IntN(3)], phones}
	m.Shuffle(3, func(i, j int) { phones[i], phones[j] = phones[j], phones[i] })
	c.numbers = phones[:1+m.IntN(3)]
	if m.IntN(2) == 0 {
		key = Idempotency{Scope: "scope", Key: fmt.Sprint(m.IntN(30)), Hash: "request"}
	}
	return c, key
}

// expected is what becomes of an operation of a batch.
type expected struct {
	refusal *TooManyError // nil: the call is made, or was
	first   *creating     // that the operation repeats, or nil
}

// expect tells what becomes of an operation, and takes its call in if it makes one. The operations before it in its
// batch have refused the calls with some Idempotency-Keys, and it adds its own.
func (m *boundsModel) expect(o *creating, c bounded, refused map[string]*TooManyError) expected {
	key := o.key.Key
	if first := m.keys[key]; first != nil {
		return expected{first: first}
	}
	refusal := m.full(c)
	if before, sameBatch := refused[key]; sameBatch {
		refusal = before
	}
	if refusal == nil {
		m.live[o.call.ID] = c
	}
	switch {
	case key == "":
	case refusal != nil:
		refused[key] = refusal
	default:
		m.keys[key] = o
	}
	return expected{refusal: refusal}
}

// ask sends a batch, and checks what becomes of each operation.
func (m *boundsModel) ask(t *testing.T, s *Store) {
	t.Helper()
	var ops []operation
	var want []expected
	refused := map[string]*TooManyError{} // those with Idempotency-Keys
	for range 1 + m.IntN(5) {
		c, key := m.draw()
		o := created(t, key, c.wish)
		ops, want = append(ops, o), append(want, m.expect(o, c, refused))
	}
	for i, err := range together(t, s, ops...) {
		m.check(t, s, ops[i].(*creating), err, want[i])
	}
}

func (m *boundsModel) check(t *testing.T, s *Store, o *creating, err error, want expected) {
	t.Helper()
	got, refused := errors.AsType[*TooManyError](err)
	switch {
	case want.refusal == nil && err != nil, want.refusal != nil && (!refused || *got != *want.refusal):
		m.fail(t, "%v, and not %v", err, want.refusal)
	case err == nil && want.first != nil && o.made.ID != want.first.call.ID:
		m.fail(t, "a repeat got %s, and not %s", o.made.ID, want.first.call.ID)
	}
	err = s.CheckBounds(t.Context(), &o.call)
	if full := m.full(bounded{o.call.By, o.call.Numbers()}) != nil; (err != nil) != full {
		m.fail(t, "the check says %v", err)
	}
}

// endSome ends some of the live calls, and checks that as many as are left wait.
func (m *boundsModel) endSome(t *testing.T, s *Store) {
	t.Helper()
	for id := range m.live {
		if m.IntN(4) == 0 {
			change(t, s, id, cancel)
			delete(m.live, id)
		}
	}
	list, _, err := s.List(t.Context(), Query{Limit: 500})
	if err != nil {
		t.Fatal(err)
	}
	if n := len(slices.DeleteFunc(list, func(a Asked) bool { return a.State == call.Ended })); n != len(m.live) {
		m.fail(t, "%d calls wait, and not %d", n, len(m.live))
	}
}

// Whatever is asked for, in batches or alone, with Idempotency-Keys or without, for one person or several: a call is
// refused just when a bound is reached, and then leaves nothing. A call that has ended counts no more.
func testBounds(t *testing.T, b backend) {
	for _, bounds := range []Bounds{{1, 1}, {0, 2}, {3, 0}, {7, 3}, {exactBound + 1, 3}, {4, exactBound + 1}} {
		m := newBoundsModel(bounds)
		s := b.open(t, func(o *Options) { o.Bounds = bounds })
		for range 25 {
			m.ask(t, s)
			m.endSome(t, s)
			if bounds.OfName > exactBound || bounds.ToNumber > exactBound { // such a count is used for a while
				s.counted.of = nil
			}
		}
		for _, table := range []string{"events", "also_called"} {
			if n := count(t, s, "SELECT count(*) FROM "+table+" WHERE call_id NOT IN (SELECT id FROM calls)"); n != 0 {
				m.fail(t, "%d rows of %s are of no call", n, table)
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
