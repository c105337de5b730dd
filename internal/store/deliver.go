package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"redial/internal/crashpoint"
)

// ChangeDelivery runs a pure step on a pending Delivery, and saves the result, in a transaction that others may share.
// When the Delivery is no longer pending, the next one of the sequence becomes due, and is sent at once if there is a
// slot. It returns the Delivery as saved; or ErrNotFound, or the step's own error, in which case nothing is saved.
func (s *Store) ChangeDelivery(
	ctx context.Context, k DeliveryKey, now time.Time, step func(*Delivery) error,
) (Delivery, error) {
	return s.deliver(ctx, now, &delivering{key: k, step: step})
}

// Replay makes a Delivery pending again that no longer is. It is sent again after the pending ones before it in its
// sequence. ErrForgotten means that its body is gone.
func (s *Store) Replay(ctx context.Context, by Asker, k DeliveryKey, now time.Time) (Delivery, error) {
	return s.deliver(ctx, now, &delivering{by: by, key: k, again: true, step: func(d *Delivery) error {
		switch {
		case d.State == Pending:
			return nil
		case d.Body == "":
			return ErrForgotten
		}
		d.State, d.Since, d.Failures = Pending, now, 0
		return nil
	}})
}

func (s *Store) deliver(ctx context.Context, now time.Time, o *delivering) (Delivery, error) {
	if err := s.commit(ctx, now, o); err != nil {
		return Delivery{}, fmt.Errorf("changing the delivery of %s: %w", o.key.EventID(), err)
	}
	return o.after, nil
}

// delivering is an operation: it runs a step on one Delivery.
type delivering struct {
	entry
	by    Asker
	key   DeliveryKey
	step  func(*Delivery) error
	again bool // also if the Delivery is no longer pending
	after Delivery
}

func (o *delivering) read(r *reads) {
	r.deliveries = append(r.deliveries, deliveryRead{o.key, o.again})
}

func (o *delivering) decide(b *batch) { o.err = o.change(b) }

func (o *delivering) change(b *batch) (err error) {
	defer crashpoint.Contain(&err)
	d := b.rows[o.key]
	if d == nil {
		return ErrNotFound
	}
	after := d.after
	after.Tries = slices.Clone(after.Tries)
	if err := o.step(&after); err != nil {
		return err
	}
	if e := b.endpoints[o.key.EndpointID]; e != nil && !e.DisabledAt.IsZero() && !after.WakeAt.IsZero() {
		after.WakeAt = earlier(after.WakeAt, b.store.Now()) // due now, so that the Sender gives it up
	}
	if o.again && d.after.State != Pending {
		b.note(o.by, AuditEntry{At: o.now, What: EndpointReplay, Of: o.key.EndpointID, Detail: o.key.EventID()})
	}
	d.after, o.after = after, after
	crashpoint.Point(crashpoint.DeliverBeforeCommit)
	return nil
}

func (o *delivering) write(*batch) {}

func (o *delivering) committed(*batch) {}

func (o *delivering) failed(err error) { o.err = err }
