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
	return s.ChangeBy(ctx, Asker{}, id, now, step)
}

// ChangeBy is Change on behalf of somebody. The same transaction keeps in the audit what they did, if the step caused
// an event that says so.
func (s *Store) ChangeBy(ctx context.Context, by Asker, id string, now time.Time, step Step) (call.Call, error) {
	o := &changing{by: by, id: id, step: step}
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
	by    Asker
	id    string
	step  Step
	after call.Call
}

func (o *changing) read(r *reads) { r.byID = append(r.byID, o.id) }

func (o *changing) decide(b *batch) {
	c := b.get(o.id)
	before := len(c.events)
	o.after, o.err = c.step(o.step)
	b.note(o.by, deeds(o.id, c.events[before:])...)
}

func (o *changing) write(*batch) {}

func (o *changing) committed(*batch) {}

func (o *changing) failed(err error) { o.err = err }
