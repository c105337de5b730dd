package store

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"redial/internal/call"
	"redial/internal/store/engine"
)

// together writes operations as one batch, and returns their answers.
func together(t testing.TB, s *Store, ops ...operation) []error {
	t.Helper()
	for _, o := range ops {
		k := o.queued()
		k.ctx, k.done = t.Context(), make(chan struct{})
		if k.now.IsZero() {
			k.now = begin
		}
	}
	s.writeBatch(ops)
	errs := make([]error, len(ops))
	for i, o := range ops {
		<-o.queued().done
		errs[i] = o.queued().err
	}
	return errs
}

func changed(id string, step func(*call.Call) []call.Event) *changing {
	return &changing{id: id, step: steps(step)}
}

func created(t testing.TB, key Idempotency, with ...func(*call.Wish)) *creating {
	t.Helper()
	c, events, err := call.New(wish(with...), begin)
	if err != nil {
		t.Fatal(err)
	}
	return &creating{call: c, events: events, key: key}
}

// An operation that fails, for whatever reason, fails alone.
func testBadOperationFailsAlone(t *testing.T, b backend) {
	s := b.open(t, nil)
	good, failing, broken, panicking := create(t, s), create(t, s), create(t, s), create(t, s)
	used := created(t, Idempotency{Scope: "scope", Key: "used", Hash: "one request"})
	if errs := together(t, s, used); errs[0] != nil {
		t.Fatal(errs)
	}
	no := errors.New("no")
	batch := func() []operation {
		return []operation{
			changed(good.ID, cancel),
			&changing{id: failing.ID, step: func(c *call.Call) ([]call.Event, error) { return c.Cancel(false, "", begin), no }},
			changed("c-nobody", cancel),
			changed(panicking.ID, func(*call.Call) []call.Event { panic("a fault") }),
			created(t, Idempotency{}),
			created(t, Idempotency{Scope: "scope", Key: "used", Hash: "another request"}),
			created(t, Idempotency{Scope: "scope", Key: "used", Hash: "one request"}),
			created(t, Idempotency{Scope: "scope", Key: "new", Hash: "one request"}),
			created(t, Idempotency{Scope: "scope", Key: "new", Hash: "one request"}),
		}
	}
	check := func(ops []operation, errs []error) {
		t.Helper()
		for i, want := range []string{"", "no", ErrNotFound.Error(), "panicked", "", ErrConflict.Error(), "", "", ""} {
			if (errs[i] == nil) != (want == "") || errs[i] != nil && !strings.Contains(errs[i].Error(), want) {
				t.Errorf("operation %d: %v, want %q", i, errs[i], want)
			}
		}
		if first := ops[6].(*creating); first.made.ID != used.call.ID {
			t.Errorf("a repeat got %s, not %s", first.made.ID, used.call.ID)
		}
		if one, two := ops[7].(*creating), ops[8].(*creating); one.made.ID != two.made.ID {
			t.Errorf("the same request twice in a batch made %s and %s", one.made.ID, two.made.ID)
		}
		equal(t, get(t, s, good.ID).Outcome, call.OutcomeCanceled)
		for _, c := range []call.Call{failing, panicking} {
			equal(t, get(t, s, c.ID), c)
		}
		equal(t, len(events(t, s, ops[4].(*creating).call.ID)), 1)
	}
	ops := batch()
	check(ops, together(t, s, ops...))

	// An operation that the database refuses makes the whole transaction fail.
	run(t, s, "INSERT INTO events (call_id, seq, type, at, attempt, data) VALUES ($1, 2, 'x', 0, 0, '{}')", broken.ID)
	again := create(t, s)
	ops = append(batch(), changed(broken.ID, cancel), changed(again.ID, cancel))
	errs := together(t, s, ops...)
	check(ops, errs)
	if errs[len(errs)-2] == nil || errs[len(errs)-1] != nil {
		t.Errorf("%v, want the broken one alone to fail", errs)
	}
	equal(t, get(t, s, broken.ID), broken)
	equal(t, get(t, s, again.ID).Outcome, call.OutcomeCanceled)
}

// One batch frees a number, and gives it to one of the Calls that want it.
func testNumberChangesHandsInABatch(t *testing.T, b backend) {
	s := b.open(t, nil)
	one := create(t, s, to(phone))
	dial(t, s, begin, one.ID)
	two, three := create(t, s, to(phone)), create(t, s, to(phone))
	o := &claiming{which: []selection{{where: dueToDial}}, limit: 9}
	for i, err := range together(t, s, o, changed(one.ID, report(call.StatusCompleted))) {
		if err != nil {
			t.Errorf("operation %d: %v", i, err)
		}
	}
	equal(t, ids(o.due), []string{two.ID, three.ID})
	if len(o.due[0].Actions) != 1 || len(o.due[1].Actions) != 0 || get(t, s, three.ID).Held == "" {
		t.Errorf("%+v, want two dialed and three held", o.due)
	}
	equal(t, count(t, s, "SELECT count(*) FROM destinations"), 1)
	// The next batch wakes the held Call, although another change of it is in the same batch.
	nothing := func(*call.Call) []call.Event { return nil }
	errs := together(t, s, changed(two.ID, report(call.StatusCompleted)), changed(three.ID, nothing))
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	dial(t, s, begin, three.ID)
}

// A repeated request reads the first Call without locking it. Another operation of the batch that changes this Call,
// because it is next for a number, reads the row again, because another node may have changed it in between.
func testRepeatLocksNothing(t *testing.T, b backend) {
	s := b.open(t, nil)
	ringing := create(t, s, to(phone))
	dial(t, s, begin, ringing.ID)
	first := created(t, Idempotency{Scope: "scope", Key: "turn", Hash: "request"}, to(phone))
	if errs := together(t, s, first); errs[0] != nil {
		t.Fatal(errs)
	}
	dial(t, s, begin) // the first Call is held
	again, end := created(t, first.key), changed(ringing.ID, report(call.StatusCompleted))
	end.now, again.now = begin, begin
	err := s.tx(t.Context(), func(x *tx) error {
		b := newBatch(x, []operation{again, end})
		err := b.readAll()
		if b.calls[first.call.ID] != nil {
			t.Error("a row that nobody locked may be changed")
		}
		return errors.Join(err, errors.New("enough"))
	})
	if err == nil || err.Error() != "enough" {
		t.Fatal(err)
	}
	if err := errors.Join(together(t, s, again, end)...); err != nil || again.made.ID != first.call.ID {
		t.Fatalf("the repeat got %s, %v", again.made.ID, err)
	}
	dial(t, s, begin, first.call.ID) // it was released nevertheless
}

// A batch makes no more round trips if more requests are repeated at once.
func testRepeatsShareRoundTrips(t *testing.T, b backend) {
	s := b.open(t, nil)
	var first, again []operation
	for i := range 5 {
		o := created(t, Idempotency{Scope: "scope", Key: fmt.Sprint("trips ", i), Hash: "request"})
		first, again = append(first, o), append(again, created(t, o.key))
	}
	if err := errors.Join(together(t, s, first...)...); err != nil {
		t.Fatal(err)
	}
	if due := claim(t, func() ([]Due, error) { return s.ClaimToDial(t.Context(), begin, 9) }); len(due) != 5 {
		t.Fatalf("%d are due", len(due))
	}
	trips := 0
	transact := s.transact
	s.transact = func(ctx context.Context, fn func(*tx) error) error {
		return transact(ctx, func(x *tx) error {
			send := x.Send
			x.Send = func(list []engine.Statement) error { trips++; return send(list) }
			return fn(x)
		})
	}
	if err := errors.Join(together(t, s, again...)...); err != nil {
		t.Fatal(err)
	}
	if trips > 4 {
		t.Errorf("%d round trips", trips)
	}
	for i, o := range again {
		equal(t, o.(*creating).made, get(t, s, first[i].(*creating).call.ID))
	}
}

// An operation that writes a number which is too large for its column fails alone.
func testNumberTooLargeFailsAlone(t *testing.T, b backend) {
	if !b.shared {
		t.Skip("SQLite takes any number")
	}
	s := b.open(t, nil)
	huge, fine := create(t, s), create(t, s)
	dial(t, s, begin, huge.ID, fine.ID)
	errs := together(t, s, changed(huge.ID, func(c *call.Call) []call.Event {
		c.Attempts[0].Duration = 1 << 40
		return nil
	}), created(t, Idempotency{}), &claiming{which: []selection{{where: dueToAsk}}, limit: 9})
	if errs[0] == nil || errs[1] != nil || errs[2] != nil {
		t.Errorf("%v, want the first to fail, alone", errs)
	}
}

// What a batch has committed is stored, whether its callers got an answer or not.
func testUnansweredBatchIsKept(t *testing.T, b backend) {
	url := b.url(t)
	s, err := Open(t.Context(), url, Options{Migrate: true, Isolation: b.isolation})
	if err != nil {
		t.Fatal(err)
	}
	a, c := create(t, s), create(t, s)
	n := created(t, Idempotency{Scope: "scope", Key: "unanswered", Hash: "request"})
	ops := []operation{changed(a.ID, cancel), n, &claiming{which: []selection{{where: dueToDial}}, limit: 9}}
	for _, o := range ops {
		o.queued().now = begin
	}
	if err := s.runBatch(ops); err != nil { // the process dies here: no caller gets an answer
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = b.openURL(t, url, nil)
	equal(t, get(t, s, a.ID).Outcome, call.OutcomeCanceled)
	equal(t, len(get(t, s, c.ID).Attempts), 1)
	again := created(t, n.key)
	if err := errors.Join(together(t, s, again)...); err != nil || again.made.ID != n.call.ID {
		t.Errorf("the repeat got %q, %v, not %s", again.made.ID, err, n.call.ID)
	}
	var asked []string
	for _, d := range claim(t, func() ([]Due, error) { return s.ClaimToAsk(t.Context(), begin.Add(time.Minute), 9) }) {
		asked = append(asked, d.Call.ID)
	}
	equal(t, asked, []string{c.ID})
}

// A batch that has to be run again does everything once. A batch whose COMMIT was never answered hands nothing over:
// what it did is found in the database. conflicting is an engine that takes an error for a conflict.
type conflicting struct {
	engine.Engine
	conflict error
}

func (c conflicting) Fault(err error) engine.Fault {
	if errors.Is(err, c.conflict) {
		return engine.Conflict
	}
	return c.Engine.Fault(err)
}

func testRunAgainAndUnanswered(t *testing.T, b backend) {
	s := b.open(t, func(o *Options) { o.Clock = func() time.Time { return begin } })
	due, busy := create(t, s), create(t, s)
	dial(t, s, begin, due.ID, busy.ID)
	change(t, s, due.ID, func(c *call.Call) []call.Event { return c.Placed(1, sid(due.ID, 1), begin) })
	waiting := create(t, s, func(w *call.Wish) { w.Policy.NotBefore.After = time.Minute })

	transact, fail := s.transact, errors.New("again")
	times := 0
	s.engine = conflicting{s.engine, fail}
	s.transact = func(ctx context.Context, fn func(*tx) error) error {
		return transact(ctx, func(x *tx) error {
			times++
			if err := fn(x); err != nil || times > 2 {
				return err
			}
			return fail
		})
	}
	key := Idempotency{Scope: "scope", Key: "again", Hash: "request"}
	first, second := created(t, key), created(t, key)
	woken := &claiming{which: []selection{{where: dueToDial}, {where: dueToAsk}}, limit: 9}
	woken.now = begin.Add(time.Minute)
	if err := errors.Join(together(t, s, changed(due.ID, report(call.Ringing)), first, second, woken)...); err != nil {
		t.Fatal(err)
	}
	if times != 3 || first.made.ID != second.made.ID {
		t.Errorf("run %d times, and made %s and %s; want one call", times, first.made.ID, second.made.ID)
	}
	if got := ids(woken.due); len(got) != 3 {
		t.Errorf("%v were due, want %s, %s and %s", got, due.ID, busy.ID, waiting.ID)
	}
	for id, attempts := range map[string]int{due.ID: 1, busy.ID: 1, waiting.ID: 1, first.call.ID: 0} {
		equal(t, len(get(t, s, id).Attempts), attempts)
		equal(t, len(events(t, s, id)), get(t, s, id).Seq)
	}

	s.engine = s.engine.(conflicting).Engine
	s.transact = func(ctx context.Context, fn func(*tx) error) error {
		return errors.Join(transact(ctx, fn), errors.New("the answer was lost"))
	}
	if due, err := s.ClaimToDial(t.Context(), begin, 9); err == nil || due != nil {
		t.Errorf("%v, %v; want an error, and nothing to perform", ids(due), err)
	}
	s.transact = transact
	again := get(t, s, first.call.ID)
	if a := again.Attempt(1); a == nil || a.SID != "" {
		t.Errorf("%+v, want the dial on disk that nobody has sent", a)
	}
}

// Operations that wait while a batch is written share the next one, and their callers may leave.
func testWaitingOperationsShareACommit(t *testing.T, b backend) {
	metrics := prometheus.NewRegistry()
	s := b.open(t, func(o *Options) { o.Metrics = metrics })
	slow := create(t, s)
	var others []call.Call
	for range 20 {
		others = append(others, create(t, s))
	}
	before, _ := batches(t, metrics)
	writing, goOn := make(chan bool, 99), make(chan bool)
	answers := make(chan error, 30)
	go func() {
		_, err := s.Change(t.Context(), slow.ID, begin, func(c *call.Call) ([]call.Event, error) {
			writing <- true
			<-goOn
			return c.Cancel(false, "", begin), nil
		})
		answers <- err
	}()
	<-writing
	for _, c := range others {
		go func() {
			_, err := s.Change(t.Context(), c.ID, begin, steps(cancel))
			answers <- err
		}()
	}
	ctx, leave := context.WithCancel(t.Context())
	left := make(chan error)
	go func() {
		_, err := s.Change(ctx, slow.ID, begin, func(*call.Call) ([]call.Event, error) {
			return nil, errors.New("the step of one who left was run")
		})
		left <- err
	}()
	for len(s.writer.queue) < len(others)+1 {
		runtime.Gosched()
	}
	leave()
	if err := <-left; !errors.Is(err, context.Canceled) {
		t.Errorf("who left was answered %v", err)
	}
	close(goOn)
	for range len(others) + 1 {
		if err := <-answers; err != nil {
			t.Error(err)
		}
	}
	after, largest := batches(t, metrics)
	if after-before != 2 || largest < 16 {
		t.Errorf("%d batches, the largest more than %v; want two, one for all who waited", after-before, largest)
	}
}

// The caller of an operation that has begun is told how it ended, although the caller no longer waits and the store is
// closed. The caller of one that has not begun is told that nothing was done.
func testClosedWithOperationsWaiting(t *testing.T, b backend) {
	url := b.url(t)
	s, err := Open(t.Context(), url, Options{Migrate: true, Isolation: b.isolation})
	if err != nil {
		t.Fatal(err)
	}
	begun := create(t, s)
	var waiting []call.Call
	for range 20 {
		waiting = append(waiting, create(t, s))
	}
	writing, goOn, answered := make(chan bool, 99), make(chan bool), make(chan error)
	ctx, leave := context.WithCancel(t.Context())
	go func() {
		_, err := s.Change(ctx, begun.ID, begin, func(c *call.Call) ([]call.Event, error) {
			writing <- true
			<-goOn
			return c.Cancel(false, "", begin), nil
		})
		answered <- err
	}()
	<-writing
	answers := make(chan error)
	for _, c := range waiting {
		go func() {
			_, err := s.Change(t.Context(), c.ID, begin, steps(cancel))
			answers <- err
		}()
	}
	for len(s.writer.queue) < len(waiting) {
		runtime.Gosched()
	}
	leave()
	closed := make(chan error)
	go func() { closed <- s.Close() }()
	for range waiting {
		if err := <-answers; !errors.Is(err, ErrClosed) {
			t.Errorf("who waited was answered %v", err)
		}
	}
	close(goOn)
	if err := errors.Join(<-answered, <-closed); err != nil {
		t.Errorf("who had begun was answered %v", err)
	}
	s = b.openURL(t, url, nil)
	equal(t, get(t, s, begun.ID).Outcome, call.OutcomeCanceled)
	for _, c := range waiting {
		equal(t, get(t, s, c.ID), c)
	}
}

// batches is how many batches there were, and the largest bucket with one.
func batches(t *testing.T, r *prometheus.Registry) (n int, largest float64) {
	t.Helper()
	families, err := r.Gather()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range families {
		if f.GetName() != "redial_batch_operations" {
			continue
		}
		h := f.GetMetric()[0].GetHistogram()
		for _, bucket := range h.GetBucket() {
			if bucket.GetCumulativeCount() < h.GetSampleCount() {
				largest = bucket.GetUpperBound()
			}
		}
		return int(h.GetSampleCount()), largest
	}
	t.Fatal("batches are not counted")
	return 0, 0
}

// While a reader has an old snapshot, a server can't clean its indexes. A claim must not go through all entries that
// were due since then.
func TestAnOldSnapshotMakesClaimsNoDearer(t *testing.T) {
	for _, b := range shared {
		if strings.HasPrefix(inspect(t, b.url(t)).Engine, "MySQL") {
			continue // unlike MariaDB, it doesn't say how many pages it reads
		}
		t.Run(b.name, func(t *testing.T) { anOldSnapshotMakesClaimsNoDearer(t, b) })
	}
}

func anOldSnapshotMakesClaimsNoDearer(t *testing.T, b backend) {
	url := b.url(t)
	s, reader := b.openURL(t, url, nil), b.openURL(t, url, nil)
	var calls []call.Call
	for range 50 {
		calls = append(calls, create(t, s))
	}
	err := reader.view(t.Context(), func(q *tx) error {
		if _, err := queryIDs(q, "SELECT id FROM calls"); err != nil {
			return err
		}
		at := s.Now().Add(-1000 * time.Hour)
		for range 60 { // each change leaves a dead entry at the head of the index
			at = at.Add(time.Hour)
			var ops []operation
			for _, c := range calls {
				ops = append(ops, changed(c.ID, func(c *call.Call) []call.Event {
					c.NextAttemptAt, c.WakeAt = at, at
					return nil
				}))
			}
			if err := errors.Join(together(t, s, ops...)...); err != nil {
				return err
			}
			if _, err := queryIDs(q, "SELECT id FROM calls LIMIT 1"); err != nil { // an idle transaction would be ended
				return err
			}
		}
		if _, err := s.Timer.Next(t.Context()); err != nil {
			return err
		}
		from := floor(s.Timer.lowerBounds(s.Now()).dial)
		bounded, whole := pagesRead(t, s, from), pagesRead(t, s, floor(time.Time{}))
		worth := 10
		if kind(s) == "mysql" {
			worth = 3 // its indexes need no look at the rows, of which PostgreSQL makes one for each entry
		}
		if bounded > 20 || whole < worth*bounded {
			t.Errorf("a claim reads %d pages, and %d without a bound; want few, and many", bounded, whole)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// pagesRead is how many pages the search for what is due reads.
func pagesRead(t *testing.T, s *Store, from int64) (pages int) {
	t.Helper()
	analyze, figure := "EXPLAIN (ANALYZE, BUFFERS) ", "Buffers: shared hit="
	if kind(s) == "mysql" {
		analyze, figure = "ANALYZE FORMAT=JSON ", `"pages_accessed": `
	}
	st := engine.Statement{SQL: analyze + "SELECT id FROM calls WHERE " + dueToDial, Index: dueBy[dueToDial]}
	st.Args = []any{micros(s.Now()), 1, from}
	st.Rows = func(scan func(...any) error) error {
		var lines string
		err := scan(&lines)
		if _, n, ok := strings.Cut(lines, figure); ok && pages == 0 {
			_, err = fmt.Sscan(n, &pages)
		}
		return err
	}
	err := s.tx(t.Context(), func(x *tx) error {
		x.add(st)
		return x.flush()
	})
	if err != nil {
		t.Fatal(err)
	}
	return pages
}
