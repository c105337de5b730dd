package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"redial/internal/call"
	"redial/internal/store/engine"
)

const (
	idleTime = 10 * time.Second // an idle transaction is ended then: idle_in_transaction_session_timeout
	// gapTime is how long a position may be taken by a transaction that has not committed yet.
	gapTime = batchTime + idleTime + 10*time.Second
	// sureTime is an age of events. The position of an older event was surely taken more than gapTime ago, although it
	// may have waited in a batch, and clocks differ.
	sureTime = 2 * gapTime

	lookEvery = 500 * time.Millisecond // for events of other nodes; up to half as much is added at random
	feedStep  = 500                    // rows that are read at once of a range of positions
	beginTime = 5 * time.Second        // how long a Listener waits for the feed to begin

	// ListenStep is how many events a Listener hands over at once.
	ListenStep = 50
	// MaxListeners is how many Listeners there may be on a node.
	MaxListeners = 100
)

// ErrListeners is returned if there are as many Listeners as there may be.
var ErrListeners = errors.New("there are as many listeners as there can be")

// feed reads the events of all Calls, as they are committed by any node, for everybody on this node who watches. It
// makes one query for all of them, and none while nobody watches. This node's commits wake it. It looks for events of
// other nodes about every half second, if there can be other nodes.
type feed struct {
	store  *Store
	mu     sync.Mutex
	now    *reading // nil: nobody watches
	ended  sync.WaitGroup
	closed bool
}

// reading is the feed's reading, from the first watcher's join to the last one's leave.
type reading struct {
	leave     context.CancelFunc
	watchers  int
	wake      chan struct{}
	started   chan struct{} // is closed when cursor is up to date
	mu        sync.Mutex    // guards what follows
	cursor    cursor
	listeners map[*Listener]struct{}
	failed    error // why the last look failed
}

// join starts the reading, if it has not been started. The caller must call leave in the end.
func (f *feed) join() (r *reading, leave func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.now == nil {
		ctx, stop := context.WithCancel(context.Background())
		f.now = &reading{
			leave: stop, wake: make(chan struct{}, 1), started: make(chan struct{}), listeners: map[*Listener]struct{}{},
			cursor: newCursor(!f.store.Shared()),
		}
		if begun := f.now; !f.closed {
			f.ended.Go(func() { f.read(ctx, begun) })
		}
	}
	r = f.now
	r.watchers++
	return r, sync.OnceFunc(func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		if r.watchers--; r.watchers == 0 {
			r.leave()
			f.now = nil
		}
	})
}

// close ends the reading.
func (f *feed) close() {
	f.mu.Lock()
	f.closed = true
	if f.now != nil {
		f.now.leave()
	}
	f.mu.Unlock()
	f.ended.Wait()
}

// committed tells the feed of a Call whose events this node has committed.
func (f *feed) committed(c *call.Call) {
	f.store.watchers.tell(c.ID, c.Seq)
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.now != nil && f.now.listened() { // watchers of single Calls were told already
		poke(f.now.wake)
	}
}

func (r *reading) listened() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.listeners) > 0
}

// read reads on until ctx is done.
func (f *feed) read(ctx context.Context, r *reading) {
	for begun := false; ctx.Err() == nil; {
		more, err := f.look(ctx, r, &begun)
		r.mu.Lock()
		r.failed = err
		r.mu.Unlock()
		if !more && !f.rest(ctx, r, err != nil) {
			return
		}
	}
}

// rest waits until there may be more to read. It returns false when ctx is done.
func (f *feed) rest(ctx context.Context, r *reading, failed bool) bool {
	var again <-chan time.Time
	if f.store.Shared() || failed {
		t := time.NewTimer(lookEvery + rand.N(lookEvery/2))
		defer t.Stop()
		again = t.C
	}
	select {
	case <-ctx.Done():
		return false
	case <-r.wake:
	case <-again:
	}
	return true
}

// look reads once, and says whether there is more. The first time it finds out where to begin: events from before that
// are for the watchers of a Call to read themselves.
func (f *feed) look(ctx context.Context, r *reading, begun *bool) (more bool, err error) {
	if !*begun {
		base, err := f.store.settledPosition(ctx)
		if err != nil {
			return false, err
		}
		r.mu.Lock()
		r.cursor.at(base)
		r.mu.Unlock()
		*begun = true
	}
	r.mu.Lock()
	missing := r.cursor.missing(feedStep)
	r.mu.Unlock()
	now := time.Now()
	rows, more, err := f.store.entriesIn(ctx, missing, feedStep)
	if err != nil {
		return false, err
	}
	for _, e := range r.take(rows, now, more) {
		f.store.watchers.tell(e.call, e.event.Seq)
	}
	if !more && r.start() {
		f.store.watchers.tellAll()
	}
	return more, nil
}

// take adds what was read, and tells the Listeners.
func (r *reading) take(rows []numbered, now time.Time, more bool) (fresh []numbered) {
	r.mu.Lock()
	defer r.mu.Unlock()
	settled := r.cursor.settled()
	fresh = r.cursor.take(rows, now.Add(gapTime))
	if !more { // then all gaps were looked for
		r.cursor.giveUp(now)
	}
	if len(fresh) > 0 || r.cursor.settled() > settled {
		r.tell()
	}
	return fresh
}

func (r *reading) tell() {
	for l := range r.listeners {
		poke(l.changed)
	}
}

// start notes that the cursor is up to date. It returns true the first time.
func (r *reading) start() (now bool) {
	select {
	case <-r.started:
		return false
	default:
	}
	close(r.started)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tell()
	return true
}

// Watch returns a channel that receives after any node has committed an event of Call id, and a function that ends the
// watch.
func (s *Store) Watch(id string) (<-chan struct{}, func()) {
	changed, done := s.watchers.watch(id)
	if !s.Shared() { // every change is made by this process, which tells the watchers
		return changed, done
	}
	_, leave := s.feed.join()
	return changed, func() { done(); leave() }
}

// Happened is an Event, and its Call as it was read at that time or later.
type Happened struct {
	Event call.Event
	Call  call.Call
	// Position is how far a Listener has come with this: one that goes on after it misses nothing.
	Position int64
}

// Listener receives the events of all Calls: each event at least once, in the sequence of its Call.
type Listener struct {
	store   *Store
	reading *reading
	leave   func()
	wants   Filter
	changed chan struct{}
	place   place
}

// FromNow is the position for Listen of a Listener that wants only what happens from now on.
const FromNow = -1

// Listen returns a Listener for what happens after a position, which an earlier Listener returned, or for FromNow. A
// position that is above all events also means from now on: its event was deleted, or it is another database's. The
// caller must Close the Listener. ErrListeners means that there can be no more.
func (s *Store) Listen(ctx context.Context, after int64, wants Filter) (*Listener, error) {
	l := &Listener{store: s, wants: wants, changed: make(chan struct{}, 1)}
	newest, err := s.newestPosition(ctx)
	if err != nil {
		return nil, err
	}
	l.reading, l.leave = s.feed.join()
	if !l.enter() {
		l.leave()
		return nil, ErrListeners
	}
	if after >= 0 {
		l.place = from(min(after, newest)) // what was committed after newest was read is above it
		poke(l.changed)
		return l, nil
	}
	if err := l.begin(ctx); err != nil {
		l.Close()
		return nil, err
	}
	return l, nil
}

func (l *Listener) enter() bool {
	l.reading.mu.Lock()
	defer l.reading.mu.Unlock()
	if len(l.reading.listeners) >= MaxListeners {
		return false
	}
	if len(l.reading.listeners) == 0 {
		poke(l.reading.wake) // nobody has told it of what was committed until now
	}
	l.reading.listeners[l] = struct{}{}
	return true
}

// begin waits until the feed is up to date, and begins.
func (l *Listener) begin(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, beginTime)
	defer cancel()
	select {
	case <-l.reading.started:
	case <-ctx.Done():
	}
	l.reading.mu.Lock()
	defer l.reading.mu.Unlock()
	if ctx.Err() != nil {
		return fmt.Errorf("waiting for the feed to begin: %w", errors.Join(ctx.Err(), l.reading.failed))
	}
	l.place = l.reading.cursor.begin()
	return nil
}

// Changed receives when Next may have something to return.
func (l *Listener) Changed() <-chan struct{} { return l.changed }

// Position is how far the Listener has come with all that Next has returned.
func (l *Listener) Position() int64 { return l.place.resume }

// Close ends the Listener.
func (l *Listener) Close() {
	l.reading.mu.Lock()
	delete(l.reading.listeners, l)
	l.reading.mu.Unlock()
	l.leave()
}

// Next returns what has happened since the last call of Next, ListenStep events at most, and whether there may be
// more. It makes no query while nothing has happened that is wanted.
func (l *Listener) Next(ctx context.Context) (list []Happened, more bool, err error) {
	wanted := func(e *numbered) bool { return l.wants.Wants(e.event.Type) }
	l.reading.mu.Lock()
	entries, behind := l.reading.cursor.entries(&l.place, wanted, ListenStep)
	settled := l.reading.cursor.settled()
	l.reading.mu.Unlock()
	more = len(entries) == ListenStep
	if behind {
		if entries, more, err = l.catchUp(ctx, settled); err != nil {
			return nil, false, err
		}
		entries = slices.DeleteFunc(entries, func(e numbered) bool { return !wanted(&e) })
	}
	list, err = l.store.happened(ctx, entries)
	return list, more, err
}

// catchUp reads from the database, up to settled: nothing appears below that later.
func (l *Listener) catchUp(ctx context.Context, settled int64) (entries []numbered, more bool, err error) {
	if l.place.after >= settled {
		return nil, false, nil
	}
	entries, more, err = l.store.entriesIn(ctx, []gap{{from: l.place.after + 1, to: settled}}, ListenStep)
	if err != nil {
		return nil, false, err
	}
	for i := range entries {
		entries[i].resume = entries[i].position
	}
	if l.place.after = settled; more {
		l.place.after = entries[len(entries)-1].position
	}
	l.place.resume = l.place.after
	return entries, true, nil // up to date: from now on it reads the recent entries
}

// The SQL of the feed. An event that was written by a version without positions has none: it is before the beginning.
const (
	selectEntries = `SELECT position, call_id, seq, type, at, attempt, data FROM events
		WHERE position >= $1 ORDER BY position LIMIT $2`
	selectNewest = `SELECT position FROM events WHERE position > 0 ORDER BY position DESC LIMIT 1`
	// This reads only recent events.
	selectSettled = `SELECT position FROM events WHERE position > 0 AND at < $1 ORDER BY position DESC LIMIT 1`
)

// entriesIn reads the events in some ranges of positions, which don't overlap, in their order and all in the state of
// one moment. If a range has more than limit, it reads none of the ranges after it, and more is true.
func (s *Store) entriesIn(ctx context.Context, ranges []gap, limit int) (list []numbered, more bool, err error) {
	found := make([][]numbered, len(ranges))
	err = s.view(ctx, func(t *tx) error {
		for i, g := range ranges {
			found[i] = nil
			t.add(entriesOf(&found[i], g, limit))
		}
		return nil
	})
	if err != nil {
		return nil, false, fmt.Errorf("reading what has happened: %w", err)
	}
	for _, some := range found {
		if list = append(list, some...); len(some) == limit {
			return list, true, nil
		}
	}
	return list, false, nil
}

// entriesOf reads the events of a range. The query has no upper bound: with one, the database might sort the answer
// instead of reading an index in order. Rows behind the range are dropped.
func entriesOf(list *[]numbered, g gap, limit int) engine.Statement {
	most := min(int64(limit-1), g.to-g.from) + 1
	return engine.Statement{SQL: selectEntries, Args: []any{g.from, most}, Rows: func(scan func(...any) error) error {
		var e numbered
		var data string
		kind, at := (*string)(&e.event.Type), asMicros{&e.event.At}
		err := scan(&e.position, &e.call, &e.event.Seq, kind, at, &e.event.Attempt, &data)
		if err == nil && e.position <= g.to {
			_ = json.Unmarshal([]byte(data), &e.event) // if the data is damaged, the other columns are told all the same
			*list = append(*list, e)
		}
		return err
	}}
}

// newestPosition is the highest position of any event, or 0.
func (s *Store) newestPosition(ctx context.Context) (int64, error) {
	return s.onePosition(ctx, selectNewest)
}

// settledPosition is a position up to which nothing appears any more: that of an event which happened long enough ago;
// or the newest, where positions appear in their order.
func (s *Store) settledPosition(ctx context.Context) (int64, error) {
	if !s.Shared() {
		return s.newestPosition(ctx)
	}
	return s.onePosition(ctx, selectSettled, micros(s.Now().Add(-sureTime)))
}

func (s *Store) onePosition(ctx context.Context, query string, args ...any) (position int64, err error) {
	err = s.view(ctx, func(t *tx) error {
		t.add(engine.Statement{SQL: query, Args: args, Rows: func(scan func(...any) error) error { return scan(&position) }})
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("reading how far the events have come: %w", err)
	}
	return position, nil
}

// happened reads the Calls of some entries. It leaves out the entries whose Call was deleted or can't be read.
func (s *Store) happened(ctx context.Context, entries []numbered) (list []Happened, err error) {
	if len(entries) == 0 {
		return nil, nil
	}
	ids := map[string]bool{}
	for _, e := range entries {
		ids[e.call] = true
	}
	var calls map[string]*stored
	err = s.view(ctx, func(t *tx) error {
		calls = t.look(slices.Sorted(maps.Keys(ids)))
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("reading the calls of what has happened: %w", err)
	}
	for _, e := range entries {
		if c := calls[e.call]; c.err == nil {
			list = append(list, Happened{Event: e.event, Call: c.after, Position: e.resume})
		}
	}
	return list, nil
}
