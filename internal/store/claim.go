package store

import (
	"context"
	"fmt"
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

// claiming wakes the Calls that a condition selects.
type claiming struct {
	ticket
	which  []selection
	limit  int
	blocks []call.Block // what a dial may have waited for; nil: nobody is to say
	by     string       // the account that dials them
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
// there is nothing to wake.
func (o *claiming) decide(b *batch) {
	o.by = b.store.placedBy
	for _, c := range o.found {
		if c.claimedBy != nil { // by another claim of this batch
			continue
		}
		c.claimedBy, c.beforeWake, c.eventsBefore = o, new(c.after), len(c.events)
		c.wake()
		o.mine = append(o.mine, c)
	}
	if len(o.found) > 0 {
		crashpoint.Point(crashpoint.ClaimBeforeCommit)
	}
}

func (o *claiming) answer(b *batch) {
	for _, c := range o.mine {
		if c.unwoken != nil { // it keeps nobody else from being woken
			b.setAside(c.before.ID, o.now.Add(setAside))
			o.due = append(o.due, Due{Call: call.Call{Wish: call.Wish{ID: c.before.ID}}, WokeAt: o.now, Damaged: c.unwoken})
		} else {
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
