package store

import (
	"context"
	"fmt"

	"redial/internal/call"
	"redial/internal/crashpoint"
)

// Create stores a new Call and its Events. If the Idempotency-Key was used for the same request before, it stores
// nothing, and returns that request's Call, with replayed set. An Idempotency-Key is kept as long as its Call's row.
func (s *Store) Create(
	ctx context.Context, by Asker, c call.Call, events []call.Event, key Idempotency,
) (made call.Call, replayed bool, err error) {
	o := &creating{by: by, call: c, events: events, key: key}
	if err := s.commit(ctx, c.CreatedAt, o); err != nil {
		return call.Call{}, false, fmt.Errorf("creating a call: %w", err)
	}
	crashpoint.Point(crashpoint.CreateAfterCommit)
	return o.made, o.keyed != nil && o.keyed.first != "", nil
}

// creating is an operation: it stores a new Call, or finds the one that the same request created before.
type creating struct {
	entry
	by     Asker
	call   call.Call
	events []call.Event
	key    Idempotency

	keyed *keyedRequest // nil without an Idempotency-Key
	made  call.Call
}

func (o *creating) read(r *reads) {
	o.keyed = nil
	if o.key.Key != "" {
		o.keyed = &keyedRequest{call: &o.call, key: o.key}
		r.keyed = append(r.keyed, o.keyed)
	}
}

func (o *creating) decide(b *batch) {
	if k := o.keyed; k != nil && !k.inserted {
		o.made, o.err = k.before(b.loaded)
		return
	}
	o.made, o.err = o.call, nil
	b.addNew(&o.call).record(&o.call, o.events)
	crashpoint.Point(crashpoint.CreateBeforeCommit)
}

func (o *creating) write(b *batch) {
	if o.keyed == nil { // otherwise its row is inserted already
		b.newCalls = append(b.newCalls, callColumns(&o.call))
	}
}

func (o *creating) committed(*batch) {}

func (o *creating) failed(err error) { o.err = err }
