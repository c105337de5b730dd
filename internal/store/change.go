package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"redial/internal/call"
	"redial/internal/store/engine"
)

// ErrSIDTaken is returned for a step that gives an attempt the sid of another.
var ErrSIDTaken = errors.New("another attempt has this CallSid already")

// keyOfSID is the key of attempts that lets no two have one sid.
var keyOfSID = engine.Key{Index: "attempts_sid", Table: "attempts", Columns: []string{"sid"}}

// Change is the one door: it loads Call id under its row's lock, runs the step,
// and saves the Call and its Events, in one transaction, which others may share.
// It returns the Call as saved, ErrNotFound, ErrSIDTaken, or the step's own error, after
// any of which nothing is saved.
func (s *Store) Change(ctx context.Context, id string, now time.Time, step Step) (call.Call, error) {
	o := &changing{id: id, step: step}
	if err := s.commit(ctx, now, o); err != nil {
		if s.engine.Taken(err, keyOfSID) {
			err = ErrSIDTaken
		}
		return call.Call{}, fmt.Errorf("changing call %s: %w", id, err)
	}
	return o.after, nil
}

// changing is an operation: it runs a step on one Call.
type changing struct {
	entry
	id    string
	step  Step
	after call.Call
}

func (o *changing) read(r *reads) { r.byID = append(r.byID, o.id) }

func (o *changing) decide(b *batch) { o.after, o.err = b.get(o.id).step(o.step) }

func (o *changing) write(*batch) {}

func (o *changing) committed(*batch) {}

func (o *changing) failed(err error) { o.err = err }
