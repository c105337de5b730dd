package store

import (
	"context"
	"fmt"
)

// What a name made and has not ended. Both go by the index of a name's calls that have not ended: what has ended costs
// nothing.
const (
	selectGoingOn = `SELECT id FROM calls WHERE made_by = $1 AND outcome IS NULL AND cancel_requested_at IS NULL
		ORDER BY id LIMIT $2`
	countGoingOn = `SELECT count(*) FROM
		(SELECT id FROM calls WHERE made_by = $1 AND outcome IS NULL ORDER BY id LIMIT $2) AS counted`
)

// GoingOn returns the ids of the first Calls of a name that have not ended, and that nobody has canceled.
func (s *Store) GoingOn(ctx context.Context, name string, limit int) ([]string, error) {
	ids, err := queryIDs(s.reading(ctx), selectGoingOn, storable(name), limit)
	if err != nil {
		return nil, fmt.Errorf("looking for the calls of an API key: %w", err)
	}
	return ids, nil
}

// CountGoingOn returns how many Calls of a name have not ended, counted up to most.
func (s *Store) CountGoingOn(ctx context.Context, name string, most int) (n int, err error) {
	if _, err := s.reading(ctx).row(countGoingOn, []any{storable(name), most}, &n); err != nil {
		return 0, fmt.Errorf("counting the calls of an API key: %w", err)
	}
	return n, nil
}

// EndpointsOf returns the ids of the endpoints that a name made.
func (s *Store) EndpointsOf(ctx context.Context, name string) (ids []string, err error) {
	list, err := s.Endpoints(ctx)
	for _, e := range list {
		if e.Source == FromAPI && e.By == name {
			ids = append(ids, e.ID)
		}
	}
	return ids, err
}
