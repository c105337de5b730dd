package store

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"redial/internal/call"
	"redial/internal/incident"
)

// shop and night ask with API keys of the database, desk with one of the configuration.
var (
	shop  = Asker{Name: "shop", KeyID: "key_1", From: "203.0.113.7"}
	night = Asker{Name: "night", KeyID: "key_2"}
	desk  = Asker{Name: "desk", From: "127.0.0.1"}
)

// withKeys stores the keys that ask in these tests.
func withKeys(t testing.TB, s *Store) {
	t.Helper()
	for _, by := range []Asker{shop, night} {
		k, _ := NewKey(by.Name, []Scope{Admin}, "env", begin)
		k.ID = by.KeyID
		if err := s.AddKey(t.Context(), Asker{}, k); err != nil {
			t.Fatal(err)
		}
	}
}

// audited is the whole audit, the oldest first.
func audited(t testing.TB, s *Store) (list []AuditEntry) {
	t.Helper()
	for before := ""; ; before = list[len(list)-1].ID {
		page, err := s.Audit(t.Context(), "", before, 50)
		if err != nil {
			t.Fatal(err)
		}
		if list = append(list, page...); len(page) < 50 {
			slices.Reverse(list)
			return list
		}
	}
}

// said is an entry in words.
func said(e *AuditEntry) string {
	return strings.TrimSpace(fmt.Sprintf("%s %s %s %s", e.By, e.What, e.Of, e.Detail))
}

func saidAll(list []AuditEntry) (words []string) {
	for i := range list {
		words = append(words, said(&list[i]))
	}
	return words
}

// createBy stores a new Call on behalf of somebody.
func createBy(t testing.TB, s *Store, by Asker, key Idempotency, with ...func(*call.Wish)) (call.Call, bool) {
	t.Helper()
	c, events, err := call.New(wish(append(with, func(w *call.Wish) { w.By = by.Name })...), begin)
	if err != nil {
		t.Fatal(err)
	}
	c, replayed, err := s.Create(t.Context(), by, c, events, key)
	if err != nil {
		t.Fatal(err)
	}
	return c, replayed
}

// cancelBy cancels a Call on behalf of somebody.
func cancelBy(by Asker, cutShort bool) Step {
	return func(c *call.Call) ([]call.Event, error) { return c.Cancel(cutShort, by.Name, begin), nil }
}

// Each deed leaves an entry that says who, from where, with which key, what and of what.
func testDeedsAreKept(t *testing.T, b backend) {
	s, _ := sends(t, b, 10)
	withKeys(t, s)
	s.clock = func() time.Time { return begin }
	s.offset.Store(0)
	var want []string
	done := func(by Asker, what Deed, of, detail string, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, said(&AuditEntry{By: by.Name, What: what, Of: of, Detail: detail}))
	}
	c, _ := createBy(t, s, shop, Idempotency{})
	done(shop, CallCreate, c.ID, "", nil)
	_, err := s.ChangeBy(t.Context(), desk, c.ID, begin, func(c *call.Call) ([]call.Event, error) {
		c.NextAttemptAt = begin.Add(time.Hour)
		return c.Redial(desk.Name, begin)
	})
	done(desk, CallRedial, c.ID, "", err)
	dial(t, s, begin, c.ID)
	change(t, s, c.ID, func(c *call.Call) []call.Event {
		c.Attempts[0].Ambiguous = true
		return nil
	})
	_, err = s.ChangeBy(t.Context(), shop, c.ID, begin, func(c *call.Call) ([]call.Event, error) {
		return c.Resolve(1, nil, shop.Name, begin)
	})
	done(shop, CallResolve, c.ID, "attempt 1", err)
	_, err = s.ChangeBy(t.Context(), desk, c.ID, begin, cancelBy(desk, true))
	done(desk, CallCancel, c.ID, "hang up", err)
	done(shop, CallDelete, c.ID, "", s.Scrub(t.Context(), shop, c.ID, begin))

	e := Endpoint{
		ID: "we_1", Source: FromAPI, URL: "https://me:pass@A.example/s3cret?token=s3cret", Events: Filter{"*"},
		CreatedAt: begin,
	}
	e.Secrets = []Secret{{Text: "one"}}
	done(shop, EndpointCreate, e.ID, "a.example:443", s.AddEndpoint(t.Context(), shop, e, 10))
	rotate := func(e *Endpoint) { e.Secrets = []Secret{{Text: "two"}, {Text: "one", Until: begin}} }
	_, err = s.ChangeEndpointBy(t.Context(), desk, EndpointRotate, e.ID, rotate)
	done(desk, EndpointRotate, e.ID, "", err)
	done(desk, EndpointTest, e.ID, "", s.Note(t.Context(), desk, EndpointTest, e.ID))
	done(desk, SessionCreate, desk.Name, "", s.Note(t.Context(), desk, SessionCreate, desk.Name))
	done(desk, SessionEnd, desk.Name, "", s.Note(t.Context(), desk, SessionEnd, desk.Name))
	heard, _ := createBy(t, s, shop, Idempotency{})
	done(shop, CallCreate, heard.ID, "", nil)
	k := DeliveryKey{heard.ID, e.ID, 1}
	_, err = s.ChangeDelivery(t.Context(), k, begin, func(d *Delivery) error {
		d.State, d.WakeAt = Delivered, time.Time{}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	_, err = s.Replay(t.Context(), shop, k, begin)
	done(shop, EndpointReplay, e.ID, k.EventID(), err)
	if _, err := s.ChangeEndpoint(t.Context(), e.ID, func(e *Endpoint) { e.DisabledAt = begin }); err != nil {
		t.Fatal(err) // by redial itself
	}
	enable := func(e *Endpoint) { e.DisabledAt = time.Time{} }
	_, err = s.ChangeEndpointBy(t.Context(), desk, EndpointEnable, e.ID, enable)
	done(desk, EndpointEnable, e.ID, "", err)
	done(shop, EndpointDelete, e.ID, "a.example:443", s.RemoveEndpoint(t.Context(), shop, e.ID))

	first, _ := NewKey("crm", []Scope{CallsRead}, desk.Name, begin)
	done(desk, KeyCreate, first.ID, "crm", s.AddKey(t.Context(), desk, first))
	second, _ := NewKey("crm", nil, desk.Name, begin)
	_, err = s.RotateKey(t.Context(), desk, second, begin.Add(time.Hour))
	done(desk, KeyRotate, second.ID, "crm", err)
	ended, err := s.RevokeKeys(t.Context(), desk, Revocation{Of: "crm", At: begin})
	for _, k := range ended {
		done(desk, KeyRevoke, k.ID, "crm", err)
	}
	x, _ := NewTriggerSecret("alerts", desk.Name, begin)
	done(desk, SecretCreate, "alerts", "…"+x.Hint, s.AddTriggerSecret(t.Context(), desk, x))
	y, _ := NewTriggerSecret("alerts", desk.Name, begin)
	done(desk, SecretRotate, "alerts", "…"+y.Hint, s.RotateTriggerSecret(t.Context(), desk, y, begin.Add(time.Hour)))
	o, _, err := s.AddOverride(t.Context(), shop, hours("primary", "ben", 0, 1))
	done(shop, OverrideCreate, o.ID, "primary: ben", err)
	_, err = s.EndOverride(t.Context(), desk, "primary", o.ID)
	done(desk, OverrideEnd, o.ID, "primary: ben", err)
	byRedial := teller{t: t, rules: rules, now: begin, number: "+819012345678", events: []incident.Event{fires("a", "")}}
	told, err := s.Tell(t.Context(), Telling{Trigger: "alerts", Now: fixed(begin), Teller: byRedial})
	if err != nil {
		t.Fatal(err)
	}
	id := told.Members["a"].Incident
	byRedial.events = nil
	for _, deed := range []Deed{IncidentAcknowledge, IncidentClose} {
		_, err = s.Tell(t.Context(), Telling{
			Trigger: "alerts", By: desk, Now: fixed(begin), Incident: id, Deed: deed, Teller: byRedial,
		})
		done(desk, deed, id, "", err)
	}

	list := audited(t, s)
	equal(t, saidAll(list), want)
	var kinds []Deed
	for _, e := range list {
		kinds = append(kinds, e.What)
		by := map[string]Asker{"shop": shop, "desk": desk}[e.By]
		at := begin
		if e.What == KeyRotate { // the new key is younger than the one before
			at = begin.Add(time.Microsecond)
		}
		if e.KeyID != by.KeyID || e.From != by.From || !e.At.Equal(at) {
			t.Errorf("an entry is %+v", e)
		}
	}
	equal(t, sorted(slices.Compact(slices.Sorted(slices.Values(kinds)))), sorted(Deeds()))
	some, err := s.Audit(t.Context(), "desk", "", 100)
	if err != nil || len(some) == 0 || len(some) == len(list) {
		t.Errorf("%d of %d entries are of the desk, %v", len(some), len(list), err)
	}
	for _, e := range some {
		if e.By != "desk" {
			t.Errorf("among those of the desk is %+v", e)
		}
	}
	for _, e := range events(t, s, c.ID) { // names outlast the personal data
		if who := map[call.EventType]string{
			call.CallCreated: "shop", call.RedialRequested: "desk",
			call.AttemptResolved: "shop", call.CallCancelRequested: "desk",
		}[e.Type]; e.By != who {
			t.Errorf("%s is by %q, not by %q", e.Type, e.By, who)
		}
	}
}

// What is refused, repeated or changes nothing leaves no entry, and neither does what redial does by itself.
func testWhatIsNotDoneIsNotKept(t *testing.T, b backend) {
	s, _ := sends(t, b, 10)
	withKeys(t, s)
	c, _ := createBy(t, s, shop, Idempotency{Scope: "name:shop", Key: "order-42", Hash: "h"})
	other := create(t, s)
	e := endpoint(t, s, "we_1", "*")
	if err := s.Scrub(t.Context(), Asker{}, change(t, s, other.ID, cancel).ID, begin); err != nil {
		t.Fatal(err)
	}
	if _, err := s.ChangeBy(t.Context(), shop, c.ID, begin, cancelBy(shop, false)); err != nil {
		t.Fatal(err)
	}
	first, _ := NewKey("crm", []Scope{CallsRead}, "", begin)
	if err := s.AddKey(t.Context(), Asker{}, first); err != nil {
		t.Fatal(err)
	}
	before := audited(t, s)
	equal(t, len(before), 2)

	again, replayed := createBy(t, s, shop, Idempotency{Scope: "name:shop", Key: "order-42", Hash: "h"})
	if !replayed || again.ID != c.ID {
		t.Fatal("the request was not repeated")
	}
	wrong, events, _ := call.New(wish(), begin)
	_, _, err := s.Create(t.Context(), shop, wrong, events, Idempotency{Scope: "name:shop", Key: "order-42", Hash: "x"})
	if !errors.Is(err, ErrConflict) {
		t.Errorf("another request with the key: %v", err)
	}
	if _, err := s.ChangeBy(t.Context(), desk, c.ID, begin, cancelBy(desk, true)); err != nil { // it is over
		t.Error(err)
	}
	no := errors.New("no")
	_, err1 := s.ChangeBy(t.Context(), desk, c.ID, begin, func(c *call.Call) ([]call.Event, error) {
		return []call.Event{{Seq: 9, Type: call.CallCancelRequested, At: begin, By: "desk"}}, no
	})
	_, err2 := s.ChangeBy(t.Context(), desk, "c-nobody", begin, cancelBy(desk, false))
	_, err3 := s.ChangeEndpointBy(t.Context(), desk, EndpointRotate, "we_none", func(*Endpoint) {})
	_, err4 := s.Replay(t.Context(), desk, DeliveryKey{c.ID, e.ID, 99}, begin)
	_, err5 := s.RotateKey(t.Context(), desk, Key{Name: "nobody", CreatedAt: begin}, begin)
	_, err6 := s.RevokeKeys(t.Context(), desk, Revocation{Of: "nobody", At: begin})
	for i, err := range []error{
		err1, err2, err3, err4, err5, err6,
		s.Scrub(t.Context(), desk, create(t, s).ID, begin), s.AddEndpoint(t.Context(), desk, e, 1),
		s.RemoveEndpoint(t.Context(), desk, "we_none"), s.AddKey(t.Context(), desk, first),
	} {
		if err == nil {
			t.Errorf("what should be refused, %d, is not", i+1)
		}
	}
	if _, err := s.ChangeEndpointBy(t.Context(), desk, EndpointEnable, e.ID, func(*Endpoint) {}); err != nil {
		t.Error(err)
	}
	if _, err := s.Replay(t.Context(), desk, DeliveryKey{c.ID, e.ID, 2}, begin); err != nil { // it is pending anyway
		t.Error(err)
	}
	if err := s.Scrub(t.Context(), desk, other.ID, begin); err != nil { // it is scrubbed already
		t.Error(err)
	}
	equal(t, saidAll(audited(t, s)), saidAll(before))
}

// A deed and its entry are on disk together, or neither is: whichever statement fails, and wherever it is cut off.
func testDeedsAreAllOrNothing(t *testing.T, b backend) {
	s := b.open(t, nil)
	withKeys(t, s)
	c, _ := createBy(t, s, shop, Idempotency{})
	e := endpoint(t, s, "we_1", "*")
	before := saidAll(audited(t, s))
	broken := errors.New("cut off")
	cutOff := func(transact transaction) transaction {
		return func(ctx context.Context, fn func(*tx) error) error {
			return transact(ctx, func(x *tx) error { return errors.Join(fn(x), x.flush(), broken) })
		}
	}
	transact, aside := s.transact, s.aside
	s.transact, s.aside = cutOff(transact), cutOff(aside)
	k, _ := NewKey("crm", []Scope{CallsRead}, "", begin)
	made, events, _ := call.New(wish(), begin)
	_, _, err1 := s.Create(t.Context(), shop, made, events, Idempotency{})
	_, _, err2 := s.Create(t.Context(), shop, made, events, Idempotency{Scope: "name:shop", Key: "k", Hash: "h"})
	_, err3 := s.ChangeBy(t.Context(), shop, c.ID, begin, cancelBy(shop, false))
	_, err4 := s.ChangeEndpointBy(t.Context(), shop, EndpointRotate, e.ID, func(e *Endpoint) { e.Secrets = nil })
	for i, err := range []error{
		err1, err2, err3, err4, s.RemoveEndpoint(t.Context(), shop, e.ID), s.AddKey(t.Context(), shop, k),
		s.Note(t.Context(), shop, EndpointTest, e.ID),
	} {
		if !errors.Is(err, broken) {
			t.Errorf("%d: %v", i+1, err)
		}
	}
	s.transact, s.aside = transact, aside
	equal(t, saidAll(audited(t, s)), before)
	equal(t, get(t, s, c.ID), c)

	// The other way round: where the entry can't be written, nothing is done.
	run(t, s, "ALTER TABLE audit RENAME TO elsewhere")
	_, _, err1 = s.Create(t.Context(), shop, made, events, Idempotency{})
	_, err2 = s.ChangeBy(t.Context(), shop, c.ID, begin, cancelBy(shop, false))
	err3 = s.RemoveEndpoint(t.Context(), shop, e.ID)
	run(t, s, "ALTER TABLE elsewhere RENAME TO audit")
	if err1 == nil || err2 == nil || err3 == nil {
		t.Errorf("without the audit: %v, %v, %v", err1, err2, err3)
	}
	equal(t, get(t, s, c.ID), c)
	if _, err := s.Get(t.Context(), made.ID); !isNotFound(err) {
		t.Errorf("a call was made without an entry: %v", err)
	}
	if _, err := s.Endpoint(t.Context(), e.ID); err != nil {
		t.Error(err)
	}
}

// oneClock gives two nodes the same clock. It is later at each look.
func oneClock(nodes [2]*Store) {
	var looks atomic.Int64
	for _, s := range nodes {
		s.clock = func() time.Time { return begin.Add(time.Duration(looks.Add(1)) * time.Microsecond) }
		s.offset.Store(0)
	}
}

// Whatever several names do on two nodes, one request after the other, the audit has exactly what was answered as done,
// in that order if the nodes' clocks agree.
func testAuditHasWhatWasDone(t *testing.T, b backend) {
	nodes, keys := b.pair(t), map[string]call.Call{}
	oneClock(nodes)
	withKeys(t, nodes[0])
	for range 3 {
		want := saidAll(audited(t, nodes[0]))
		names := []Asker{shop, desk, night}
		type made struct {
			call               call.Call
			canceled, scrubbed bool
		}
		var calls []*made
		for range 60 {
			s, by := nodes[rand.N(2)], names[rand.N(len(names))]
			did := func(what Deed, of, detail string) {
				want = append(want, said(&AuditEntry{By: by.Name, What: what, Of: of, Detail: detail}))
			}
			if len(calls) == 0 || rand.N(3) == 0 {
				key := Idempotency{Scope: "name:" + by.Name, Key: fmt.Sprint("k", len(want)/7), Hash: "h"}
				c, replayed := createBy(t, s, by, key)
				if first, used := keys[key.Scope+key.Key]; used != replayed || used && first.ID != c.ID {
					t.Fatalf("replayed: %t, used before: %t", replayed, used)
				}
				if keys[key.Scope+key.Key] = c; !replayed {
					did(CallCreate, c.ID, "")
					calls = append(calls, &made{call: c})
				}
				continue
			}
			m := calls[rand.N(len(calls))]
			switch rand.N(3) {
			case 0:
				cutShort := rand.N(2) == 0
				if _, err := s.ChangeBy(t.Context(), by, m.call.ID, begin, cancelBy(by, cutShort)); err != nil {
					t.Fatal(err)
				}
				if !m.canceled { // and so it is over: it waited
					did(CallCancel, m.call.ID, map[bool]string{true: "hang up"}[cutShort])
				}
				m.canceled = true
			case 1:
				_, err := s.ChangeBy(t.Context(), by, m.call.ID, begin, func(c *call.Call) ([]call.Event, error) {
					return c.Redial(by.Name, begin)
				})
				if (err == nil) == m.canceled {
					t.Fatalf("canceled: %t, and it is rung again with %v", m.canceled, err)
				}
				if err == nil {
					did(CallRedial, m.call.ID, "")
				}
			case 2:
				err := s.Scrub(t.Context(), by, m.call.ID, begin)
				if (err == nil) != m.canceled {
					t.Fatalf("canceled: %t, and it is scrubbed with %v", m.canceled, err)
				}
				if err == nil && !m.scrubbed {
					m.scrubbed = true
					did(CallDelete, m.call.ID, "")
				}
			}
		}
		equal(t, saidAll(audited(t, nodes[1])), want)
	}
}

// Where the clocks of two nodes differ, the audit has what each of them did, in the order in which that node did it.
func testAuditOfTwoClocks(t *testing.T, b backend) {
	nodes, want := b.pair(t), map[string][]string{}
	nodes[1].offset.Add(-int64(time.Second))
	for i := range 120 { // several pages
		n := rand.N(2)
		by := Asker{Name: "shop", From: fmt.Sprint("node ", n)}
		if err := nodes[n].Note(t.Context(), by, EndpointTest, fmt.Sprint(i)); err != nil {
			t.Fatal(err)
		}
		want[by.From] = append(want[by.From], fmt.Sprint(i))
	}
	got := map[string][]string{}
	for _, e := range audited(t, nodes[0]) {
		got[e.From] = append(got[e.From], e.Of)
	}
	equal(t, got, want)
}

// What many do at once on two nodes is kept once each.
func testAuditOfManyAtOnce(t *testing.T, b backend) {
	nodes := b.pair(t)
	withKeys(t, nodes[0])
	var wg sync.WaitGroup
	var mu sync.Mutex
	var want []string
	for n := range 40 {
		c, events, err := call.New(wish(), begin)
		if err != nil {
			t.Fatal(err)
		}
		by := []Asker{shop, desk}[n%2]
		wg.Go(func() {
			_, _, err := nodes[n/2%2].Create(t.Context(), by, c, events, Idempotency{})
			if err == nil && n%3 == 0 {
				_, err = nodes[n/4%2].ChangeBy(t.Context(), by, c.ID, begin, cancelBy(by, false))
			}
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			want = append(want, said(&AuditEntry{By: by.Name, What: CallCreate, Of: c.ID}))
			if n%3 == 0 {
				want = append(want, said(&AuditEntry{By: by.Name, What: CallCancel, Of: c.ID}))
			}
		})
	}
	wg.Wait()
	list := audited(t, nodes[0])
	equal(t, sorted(saidAll(list)), sorted(want))
	if !slices.IsSortedFunc(list, func(a, b AuditEntry) int { return strings.Compare(a.ID, b.ID) }) {
		t.Error("the pages are not in the order of the ids")
	}
}

// Several deeds of one batch on one Call are kept once each, with the name of whose they are.
func testAuditOfABatch(t *testing.T, b backend) {
	s := b.open(t, nil)
	c := create(t, s)
	o := created(t, Idempotency{})
	o.by = desk
	ops := []operation{
		&changing{by: shop, id: c.ID, step: func(c *call.Call) ([]call.Event, error) { return c.Redial("shop", begin) }},
		changed(c.ID, func(*call.Call) []call.Event { return nil }),
		o,
		&changing{by: desk, id: c.ID, step: cancelBy(desk, false)},
		&changing{by: shop, id: c.ID, step: cancelBy(shop, false)},
		&changing{by: shop, id: o.call.ID, step: cancelBy(shop, true)},
	}
	if err := errors.Join(together(t, s, ops...)...); err != nil {
		t.Fatal(err)
	}
	equal(t, saidAll(audited(t, s)),
		[]string{"shop call.redial " + c.ID, "desk call.create " + o.call.ID, "desk call.cancel " + c.ID,
			"shop call.cancel " + o.call.ID + " hang up"})
}

// Entries go with the retention, 48 h at the earliest, the oldest first and some at a time.
func testAuditIsRetained(t *testing.T, b backend) {
	const day = 24 * time.Hour
	now := begin
	s := b.open(t, nil)
	s.clock = func() time.Time { return now }
	s.offset.Store(0)
	for i := range retainStep + 5 {
		now = begin.Add(time.Duration(i) * time.Second)
		if err := s.Note(t.Context(), shop, EndpointTest, fmt.Sprint(i)); err != nil {
			t.Fatal(err)
		}
	}
	for _, tc := range []struct {
		retention, age time.Duration
		left, rounds   int
	}{
		{90 * day, 90 * day, retainStep + 5, 1}, // at the bound itself it stays
		{90 * day, 90*day + time.Second, retainStep + 4, 1},
		{0, 48*time.Hour + 2*time.Second, retainStep + 3, 1},
		{0, 48*time.Hour + (retainStep+2)*time.Second, 3, 2},
		{day, 30 * day, 0, 1},
	} {
		equal(t, retain(t, s, begin.Add(tc.age), tc.retention), tc.rounds)
		list := audited(t, s)
		if len(list) != tc.left || tc.left > 0 && list[len(list)-1].Of != fmt.Sprint(retainStep+4) {
			t.Errorf("retention %s, age %s: %d entries are left, and not %d", tc.retention, tc.age, len(list), tc.left)
		}
	}
}

// Ids are in the order in which they are made, whatever the clock does, and a time's first id is before all of its own.
func TestIDsOfTheAuditAreInOrder(t *testing.T) {
	now := begin
	s := &Store{clock: func() time.Time { return now }}
	last := firstAuditID(begin)
	for i := range 5000 {
		switch i % 100 {
		case 50:
			now = now.Add(-time.Millisecond)
		case 99:
			now = now.Add(2 * time.Millisecond)
		}
		id := s.newAuditID()
		if id <= last || len(id) != len(last) {
			t.Fatalf("%s comes after %s", id, last)
		}
		last = id
	}
	if id := firstAuditID(now.Add(time.Second)); id <= last || id > afterAudit {
		t.Errorf("a second later the first id is %s, after %s", id, last)
	}
}
