package store

import (
	"context"
	"fmt"

	"redial/internal/call"
	"redial/internal/crashpoint"
	"redial/internal/store/engine"
)

// Create stores a new Call and its Events. A key of the database that asks is read in the same transaction: if it no
// longer works, nothing is stored, and the error is ErrKeyEnded. If the Idempotency-Key was used for the same request
// before, it stores nothing, and returns that request's Call, with replayed set. An Idempotency-Key is kept as long as
// its Call's row. If a bound does not permit one more Call, nothing is stored, and the error is a *TooManyError.
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

	asks    *keyRead      // nil unless a key of the database asks
	keyed   *keyedRequest // nil without an Idempotency-Key
	made    call.Call
	refused bool // a bound is reached
}

func (o *creating) read(r *reads) {
	o.asks, o.keyed, o.refused = r.readKey(o.by.KeyID), nil, false
	r.asked = append(r.asked, &o.call)
	if o.key.Key != "" {
		o.keyed = &keyedRequest{call: &o.call, key: o.key, asks: o.asks}
		r.keyed = append(r.keyed, o.keyed)
	}
}

func (o *creating) decide(b *batch) {
	if o.asks.ended() {
		o.err = ErrKeyEnded
		return
	}
	if k := o.keyed; k != nil && !k.inserted {
		o.made, o.err = k.before(b.loaded)
		return
	}
	if o.err = b.admit(&o.call); o.err != nil {
		o.refused = true
		b.withdraw(&o.call, o.err)
		return
	}
	o.made, o.err = o.call, nil
	b.addNew(&o.call).record(&o.call, o.events)
	b.note(o.by, deeds(o.call.ID, o.events)...)
	crashpoint.Point(crashpoint.CreateBeforeCommit)
}

func (o *creating) write(b *batch) {
	switch {
	case o.keyed == nil && o.err == nil: // with an Idempotency-Key its row is inserted already
		b.newCalls = append(b.newCalls, callColumns(&o.call))
	case o.keyed != nil && o.refused:
		b.add(engine.Statement{SQL: deleteCalls, Args: []any{engine.List{o.call.ID}}})
	}
}

func (o *creating) committed(*batch) {}

func (o *creating) failed(err error) { o.err = err }
