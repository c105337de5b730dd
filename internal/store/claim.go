package store

import (
	"context"
	"fmt"
	"time"

	"redial/internal/call"
	"redial/internal/crashpoint"
	"redial/internal/store/engine"
)

// Due is a Call that was woken, and the Actions that Wake returned. WokeAt is the time at which it was due. Damaged is
// the reason if the Call can't be read or woken: then only its ID is known, and it is set aside for a while, so that
// it does not hold up others.
type Due struct {
	Call    call.Call
	Actions []call.Action
	WokeAt  time.Time
	Damaged error
}

// The Calls that are due at $1 but not before $3, the longest due first.
const (
	dueToDial   = `state = 'waiting' AND wake_at <= $1 AND wake_at >= $3 ORDER BY wake_at LIMIT $2`
	dueToAsk    = `state = 'dialing' AND wake_at <= $1 AND wake_at >= $3 ORDER BY wake_at LIMIT $2`
	dueToExpire = `state = 'waiting' AND deadline_at <= $1 AND deadline_at >= $3 ORDER BY deadline_at LIMIT $2`
)

// dueBy has the index of each. Without it a node might lock all that is due, and leave nothing to the others.
var dueBy = map[string]engine.Index{
	dueToDial:   {Table: "calls", Name: "calls_due"},
	dueToAsk:    {Table: "calls", Name: "calls_due"},
	dueToExpire: {Table: "calls", Name: "calls_to_expire"},
}

// ClaimToDial wakes up to limit Calls whose dial is due, the longest due first. ClaimToAsk wakes those with a leg to
// ask about, and those whose deadline has passed. What is returned is on disk, and no other node has it; the caller
// performs the Actions. blocks are the reasons that the dials may have waited for.
func (s *Store) ClaimToDial(ctx context.Context, now time.Time, limit int, blocks ...call.Block) ([]Due, error) {
	which := []selection{{dueToDial, s.Timer.lowerBounds(s.Now()).dial}}
	return s.claim(ctx, now, &claiming{limit: limit, blocks: blocks, which: which})
}

// ClaimToAsk is described at ClaimToDial.
func (s *Store) ClaimToAsk(ctx context.Context, now time.Time, limit int) ([]Due, error) {
	bounds := s.Timer.lowerBounds(s.Now())
	which := []selection{{dueToAsk, bounds.ask}, {dueToExpire, bounds.expire}}
	return s.claim(ctx, now, &claiming{limit: limit, which: which})
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
	blocks []call.Block // the reasons that a dial may have waited for; nil: its event does not say any
	found  []*dueRead
	mine   []*stored // those that no other claim of the batch has found before
	due    []Due
}

func (o *claiming) read(r *reads) {
	o.found = nil
	for _, which := range o.which {
		o.found = append(o.found, &dueRead{selection: which, index: dueBy[which.where], now: o.now, limit: o.limit})
	}
	r.due = append(r.due, o.found...)
}

func (o *claiming) decide(b *batch) {
	o.mine = nil
	b.skipsLocked = o.metLock // then it is the batch's only operation
	for _, found := range o.found {
		for _, c := range found.calls {
			if c.waking == nil { // otherwise another claim of this batch has it
				c.waking = &waking{step: o.wake(b.store.placedBy)}
				o.mine = append(o.mine, c)
			}
		}
	}
	b.claimed = append(b.claimed, o.mine...)
}

// write sets aside what could not be woken, so that the next claim does not find it.
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

// wake is the step that wakes a Call for the account that dials it. It is told which of the Call's numbers other Calls
// ring.
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
