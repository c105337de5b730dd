package store

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"redial/internal/call"
	"redial/internal/crashpoint"
	"redial/internal/store/engine"
)

// Sender sends webhooks. What a batch makes due is handed over as soon as it is on disk, if
// the Sender has a slot for it: then it needs no claim.
type Sender interface {
	// Body is what is sent of an Event, with the Call as it was then. It is pure.
	Body(*call.Call, *call.Event) (string, error)
	// OfCall says which events are sent to the webhook that a Call brings itself.
	OfCall() Filter

	// Take takes a slot for one exchange with a target, or says that there is none. Drop
	// gives it back.
	Take(target string) bool
	Drop(target string)
	// Start sends what slots were taken for, and is on disk by now.
	Start([]Delivery)
	// Look makes the Sender look at the database: something is due that no slot was taken for.
	Look()
}

// SendBy names the Sender, once, before anything is written. Without one there are no
// webhooks.
func (s *Store) SendBy(x Sender) { s.sender = x }

// wakeSender has the Sender look at what is due.
func (s *Store) wakeSender() {
	if s.sender != nil {
		s.sender.Look()
	}
}

// ChangeDelivery runs a pure step on a Delivery that is pending, and saves what that made of it, in a
// transaction that others may share. It sees to the sequence: when the Delivery is no longer
// pending, the next one is due, and goes out at once where there is a slot. It returns the
// Delivery as saved, ErrNotFound, or the step's own error, after which nothing is saved.
func (s *Store) ChangeDelivery(ctx context.Context, k DeliveryKey, now time.Time, step func(*Delivery) error) (Delivery, error) {
	return s.deliver(ctx, now, &delivering{key: k, step: step})
}

// Replay puts a Delivery back that is no longer pending: it goes out again, when what is
// in front of it in its sequence has. ErrForgotten says that there is nothing left to send.
func (s *Store) Replay(ctx context.Context, k DeliveryKey, now time.Time) (Delivery, error) {
	return s.deliver(ctx, now, &delivering{key: k, again: true, step: func(d *Delivery) error {
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
	key   DeliveryKey
	step  func(*Delivery) error
	again bool // also one that is no longer pending
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
		after.WakeAt = earlier(after.WakeAt, b.store.Now()) // to be given up
	}
	d.after, o.after = after, after
	crashpoint.Point(crashpoint.DeliverBeforeCommit)
	return nil
}

func (o *delivering) write(*batch) {}

func (o *delivering) committed(*batch) {}

func (o *delivering) failed(err error) { o.err = err }

// deliveryRead is a Delivery that is to be changed.
type deliveryRead struct {
	key   DeliveryKey
	again bool // also one that is no longer pending
}

// outbox is the part of a batch that is about webhooks.
type outbox struct {
	endpoints map[string]*Endpoint
	rows      map[DeliveryKey]*sending // that were read
	handed    []*Delivery              // slots were taken for them
	left      bool                     // something is due that no slot was taken for
	behind    map[DeliveryKey]bool     // whether what was written waits behind another
}

// sending is a Delivery as it stood, and as it is to be.
type sending struct{ before, after Delivery }

func newOutbox() outbox {
	return outbox{endpoints: map[string]*Endpoint{}, rows: map[DeliveryKey]*sending{}, behind: map[DeliveryKey]bool{}}
}

// readDeliveries locks the Calls whose deliveries change, and reads these with what is next
// behind them. A sequence is only ever changed under the lock of its Call: so the next message
// is made due, whoever adds one at the same time. The Calls of the changes are locked
// with them, so that all are locked in one order.
func (b *batch) readDeliveries() {
	if b.store.sender == nil {
		return
	}
	b.add(readEndpoints(func(e *Endpoint) { b.endpoints[e.ID] = e }))
	if len(b.deliveries) == 0 {
		return
	}
	ids := map[string]bool{}
	for _, o := range b.deliveries {
		ids[storable(o.key.CallID)] = true
	}
	if b.store.Shared() {
		all := maps.Clone(ids)
		for _, id := range b.byID {
			all[id] = true
		}
		b.add(statement{sql: "SELECT id FROM calls WHERE id IN ($1) ORDER BY id", args: []any{sortedList(all)}, lock: engine.ForUpdate})
	}
	inSequence, most := map[sequence]int{}, 0
	endpoints, seqs := map[string]bool{}, map[string]bool{}
	for _, o := range b.deliveries {
		inSequence[o.key.sequence()]++
		most = max(most, inSequence[o.key.sequence()]) // as many may be over after this batch, and the one behind is next
		endpoints[storable(o.key.EndpointID)], seqs[strconv.Itoa(o.key.Seq)] = true, true
	}
	found := func(d *Delivery) {
		if b.rows[d.DeliveryKey] == nil {
			b.rows[d.DeliveryKey] = &sending{before: *d, after: *d}
		}
	}
	b.add(deliveries(ofSequences, []any{sortedList(ids), sortedList(seqs), most, sortedList(endpoints)}, found))
	for _, o := range b.deliveries {
		if o.again {
			b.add(deliveries(ofKey, []any{storable(o.key.CallID), storable(o.key.EndpointID), o.key.Seq}, found))
		}
	}
}

const ofKey = "call_id = $1 AND endpoint_id = $2 AND seq = $3"

// ofSequences finds what is pending in the sequences of Calls ($1) and endpoints ($4), without reading
// the bodies of all that waits there: the heads of the sequences, what has one of the numbers of $2,
// and of the others the first of each sequence and $3 more. So whoever is settled or put back, the
// next one is among them. Of an endpoint any number may wait: it is compared in a way for which
// no index is used.
const ofSequences = `call_id IN ($1) AND endpoint_id || '' IN ($4) AND state = 'pending' AND (wake_at IS NOT NULL
	OR CAST(seq AS TEXT) IN ($2)
	OR seq <= COALESCE((SELECT p.seq FROM deliveries AS p WHERE p.endpoint_id = deliveries.endpoint_id AND p.state = 'pending'
		AND p.call_id = deliveries.call_id ORDER BY p.seq LIMIT 1 OFFSET $3), seq))`

func sortedList(set map[string]bool) engine.List { return slices.Sorted(maps.Keys(set)) }

// settleSequences queues what has become of the deliveries that were changed, and makes the
// next one of each sequence due.
func (b *batch) settleSequences() error {
	sequences := map[sequence][]*sending{}
	for _, k := range sortedKeys(b.rows) {
		if d := b.rows[k]; d.after.State == Pending {
			sequences[k.sequence()] = append(sequences[k.sequence()], d)
		}
	}
	for _, list := range sequences {
		if !slices.ContainsFunc(list, func(d *sending) bool { return !d.after.WakeAt.IsZero() }) {
			b.hand(&list[0].after)
		}
	}
	var changes []rowChange
	for _, k := range sortedKeys(b.rows) {
		d := b.rows[k]
		if sameDelivery(&d.before, &d.after) {
			continue
		}
		changes = append(changes, rowChange{mutableDelivery(&d.before), mutableDelivery(&d.after)})
		if d.after.Forget && d.after.State != Pending {
			b.add(statement{sql: forgetDelivery, args: []any{k.CallID, k.EndpointID, k.Seq}})
		}
	}
	return b.update(&updateDelivery, changes)
}

const forgetDelivery = `UPDATE deliveries SET body = '', url = '' WHERE call_id = $1 AND endpoint_id = $2 AND seq = $3`

func sortedKeys(rows map[DeliveryKey]*sending) []DeliveryKey {
	return slices.SortedFunc(maps.Keys(rows), func(a, b DeliveryKey) int {
		return cmp.Or(cmp.Compare(a.CallID, b.CallID), cmp.Compare(a.EndpointID, b.EndpointID), cmp.Compare(a.Seq, b.Seq))
	})
}

func sameDelivery(a, b *Delivery) bool {
	return a.State == b.State && a.WakeAt.Equal(b.WakeAt) && a.Since.Equal(b.Since) && a.Failures == b.Failures && slices.Equal(a.Tries, b.Tries)
}

// hand makes a Delivery due: it goes out with the commit if the Sender has a slot.
func (b *batch) hand(d *Delivery) {
	now := b.store.Now()
	d.WakeAt, d.Endpoint = now, b.endpoints[d.EndpointID]
	if !b.store.sender.Take(d.Target) {
		b.left = true
		return
	}
	d.WakeAt = now.Add(DeliveryLease)
	b.handed = append(b.handed, d)
}

// publish queues the Events of the batch's changes for whoever wants them.
func (b *batch) publish() error {
	if b.store.sender == nil {
		return nil
	}
	var rows [][]column
	heads := map[sequence]*Delivery{}
	for _, c := range b.changed {
		for i := range c.events {
			list, err := b.deliveriesOf(c.then[i], &c.events[i])
			if err != nil {
				return err
			}
			for _, d := range list {
				if heads[d.sequence()] == nil { // of a sequence that is empty, as far as is known
					heads[d.sequence()] = d
					b.hand(d)
				}
				rows = append(rows, deliveryColumns(d))
			}
		}
	}
	return b.write(&insertDelivery, rows, func(scan func(...any) error) error {
		var k DeliveryKey
		var at time.Time
		err := scan(&k.CallID, &k.EndpointID, &k.Seq, asMicros{&at})
		b.behind[k] = at.IsZero()
		return err
	})
}

// insertDelivery writes the head of a sequence as one that waits, if another is there.
var insertDelivery = bulk{insert: &engine.Insertion{
	Table: "deliveries", Columns: asWritten(deliveryColumns(new(Delivery))),
	Compute: map[string]string{"wake_at": `CASE WHEN EXISTS (SELECT 1 FROM deliveries AS d
		WHERE d.call_id = {call_id} AND d.endpoint_id = {endpoint_id} AND d.state = 'pending') THEN NULL ELSE {wake_at} END`},
	Returns: []string{"call_id", "endpoint_id", "seq", "wake_at"},
}}

// deliveriesOf are those of an Event: one for each who wants it, if anybody does.
func (b *batch) deliveriesOf(c *call.Call, e *call.Event) (list []*Delivery, err error) {
	add := func(id, url, target string) {
		list = append(list, &Delivery{
			DeliveryKey: DeliveryKey{c.ID, id, e.Seq}, Type: e.Type, At: e.At, URL: url, Target: target, State: Pending, Since: b.store.Now(),
		})
	}
	if c.Webhook != "" && b.store.sender.OfCall().Wants(e.Type) {
		add(OfCall, c.Webhook, Host(c.Webhook))
	}
	for _, id := range slices.Sorted(maps.Keys(b.endpoints)) {
		x := b.endpoints[id]
		if !x.Events.Wants(e.Type) || !x.DisabledAt.IsZero() {
			continue
		}
		add(id, x.URL, id)
	}
	if len(list) == 0 {
		return nil, nil
	}
	body, err := b.store.sender.Body(c, e)
	for _, d := range list {
		d.Body = body
	}
	return list, err
}

// dispatch gives the Sender what was committed, and gives back the slots of what turned out
// to wait behind something else.
func (b *batch) dispatch() {
	var list []Delivery
	for _, d := range b.handed {
		if b.behind[d.DeliveryKey] {
			b.store.sender.Drop(d.Target)
		} else {
			list = append(list, *d)
		}
	}
	if len(list) > 0 {
		b.store.sender.Start(list)
	}
	if b.left {
		b.store.sender.Look()
	}
}

// recall gives back the slots of a batch that has failed; nil took none.
func (b *batch) recall() {
	if b == nil {
		return
	}
	for _, d := range b.handed {
		b.store.sender.Drop(d.Target)
	}
	b.handed = nil
}
