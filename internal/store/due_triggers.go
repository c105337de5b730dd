package store

import (
	"context"
	"fmt"
	"time"
)

// Triggered receives when a trigger of this node may have something to wait for.
func (s *Store) Triggered() <-chan struct{} { return s.triggered }

const selectDueTrigger = "SELECT name FROM triggers WHERE name = $1 AND wake_at <= $2"

// IsDue says whether a trigger's time had come at a time.
func (s *Store) IsDue(ctx context.Context, trigger string, at time.Time) (bool, error) {
	names, err := queryIDs(s.reading(ctx), selectDueTrigger, trigger, micros(at))
	if err != nil {
		return false, fmt.Errorf("reading whether the trigger %s is due: %w", trigger, err)
	}
	return len(names) > 0, nil
}

// dueTriggers are those whose time has come, the longest ago first.
const (
	dueTriggers = "SELECT name FROM triggers WHERE wake_at <= $1 ORDER BY wake_at LIMIT $2"
	nextTrigger = "SELECT wake_at FROM triggers WHERE wake_at IS NOT NULL ORDER BY wake_at LIMIT 1"
)

// DueTriggers returns the triggers whose time has come, at most limit, the longest ago first, and when the next one's
// comes, zero if none does.
func (s *Store) DueTriggers(ctx context.Context, now time.Time, limit int) (names []string, next time.Time, err error) {
	names, err = queryIDs(s.reading(ctx), dueTriggers, micros(now), limit)
	if err == nil && len(names) == 0 {
		_, err = s.reading(ctx).row(nextTrigger, nil, asMicros{&next})
	}
	if err != nil {
		return nil, next, fmt.Errorf("reading which triggers are due: %w", err)
	}
	return names, next, nil
}
