package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"redial/internal/call"
	"redial/internal/crashpoint"
	"redial/internal/store/engine"
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
	return s.claim(ctx, now, &claiming{limit: limit, blocks: blocks, which: []selection{{dueToDial, s.timer.lowerBounds(s.Now()).dial}}})
}

// ClaimToAsk is described at ClaimToDial.
func (s *Store) ClaimToAsk(ctx context.Context, now time.Time, limit int) ([]Due, error) {
	bounds := s.timer.lowerBounds(s.Now())
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

// claiming is an operation: it wakes the Calls that a condition selects.
type claiming struct {
	entry
	which  []selection
	limit  int
	blocks []call.Block // what a dial may have waited for; nil: nobody is to say
	found  []*dueRead
	mine   []*stored // of those, what no other claim of the batch found too
	due    []Due
}

func (o *claiming) read(r *reads) {
	o.found = nil
	for _, which := range o.which {
		o.found = append(o.found, &dueRead{selection: which, now: o.now, limit: o.limit})
	}
	r.due = append(r.due, o.found...)
}

func (o *claiming) decide(b *batch) {
	o.mine = nil
	b.skipsLocked = o.metLock // and so it is alone
	for _, found := range o.found {
		for _, c := range found.calls {
			if c.waking == nil { // else another claim of this batch has it
				c.waking = &waking{step: o.wake(b.store.placedBy)}
				o.mine = append(o.mine, c)
			}
		}
	}
	b.claimed = append(b.claimed, o.mine...)
}

// write sets aside what could not be woken: it keeps nobody else from it.
func (o *claiming) write(b *batch) {
	o.due = nil
	for _, c := range o.mine {
		if c.waking.err != nil {
			b.setAside(c.before.ID, o.now.Add(setAside))
			o.due = append(o.due, Due{Call: call.Call{Wish: call.Wish{ID: c.before.ID}}, WokeAt: o.now, Damaged: c.waking.err})
		} else {
			o.due = append(o.due, Due{Call: c.after, Actions: c.waking.actions, WokeAt: c.waking.before.WakeAt})
		}
	}
	if len(o.mine) > 0 {
		crashpoint.Point(crashpoint.ClaimBeforeCommit)
	}
}

func (o *claiming) committed(*batch) {}

func (o *claiming) failed(err error) { o.err = err }

// dueRead are the Calls that a selection finds due.
type dueRead struct {
	selection
	now   time.Time
	limit int
	calls []*stored
}

// readDue queues the reading of what is due, the longest due first.
func (b *batch) readDue() {
	for _, r := range b.due {
		b.add(statement{
			sql:  selectCalls + r.where,
			lock: engine.SkipLocked,
			args: []any{micros(r.now), r.limit, floor(r.from)},
			rows: func(scan func(...any) error) error {
				c, err := b.found(scan)
				r.calls = append(r.calls, c)
				return err
			},
		})
	}
}

// readAttemptsOfDue queues the reading of the attempts of what was found due.
func (b *batch) readAttemptsOfDue() {
	var ids []string
	for _, r := range b.due {
		for _, c := range r.calls {
			if id := c.before.ID; !slices.Contains(b.byID, id) && !slices.Contains(ids, id) { // else they are read already
				ids = append(ids, id)
			}
		}
	}
	b.readAttempts(ids)
}

// wake is the step that wakes a Call for the account that dials it, while other Calls ring some of its numbers.
func (o *claiming) wake(by string) func(*call.Call, ...string) ([]call.Action, []call.Event) {
	return func(c *call.Call, busy ...string) ([]call.Action, []call.Event) {
		due := c.NextAttemptAt
		actions, events := c.Wake(o.now, by, busy...)
		if o.blocks != nil {
			call.SayWaited(events, call.Waited(due, o.now, o.blocks))
		}
		return actions, events
	}
}

// waking is how a Call is woken, and how it was before.
type waking struct {
	step    func(c *call.Call, busy ...string) ([]call.Action, []call.Event)
	before  call.Call
	events  int           // how many events it had before
	actions []call.Action // that it was woken for
	err     error         // why it could not be woken, though it can be had
}

// wake wakes a Call, and tells it which of its numbers other Calls ring. It may do so
// again, as if it had not done so before.
func (c *stored) wake(busy ...string) {
	w := c.waking
	c.after, w.actions = w.before, nil
	c.events, c.then = c.events[:w.events:w.events], c.then[:w.events:w.events]
	_, w.err = c.step(func(woken *call.Call) (events []call.Event, _ error) {
		w.actions, events = w.step(woken, busy...)
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
