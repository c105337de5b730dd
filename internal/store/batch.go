package store

import (
	"errors"
	"maps"
	"slices"
	"time"

	"redial/internal/call"
	"redial/internal/crashpoint"
)

// batch is what some operations do in one transaction: rows are read and locked,
// the steps run in memory, numbers are taken and let go of, and all that has
// changed is written. Each of the four is a round trip, however many rows it is
// about; those with nothing to do are left out.
type batch struct {
	*tx
	changes    []*changing
	creations  []*creating
	claims     []*claiming
	deliveries []*delivering
	sweeps     []*sweeping
	now        time.Time

	calls   map[string]*stored
	claimed []*stored // found to be due
	changed []*stored // for good
	outbox

	skipsLocked bool // a claim alone that has met a lock: it leaves the numbers that another node has locked

	unoffered bool // a number is free, and Calls that are held for it were not tried
	passed    bool // a number is free, and another node has locked the Calls that may be held for it

	row  call.Call // as it was read last
	bad  error     // what was wrong with it
	into []any     // its fields
}

func newBatch(t *tx, ops []operation) *batch {
	b := &batch{tx: t, calls: map[string]*stored{}, outbox: newOutbox()}
	for _, o := range ops {
		switch o := o.(type) {
		case *changing:
			b.changes = append(b.changes, o)
		case *creating:
			b.creations = append(b.creations, o)
		case *claiming:
			b.claims = append(b.claims, o)
		case *delivering:
			b.deliveries = append(b.deliveries, o)
		case *sweeping:
			b.sweeps = append(b.sweeps, o)
		}
		if now := o.waiting().now; now.After(b.now) {
			b.now = now
		}
	}
	b.skipsLocked = t.store.dialect.shared && len(b.claims) == 1 && b.claims[0].metLock
	return b
}

func (b *batch) run() (err error) {
	defer crashpoint.Contain(&err)
	if err := b.readAll(); err != nil {
		return err
	}
	b.decideAll()
	if err := b.insertNew(); err != nil {
		return err
	}
	if err := b.settleNumbers(); err != nil {
		return err
	}
	for _, o := range b.claims {
		o.answer(b)
	}
	return b.save()
}

// readAll locks and reads what the operations need. Rows that are asked for by
// name are locked in the order of their ids, and before those that are due, which
// nobody waits for: so batches of different nodes never wait for each other in a ring.
func (b *batch) readAll() error {
	wanted := map[string]bool{}
	for _, o := range b.changes {
		wanted[o.id] = true
	}
	b.readDeliveries(wanted)
	b.lock(slices.Sorted(maps.Keys(wanted)), b.store.dialect.forUpdate)
	for _, o := range b.claims {
		o.read(b)
	}
	if err := b.insertAll(); err != nil {
		return err
	}
	if err := b.flush(); err != nil {
		return err
	}
	var ids []string
	for _, c := range b.claimed {
		ids = append(ids, c.before.ID)
	}
	b.readAttempts(ids)
	return b.readFirst()
}

// decideAll runs all steps. Claims come after the changes of this batch, so that they see what these
// did. A Call whose number turns out to be taken is restored to its state before the claim.
func (b *batch) decideAll() {
	for _, o := range b.changes {
		o.after, o.err = b.get(o.id).step(o.step)
	}
	for _, o := range b.creations {
		o.err = o.decide(b)
	}
	for _, o := range b.claims {
		o.decide(b)
	}
	for _, o := range b.deliveries {
		o.err = o.decide(b)
	}
}

// lock queues the reading of Calls of known ids; how is what the dialect has to lock them.
func (b *batch) lock(ids []string, how string) {
	ids = slices.DeleteFunc(ids, func(id string) bool { return id != storable(id) })
	if len(ids) == 0 {
		return
	}
	b.add(statement{
		sql:  selectCalls + "id " + b.store.dialect.among + " ORDER BY id" + how,
		args: []any{b.store.dialect.list(ids)},
		rows: func(scan func(...any) error) error { return b.found(scan, nil) },
	})
	b.readAttempts(ids)
}

// found takes a Call's row; claimed is set for one that is due.
func (b *batch) found(scan func(...any) error, claimed func(*stored)) error {
	if b.into == nil {
		b.into = lenient(fields(callColumns(&b.row)), &b.bad)
	}
	b.bad = nil
	if err := scan(b.into...); err != nil {
		return err
	}
	c := &stored{before: b.row, err: b.bad}
	if have := b.calls[c.before.ID]; have != nil {
		c = have
	} else {
		c.after = c.before
		b.calls[c.before.ID] = c
		if claimed != nil {
			b.claimed = append(b.claimed, c)
		}
	}
	if claimed != nil {
		claimed(c)
	}
	return nil
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

// save writes what has changed, and ends the batch.
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
		b.holdAlso(c)
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
	err := errors.Join(b.write(&insertAttempt, added, nil), b.update(&updateAttempt, altered),
		b.update(&updateCall, calls), b.write(&insertEvent, events, nil), b.settleSequences(), b.publish())
	if err != nil {
		return err
	}
	return b.scrubEnded()
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
