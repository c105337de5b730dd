package store

import (
	"context"
	"fmt"
	"time"

	"redial/internal/crashpoint"
)

// clockSamples are taken to measure an offset; the quickest answer tells most.
const clockSamples = 3

// Now is the present as the store keeps it: by the database's clock where nodes
// share it, in UTC, in whole microseconds.
func (s *Store) Now() time.Time {
	now := crashpoint.Now
	if s.clock != nil {
		now = s.clock
	}
	return now().Add(s.ClockOffset()).UTC().Truncate(time.Microsecond)
}

// ClockOffset is how far the database's clock is ahead of this node's, as last
// measured; 0 where it is the same.
func (s *Store) ClockOffset() time.Duration { return time.Duration(s.offset.Load()) }

// SyncClock measures ClockOffset anew. It does nothing where nobody shares the database, whose clock is
// this node's own then.
func (s *Store) SyncClock(ctx context.Context) error {
	if !s.engine.Shared() || s.clock != nil {
		return nil
	}
	quickest := time.Duration(-1)
	for range clockSamples {
		asked := crashpoint.Now()
		theirs, err := s.engine.Now(ctx)
		if err != nil {
			return fmt.Errorf("reading the database's clock: %w", err)
		}
		took := crashpoint.Now().Sub(asked)
		if quickest < 0 || took < quickest {
			quickest = took
			s.offset.Store(int64(offsetOf(asked, theirs, took)))
		}
	}
	return nil
}

// offsetOf is how far a clock is ahead that showed theirs in an answer: it was read when half of the
// time was over that the answer took.
func offsetOf(asked, theirs time.Time, took time.Duration) time.Duration {
	return theirs.Sub(asked.Add(took / 2).Round(0))
}
