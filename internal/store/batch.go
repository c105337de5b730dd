package store

import (
	"maps"
	"slices"
	"time"

	"redial/internal/call"
	"redial/internal/crashpoint"
	"redial/internal/store/engine"
)

// operation is one thing that the writer does for a caller. A batch runs the same step of all its operations, and then the
// next, in this order: so each is a round trip or two, however many they are. An operation may be run again, in one
// batch after another, until one is committed.
type operation interface {
	read(*reads)      // names the rows that it needs
	decide(*batch)    // in memory, by the pure core: what is to become of them
	write(*batch)     // queues what is to be written besides; the Calls that have changed are written by the batch
	committed(*batch) // keeps what its caller is told: all is on disk
	failed(error)     // the same: nothing is, and never will be

	queued() *entry
}

// batch is what some operations do in one transaction.
type batch struct {
	*tx
	ops []operation
	now time.Time // the latest at which one of them was asked for
	reads

	calls    map[string]*stored // that were read
	claimed  []*stored          // to be woken
	newCalls [][]column         // to be inserted
	changed  []*stored          // for good
	numbers
	outbox

	row  call.Call // as it was read last
	bad  error     // what was wrong with it
	into []any     // its fields
}

// reads are the rows that operations need. Each kind is read in one go.
type reads struct {
	byID       []string        // Calls, to be locked
	deliveries []deliveryRead  // of Calls that are locked for that, too
	due        []*dueRead      // Calls, to be locked, but for those that another node has locked
	keyed      []*keyedRequest // Calls, to be inserted, unless their Idempotency-Keys were used before
}

func newBatch(t *tx, ops []operation) *batch {
	b := &batch{tx: t, ops: ops, calls: map[string]*stored{}, outbox: newOutbox()}
	for _, o := range ops {
		if now := o.queued().now; now.After(b.now) {
			b.now = now
		}
	}
	return b
}

func (b *batch) run() (err error) {
	defer crashpoint.Contain(&err)
	if err := b.readAll(); err != nil {
		return err
	}
	for _, o := range b.ops {
		o.decide(b)
	}
	b.wakeClaimed()
	if err := b.settleNumbers(); err != nil {
		return err
	}
	for _, o := range b.ops {
		o.write(b)
	}
	return b.save()
}

// readAll reads and locks what the operations need. Rows that are asked for by
// name are locked in the order of their ids, and before those that are due, which
// nobody waits for: so batches of different nodes never wait for each other in a ring.
func (b *batch) readAll() error {
	for _, o := range b.ops {
		o.read(&b.reads)
	}
	slices.Sort(b.byID)
	b.byID = slices.Compact(b.byID)
	b.readDeliveries()
	b.lock(b.byID, engine.ForUpdate)
	b.readDue()
	if err := b.insertKeyed(); err != nil {
		return err
	}
	if err := b.flush(); err != nil {
		return err
	}
	b.readAttemptsOfDue()
	return b.readFirst()
}

// wakeClaimed wakes what was found due. That comes last, so that it sees what the other operations of this batch did: there
// may be nothing to wake any more. A Call whose number turns out to be taken is restored to its state before that.
func (b *batch) wakeClaimed() {
	for _, c := range b.claimed {
		c.waking.before, c.waking.events = c.after, len(c.events)
		c.wake()
	}
}

// lock queues the reading of Calls of known ids, which it locks.
func (b *batch) lock(ids []string, how engine.Lock) {
	ids = slices.DeleteFunc(ids, func(id string) bool { return id != storable(id) })
	if len(ids) == 0 {
		return
	}
	b.add(statement{
		sql:  selectCalls + "id IN ($1) ORDER BY id",
		args: []any{engine.List(ids)},
		lock: how,
		rows: func(scan func(...any) error) error {
			_, err := b.found(scan)
			return err
		},
	})
	b.readAttempts(ids)
}

// found takes a Call's row.
func (b *batch) found(scan func(...any) error) (*stored, error) {
	if b.into == nil {
		b.into = lenient(fields(callColumns(&b.row)), &b.bad)
	}
	b.bad = nil
	if err := scan(b.into...); err != nil {
		return nil, err
	}
	if have := b.calls[b.row.ID]; have != nil {
		return have, nil
	}
	c := &stored{before: b.row, after: b.row, err: b.bad}
	b.calls[c.before.ID] = c
	return c, nil
}

// readAttempts queues the reading of the attempts of Calls that are, or will be, read.
func (b *batch) readAttempts(ids []string) {
	if len(ids) == 0 {
		return
	}
	b.add(b.store.attemptsOf(ids, func(id string, a *call.Attempt) {
		if c := b.calls[id]; c != nil {
			c.before.Attempts = append(c.before.Attempts, *a)
			c.after.Attempts = c.before.Attempts
		}
	}, func(id string, err error) {
		if c := b.calls[id]; c != nil && c.err == nil {
			c.err = err
		}
	}))
}

// get is a Call that was read, or why it was not.
func (b *batch) get(id string) *stored {
	if c := b.calls[id]; c != nil {
		return c
	}
	return &stored{err: ErrNotFound}
}

// save writes what has changed of the Calls, and what follows from that.
func (b *batch) save() error {
	var calls, altered []rowChange
	var added, events [][]column
	for _, id := range slices.Sorted(maps.Keys(b.calls)) {
		c := b.calls[id]
		row := c.before.Seq == c.after.Seq && sameRow(&c.before, &c.after)
		if c.err != nil || len(c.events) == 0 && row && sameAttempts(&c.before, &c.after) {
			continue
		}
		b.changed = append(b.changed, c)
		if !row {
			calls = append(calls, rowChange{mutableColumns(&c.before), mutableColumns(&c.after)})
		}
		for i := range c.after.Attempts {
			a, before := &c.after.Attempts[i], c.before.Attempt(i+1)
			switch {
			case before == nil:
				added = append(added, append([]column{{"call_id", &c.after.ID}}, attemptColumns(a)...))
			case !unchanged(before, a):
				altered = append(altered, rowChange{mutableAttempt(c.after.ID, before), mutableAttempt(c.after.ID, a)})
			}
		}
		for i := range c.events {
			events = append(events, eventColumns(c.after.ID, &c.events[i]))
		}
	}
	for _, write := range []func() error{ // in this order: a row refers to those that are written before it
		func() error { return b.write(&insertCall, b.newCalls, nil) },
		func() error { return b.write(&insertAttempt, added, nil) },
		func() error { return b.update(&updateAttempt, altered) },
		b.holdAlso,
		func() error { return b.update(&updateCall, calls) },
		func() error { return b.write(&insertEvent, events, nil) },
		b.settleSequences,
		b.publish,
		b.scrubEnded,
	} {
		if err := write(); err != nil {
			return err
		}
	}
	return nil
}

// scrubEnded removes the personal data of what has ended, where nothing is retained.
func (b *batch) scrubEnded() error {
	if !b.store.scrubEnded {
		return nil
	}
	for _, c := range b.changed {
		if c.after.State == call.Ended {
			if err := b.scrub(&c.after, b.now); err != nil {
				return err
			}
		}
	}
	return nil
}

// The statements that write.
var (
	insertCall      = insertion("calls", callColumns(new(call.Call)), "")
	insertKeyedCall = insertionIfFree("calls", append(callColumns(new(call.Call)), keyColumns(new(Idempotency))...), "id", "idem_scope", "idem_key")
	updateCall      = updating("calls", 1, mutableColumns(new(call.Call)))
	insertAttempt   = insertion("attempts", append([]column{{"call_id", new(string)}}, attemptColumns(new(call.Attempt))...), "")
	updateAttempt   = updating("attempts", 2, mutableAttempt("", new(call.Attempt)))
	insertEvent     = insertion("events", eventColumns("", new(call.Event)), "")
)

// mutableColumns are the Call's id and the columns that change.
func mutableColumns(c *call.Call) []column {
	return append([]column{{"id", &c.ID}}, callColumns(c)[callFixed:]...)
}

func mutableAttempt(id string, a *call.Attempt) []column {
	return append([]column{{"call_id", &id}, {"n", &a.N}}, attemptColumns(a)[attemptFixed:]...)
}

func sameAttempts(a, b *call.Call) bool {
	return slices.EqualFunc(a.Attempts, b.Attempts, func(x, y call.Attempt) bool { return unchanged(&x, &y) })
}
