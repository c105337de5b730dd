package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"redial/internal/call"
)

// ErrNotFound is returned when there is no such Call.
var ErrNotFound = errors.New("there is no such call")

// Step is a pure step on a Call: it may run more than once.
type Step func(*call.Call) ([]call.Event, error)

// Change is the one door: it loads Call id under its row's lock, runs the step,
// and saves the Call and its Events, in one transaction, which others may share.
// It returns the Call as saved, ErrNotFound, or the step's own error, after which
// nothing is saved.
func (s *Store) Change(ctx context.Context, id string, now time.Time, step Step) (call.Call, error) {
	o := &changing{id: id, step: step}
	if err := s.commit(ctx, now, o); err != nil {
		return call.Call{}, fmt.Errorf("changing call %s: %w", id, err)
	}
	return o.after, nil
}

type changing struct {
	ticket
	id    string
	step  Step
	after call.Call
}
