package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"redial/internal/call"
	"redial/internal/store/engine"
)

// ErrSIDTaken is returned if a step gives an attempt the sid of another attempt.
var ErrSIDTaken = errors.New("another attempt has this CallSid already")

// keyOfSID is the unique key of the attempts' sids.
var keyOfSID = engine.Key{Index: "attempts_sid", Table: "attempts", Columns: []string{"sid"}}

// Change is the only way to change a Call. In one transaction, which other changes may share, it loads Call id under
// its row's lock, runs the step, and saves the Call and its Events. It returns the Call as saved; or ErrNotFound,
// ErrSIDTaken, or the step's own error, in which case nothing is saved.
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
