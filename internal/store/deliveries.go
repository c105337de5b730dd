package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"redial/internal/call"
	"redial/internal/store/engine"
)

// DeliveryState is the state of a Delivery.
type DeliveryState string

// The states of a Delivery.
const (
	Pending   DeliveryState = "pending"
	Delivered DeliveryState = "delivered"
	Dead      DeliveryState = "dead" // given up; Replay makes it pending again
)

// DeliveryStates lists every DeliveryState.
func DeliveryStates() []DeliveryState { return []DeliveryState{Pending, Delivered, Dead} }

// DeliveryKey identifies a Delivery: an event of a Call, and the endpoint that it is for.
type DeliveryKey struct {
	CallID     string
	EndpointID string
	Seq        int
}

// sequence identifies the messages of one Call to one endpoint. Each of them is sent when the one before it is over.
type sequence struct{ call, endpoint string }

func (k DeliveryKey) sequence() sequence { return sequence{k.CallID, k.EndpointID} }

// EventPrefix is the beginning of every event's id.
const EventPrefix = "evt_"

// EventID is the id of the event. It is the same each time the event is sent.
func (k DeliveryKey) EventID() string { return EventID(k.CallID, k.Seq) }

// EventID is the id of an event of a Call.
func EventID(callID string, seq int) string { return EventPrefix + callID + "_" + strconv.Itoa(seq) }

// ParseEventID is the reverse of EventID. It refuses a number that is too large for its column: the driver would fail
// everything in the same batch.
func ParseEventID(id string) (callID string, seq int, ok bool) {
	rest, ours := strings.CutPrefix(id, EventPrefix)
	at := strings.LastIndexByte(rest, '_')
	if !ours || at < 1 {
		return "", 0, false
	}
	seq, err := strconv.Atoi(rest[at+1:])
	if err != nil || seq < 1 || seq > math.MaxInt32 {
		return "", 0, false
	}
	return rest[:at], seq, true
}

// Delivery is an event on its way to an endpoint.
type Delivery struct {
	DeliveryKey
	Type     call.EventType
	At       time.Time // when it happened
	URL      string
	Target   string // messages to one target share a limit: the endpoint, or the host of a Call's own webhook
	Body     string // JSON; empty once it is forgotten
	State    DeliveryState
	Since    time.Time // when it was written, or replayed
	Failures int       // since that time
	Tries    []Try     // the latest ones
	Forget   bool      // the body goes as soon as it is no longer pending
	WakeAt   time.Time // zero: another is before it in the sequence, or it is not pending

	Endpoint *Endpoint // as it was when this was claimed; nil: it was removed, or the webhook is the Call's own
}

// Try is one attempt to send something.
type Try struct {
	At       time.Time     `json:"at"`
	Status   int           `json:"status,omitempty"` // of HTTP; 0: there was no answer
	Duration time.Duration `json:"duration"`
	Error    string        `json:"error,omitempty"` // empty if the message was accepted
}

func deliveryColumns(d *Delivery) []column {
	return []column{
		{"call_id", &d.CallID},
		{"endpoint_id", &d.EndpointID},
		{"seq", &d.Seq},
		{"type", (*string)(&d.Type)},
		{"at", asMicros{&d.At}},
		{"url", &d.URL},
		{"target", &d.Target},
		{"body", &d.Body},
		{"forget", asFlag{&d.Forget}},
		{"state", (*string)(&d.State)},
		{"since", asMicros{&d.Since}},
		{"failures", &d.Failures},
		{"tries", asJSON{&d.Tries}},
		{"wake_at", asMicros{&d.WakeAt}},
	}
}

const (
	deliveryKeys  = 3 // of deliveryColumns are the key
	deliveryFixed = 9 // so many columns change only when they are scrubbed
)

func mutableDelivery(d *Delivery) []column {
	c := deliveryColumns(d)
	return append(c[:deliveryKeys:deliveryKeys], c[deliveryFixed:]...)
}

func wakingDelivery(d *Delivery) []column {
	c := deliveryColumns(d)
	return append(c[:deliveryKeys:deliveryKeys], c[len(c)-1])
}

// listedDelivery are the columns of a Delivery in a list, which shows no bodies.
func listedDelivery(d *Delivery) []column {
	return slices.DeleteFunc(deliveryColumns(d), func(c column) bool { return c.name == "body" })
}

var (
	selectDeliveries = "SELECT " + names(deliveryColumns(new(Delivery))) + " FROM deliveries WHERE "
	selectListed     = "SELECT " + names(listedDelivery(new(Delivery))) + " FROM deliveries WHERE "
	updateDelivery   = updating("deliveries", deliveryKeys, mutableDelivery(new(Delivery)))
	wakeDelivery     = updating("deliveries", deliveryKeys, wakingDelivery(new(Delivery)))
)

// deliveries is the statement that reads those of a condition.
func deliveries(where string, args []any, found func(*Delivery)) engine.Statement {
	return engine.Statement{SQL: selectDeliveries + where, Args: args, Rows: func(scan func(...any) error) error {
		d := new(Delivery)
		if err := scan(fields(deliveryColumns(d))...); err != nil {
			return err
		}
		found(d)
		return nil
	}}
}

// listDeliveries reads those of a condition, without their bodies.
func (s *Store) listDeliveries(
	ctx context.Context, by engine.Index, where string, args ...any,
) (list []Delivery, err error) {
	st := engine.Statement{SQL: selectListed + where, Args: args, Index: by}
	st.Rows = func(scan func(...any) error) error {
		var d Delivery
		err := scan(fields(listedDelivery(&d))...)
		list = append(list, d)
		return err
	}
	if err := s.engine.Read(ctx, st); err != nil {
		return nil, fmt.Errorf("listing deliveries: %w", err)
	}
	return list, nil
}

const (
	ofCall   = "call_id = $1 AND (endpoint_id, seq) > ($2, $3) " + inOrder
	ofCallTo = "call_id = $1 AND (endpoint_id, seq) > ($2, $3) AND endpoint_id || '' IN ($5) " + inOrder
	inOrder  = "ORDER BY call_id, endpoint_id, seq LIMIT $4"
)

// DeliveriesOf returns at most limit Deliveries of a Call, without bodies, in the order of their endpoints and
// sequences. It returns those after a key, whose endpoint and number may be empty, and only those to some endpoints,
// unless there are none.
func (s *Store) DeliveriesOf(ctx context.Context, after DeliveryKey, to []string, limit int) ([]Delivery, error) {
	args := []any{storable(after.CallID), storable(after.EndpointID), after.Seq, limit}
	if to == nil {
		return s.listDeliveries(ctx, engine.Index{}, ofCall, args...)
	}
	return s.listDeliveries(ctx, engine.Index{}, ofCallTo, append(args, engine.List(to))...)
}

// DeliveryQuery selects the Deliveries of an endpoint, the newest Call first. An empty State selects all. At most
// Limit are listed, of those that come after Before.
type DeliveryQuery struct {
	Endpoint string
	State    DeliveryState
	Before   DeliveryKey
	Limit    int
}

// afterAll is greater than every id, in any collation of a database.
const afterAll = "zz"

// A planner may know no range of a comparison of rows, so the call is bounded by itself, too.
const ofEndpoint = `endpoint_id = $1 AND state = $2 AND call_id <= $3 AND (call_id, seq) < ($3, $4)
	ORDER BY call_id DESC, seq DESC LIMIT $5`

var byEndpoint = engine.Index{Table: "deliveries", Name: "deliveries_by_endpoint"}

// Deliveries returns what a query selects, without bodies.
func (s *Store) Deliveries(ctx context.Context, q DeliveryQuery) (list []Delivery, err error) {
	states := DeliveryStates()
	if q.State != "" {
		states = []DeliveryState{q.State}
	}
	if q.Before.CallID == "" {
		q.Before = DeliveryKey{CallID: afterAll, Seq: math.MaxInt32}
	}
	for _, state := range states { // each in the order of the index
		some, err := s.listDeliveries(ctx, byEndpoint, ofEndpoint,
			storable(q.Endpoint), string(state), storable(q.Before.CallID), q.Before.Seq, q.Limit)
		if err != nil {
			return nil, err
		}
		list = append(list, some...)
	}
	slices.SortFunc(list, func(a, b Delivery) int {
		return cmp.Or(cmp.Compare(b.CallID, a.CallID), cmp.Compare(b.Seq, a.Seq))
	})
	return list[:min(len(list), q.Limit)], nil
}

const nextDeliveries = "SELECT value, least FROM {least deliveries.wake_at OF target} AS targets"

// NextDeliveries returns for each target when the next delivery there is due.
func (s *Store) NextDeliveries(ctx context.Context) (map[string]time.Time, error) {
	targets := map[string]time.Time{}
	err := s.reading(ctx).each(nextDeliveries, nil, func(scan func(...any) error) error {
		var target string
		var at time.Time
		err := scan(&target, asMicros{&at})
		targets[target] = at
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading which deliveries are due next: %w", err)
	}
	return targets, nil
}

const dueAtTarget = `target = $1 AND wake_at <= $2 ORDER BY wake_at LIMIT $3`

// ClaimDeliveries returns what is due at a target, the longest due first. Until the lease ends, nobody else is given
// the same Deliveries.
func (s *Store) ClaimDeliveries(
	ctx context.Context, target string, now time.Time, limit int,
) (list []Delivery, err error) {
	err = s.tx(ctx, func(t *tx) error {
		list = nil
		endpoints := map[string]*Endpoint{}
		due := deliveries(dueAtTarget, []any{target, micros(now), limit}, func(d *Delivery) { list = append(list, *d) })
		due.Lock, due.Index = engine.SkipLocked, engine.Index{Table: "deliveries", Name: "deliveries_due"}
		t.add(due, readEndpoints(func(e *Endpoint) { endpoints[e.ID] = e }))
		if err := t.flush(); err != nil {
			return err
		}
		changes := make([]rowChange, len(list))
		for i := range list {
			before := list[i]
			list[i].WakeAt, list[i].Endpoint = now.Add(DeliveryLease), endpoints[list[i].EndpointID]
			changes[i] = rowChange{wakingDelivery(&before), wakingDelivery(&list[i])}
		}
		return t.update(&wakeDelivery, changes)
	})
	if err != nil {
		return nil, fmt.Errorf("claiming deliveries: %w", err)
	}
	return list, nil
}

// undelivered reads the first pending Deliveries of an endpoint, in the order of the index.
const undelivered = `SELECT min(since) FROM (SELECT since FROM deliveries
	WHERE endpoint_id = $1 AND state = 'pending' ORDER BY call_id, seq LIMIT 1000) AS first`

// Undelivered returns, for every endpoint and for the Calls' own webhooks, since when the oldest pending Delivery
// waits, among the first 1000 of each; zero if there is none.
func (s *Store) Undelivered(ctx context.Context) (map[string]time.Time, error) {
	list, err := s.Endpoints(ctx)
	if err != nil {
		return nil, err
	}
	oldest := map[string]time.Time{OfCall: {}}
	for _, e := range list {
		oldest[e.ID] = time.Time{}
	}
	for id := range oldest {
		err := s.reading(ctx).each(undelivered, []any{id}, func(scan func(...any) error) error {
			var since time.Time
			err := scan(asMicros{&since})
			oldest[id] = since
			return err
		})
		if err != nil {
			return nil, fmt.Errorf("reading what is undelivered: %w", err)
		}
	}
	return oldest, nil
}

// ErrForgotten is returned if a Delivery can't be replayed, because its body is gone.
var ErrForgotten = errors.New("what was sent is forgotten, with the call's personal data")
