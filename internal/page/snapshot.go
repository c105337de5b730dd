package page

import (
	"context"
	"slices"
	"time"

	"redial/internal/call"
	"redial/internal/store"
)

const (
	// What is shown of all calls is read anew when it is this old: however many look, the database is asked as often.
	freshCalls = 300 * time.Millisecond
	freshToday = 2 * time.Second

	liveRows    = 50 // calls that are being dialed, in the list of Now
	waitingRows = 20
	newestRows  = 50
)

// picture is what there is to show, at most freshCalls old.
func (s *Server) picture(ctx context.Context, q question) (*picture, error) {
	p := s.pictures.of(q)
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.last != nil && time.Since(p.last.at) < freshCalls {
		return p.last, nil
	}
	next, err := s.take(ctx, q, p.last)
	if err == nil {
		p.last = next
	}
	return next, err
}

// take reads a picture. Counts of the last one are used again while they are fresh.
func (s *Server) take(ctx context.Context, q question, last *picture) (p *picture, err error) {
	p = &picture{at: time.Now()}
	if last != nil && time.Since(last.todayAt) < freshToday {
		p.today, p.todayAt = last.today, last.todayAt
	} else {
		p.todayAt = p.at
		if p.today, err = s.Store.Today(ctx, time.Unix(q.today, 0), q.by); err != nil {
			return nil, err
		}
	}
	if p.calls, err = s.liveCalls(ctx, q.by); err != nil {
		return nil, err
	}
	return p, s.readQueue(ctx, p)
}

// liveCalls are the calls that Now lists: those that are being dialed, some that wait, and the newest. Each kind has a
// bound.
func (s *Server) liveCalls(ctx context.Context, by string) (calls []store.Asked, err error) {
	known := map[string]bool{}
	for _, q := range []store.Query{
		{State: call.Dialing, By: by, Limit: liveRows}, {State: call.Waiting, By: by, Limit: waitingRows},
		{By: by, Limit: newestRows},
	} {
		list, _, err := s.Store.List(ctx, q)
		if err != nil {
			return nil, err
		}
		for _, c := range list {
			if !known[c.ID] {
				known[c.ID] = true
				calls = append(calls, c)
			}
		}
	}
	slices.SortFunc(calls, func(a, b store.Asked) int {
		if a.ID > b.ID {
			return -1
		}
		return 1
	})
	return calls, nil
}

// readQueue reads what all calls wait for.
func (s *Server) readQueue(ctx context.Context, p *picture) (err error) {
	if p.pause, err = s.Store.AccountPause(ctx, s.Account); err != nil {
		return err
	}
	if p.pause != nil {
		p.queue.Paused = p.pause.Why()
	}
	p.queue.Next, err = s.Store.FirstDue(ctx, 2)
	return err
}
