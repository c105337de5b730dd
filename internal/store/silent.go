package store

import (
	"context"
	"fmt"
	"time"

	"redial/internal/store/engine"
)

// Calls with a leg that may be alive, of which nothing new was heard since $1. With EXISTS a planner might choose a
// join, and read all attempts.
const selectSilent = `SELECT id FROM calls WHERE state = 'dialing' AND id > $2 AND (
	SELECT count(*) FROM attempts WHERE call_id = calls.id AND ended_at IS NULL AND dialed_at < $1
		AND coalesce(placed_at, 0) < $1 AND coalesce(initiated_at, 0) < $1
		AND coalesce(ringing_at, 0) < $1 AND coalesce(answered_at, 0) < $1) > 0
	ORDER BY id LIMIT $3`

// Silent returns the ids of at most limit Calls after an id, with a leg that may be alive and of which nothing new was
// heard since a time.
func (s *Store) Silent(ctx context.Context, since time.Time, after string, limit int) ([]string, error) {
	var ids []string
	err := s.engine.Read(ctx, engine.Statement{
		SQL: selectSilent, Args: []any{micros(since), after, limit}, Index: byState,
		Rows: func(scan func(...any) error) error {
			var id string
			err := scan(&id)
			ids = append(ids, id)
			return err
		},
	})
	if err != nil {
		return nil, fmt.Errorf("looking for silent legs: %w", err)
	}
	return ids, nil
}

// The Calls that are due to be asked about by $1, and how many legs each has to ask about.
const selectToSpread = `SELECT id, wake_at,
	(SELECT count(*) FROM attempts WHERE call_id = calls.id AND ended_at IS NULL)
	FROM calls WHERE state = 'dialing' AND wake_at <= $1 ORDER BY wake_at, id`

var wakeCall = updating("calls", 1, wakeColumns(new(string), new(time.Time)))

func wakeColumns(id *string, at *time.Time) []column {
	return []column{{"id", id}, {"wake_at", asMicros{at}}}
}

// SpreadAsks spreads the looks at legs that are due to be asked about, one after another, and returns the time of the
// last look. This changes no fact about a Call, only the time of a look, which is planned anew whenever something
// happens to the Call.
func (s *Store) SpreadAsks(ctx context.Context, now time.Time, apart time.Duration) (last time.Time, err error) {
	err = s.tx(ctx, func(t *tx) error {
		last = now
		var changes []rowChange
		st := engine.Statement{SQL: selectToSpread, Args: []any{micros(now)}, Lock: engine.SkipLocked}
		st.Index = engine.Index{Table: "calls", Name: "calls_due"}
		st.Rows = func(scan func(...any) error) error {
			var id string
			var due time.Time
			legs := 0
			err := scan(&id, asMicros{&due}, &legs)
			last = last.Add(time.Duration(legs) * apart)
			at := last
			changes = append(changes, rowChange{wakeColumns(&id, &due), wakeColumns(&id, &at)})
			return err
		}
		t.add(st)
		if err := t.flush(); err != nil {
			return err
		}
		return t.update(&wakeCall, changes)
	})
	if err != nil {
		return last, fmt.Errorf("spreading what is to be asked about: %w", err)
	}
	return last, nil
}
