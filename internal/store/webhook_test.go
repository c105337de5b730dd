package store

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"redial/internal/call"
)

// outlet is a Sender with a number of slots, which keeps what it is given.
type outlet struct {
	mu      sync.Mutex
	slots   int
	started []Delivery
	looked  int
}

func (o *outlet) Body(c *call.Call, e *call.Event) (string, error) {
	return fmt.Sprintf(`{"type":%q,"to":%q,"state":%q,"attempts":%d}`, e.Type, c.To, c.State, len(c.Attempts)), nil
}

func (o *outlet) OfCall() Filter { return Filter{"call.ended"} }

func (o *outlet) Take(string) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.slots == 0 {
		return false
	}
	o.slots--
	return true
}

func (o *outlet) Drop(string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.slots++
}

func (o *outlet) Start(list []Delivery) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.started = append(o.started, list...)
}

func (o *outlet) Look() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.looked++
}

// sends opens a store whose webhooks go to an outlet with a number of slots.
func sends(t testing.TB, b backend, slots int) (*Store, *outlet) {
	t.Helper()
	s, o := b.open(t, nil), &outlet{slots: slots}
	s.clock = time.Now
	s.SendBy(o)
	return s, o
}

func endpoint(t testing.TB, s *Store, id string, events ...string) Endpoint {
	t.Helper()
	e := Endpoint{ID: id, Source: FromAPI, URL: "https://" + id + ".example.com/hook", Events: events,
		Secrets: []Secret{{Text: "new"}, {Text: "old", Until: begin}}, CreatedAt: begin}
	if err := s.AddEndpoint(t.Context(), Asker{}, e, 100); err != nil {
		t.Fatal(err)
	}
	return e
}

// sequences are the pending deliveries of a Call, as "endpoint seq", with a ! for the next one.
func sequences(t testing.TB, s *Store, id string) (list []string) {
	t.Helper()
	all, err := s.DeliveriesOf(t.Context(), DeliveryKey{CallID: id}, nil, 1000)
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range all {
		if d.State != Pending {
			continue
		}
		text := fmt.Sprintf("%s %d", d.EndpointID, d.Seq)
		if !d.WakeAt.IsZero() {
			text += "!"
		}
		list = append(list, text)
	}
	return list
}

// bodied are the deliveries of a Call with their bodies, which lists do not have.
func bodied(t testing.TB, s *Store, id string) ([]Delivery, error) {
	t.Helper()
	list, err := s.DeliveriesOf(t.Context(), DeliveryKey{CallID: id}, nil, 1000)
	for i := range list {
		d := &list[i]
		if d.Body != "" {
			t.Errorf("a list reads the body of %s", d.EventID())
		}
		_, err := s.reading(t.Context()).row("SELECT body FROM deliveries WHERE "+ofKey,
			[]any{id, d.EndpointID, d.Seq}, &d.Body)
		if err != nil {
			t.Fatal(err)
		}
	}
	return list, err
}

// becomes changes the state of a delivery.
func becomes(t testing.TB, s *Store, k DeliveryKey, state DeliveryState, again time.Time) Delivery {
	t.Helper()
	d, err := s.ChangeDelivery(t.Context(), k, begin, func(d *Delivery) error {
		d.State, d.WakeAt = state, again
		d.Tries = append(d.Tries, Try{At: begin, Status: 200, Duration: time.Millisecond})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func testEndpoints(t *testing.T, b backend) {
	s, _ := sends(t, b, 0)
	one := endpoint(t, s, "one", "call.*", "attempt.ended")
	got, err := s.Endpoint(t.Context(), "one")
	if err != nil {
		t.Fatal(err)
	}
	equal(t, got, one)
	want := one
	want.DisabledAt, want.DisabledWhy, want.Secrets, want.Events = begin, "gone", []Secret{{Text: "newer"}}, Filter{"*"}
	got, err = s.ChangeEndpoint(t.Context(), "one", func(e *Endpoint) {
		e.DisabledAt, e.DisabledWhy, e.Secrets, e.Events = want.DisabledAt, want.DisabledWhy, want.Secrets, want.Events
	})
	if err != nil {
		t.Fatal(err)
	}
	equal(t, got, want)
	listed, err := s.Endpoints(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	equal(t, listed, []Endpoint{want})
	_, missing := s.ChangeEndpoint(t.Context(), "two", func(*Endpoint) {})
	for _, err := range []error{missing, s.RemoveEndpoint(t.Context(), Asker{}, "two")} {
		if !errors.Is(err, ErrNoEndpoint) {
			t.Errorf("%v, want ErrNoEndpoint", err)
		}
	}
}

// Configured endpoints exist. An endpoint that is no longer configured is disabled, and enabled when it is configured
// again.
func testConfiguredEndpoints(t *testing.T, b backend) {
	s, _ := sends(t, b, 0)
	kept := endpoint(t, s, "made", "*")
	configure := func(ids ...string) (on []string) {
		var want []Endpoint
		for _, id := range ids {
			want = append(want, Endpoint{
				ID: id, Source: FromConfig, URL: "https://" + id, Events: Filter{"*"}, CreatedAt: begin,
			})
		}
		if err := s.ConfigureEndpoints(t.Context(), want); err != nil {
			t.Fatal(err)
		}
		list, err := s.Endpoints(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range list {
			if e.DisabledAt.IsZero() {
				on = append(on, e.ID)
			}
		}
		return on
	}
	equal(t, configure("a", "b"), []string{"a", "b", kept.ID})
	equal(t, configure("b", "c"), []string{"b", "c", kept.ID})
	gone := func(e *Endpoint) { e.DisabledAt, e.DisabledWhy = begin, "gone" }
	if _, err := s.ChangeEndpoint(t.Context(), "b", gone); err != nil {
		t.Fatal(err)
	}
	equal(t, configure("a", "b"), []string{"a", kept.ID}) // an endpoint that answered that it is gone stays disabled
}

// An event is stored for every endpoint that wants it, with the Call as it then was, or for none. Those that have a
// slot are sent after the commit.
func testEventsArePublished(t *testing.T, b backend) {
	s, o := sends(t, b, 2)
	endpoint(t, s, "all", "*")
	endpoint(t, s, "end", "attempt.ended", "call.ended")
	endpoint(t, s, "off", "*")
	if _, err := s.ChangeEndpoint(t.Context(), "off", func(e *Endpoint) { e.DisabledAt = begin }); err != nil {
		t.Fatal(err)
	}
	c := create(t, s, func(w *call.Wish) { w.Webhook = "https://own.example.com:8443/x" })
	equal(t, sequences(t, s, c.ID), []string{"all 1!"})
	equal(t, o.slots, 1)
	change(t, s, c.ID, cancel)
	equal(t, sequences(t, s, c.ID), []string{"all 1!", "all 2", "all 3", "call 3!", "end 3!"})
	// A slot was taken for a message that turned out to wait, and given back. The Sender was made to look twice: for the
	// messages without a slot, and for the endpoint that was disabled.
	equal(t, []int{o.slots, o.looked}, []int{1, 2})
	list, err := bodied(t, s, c.ID)
	if err != nil {
		t.Fatal(err)
	}
	own := list[3]
	equal(t, []string{own.URL, own.Target, own.Body, string(own.Type)}, []string{
		"https://own.example.com:8443/x", "own.example.com:8443",
		`{"type":"call.ended","to":"` + c.To + `","state":"ended","attempts":0}`, "call.ended",
	})
	first := o.started[0]
	equal(t, first.Endpoint.ID, "all")
	if first.WakeAt.Before(first.Since.Add(DeliveryLease)) {
		t.Errorf("its lease ends at %s, and it was written at %s", first.WakeAt, first.Since)
	}
	first.Endpoint = nil
	equal(t, first, list[0])

	// A step that fails publishes nothing, and no slot is lost.
	o.slots = 3
	fails := func(*call.Call) ([]call.Event, error) { return nil, errors.New("no") }
	if _, err := s.Change(t.Context(), c.ID, begin, fails); err == nil {
		t.Error("it did not fail")
	}
	run(t, s, "INSERT INTO events (call_id, seq, type, at, attempt, data) VALUES ($1, 4, 'x', 0, 0, '{}')", c.ID)
	broken := func(c *call.Call) []call.Event {
		c.Seq++
		return []call.Event{{Seq: c.Seq, Type: call.CallEnded, At: begin}}
	}
	if errs := together(t, s, changed(c.ID, broken)); errs[0] == nil || o.slots != 3 || len(o.started) != 1 {
		t.Errorf("%v, %d slots free, %d started; want nothing kept of a batch that failed", errs, o.slots, len(o.started))
	}
}

// Events of one Call in the same batch each show the Call as it was after their step.
func testEachEventShowsItsMoment(t *testing.T, b backend) {
	s, _ := sends(t, b, 0)
	endpoint(t, s, "all", "*")
	c := create(t, s)
	dial(t, s, begin, c.ID)
	placed := changed(c.ID, func(c *call.Call) []call.Event { return c.Placed(1, sid(c.ID, 1), begin) })
	if err := errors.Join(together(t, s, placed, changed(c.ID, report(call.StatusCompleted)))...); err != nil {
		t.Fatal(err)
	}
	list, err := bodied(t, s, c.ID)
	if err != nil {
		t.Fatal(err)
	}
	var bodies []string
	for _, d := range list {
		head := fmt.Sprintf(`{"type":%q,"to":%q,"state":`, d.Type, c.To)
		bodies = append(bodies, head+d.Body[len(head):])
	}
	body := func(kind, state string, attempts int) string {
		return fmt.Sprintf(`{"type":%q,"to":%q,"state":%q,"attempts":%d}`, kind, c.To, state, attempts)
	}
	equal(t, bodies, []string{
		body("call.created", "waiting", 0), body("attempt.dialed", "dialing", 1), body("attempt.placed", "dialing", 1),
		body("attempt.ended", "ended", 1), body("call.ended", "ended", 1),
	})
}

// One message of a sequence is sent at a time, each when the one before it is over.
func testSequence(t *testing.T, b backend) {
	s, o := sends(t, b, 1)
	endpoint(t, s, "all", "*")
	c := create(t, s)
	change(t, s, c.ID, cancel)
	key := func(seq int) DeliveryKey { return DeliveryKey{c.ID, "all", seq} }
	equal(t, sequences(t, s, c.ID), []string{"all 1!", "all 2", "all 3"})

	later := begin.Add(time.Hour)
	equal(t, becomes(t, s, key(1), Pending, later).WakeAt, later) // it failed: the others wait, too
	equal(t, sequences(t, s, c.ID), []string{"all 1!", "all 2", "all 3"})
	o.slots = 1
	becomes(t, s, key(1), Delivered, time.Time{})
	equal(t, sequences(t, s, c.ID), []string{"all 2!", "all 3"})
	equal(t, o.started[len(o.started)-1].Seq, 2) // sent at once
	becomes(t, s, key(2), Dead, time.Time{})
	equal(t, sequences(t, s, c.ID), []string{"all 3!"})
	for _, over := range []DeliveryKey{key(1), {c.ID, "other", 1}, {"other", "all", 1}} {
		_, err := s.ChangeDelivery(t.Context(), over, begin, func(*Delivery) error { return nil })
		if !errors.Is(err, ErrNotFound) {
			t.Errorf("%v, want ErrNotFound", err)
		}
	}

	// A replayed delivery waits until it is next. It is due at once if its sequence is empty.
	for _, seq := range []int{1, 2} {
		if _, err := s.Replay(t.Context(), Asker{}, key(seq), later); err != nil {
			t.Fatal(err)
		}
	}
	equal(t, sequences(t, s, c.ID), []string{"all 1", "all 2", "all 3!"})
	becomes(t, s, key(3), Delivered, time.Time{})
	equal(t, sequences(t, s, c.ID), []string{"all 1!", "all 2"})
	d := becomes(t, s, key(1), Delivered, time.Time{})
	if d.Since != later || d.Failures != 0 || len(d.Tries) != 3 {
		t.Errorf("it was put back as %+v", d)
	}
	becomes(t, s, key(2), Delivered, time.Time{})
	if d, err := s.Replay(t.Context(), Asker{}, key(3), later); err != nil || d.State != Pending {
		t.Errorf("%+v, %v", d, err)
	}
	equal(t, sequences(t, s, c.ID), []string{"all 3!"})
}

// Two nodes add events to sequences while others are settled there. No event is left behind, and each sequence is sent
// in the order of its events.
func testSequencesAtOnce(t *testing.T, b backend) {
	nodes := b.pair(t)
	for _, s := range nodes {
		s.clock = time.Now
		s.SendBy(&outlet{})
	}
	endpoint(t, nodes[0], "all", "*")
	var ids []string
	for range 4 {
		ids = append(ids, create(t, nodes[0]).ID)
	}
	const events = 12
	var all sync.WaitGroup
	for i, id := range ids {
		all.Go(func() {
			for n := range events {
				_, err := nodes[(i+n)%2].Change(t.Context(), id, begin, func(c *call.Call) ([]call.Event, error) {
					c.Seq++
					return []call.Event{{Seq: c.Seq, Type: call.CallHeld, At: begin}}, nil
				})
				if err != nil {
					t.Error(err)
				}
			}
		})
	}
	var mu sync.Mutex
	sent := map[string][]int{}
	for i := range 4 {
		all.Go(func() {
			for s := nodes[i%2]; ; {
				list, err := s.ClaimDeliveries(t.Context(), "all", s.Now(), 2)
				if err != nil {
					t.Error(err)
					return
				}
				for _, d := range list {
					mu.Lock()
					sent[d.CallID] = append(sent[d.CallID], d.Seq)
					mu.Unlock()
					if _, err := s.ChangeDelivery(t.Context(), d.DeliveryKey, begin, func(d *Delivery) error {
						d.State, d.WakeAt = Delivered, time.Time{}
						return nil
					}); err != nil {
						t.Error(err)
					}
				}
				mu.Lock()
				n := 0
				for _, seqs := range sent {
					n += len(seqs)
				}
				mu.Unlock()
				if n >= len(ids)*(events+1) || t.Failed() {
					return
				}
			}
		})
	}
	all.Wait()
	for _, id := range ids {
		if got := sent[id]; len(got) != events+1 || !slices.IsSorted(got) {
			t.Errorf("call %s was told of %v", id, got)
		}
	}
}

// What is due is claimed for one target at a time, by one node at a time.
func testClaimDeliveries(t *testing.T, b backend) {
	nodes := b.pair(t)
	s := nodes[0]
	s.clock = time.Now
	s.SendBy(&outlet{})
	endpoint(t, s, "one", "call.created")
	endpoint(t, s, "two", "call.created")
	for range 3 {
		create(t, s)
	}
	targets, err := s.NextDeliveries(t.Context())
	if err != nil || len(targets) != 2 || targets["one"].IsZero() {
		t.Fatalf("%v, %v", targets, err)
	}
	now := s.Now()
	claim := func(s *Store, limit int, now time.Time) (n int) {
		list, err := s.ClaimDeliveries(t.Context(), "one", now, limit)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range list {
			if d.EndpointID != "one" || d.Endpoint == nil || d.Endpoint.ID != "one" {
				t.Errorf("claimed %+v", d)
			}
		}
		return len(list)
	}
	equal(t, []int{claim(s, 2, now), claim(nodes[1], 2, now), claim(s, 2, now)}, []int{2, 1, 0})
	equal(t, claim(nodes[1], 9, now.Add(DeliveryLease)), 3) // the node that had them is dead
	targets, err = s.NextDeliveries(t.Context())
	if err != nil || !targets["one"].After(now) || targets["two"].After(now) {
		t.Errorf("%v, %v", targets, err)
	}
}

// When an endpoint is disabled, its pending messages become due at once, so that the Sender sees that. An endpoint
// that is removed leaves nothing behind.
func testEndpointGoes(t *testing.T, b backend) {
	s, _ := sends(t, b, 0)
	endpoint(t, s, "gone", "*")
	c := create(t, s)
	change(t, s, c.ID, cancel)
	becomes(t, s, DeliveryKey{c.ID, "gone", 1}, Pending, s.Now().Add(time.Hour))
	if _, err := s.ChangeEndpoint(t.Context(), "gone", func(e *Endpoint) { e.DisabledAt = begin }); err != nil {
		t.Fatal(err)
	}
	list, err := s.ClaimDeliveries(t.Context(), "gone", s.Now().Add(DeliveryLease), 9)
	if err != nil || len(list) != 1 || list[0].Endpoint.DisabledAt.IsZero() {
		t.Errorf("%+v, %v", list, err)
	}
	if err := s.RemoveEndpoint(t.Context(), Asker{}, "gone"); err != nil {
		t.Fatal(err)
	}
	equal(t, count(t, s, "SELECT count(*) FROM deliveries"), 0)
}

func testDeliveriesAreListed(t *testing.T, b backend) {
	s, _ := sends(t, b, 0)
	endpoint(t, s, "all", "*")
	for i := range 3 {
		c := create(t, s)
		change(t, s, c.ID, cancel)
		becomes(t, s, DeliveryKey{c.ID, "all", 1}, []DeliveryState{Delivered, Dead, Pending}[i], time.Time{})
	}
	list := func(state DeliveryState, before DeliveryKey, limit int) (got []string) {
		found, err := s.Deliveries(t.Context(), DeliveryQuery{Endpoint: "all", State: state, Before: before, Limit: limit})
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range found {
			got = append(got, fmt.Sprintf("%d %s", d.Seq, d.State))
		}
		return got
	}
	everything := []string{
		"3 pending", "2 pending", "1 pending", "3 pending", "2 pending", "1 dead", "3 pending", "2 pending", "1 delivered",
	}
	equal(t, list("", DeliveryKey{}, 50), everything)
	equal(t, list(Dead, DeliveryKey{}, 50), []string{"1 dead"})
	first, err := s.Deliveries(t.Context(), DeliveryQuery{Endpoint: "all", Limit: 4})
	if err != nil {
		t.Fatal(err)
	}
	equal(t, list("", first[3].DeliveryKey, 50), everything[4:])
	id, seq, ok := ParseEventID(first[3].EventID())
	equal(t, DeliveryKey{id, "all", seq}, first[3].DeliveryKey)
	if _, _, bad := ParseEventID("evt_x"); bad || !ok {
		t.Error("an id is not read as it is written")
	}
	if id, seq, ok := ParseEventID("evt_x_2147483647"); ok {
		if _, err := s.Replay(t.Context(), Asker{}, DeliveryKey{id, "all", seq}, begin); !errors.Is(err, ErrNotFound) {
			t.Errorf("%v, want ErrNotFound", err)
		}
	}
	for _, odd := range []string{
		"evt_x_2147483648", "evt_x_99999999999999999999", "evt_x_0", "evt_x_-1", "evt__1", "x_1",
	} {
		if id, seq, ok := ParseEventID(odd); ok {
			_, err := s.Replay(t.Context(), Asker{}, DeliveryKey{id, "all", seq}, begin)
			t.Errorf("%s is an event's id, and replaying it: %v", odd, err)
		}
	}
}

// Settling a delivery reads the next one of its sequence, and not all that wait: a later one that can't be read does
// no harm.
func testSequenceReadsLittle(t *testing.T, b backend) {
	s, _ := sends(t, b, 0)
	endpoint(t, s, "all", "*")
	endpoint(t, s, "other", "*")
	c := create(t, s)
	change(t, s, c.ID, func(c *call.Call) (list []call.Event) {
		for range 30 {
			c.Seq++
			list = append(list, call.Event{Seq: c.Seq, Type: call.CallHeld, At: begin})
		}
		return list
	})
	run(t, s, "UPDATE deliveries SET tries = '{' WHERE endpoint_id = 'other' OR seq > 5")
	key := func(seq int) DeliveryKey { return DeliveryKey{c.ID, "all", seq} }
	for seq := range 4 {
		becomes(t, s, key(seq+1), Delivered, time.Time{})
	}
	const fifth = "SELECT count(*) FROM deliveries WHERE endpoint_id = 'all' AND wake_at IS NOT NULL AND seq = 5"
	if count(t, s, fifth) != 1 {
		t.Error("the fifth is not the next")
	}
}

// A message that is being sent while its endpoint is disabled may still arrive: it is not given up in between. If it
// fails, it is given up soon, and not after the usual pause.
func testDisabledWhileSending(t *testing.T, b backend) {
	s, _ := sends(t, b, 2)
	endpoint(t, s, "gone", "*")
	arrives, fails := create(t, s), create(t, s)
	if _, err := s.ChangeEndpoint(t.Context(), "gone", func(e *Endpoint) { e.DisabledAt = s.Now() }); err != nil {
		t.Fatal(err)
	}
	if list, err := s.ClaimDeliveries(t.Context(), "gone", s.Now().Add(DeliveryLease/2), 9); err != nil || len(list) > 0 {
		t.Errorf("%d are given up while they are being sent, %v", len(list), err)
	}
	becomes(t, s, DeliveryKey{arrives.ID, "gone", 1}, Delivered, time.Time{})
	d := becomes(t, s, DeliveryKey{fails.ID, "gone", 1}, Pending, s.Now().Add(24*time.Hour))
	if d.WakeAt.After(s.Now()) {
		t.Errorf("what failed is given up at %s", d.WakeAt)
	}
}

// As many endpoints as allowed can be made, and no more, even if several are made at once. Those of another source
// don't count.
func testEndpointsAreBounded(t *testing.T, b backend) {
	nodes := b.pair(t)
	for _, s := range nodes {
		s.clock = time.Now
	}
	add := func(s *Store, id string) error {
		return s.AddEndpoint(t.Context(), Asker{}, Endpoint{
			ID: id, Source: FromConfig, URL: "https://example.com", Events: Filter{"*"}, CreatedAt: begin,
		}, 5)
	}
	endpoint(t, nodes[0], "other", "*")
	var all sync.WaitGroup
	var mu sync.Mutex
	made := 0
	for i := range 20 {
		all.Go(func() {
			err := add(nodes[i%2], fmt.Sprintf("new%d", i))
			mu.Lock()
			defer mu.Unlock()
			switch {
			case err == nil:
				made++
			case !errors.Is(err, ErrEndpoints):
				t.Error(err)
			}
		})
	}
	all.Wait()
	equal(t, []int{made, count(t, nodes[0], "SELECT count(*) FROM endpoints WHERE source = 'config'")}, []int{5, 5})
	other := Endpoint{ID: "ep_1", Source: FromAPI, URL: "https://example.com", Events: Filter{"*"}, CreatedAt: begin}
	if err := nodes[0].AddEndpoint(t.Context(), Asker{}, other, 5); err != nil {
		t.Error(err)
	}
}

// Messages that are still to be sent are sent. Then nothing personal is left.
func testScrubDeliveries(t *testing.T, b backend) {
	s, _ := sends(t, b, 0)
	endpoint(t, s, "all", "*")
	c := personal(t, s)
	key := func(seq int) DeliveryKey { return DeliveryKey{c.ID, "all", seq} }
	becomes(t, s, key(1), Delivered, time.Time{})
	if err := s.Scrub(t.Context(), Asker{}, c.ID, begin); err != nil {
		t.Fatal(err)
	}
	if len(traces(t, s)) != 3 { // three events are still to be sent
		t.Errorf("%q", traces(t, s))
	}
	if _, err := s.Replay(t.Context(), Asker{}, key(1), begin); !errors.Is(err, ErrForgotten) {
		t.Errorf("%v, want ErrForgotten", err)
	}
	for seq, state := range map[int]DeliveryState{2: Delivered, 3: Dead, 4: Delivered} {
		becomes(t, s, key(seq), state, time.Time{})
	}
	equal(t, traces(t, s), nil)
}

func testScrubEndedDeliveries(t *testing.T, b backend) {
	s := b.open(t, func(o *Options) { o.ScrubEnded = true })
	s.SendBy(&outlet{})
	endpoint(t, s, "end", "call.ended")
	c := personal(t, s)
	if len(traces(t, s)) != 1 {
		t.Errorf("%q", traces(t, s))
	}
	retain(t, s, begin.Add(100*24*time.Hour), 0) // it is not deleted before its messages were sent
	becomes(t, s, DeliveryKey{c.ID, "end", 4}, Delivered, time.Time{})
	equal(t, traces(t, s), nil)
	retain(t, s, begin.Add(100*24*time.Hour), 0)
	equal(t, count(t, s, "SELECT (SELECT count(*) FROM calls) + (SELECT count(*) FROM deliveries)"), 0)
}

// testWebhookWords checks that the database accepts each of our words, and no other.
func testWebhookWords(t *testing.T, b backend) {
	s, _ := sends(t, b, 0)
	endpoint(t, s, "all", "*")
	create(t, s)
	for query, list := range map[string][]string{
		"UPDATE deliveries SET wake_at = NULL, state = $1": sorted(DeliveryStates()),
		"UPDATE endpoints SET source = $1":                 sorted(Sources()),
	} {
		for _, w := range list {
			run(t, s, query, w)
		}
		if err := try(s, query, "unheard-of"); err == nil {
			t.Errorf("%s: any word is taken", query)
		}
	}
	run(t, s, "UPDATE deliveries SET state = 'dead'")
	if err := try(s, "UPDATE deliveries SET wake_at = 1"); err == nil {
		t.Error("what is over can be due")
	}
}

// The next message of a sequence is made due under the lock of its Call: a transaction that adds an event waits for
// the one that settles the head and has not seen that event.
func testNextMessageWaitsForTheLock(t *testing.T, b backend) {
	if !b.shared {
		return // SQLite has one writer
	}
	nodes := b.pair(t)
	for _, s := range nodes {
		s.clock = time.Now
		s.SendBy(&outlet{})
	}
	endpoint(t, nodes[0], "all", "*")
	c := create(t, nodes[0])
	added := make(chan error, 1)
	first := true
	_, err := nodes[0].ChangeDelivery(t.Context(), DeliveryKey{c.ID, "all", 1}, begin, func(d *Delivery) error {
		if first { // a batch may be run again
			first = false
			go func() {
				_, err := nodes[1].Change(t.Context(), c.ID, begin, func(c *call.Call) ([]call.Event, error) {
					c.Seq++
					return []call.Event{{Seq: c.Seq, Type: call.CallHeld, At: begin}}, nil
				})
				added <- err
			}()
			for len(added) == 0 && waiters(t, nodes[0]) == 0 {
				runtime.Gosched()
			}
		}
		d.State, d.WakeAt = Delivered, time.Time{}
		return nil
	})
	if err := errors.Join(err, <-added); err != nil {
		t.Fatal(err)
	}
	equal(t, sequences(t, nodes[0], c.ID), []string{"all 2!"})
}

// Listeners of a node of the version before have left rows: these are no endpoints, and are deleted with their
// messages.
func testListenersOfTheVersionBefore(t *testing.T, b backend) {
	s, _ := sends(t, b, 0)
	endpoint(t, s, "all", "*")
	c := create(t, s)
	run(t, s, `INSERT INTO endpoints (id, source, url, events, created_at, expires_at)
		VALUES ('str', 'stream', '', '["*"]', 1, $1)`, micros(begin))
	run(t, s, `INSERT INTO deliveries
		(call_id, endpoint_id, seq, type, at, url, target, body, state, since, failures, forget)
		VALUES ($1, 'str', 1, 'call.created', 1, '', '', '{}', 'pending', 1, 0, 0)`, c.ID)
	list, err := s.Endpoints(t.Context())
	if err != nil || len(list) != 1 || list[0].ID != "all" {
		t.Errorf("%+v, %v", list, err)
	}
	change(t, s, c.ID, cancel)
	equal(t, count(t, s, "SELECT count(*) FROM deliveries WHERE endpoint_id = 'str'"), 1)
	retain(t, s, s.Now(), 1000*time.Hour)
	equal(t, count(t, s, "SELECT count(*) FROM endpoints"), 1)
	equal(t, count(t, s, "SELECT count(*) FROM deliveries WHERE endpoint_id = 'str'"), 0)
}
