package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"redial/internal/call"
	"redial/internal/store/engine"
)

// listens makes a Listener for what happens after a position, or from FromNow on.
func listens(t testing.TB, s *Store, after int64, types ...string) *Listener {
	t.Helper()
	l, err := s.Listen(t.Context(), after, append(Filter{}, types...))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(l.Close)
	return l
}

// hears waits until a Listener has returned these events, and checks that there are no others.
func hears(t testing.TB, l *Listener, want ...string) (position int64) {
	t.Helper()
	late := time.NewTimer(20 * time.Second)
	defer late.Stop()
	var got []string
	position = l.Position()
	for len(got) < len(want) {
		list, more, err := l.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, h := range list {
			if h.Call.ID == "" || h.Call.Seq < h.Event.Seq {
				t.Errorf("event %d comes with %+v", h.Event.Seq, h.Call)
			}
			got, position = append(got, EventID(h.Call.ID, h.Event.Seq)), h.Position
		}
		if more || len(got) >= len(want) {
			continue
		}
		select {
		case <-l.Changed():
		case <-late.C:
			t.Fatalf("it heard %q, and waits for %q", got, want)
		}
	}
	equal(t, got, want)
	return position
}

// idsOfAll are the ids of a Call's events so far.
func idsOfAll(t testing.TB, s *Store, id string) (list []string) {
	t.Helper()
	for _, e := range events(t, s, id) {
		list = append(list, EventID(id, e.Seq))
	}
	return list
}

// watches watches a Call, and waits for the signal that every watcher gets as the feed begins.
func watches(t testing.TB, s *Store, id string) (<-chan struct{}, func()) {
	t.Helper()
	changed, stop := s.Watch(id)
	if s.Shared() {
		told(t, changed)
	}
	return changed, stop
}

// told waits until a watch signals a change.
func told(t testing.TB, changed <-chan struct{}) {
	t.Helper()
	select {
	case <-changed:
	case <-time.After(20 * time.Second):
		t.Fatal("a change was not told")
	}
}

// A writer stops between the insert of an event and its COMMIT, while others commit events with higher positions. As
// soon as it goes on, its event is heard by those who listen already, and by those who begin in between.
func testAFrozenWriterIsHeard(t *testing.T, b backend) {
	nodes := b.pair(t)
	c := createdNow(t, nodes[0])
	first := listens(t, nodes[1], FromNow, "*")
	written, goOn, gone := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	thaw := sync.OnceFunc(func() { close(goOn) })
	defer thaw()
	go func() {
		gone <- nodes[0].engine.Aside(context.Background(), func(x *engine.Tx) error {
			x.Add(engine.Statement{SQL: "UPDATE calls SET seq = 2 WHERE id = $1", Args: []any{c.ID}})
			x.Add(engine.Statement{SQL: `INSERT INTO events (call_id, seq, type, at, attempt, data)
				SELECT id, 2, 'call.held', created_at, 0, '{}' FROM calls WHERE id = $1`, Args: []any{c.ID}})
			err := x.Flush()
			close(written)
			<-goOn
			return err
		})
	}()
	<-written
	second := first
	var others []string
	if b.shared { // on SQLite all others wait for the one writer
		other := createdNow(t, nodes[1])
		change(t, nodes[1], other.ID, func(c *call.Call) []call.Event { return c.Cancel(false, "", time.Now()) })
		others = idsOfAll(t, nodes[1], other.ID)
		at := hears(t, first, others...)
		first.Close()
		first = listens(t, nodes[1], at, "*") // a Listener that comes back does not miss it either
		second = listens(t, nodes[0], FromNow, "*")
	}
	changed, done := nodes[1].Watch(c.ID)
	defer done()
	thaw()
	if err := <-gone; err != nil {
		t.Fatal(err)
	}
	late := EventID(c.ID, 2)
	if !b.shared { // on SQLite only this Store writes, and it tells of what it commits
		change(t, nodes[0], c.ID, cancel)
		hears(t, first, idsOfAll(t, nodes[0], c.ID)[1:]...)
		told(t, changed)
		return
	}
	told(t, changed)
	hears(t, second, late)
	got := heardBy(t, first, late)
	if !subset(got, append(others, EventID(c.ID, 1), late)) {
		t.Errorf("who came back heard %q", got)
	}
	change(t, nodes[0], c.ID, cancel)
	hears(t, second, idsOfAll(t, nodes[0], c.ID)[2:]...)
}

// createdNow is a Call that is created now: as it begins, the feed looks at the times of events.
func createdNow(t testing.TB, s *Store) call.Call {
	t.Helper()
	c, events, err := call.New(wish(), time.Now())
	if err == nil {
		_, _, err = s.Create(t.Context(), Asker{}, c, events, Idempotency{})
	}
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// heardBy is all that a Listener hears up to an event.
func heardBy(t testing.TB, l *Listener, until string) (got []string) {
	t.Helper()
	for !slices.Contains(got, until) {
		list, more, err := l.Next(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, h := range list {
			got = append(got, EventID(h.Call.ID, h.Event.Seq))
		}
		if !more && !slices.Contains(got, until) {
			told(t, l.Changed())
		}
	}
	return got
}

// Events that another node commits are heard, too.
func testOtherNodesAreHeard(t *testing.T, b backend) {
	nodes := b.pair(t)
	c := create(t, nodes[0])
	l := listens(t, nodes[1], FromNow, "*")
	changed, done := nodes[1].Watch(c.ID)
	defer done()
	change(t, nodes[0], c.ID, cancel)
	told(t, changed)
	hears(t, l, idsOfAll(t, nodes[0], c.ID)[1:]...)
	if ended := get(t, nodes[1], c.ID); ended.State != call.Ended {
		t.Errorf("it is told before it can be read: %s", ended.State)
	}
}

// A Listener that comes back hears all that happened since, only what it wants, and each event once if no transaction
// was open.
func testAListenerComesBack(t *testing.T, b backend) {
	s := b.open(t, nil)
	create(t, s) // the feed begins after it
	l := listens(t, s, FromNow, "*")
	start := l.Position()
	one := create(t, s)
	at := hears(t, l, EventID(one.ID, 1))
	l.Close()
	change(t, s, one.ID, cancel)
	two := create(t, s)
	all := append(idsOfAll(t, s, one.ID)[1:], EventID(two.ID, 1))
	end := hears(t, listens(t, s, at, "*"), all...)
	hears(t, listens(t, s, at, string(call.CallCreated)), EventID(two.ID, 1))
	hears(t, listens(t, s, start, "*"), append([]string{EventID(one.ID, 1)}, all...)...)
	// A Listener at a position that is above all events begins now.
	future := listens(t, s, end+1000, "*")
	change(t, s, two.ID, cancel)
	hears(t, future, idsOfAll(t, s, two.ID)[1:]...)
}

// The first Listener of a feed that is being read already hears what was committed before.
func testTheFirstListener(t *testing.T, b backend) {
	s := b.open(t, nil)
	r, leave := s.feed.join()
	defer leave()
	<-r.started
	c := create(t, s)
	hears(t, listens(t, s, 0, "*"), EventID(c.ID, 1))
}

// A Listener that comes back after the event at its position was deleted hears what is committed in between.
func testComingBackToNothing(t *testing.T, b backend) {
	s := b.open(t, nil)
	create(t, s)
	run(t, s, "DELETE FROM calls")
	var next call.Call
	view, once := s.view, new(sync.Once)
	s.view = func(ctx context.Context, fn func(*tx) error) error {
		err := view(ctx, fn)
		once.Do(func() { next = create(t, s) }) // Listen has read the newest position
		return err
	}
	l := listens(t, s, 1, "*")
	hears(t, l, EventID(next.ID, 1))
}

// No position is used twice, even if the event with the highest was deleted.
func testPositionsAreNotGivenTwice(t *testing.T, b backend) {
	s := b.open(t, nil)
	create(t, s)
	at := count(t, s, "SELECT max(position) FROM events")
	run(t, s, "DELETE FROM calls")
	equal(t, count(t, s, "SELECT count(*) FROM events"), 0)
	l := listens(t, s, FromNow, "*")
	next := create(t, s)
	hears(t, l, EventID(next.ID, 1))
	if again := count(t, s, "SELECT max(position) FROM events"); again <= at {
		t.Errorf("position %d comes after %d", again, at)
	}
}

// A slow Listener costs the node only a bounded part of what happened, and reads all of it from the database.
func testASlowListener(t *testing.T, b backend) {
	s := b.open(t, nil)
	create(t, s) // the feed begins after it
	slow, quick := listens(t, s, FromNow, "*"), listens(t, s, FromNow, string(call.CallCreated))
	c := create(t, s)
	const times, each = 30, 100
	for range times {
		change(t, s, c.ID, func(c *call.Call) (list []call.Event) {
			for range each {
				c.Seq++
				list = append(list, call.Event{Seq: c.Seq, Type: call.CallHeld, At: begin})
			}
			return list
		})
	}
	hears(t, quick, EventID(c.ID, 1))
	hears(t, slow, idsOfAllOf(t, s, c.ID, 1+times*each)...)
	slow.reading.mu.Lock()
	kept := len(slow.reading.cursor.recent)
	slow.reading.mu.Unlock()
	if kept > 2*maxRecent {
		t.Errorf("%d events are kept in memory", kept)
	}
	change(t, s, c.ID, cancel)
	hears(t, slow, EventID(c.ID, 2+times*each), EventID(c.ID, 3+times*each))
}

func idsOfAllOf(t testing.TB, s *Store, id string, n int) (list []string) {
	t.Helper()
	for seq := range n {
		list = append(list, EventID(id, seq+1))
	}
	return list
}

// While nothing happens, Listeners make no query, however many they are, and they never write a row. Nodes that share
// the database look for each other's events, once for all Listeners.
func testIdleListenersAskNothing(t *testing.T, b backend) {
	s := b.open(t, nil)
	var asked atomic.Int64
	view := s.view
	s.view = func(ctx context.Context, fn func(*tx) error) error {
		asked.Add(1)
		return view(ctx, fn)
	}
	c := create(t, s)
	var all []*Listener
	for range MaxListeners {
		all = append(all, listens(t, s, FromNow, "*"))
	}
	if _, err := s.Listen(t.Context(), FromNow, Filter{"*"}); !errors.Is(err, ErrListeners) {
		t.Errorf("one more is %v", err)
	}
	changed, done := s.Watch(c.ID)
	defer done()
	for _, l := range all { // ignore what it was told as the feed began
		hears(t, l)
		select {
		case <-l.Changed():
		default:
		}
	}
	select {
	case <-changed:
	default:
	}
	asked.Store(0)
	const idle = 2 * time.Second
	select {
	case <-all[0].Changed():
		t.Error("a change was told, and nothing has changed")
	case <-changed:
		t.Error("a change of the call was told, and nothing has changed")
	case <-time.After(idle):
	}
	most := int64(0)
	if b.shared {
		most = int64(idle/lookEvery) + 1
	}
	if n := asked.Load(); n > most {
		t.Errorf("%d listeners have asked the database %d times in %s, and may %d times", len(all), n, idle, most)
	}
	change(t, s, c.ID, cancel)
	told(t, changed)
	for _, l := range all {
		hears(t, l, idsOfAll(t, s, c.ID)[1:]...)
	}
	equal(t, count(t, s, "SELECT (SELECT count(*) FROM endpoints) + (SELECT count(*) FROM deliveries)"), 0)
	for _, l := range all {
		l.Close()
	}
	done()
	if s.feed.now != nil {
		t.Error("the feed is read, and nobody listens")
	}
}

// While a migration waits for a table that another transaction reads for long, as a dump does, others can still use
// the table.
func testMigrationBehindADump(t *testing.T, b backend) {
	if !b.shared || b.first > 11 { // on SQLite a reader is in nobody's way
		return
	}
	for table, version := range map[string]int64{"events": 11, "calls": 15, "endpoints": 15} { // before it is changed
		t.Run(table, func(t *testing.T) { migratesBehindADump(t, b, table, version) })
	}
}

func migratesBehindADump(t *testing.T, b backend, table string, version int64) {
	nodes := b.pair(t)
	migrateDown(t, nodes[0], version)
	dump, err := nodes[1].engine.Pools().Read.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = dump.Rollback() }()
	if err := dump.QueryRow("SELECT count(*) FROM " + table).Scan(new(int)); err != nil {
		t.Fatal(err)
	}
	migrated := make(chan error, 1)
	go func() { migrated <- nodes[0].Migrate(t.Context()) }()
	began := time.Now()
	for n := 0; time.Since(began) < 3*time.Second; n++ {
		asked := time.Now()
		createdBefore(t, nodes[1], fmt.Sprintf("before%d", n))
		count(t, nodes[1], "SELECT count(*) FROM endpoints")
		if took := time.Since(asked); took > 2*time.Second {
			t.Fatalf("a create has waited %s", took)
		}
		time.Sleep(50 * time.Millisecond)
	}
	select {
	case err := <-migrated:
		t.Fatalf("it has not waited: %v", err)
	default:
	}
	if err := dump.Rollback(); err != nil {
		t.Fatal(err)
	}
	if err := <-migrated; err != nil {
		t.Error(err)
	}
}

// createdBefore creates a Call as a version does that knows no positions.
func createdBefore(t *testing.T, s *Store, id string) {
	t.Helper()
	run(t, s, `INSERT INTO calls (id, secret, state, to_number, from_number, message, policy, polled, created_at,
		deadline_at, wake_at, reached_by, cut_short, seq)
		VALUES ($1, 's', 'waiting', '+81', '+81', '{}', '{}', 0, 1, 1, 1, 0, 0, 1)`, id)
	run(t, s, "INSERT INTO events (call_id, seq, type, at, attempt, data) VALUES ($1, 1, 'call.created', 1, 0, '{}')", id)
}

// Events that a version without positions has written are before the beginning, or were given positions in the order
// in which they happened.
func testEventsOfTheVersionBefore(t *testing.T, b backend) {
	if b.first > 11 { // there was no version before
		return
	}
	s := b.open(t, nil)
	migrateDown(t, s, 11)
	for i := range 3 {
		createdBefore(t, s, fmt.Sprintf("before%d", 3-i))
	}
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	equal(t, count(t, s, "SELECT count(*) FROM events"), 3)
	want := []string{EventID("before3", 1), EventID("before2", 1), EventID("before1", 1)}
	if b.shared {
		want = nil
	}
	l := listens(t, s, 0, "*")
	c := create(t, s)
	hears(t, l, append(want, EventID(c.ID, 1))...)
}
