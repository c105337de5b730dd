package store

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"redial/internal/call"
	"redial/internal/crashpoint"
)

// Due is a Call that was woken, and what Wake asked for. WokeAt is the time it
// was to be woken at. Damaged is why a Call can't be read or woken: of such a one only the
// ID is known, and it is set aside for a while, so that it holds nobody else up.
type Due struct {
	Call    call.Call
	Actions []call.Action
	WokeAt  time.Time
	Damaged error
}

// What is due at $1, and not before $3, the longest due first.
const (
	dueToDial   = `state = 'waiting' AND wake_at <= $1 AND wake_at >= $3 ORDER BY wake_at LIMIT $2`
	dueToAsk    = `state = 'dialing' AND wake_at <= $1 AND wake_at >= $3 ORDER BY wake_at LIMIT $2`
	dueToExpire = `state = 'waiting' AND deadline_at <= $1 AND deadline_at >= $3 ORDER BY deadline_at LIMIT $2`
)

// selection is a condition that claims, and the lower bound at which it begins.
type selection struct {
	where string
	from  time.Time
}

// setAside is how long what can't be read is left alone.
const setAside = time.Hour

// ClaimToDial wakes up to limit Calls whose dial is due, the longest due first;
// ClaimToAsk those with a leg to ask about, or whose deadline has passed. What
// is returned is on disk, and no other node has it: the Actions are the
// caller's to perform. blocks are what the dials may have waited for.
func (s *Store) ClaimToDial(ctx context.Context, now time.Time, limit int, blocks ...call.Block) ([]Due, error) {
	return s.claim(ctx, now, &claiming{limit: limit, blocks: blocks, which: []selection{{dueToDial, s.lowerBounds(s.Now()).dial}}})
}

// ClaimToAsk is described at ClaimToDial.
func (s *Store) ClaimToAsk(ctx context.Context, now time.Time, limit int) ([]Due, error) {
	bounds := s.lowerBounds(s.Now())
	return s.claim(ctx, now, &claiming{limit: limit, which: []selection{{dueToAsk, bounds.ask}, {dueToExpire, bounds.expire}}})
}

func (s *Store) claim(ctx context.Context, now time.Time, o *claiming) ([]Due, error) {
	if o.limit < 1 {
		return nil, nil
	}
	if err := s.commit(ctx, now, o); err != nil {
		return nil, fmt.Errorf("claiming what is due: %w", err)
	}
	return o.due, nil
}

// Dialer performs what Calls are woken for. A Call that a batch makes due is claimed in that
// same batch, if the Dialer has a slot for it: then it needs neither a second commit nor a
// look at the database.
type Dialer interface {
	// Take takes a slot and a token of the pace for one Call, or says that it has none. Drop gives them back.
	Take() bool
	Drop()

	// Yield makes the Dialer look at the database: something is due that no slot was taken
	// for. Until it has looked, Take says no, so that no newer Call is dialed before that.
	Yield()

	// Start performs what slots were taken for, and is on disk by now.
	Start([]Due)
}

// DialBy names the Dialer, once, before anything is written. Without one, what is due is only
// claimed by ClaimToDial.
func (s *Store) DialBy(d Dialer) { s.dialer = d }

// claiming wakes the Calls that a condition selects, or those that the batch itself
// has made due.
type claiming struct {
	ticket
	which  []selection
	limit  int
	blocks []call.Block // what a dial may have waited for; nil: nobody is to say
	dialer Dialer       // of those that the batch made due; nil in a claim that was asked for, and where there is none
	by     string       // the account that dials them
	slots  int          // that were taken
	found  []*stored
	mine   []*stored // of those, what no other claim of the batch found too
	due    []Due
}

func (o *claiming) read(b *batch) {
	o.found, o.mine, o.due = nil, nil, nil
	for _, which := range o.which {
		b.add(statement{
			sql:  selectCalls + which.where + b.store.dialect.skipLocked,
			args: []any{micros(o.now), o.limit, floor(which.from)},
			rows: func(scan func(...any) error) error {
				return b.found(scan, func(c *stored) { o.found = append(o.found, c) })
			},
		})
	}
}

// decide wakes what was found. A change of this batch may have been faster: then
// there is nothing to wake. One that can't be woken keeps nobody else from it: a claim
// that was asked for sets it aside.
func (o *claiming) decide(b *batch) {
	o.by = b.store.placedBy
	if o.dialer != nil {
		o.now = b.store.Now() // the steps were run after the operations were asked for
		o.findDue(b)
	}
	for _, c := range o.found {
		if c.claimedBy != nil { // by another claim of this batch
			continue
		}
		c.claimedBy, c.beforeWake, c.eventsBefore = o, new(c.after), len(c.events)
		c.wake()
		if c.unwoken == nil || o.dialer == nil {
			o.mine = append(o.mine, c)
		}
	}
	if len(o.found) > 0 {
		crashpoint.Point(crashpoint.ClaimBeforeCommit)
	}
}

// findDue finds what the batch has made due, as far as there are slots. A number that the
// batch frees goes to the Call that has waited longest for it, which is known later.
func (o *claiming) findDue(b *batch) {
	freed := map[string]*stored{}
	for _, sweep := range b.sweeps {
		for _, number := range sweep.numbers {
			freed[number] = &stored{}
		}
	}
	for _, c := range b.calls {
		for _, number := range c.frees() {
			freed[number] = c
		}
	}
	for _, id := range slices.Sorted(maps.Keys(b.calls)) {
		c := b.calls[id]
		if c.err != nil || len(c.events) == 0 || c.after.State != call.Waiting || c.after.Held != "" ||
			c.after.WakeAt.After(o.now) || !o.now.Before(c.after.Deadline) {
			continue
		}
		if slices.ContainsFunc(c.after.Numbers(), func(n string) bool { return freed[n] != nil && freed[n] != c }) {
			continue
		}
		if !o.dialer.Take() {
			return
		}
		o.slots++
		o.found = append(o.found, c)
	}
}

// forget gives back the slots of a batch that has failed.
func (o *claiming) forget() {
	for ; o.slots > 0; o.slots-- {
		o.dialer.Drop()
	}
}

// start has the Dialer perform what was committed, and gives back the slots that were
// not needed.
func (o *claiming) start() {
	var due []Due
	for _, d := range o.due {
		if len(d.Actions) > 0 {
			due = append(due, d)
		}
	}
	o.slots -= len(due)
	o.forget()
	if len(due) > 0 {
		o.dialer.Start(due)
	}
}

// yield makes the Dialer look at the database, if this batch left a Call due: there was no
// slot for it, or it was held and is released, and must be dialed before newer ones.
func (b *batch) yield() {
	left := func(c *stored) bool {
		return c.after.State == call.Waiting && c.after.Held == "" && !c.after.WakeAt.After(b.atOnce.now)
	}
	if b.atOnce.dialer != nil && slices.ContainsFunc(b.changed, left) {
		b.atOnce.dialer.Yield()
	}
}

func (o *claiming) answer(b *batch) {
	for _, c := range o.mine {
		switch {
		case c.unwoken != nil && o.dialer != nil: // the next claim that is asked for finds it again
		case c.unwoken != nil:
			b.setAside(c.before.ID, o.now.Add(setAside))
			o.due = append(o.due, Due{Call: call.Call{Wish: call.Wish{ID: c.before.ID}}, WokeAt: o.now, Damaged: c.unwoken})
		default:
			o.due = append(o.due, Due{Call: c.after, Actions: c.actions, WokeAt: c.beforeWake.WakeAt})
		}
	}
}

// wake wakes a Call, and tells it which of its numbers other Calls ring. It may do so
// again, as if it had not done so before.
func (c *stored) wake(busy ...string) {
	c.after, c.actions = *c.beforeWake, nil
	c.events, c.then = c.events[:c.eventsBefore:c.eventsBefore], c.then[:c.eventsBefore:c.eventsBefore]
	_, c.unwoken = c.step(func(woken *call.Call) (events []call.Event, _ error) {
		due, now := woken.NextAttemptAt, c.claimedBy.now
		c.actions, events = woken.Wake(now, c.claimedBy.by, busy...)
		if blocks := c.claimedBy.blocks; blocks != nil {
			call.SayWaited(events, call.Waited(due, now, blocks))
		}
		return events, nil
	})
}

// setAside has a Call left alone until a time, also by its deadline, and by those who look
// for the next Call for a number.
func (t *tx) setAside(id string, until time.Time) {
	t.add(statement{
		sql: `UPDATE calls SET wake_at = $2, deadline_at = CASE WHEN deadline_at < $2 THEN $2 ELSE deadline_at END,
			held_for = NULL, offered = NULL WHERE id = $1`,
		args: []any{id, micros(until)},
	}, statement{sql: deleteAlsoHeld, args: []any{id}})
}
