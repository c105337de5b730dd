package store

import (
	"context"
	"maps"
	"slices"
	"sync/atomic"
	"time"

	"redial/internal/call"
	"redial/internal/crashpoint"
	"redial/internal/store/engine"
)

// operation is one thing that the writer does for a caller. A batch runs the same step of all its operations, and then
// the next step, so that each step is one or two round trips, however many operations there are. An operation may be
// run again in later batches, until it is committed.
type operation interface {
	read(*reads)      // names the rows that it needs
	decide(*batch)    // decides in memory, by the pure core, what happens to them
	write(*batch)     // queues what is to be written besides the changed Calls, which the batch writes
	committed(*batch) // keeps the answer for its caller: everything is on disk
	failed(error)     // keeps the answer for its caller: nothing is on disk, and nothing will be

	queued() *entry
}

// entry is an operation's place in the queue, and its caller's answer.
type entry struct {
	ctx   context.Context
	now   time.Time     // the caller's time
	begun atomic.Bool   // set by whichever comes first: the writer begins with it, or the caller stops waiting
	done  chan struct{} // closed with the answer
	err   error         // the answer

	marked  bool // it counts among writer.locked
	metLock bool // written alone, it met a row that another transaction has locked
}

func (e *entry) queued() *entry { return e }

// batch is what some operations do in one transaction.
type batch struct {
	*loaded
	ops []operation
	reads

	claimed  []*stored  // to be woken
	newCalls [][]column // to be inserted
	audit    [][]column // to be inserted
	changed  []*stored  // to be updated
	others   []func(*loaded) error
	numbers
	outbox
	admission
}

func newBatch(t *tx, ops []operation) *batch {
	l := &loaded{tx: t, calls: map[string]*stored{}}
	b := &batch{loaded: l, ops: ops, numbers: numbers{loaded: l}, outbox: newOutbox(l), admission: newAdmission(l)}
	for _, o := range ops {
		if now := o.queued().now; now.After(b.now) {
			b.now = now
		}
	}
	return b
}

// recall gives back what a failed batch had taken. A nil batch took nothing.
func (b *batch) recall() {
	if b != nil {
		b.outbox.recall()
		b.admission.recall()
	}
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
	if err := b.settle(); err != nil {
		return err
	}
	for _, o := range b.ops {
		o.write(b)
	}
	return b.save()
}

// readAll reads and locks what the operations need. Rows with known ids are locked first, in the order of their ids.
// Rows that are due come after, and are locked without waiting. So batches of different nodes never wait for each
// other in a ring.
func (b *batch) readAll() error {
	for _, o := range b.ops {
		o.read(&b.reads)
	}
	if err := b.prepare(b.loaded); err != nil {
		return err
	}
	slices.Sort(b.byID)
	b.byID = slices.Compact(b.byID)
	b.readDeliveries(&b.reads)
	b.lock(b.byID, engine.ForUpdate)
	b.readDue(b.loaded)
	b.readKeys(b.loaded)
	b.count(b.asked)
	for _, k := range b.keyed {
		k.refused = b.isFull(k.call)
	}
	b.readBefore(b.loaded)
	if err := b.insertKeyed(b.loaded); err != nil {
		return err
	}
	if err := b.flush(); err != nil {
		return err
	}
	if err := b.takeBack(b.loaded); err != nil {
		return err
	}
	b.readAttemptsOfDue(b.loaded)
	return b.readFirst(b.loaded)
}

// wakeClaimed wakes the Calls that were found due. It runs last, so that it sees what the other operations of this
// batch did: there may be nothing to wake any more. A Call whose number turns out to be taken is restored to its state
// before.
func (b *batch) wakeClaimed() {
	for _, c := range b.claimed {
		c.waking.before, c.waking.events = c.after, len(c.events)
		c.wake()
	}
}

// save writes the changes of the Calls, and what follows from them.
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
	for _, write := range []func() error{ // in this order: a row may refer to rows that are written before it
		func() error { return b.write(&insertCall, b.newCalls, nil) },
		func() error { return b.write(&insertAttempt, added, nil) },
		func() error { return b.update(&updateAttempt, altered) },
		func() error { return b.holdAlso(b.changed) },
		func() error { return b.alsoCalled(b.changed) },
		func() error { return b.update(&updateCall, calls) },
		func() error { return b.write(&insertEvent, events, nil) },
		func() error { return b.write(&insertAudit, b.audit, nil) },
		func() error { return b.findable(b.changed) },
		b.saveOthers,
		b.settleSequences,
		func() error { return b.publish(b.changed) },
		b.scrubEnded,
	} {
		if err := write(); err != nil {
			return err
		}
	}
	return nil
}

// saveOthers writes the rows that operations have beside the Calls.
func (b *batch) saveOthers() error {
	for _, write := range b.others {
		if err := write(b.loaded); err != nil {
			return err
		}
	}
	return nil
}

// note keeps what somebody does.
func (b *batch) note(by Asker, done ...AuditEntry) {
	b.audit = append(b.audit, b.store.auditRows(by, done...)...)
}

// scrubEnded removes the personal data of the Calls that have ended, if nothing is retained.
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
	insertCall    = insertion("calls", callColumns(new(call.Call)))
	updateCall    = updating("calls", 1, mutableColumns(new(call.Call)))
	insertAttempt = insertion("attempts",
		append([]column{{"call_id", new(string)}}, attemptColumns(new(call.Attempt))...))
	updateAttempt = updating("attempts", 2, mutableAttempt("", new(call.Attempt)))
	insertEvent   = insertion("events", eventColumns("", new(call.Event)))
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
