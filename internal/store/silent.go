package store

import (
	"context"
	"fmt"
	"strings"
	"time"
)

// A Call whose leg may be alive, and of which nothing new was heard since $1. Of EXISTS,
// PostgreSQL would make a join, and read all attempts there are.
const selectSilent = `SELECT id FROM calls WHERE state = 'dialing' AND id > $2 AND (
	SELECT count(*) FROM attempts WHERE call_id = calls.id AND ended_at IS NULL AND dialed_at < $1
		AND coalesce(placed_at, 0) < $1 AND coalesce(initiated_at, 0) < $1
		AND coalesce(ringing_at, 0) < $1 AND coalesce(answered_at, 0) < $1) > 0
	ORDER BY id LIMIT $3`

// Silent returns the ids, after one, of at most limit Calls with a leg that may be alive and
// of which nothing new was heard since then.
func (s *Store) Silent(ctx context.Context, since time.Time, after string, limit int) ([]string, error) {
	ids, err := queryIDs(reader{ctx, s.read}, selectSilent, micros(since), after, limit)
	if err != nil {
		return nil, fmt.Errorf("looking for silent legs: %w", err)
	}
	return ids, nil
}

// spreadAsks has what is due to be asked about by $1 looked at one leg every $2
// microseconds instead, in its order.
const spreadAsks = `UPDATE calls SET wake_at = CAST($1 AS BIGINT) + v.place * CAST($2 AS BIGINT) FROM (
	SELECT id, CAST(sum(legs) OVER (ORDER BY wake_at, id) AS BIGINT) AS place FROM (
		SELECT id, wake_at, (SELECT count(*) FROM attempts WHERE call_id = calls.id AND ended_at IS NULL) AS legs
		FROM calls WHERE state = 'dialing' AND wake_at <= CAST($1 AS BIGINT) SKIPPING LOCKED) AS due) AS v
	WHERE calls.id = v.id RETURNING calls.wake_at`

// SpreadAsks has the legs that are due to be asked about looked at one by one, and returns
// when the last of them is. When to look is a plan, and no fact about the Call: it is made
// anew with whatever happens to it.
func (s *Store) SpreadAsks(ctx context.Context, now time.Time, apart time.Duration) (last time.Time, err error) {
	last = now
	err = s.tx(ctx, func(t *tx) error {
		query := strings.Replace(spreadAsks, " SKIPPING LOCKED", s.dialect.skipLocked, 1)
		return t.each(query, []any{micros(now), apart.Microseconds()}, func(scan func(...any) error) error {
			var at time.Time
			err := scan(asMicros{&at})
			if at.After(last) {
				last = at
			}
			return err
		})
	})
	if err != nil {
		return last, fmt.Errorf("spreading what is to be asked about: %w", err)
	}
	return last, nil
}
