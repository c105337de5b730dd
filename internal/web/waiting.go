package web

import (
	"context"
	"slices"
	"sync"
	"time"

	"redial/api"
	"redial/internal/call"
	"redial/internal/store"
)

// queue is what all calls wait for alike. It is read when a request asks.
type queue struct {
	call.Queue
	pause *store.Pause // of the account, nil if there is none
}

// fresh is how long a queue is used again: a client that reads many calls causes one query.
const fresh = 100 * time.Millisecond

// lastQueue is the queue as it was read last.
type lastQueue struct {
	mu   sync.Mutex
	read queue
}

// queue is what all calls wait for at now.
func (s *Server) queue(ctx context.Context, now time.Time) (q queue, err error) {
	s.lastQueue.mu.Lock()
	q = s.lastQueue.read
	s.lastQueue.mu.Unlock()
	if age := now.Sub(q.Now); 0 <= age && age < fresh {
		q.Now = now
		return q, nil
	}
	q = queue{Queue: call.Queue{Now: now}}
	if q.pause, err = s.Store.AccountPause(ctx, s.Account); err != nil {
		return q, err
	}
	if q.pause != nil {
		q.Paused = q.pause.Why()
	}
	if q.Next, err = s.Store.FirstDue(ctx, 2); err != nil {
		return q, err
	}
	s.lastQueue.mu.Lock()
	s.lastQueue.read = q
	s.lastQueue.mu.Unlock()
	return q, nil
}

// shown returns Calls as the API shows them: with the Idempotency-Key of their request and, if they are due, with what
// they wait for.
func (s *Server) shown(ctx context.Context, calls []store.Asked) ([]api.Call, error) {
	now := s.Store.Now()
	var q queue
	due := func(a store.Asked) bool { return a.IsDue(now) }
	if slices.ContainsFunc(calls, due) {
		var err error
		if q, err = s.queue(ctx, now); err != nil {
			return nil, err
		}
	}
	list := make([]api.Call, len(calls))
	for i := range calls {
		list[i] = showCall(ctx, &calls[i].Call)
		list[i].IdempotencyKey = calls[i].IdempotencyKey
		if due(calls[i]) {
			list[i].Waiting = q.Keeps(&calls[i].Call)
		}
	}
	return list, nil
}
