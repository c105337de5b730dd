package web

import (
	"context"
	"slices"
	"sync"
	"time"

	"redial/api"
	"redial/internal/call"
	"redial/internal/shown"
	"redial/internal/store"
)

const (
	late     = time.Second     // after its time, a call that is due waits for something
	veryLate = 5 * time.Second // and, where it is the next, for nothing that is known of
	noNode   = "it is the next to be dialed, and no node has done it yet: Twilio asked to wait, or none is running"
)

// queue is what all calls wait for alike, found out when somebody asks.
type queue struct {
	now   time.Time
	pause *store.Pause // of the account, nil if there is none
	next  []time.Time  // when the next two to be dialed are due, or were
}

// fresh is how long a queue is taken from memory: who reads many calls asks the database once.
const fresh = 100 * time.Millisecond

// lastQueue is the queue as it was read last.
type lastQueue struct {
	mu   sync.Mutex
	read queue
}

func (s *Server) queue(ctx context.Context, now time.Time) (q queue, err error) {
	s.lastQueue.mu.Lock()
	q = s.lastQueue.read
	s.lastQueue.mu.Unlock()
	if age := now.Sub(q.now); 0 <= age && age < fresh {
		q.now = now
		return q, nil
	}
	q = queue{now: now}
	if q.pause, err = s.Store.AccountPause(ctx, s.Account); err == nil {
		q.next, err = s.Store.FirstDue(ctx, 2)
	}
	if err != nil {
		return q, err
	}
	s.lastQueue.mu.Lock()
	s.lastQueue.read = q
	s.lastQueue.mu.Unlock()
	return q, nil
}

// isDue says whether a Call's phone might ring now, as far as its own plan goes.
func isDue(c *call.Call, now time.Time) bool {
	return c.State == call.Waiting && (c.Held != "" || !c.NextAttemptAt.After(now))
}

// keeps is all that is known to keep a Call from being dialed.
func (q queue) keeps(c *call.Call) (why []string) {
	if own := c.WaitsFor(q.now); own != "" {
		why = append(why, own)
	}
	switch {
	case q.pause != nil:
		why = append(why, q.pause.Why())
	case !isDue(c, q.now) || c.Held != "" || len(q.next) == 0:
	case q.now.Sub(q.next[0]) >= late && (q.next[0].Before(c.WakeAt) || len(q.next) > 1 && !q.next[1].After(c.WakeAt)):
		why = append(why, call.Paced)
	case q.now.Sub(c.WakeAt) >= veryLate:
		why = append(why, noNode)
	}
	return why
}

// shown are Calls as the API shows them to whoever asks for them: with the Idempotency-Key with which
// they were asked for, and where they are due with what they wait for.
func (s *Server) shown(ctx context.Context, calls []store.Asked) ([]api.Call, error) {
	now := s.Store.Now()
	var q queue
	due := func(a store.Asked) bool { return isDue(&a.Call, now) }
	if slices.ContainsFunc(calls, due) {
		var err error
		if q, err = s.queue(ctx, now); err != nil {
			return nil, err
		}
	}
	list := make([]api.Call, len(calls))
	for i := range calls {
		list[i] = shown.Call(&calls[i].Call)
		list[i].IdempotencyKey = calls[i].IdempotencyKey
		if due(calls[i]) {
			list[i].Waiting = q.keeps(&calls[i].Call)
		}
	}
	return list, nil
}
