package store

import (
	"cmp"
	"maps"
	"slices"
	"strconv"
	"time"

	"redial/internal/call"
	"redial/internal/store/engine"
)

// outbox is the part of a batch that is about webhooks.
type outbox struct {
	*loaded
	endpoints map[string]*Endpoint
	rows      map[DeliveryKey]*sending // the rows that were read
	handed    []*Delivery              // to be sent after the commit; a slot was taken for each
	left      bool                     // a Delivery is due for which there was no slot
	behind    map[DeliveryKey]bool     // whether a written Delivery has another before it in its sequence
}

// sending is a Delivery before and after the batch.
type sending struct{ before, after Delivery }

func newOutbox(l *loaded) outbox {
	return outbox{
		loaded: l, endpoints: map[string]*Endpoint{},
		rows: map[DeliveryKey]*sending{}, behind: map[DeliveryKey]bool{},
	}
}

// readDeliveries locks the Calls whose deliveries change, and reads these deliveries and the next ones of their
// sequences. A sequence only changes under the lock of its Call, so the next message becomes due even if another
// transaction adds one at the same time. These Calls are locked together with those of the changes, so that all are
// locked in one order.
func (box *outbox) readDeliveries(r *reads) {
	if box.store.sender == nil {
		return
	}
	box.add(readEndpoints(func(e *Endpoint) { box.endpoints[e.ID] = e }))
	if len(r.deliveries) == 0 {
		return
	}
	ids := map[string]bool{}
	for _, o := range r.deliveries {
		ids[storable(o.key.CallID)] = true
	}
	if box.store.Shared() {
		all := maps.Clone(ids)
		for _, id := range r.byID {
			all[id] = true
		}
		box.add(engine.Statement{
			SQL: "SELECT id FROM calls WHERE id IN ($1) ORDER BY id", Args: []any{sortedList(all)},
			Lock: engine.ForUpdate, Index: byID,
		})
	}
	inSequence, most := map[sequence]int{}, 0
	endpoints, seqs := map[string]bool{}, map[string]bool{}
	for _, o := range r.deliveries {
		inSequence[o.key.sequence()]++
		most = max(most, inSequence[o.key.sequence()]) // so many may be over after this batch; the one after them is next
		endpoints[storable(o.key.EndpointID)], seqs[strconv.Itoa(o.key.Seq)] = true, true
	}
	found := func(d *Delivery) {
		if box.rows[d.DeliveryKey] == nil {
			box.rows[d.DeliveryKey] = &sending{before: *d, after: *d}
		}
	}
	box.add(deliveries(ofSequences, []any{sortedList(ids), sortedList(seqs), most, sortedList(endpoints)}, found))
	for _, o := range r.deliveries {
		if o.again {
			box.add(deliveries(ofKey, []any{storable(o.key.CallID), storable(o.key.EndpointID), o.key.Seq}, found))
		}
	}
}

const ofKey = "call_id = $1 AND endpoint_id = $2 AND seq = $3"

// ofSequences finds pending Deliveries in the sequences of Calls ($1) and endpoints ($4): the heads of the sequences,
// those with one of the numbers in $2, and the first $3 + 1 of each sequence. The next one is among them, whichever
// are settled or replayed. The bodies of all others are not read. An endpoint may have any number of pending
// Deliveries, so endpoint_id is compared in a way for which no index is used.
const ofSequences = `call_id IN ($1) AND endpoint_id || '' IN ($4) AND state = 'pending' AND (wake_at IS NOT NULL
	OR CAST(seq AS TEXT) IN ($2)
	OR seq <= COALESCE((SELECT p.seq FROM deliveries AS p WHERE p.endpoint_id = deliveries.endpoint_id
		AND p.state = 'pending' AND p.call_id = deliveries.call_id ORDER BY p.seq LIMIT 1 OFFSET $3), seq))`

func sortedList(set map[string]bool) engine.List { return slices.Sorted(maps.Keys(set)) }

// settleSequences queues the changes of the deliveries, and makes the next one of each sequence due.
func (box *outbox) settleSequences() error {
	sequences := map[sequence][]*sending{}
	for _, k := range sortedKeys(box.rows) {
		if d := box.rows[k]; d.after.State == Pending {
			sequences[k.sequence()] = append(sequences[k.sequence()], d)
		}
	}
	for _, list := range sequences {
		if !slices.ContainsFunc(list, func(d *sending) bool { return !d.after.WakeAt.IsZero() }) {
			box.hand(&list[0].after)
		}
	}
	var changes []rowChange
	for _, k := range sortedKeys(box.rows) {
		d := box.rows[k]
		if sameDelivery(&d.before, &d.after) {
			continue
		}
		changes = append(changes, rowChange{mutableDelivery(&d.before), mutableDelivery(&d.after)})
		if d.after.Forget && d.after.State != Pending {
			box.add(engine.Statement{SQL: forgetDelivery, Args: []any{k.CallID, k.EndpointID, k.Seq}})
		}
	}
	return box.update(&updateDelivery, changes)
}

const forgetDelivery = `UPDATE deliveries SET body = '', url = '' WHERE call_id = $1 AND endpoint_id = $2 AND seq = $3`

func sortedKeys(rows map[DeliveryKey]*sending) []DeliveryKey {
	return slices.SortedFunc(maps.Keys(rows), func(a, b DeliveryKey) int {
		return cmp.Or(cmp.Compare(a.CallID, b.CallID), cmp.Compare(a.EndpointID, b.EndpointID), cmp.Compare(a.Seq, b.Seq))
	})
}

func sameDelivery(a, b *Delivery) bool {
	return a.State == b.State && a.WakeAt.Equal(b.WakeAt) && a.Since.Equal(b.Since) &&
		a.Failures == b.Failures && slices.Equal(a.Tries, b.Tries)
}

// hand makes a Delivery due. It is sent after the commit if the Sender has a slot.
func (box *outbox) hand(d *Delivery) {
	now := box.store.Now()
	d.WakeAt, d.Endpoint = now, box.endpoints[d.EndpointID]
	if !box.store.sender.Take(d.Target) {
		box.left = true
		return
	}
	d.WakeAt = now.Add(DeliveryLease)
	box.handed = append(box.handed, d)
}

// publish queues a Delivery of each of the batch's Events for each endpoint that wants it.
func (box *outbox) publish(changed []*stored) error {
	if box.store.sender == nil {
		return nil
	}
	var rows [][]column
	heads := map[sequence]*Delivery{}
	for _, c := range changed {
		for i := range c.events {
			list, err := box.deliveriesOf(c.then[i], &c.events[i])
			if err != nil {
				return err
			}
			for _, d := range list {
				if heads[d.sequence()] == nil { // the sequence is empty, as far as this batch knows
					heads[d.sequence()] = d
					box.hand(d)
				}
				rows = append(rows, deliveryColumns(d))
			}
		}
	}
	return box.write(&insertDelivery, rows, func(scan func(...any) error) error {
		var k DeliveryKey
		var at time.Time
		err := scan(&k.CallID, &k.EndpointID, &k.Seq, asMicros{&at})
		box.behind[k] = at.IsZero()
		return err
	})
}

// insertDelivery inserts Deliveries. One that is the head of its sequence is inserted as not yet due if the table has
// another head.
var insertDelivery = bulk{insert: &engine.Insertion{
	Table: "deliveries", Columns: asWritten(deliveryColumns(new(Delivery))),
	Compute: map[string]string{"wake_at": `CASE WHEN EXISTS (SELECT 1 FROM deliveries AS d
		WHERE d.call_id = {call_id} AND d.endpoint_id = {endpoint_id} AND d.state = 'pending') THEN NULL ELSE {wake_at} END`},
	Returns: []string{"call_id", "endpoint_id", "seq", "wake_at"},
}}

// deliveriesOf are the Deliveries of an Event, one for each endpoint that wants it.
func (box *outbox) deliveriesOf(c *call.Call, e *call.Event) (list []*Delivery, err error) {
	add := func(id, url, target string) {
		list = append(list, &Delivery{
			DeliveryKey: DeliveryKey{c.ID, id, e.Seq}, Type: e.Type, At: e.At, URL: url, Target: target,
			State: Pending, Since: box.store.Now(),
		})
	}
	if c.Webhook != "" && box.store.sender.OfCall().Wants(e.Type) {
		add(OfCall, c.Webhook, Host(c.Webhook))
	}
	for _, id := range slices.Sorted(maps.Keys(box.endpoints)) {
		x := box.endpoints[id]
		if !x.Events.Wants(e.Type) || !x.DisabledAt.IsZero() || !x.MayHear(c) {
			continue
		}
		add(id, x.URL, id)
	}
	if len(list) == 0 {
		return nil, nil
	}
	body, err := box.store.sender.Body(c, e)
	for _, d := range list {
		d.Body = body
	}
	return list, err
}

// dispatch gives the Sender the committed Deliveries that it has slots for. It gives back the slots of those that
// turned out to have another before them.
func (box *outbox) dispatch() {
	var list []Delivery
	for _, d := range box.handed {
		if box.behind[d.DeliveryKey] {
			box.store.sender.Drop(d.Target)
		} else {
			list = append(list, *d)
		}
	}
	if len(list) > 0 {
		box.store.sender.Start(list)
	}
	if box.left {
		box.store.sender.Look()
	}
}

// recall gives back the slots of a batch that has failed.
func (box *outbox) recall() {
	for _, d := range box.handed {
		box.store.sender.Drop(d.Target)
	}
	box.handed = nil
}
