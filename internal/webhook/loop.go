package webhook

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"time"

	"redial/internal/crashpoint"
	"redial/internal/store"
)

// Run sends what is due until ctx is over. Then it claims no more, finishes what is in flight, and returns.
func (s *Sender) Run(ctx context.Context) {
	s.opens(true)
	defer s.inFlight.Wait()
	defer s.opens(false)
	for ctx.Err() == nil {
		next, err := s.round(context.WithoutCancel(ctx))
		if err != nil {
			next = trouble
			s.failed(err)
		}
		t := time.NewTimer(next)
		select {
		case <-ctx.Done():
		case <-s.again:
		case <-t.C:
		}
		t.Stop()
	}
}

// failed logs that a round failed.
func (s *Sender) failed(err error) {
	if store.Away(err) {
		s.awayLog.Happened(err)
	} else {
		s.Log.Error("looking for webhooks to send failed", "err", err)
	}
}

func (s *Sender) opens(open bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open = open
}

// round sends what is due now, and returns how long to sleep after it.
func (s *Sender) round(ctx context.Context) (_ time.Duration, err error) {
	defer crashpoint.Contain(&err)
	ctx, cancel := context.WithTimeout(ctx, storeTime)
	defer cancel()
	s.looks()
	targets, err := s.Store.NextDeliveries(ctx)
	if err != nil {
		return 0, err
	}
	s.forget(targets)
	now := s.Store.Now()
	next := idle
	if s.Store.Shared() { // not all nodes at the same instant
		next = otherNodes - rand.N(otherNodes/4)
	}
	for t, at := range targets {
		if at.After(now) {
			next = min(next, at.Sub(now))
			continue
		}
		some, err := s.claim(ctx, t, now)
		if err != nil {
			return 0, err
		}
		if some { // there may be more
			next = 0
		}
	}
	return max(next, locked), nil
}

// claim claims what is due at a target, as much as there are slots for.
func (s *Sender) claim(ctx context.Context, t string, now time.Time) (some bool, err error) {
	slots := 0
	for s.Take(t) {
		slots++
	}
	if slots == 0 {
		return false, nil
	}
	list, err := s.Store.ClaimDeliveries(ctx, t, now, slots)
	for range slots - len(list) {
		s.Drop(t)
	}
	s.Start(list)
	return len(list) > 0, err
}

// Start implements store.Sender.
func (s *Sender) Start(list []store.Delivery) {
	for _, d := range list {
		go func() {
			defer s.inFlight.Done()
			s.deliver(&d)
		}()
	}
}

// deliver sends a Delivery, and writes down what came of it.
func (s *Sender) deliver(d *store.Delivery) {
	v := s.send(d)
	s.leave(d.Target, &v)
	ctx, cancel := context.WithTimeout(context.Background(), storeTime)
	defer cancel()
	if v.try.Status == http.StatusGone && d.Endpoint != nil {
		s.disable(ctx, d.Endpoint)
	}
	now := s.Store.Now()
	after, err := s.Store.ChangeDelivery(ctx, d.DeliveryKey, now, func(d *store.Delivery) error {
		v.settle(d, now)
		return nil
	})
	switch {
	case errors.Is(err, store.ErrNotFound): // somebody else has sent it, or the call is deleted
	case err != nil:
		s.Log.Error("writing down what came of a webhook failed; it is sent again",
			"call", d.CallID, "endpoint", d.EndpointID, "err", err)
	default:
		crashpoint.Point(crashpoint.DeliverAfterCommit)
		s.told(&after, v)
	}
}

// told counts and logs what came of a try.
func (s *Sender) told(d *store.Delivery, v verdict) {
	s.metrics.tried(d.State, v.try.Duration)
	if d.State == store.Pending {
		s.Look() // it is due again, at a time that the loop does not know of
	}
	if d.State == store.Dead {
		s.Log.Warn("a webhook is given up",
			"call", d.CallID, "endpoint", d.EndpointID, "event", d.EventID(), "err", v.try.Error)
	}
}

// disable stops an endpoint that says it is gone.
func (s *Sender) disable(ctx context.Context, e *store.Endpoint) {
	now := s.Store.Now()
	_, err := s.Store.ChangeEndpoint(ctx, e.ID, func(e *store.Endpoint) {
		if e.DisabledAt.IsZero() {
			e.DisabledAt, e.DisabledWhy = now, "it answered 410 Gone"
		}
	})
	if err != nil {
		s.Log.Error("an endpoint that is gone could not be disabled", "endpoint", e.ID, "err", err)
		return
	}
	s.Log.Warn("an endpoint answered 410 Gone, and is disabled", "endpoint", e.ID)
}
