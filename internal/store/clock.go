package store

import (
	"context"
	"fmt"
	"time"

	"redial/internal/crashpoint"
)

// clockSamples is how many samples are taken to measure an offset. The one with the quickest answer is the most exact.
const clockSamples = 3

// Now is the time as the store keeps it: the database's if nodes share it, in UTC, in whole microseconds.
func (s *Store) Now() time.Time {
	now := crashpoint.Now
	if s.clock != nil {
		now = s.clock
	}
	return now().Add(s.ClockOffset()).UTC().Truncate(time.Microsecond)
}

// ClockOffset is how far the database's clock is ahead of this node's, as last measured. It is 0 if both are the same
// clock.
func (s *Store) ClockOffset() time.Duration { return time.Duration(s.offset.Load()) }

// SyncClock measures ClockOffset anew. It does nothing if no other node shares the database: then both are the same
// clock.
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

// readClock reads the clock that Now goes by.
func (s *Store) readClock(ctx context.Context) (time.Time, error) {
	if s.clock != nil {
		return s.clock(), nil
	}
	return s.engine.Now(ctx)
}

// offsetOf is how far another clock is ahead. It was read at theirs, assumed to be halfway between the question at
// asked and the answer, which came after took.
func offsetOf(asked, theirs time.Time, took time.Duration) time.Duration {
	return theirs.Sub(asked.Add(took / 2).Round(0))
}
