package store

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"redial/internal/call"
	"redial/internal/store/engine"
)

// keysOf stores API keys in each state, and returns who asks with them.
func keysOf(t *testing.T, s *Store) (working, revoked, expired Asker) {
	t.Helper()
	now := s.Now()
	add := func(name string, ends time.Time) Asker {
		k, _ := NewKey(name, []Scope{CallsWrite}, "env", now.Add(-time.Hour))
		k.ExpiresAt = ends
		if err := s.AddKey(t.Context(), Asker{}, k); err != nil {
			t.Fatal(err)
		}
		return Asker{Name: name, KeyID: k.ID, Scopes: k.Scopes}
	}
	working, revoked, expired = add("works", now.Add(time.Hour)), add("revoked", time.Time{}), add("expired", now)
	if _, err := s.RevokeKeys(t.Context(), Asker{}, Revocation{Of: revoked.Name, At: now}); err != nil {
		t.Fatal(err)
	}
	return working, revoked, expired
}

func asked(t *testing.T, by Asker, key Idempotency) *creating {
	t.Helper()
	o := created(t, key)
	o.by = by
	return o
}

// isStored says whether all of a Call is stored, and fails the test if it is but a part.
func isStored(t *testing.T, s *Store, o *creating) bool {
	t.Helper()
	calls := count(t, s, "SELECT count(*) FROM calls WHERE id = $1", o.call.ID)
	events := count(t, s, "SELECT count(*) FROM events WHERE call_id = $1", o.call.ID)
	if calls != events {
		t.Errorf("%d rows of a call, and %d events", calls, events)
	}
	return calls == 1
}

// A create by a key that is not known, was revoked or has expired leaves nothing, and its Idempotency-Key is free. So
// does one that repeats a request.
func testAKeyThatHasEndedCreatesNothing(t *testing.T, b backend) {
	s := b.open(t, nil)
	working, revoked, expired := keysOf(t, s)
	unknown := Asker{Name: "unknown", KeyID: "key_of_nobody"}
	for name, tc := range map[string]struct {
		by   Asker
		want error
	}{
		"works": {working, nil}, "of the configuration": {Asker{Name: "env"}, nil},
		"revoked": {revoked, ErrKeyEnded}, "expired": {expired, ErrKeyEnded}, "unknown": {unknown, ErrKeyEnded},
	} {
		for _, key := range []Idempotency{{}, {Scope: "name:shop", Key: "of " + name, Hash: "request"}} {
			o := asked(t, tc.by, key)
			made, replayed, err := s.Create(t.Context(), o.by, o.call, o.events, o.key)
			if !errors.Is(err, tc.want) || replayed || (made.ID == "") != (tc.want != nil) {
				t.Errorf("%s, %+v: %s, replayed %t, %v; want %v", name, key, made.ID, replayed, err, tc.want)
			}
			if there := isStored(t, s, o); there != (tc.want == nil) {
				t.Errorf("%s, %+v: stored %t", name, key, there)
			}
			if key.Key == "" {
				continue
			}
			again := asked(t, working, key)
			if _, replayed, err := s.Create(t.Context(), again.by, again.call, again.events, key); err != nil ||
				replayed != (tc.want == nil) {
				t.Errorf("%s: the same request by a key that works: replayed %t, %v", name, replayed, err)
			}
			again = asked(t, tc.by, key)
			if _, _, err := s.Create(t.Context(), again.by, again.call, again.events, key); !errors.Is(err, tc.want) {
				t.Errorf("%s: the repeat: %v, want %v", name, err, tc.want)
			}
		}
	}
}

// In a batch, those fail whose key has ended, and nobody else: not even who has the same Idempotency-Key.
func testAKeyThatHasEndedFailsAlone(t *testing.T, b backend) {
	s := b.open(t, nil)
	working, revoked, expired := keysOf(t, s)
	env := Asker{Name: "env"}
	key := func(key string) Idempotency { return Idempotency{Scope: "name:shop", Key: key, Hash: "request"} }
	before := asked(t, working, key("used"))
	if errs := together(t, s, before); errs[0] != nil {
		t.Fatal(errs)
	}
	canceled := create(t, s)
	steps := []struct {
		by     Asker
		key    Idempotency
		repeat int // of the step with this number; 0: of none, -1: of before
	}{
		1: {by: working}, {by: revoked}, {by: env}, {by: expired},
		5: {by: revoked, key: key("ended first")}, {by: expired, key: key("ended first")},
		7: {by: working, key: key("ended first")}, {by: env, key: key("ended first"), repeat: 7},
		9: {by: working, key: key("ended last")}, {by: revoked, key: key("ended last")},
		11: {by: revoked, key: key("used")}, {by: working, key: key("used"), repeat: -1},
		13: {by: expired, key: key("ended alone")}, {by: env, key: key("new")}, {by: working, key: key("last")},
	}
	ops := []operation{changed(canceled.ID, cancel)}
	for _, st := range steps[1:] {
		ops = append(ops, asked(t, st.by, st.key))
	}
	errs := together(t, s, ops...)
	if errs[0] != nil {
		t.Error(errs[0])
	}
	for i, st := range steps[1:] {
		o, err, ended := ops[i+1].(*creating), errs[i+1], st.by.KeyID == revoked.KeyID || st.by.KeyID == expired.KeyID
		want := o.call.ID
		switch {
		case ended:
			want = ""
		case st.repeat > 0:
			want = ops[st.repeat].(*creating).call.ID
		case st.repeat < 0:
			want = before.call.ID
		}
		if ended != errors.Is(err, ErrKeyEnded) || !ended && err != nil || !ended && o.made.ID != want {
			t.Errorf("step %d by %s got %q, %v; want %q", i+1, st.by.Name, o.made.ID, err, want)
		}
		if there := isStored(t, s, o); there != (want == o.call.ID) {
			t.Errorf("step %d by %s: stored %t", i+1, st.by.Name, there)
		}
	}
	equal(t, get(t, s, canceled.ID).Outcome, call.OutcomeCanceled)
	equal(t, count(t, s, "SELECT count(*) FROM calls WHERE idem_key = 'ended alone'"), 0)
	equal(t, count(t, s, "SELECT count(*) FROM calls"), 8)
	for _, name := range []string{"ended first", "ended last", "new", "last"} {
		equal(t, count(t, s, "SELECT count(*) FROM calls WHERE idem_key = $1", name), 1)
	}
}

// sentBy are the statements of a batch, by round trips.
func sentBy(t *testing.T, s *Store, ops ...operation) (trips [][]engine.Statement) {
	t.Helper()
	transact := s.transact
	defer func() { s.transact = transact }()
	s.transact = func(ctx context.Context, fn func(*tx) error) error {
		return transact(ctx, func(x *tx) error {
			send := x.Send
			x.Send = func(list []engine.Statement) error { trips = append(trips, list); return send(list) }
			return fn(x)
		})
	}
	if err := errors.Join(together(t, s, ops...)...); err != nil {
		t.Fatal(err)
	}
	return trips
}

// A key of the database is read beside what a create sends anyway: one statement for all keys of a batch, and no round
// trip. A key of the configuration costs nothing. The entries in the audit of all who ask are one statement, also in no
// round trip.
func testAKeyCostsNoRoundTrip(t *testing.T, b backend) {
	s := b.open(t, nil)
	working, _, _ := keysOf(t, s)
	other, _ := NewKey("other", []Scope{CallsWrite}, "env", s.Now())
	if err := s.AddKey(t.Context(), Asker{}, other); err != nil {
		t.Fatal(err)
	}
	askers := []Asker{working, {Name: other.Name, KeyID: other.ID}, working}
	for _, keyed := range []bool{false, true} {
		for _, n := range []int{1, 3} {
			batch := func(by func(i int) Asker) (trips, statements int) {
				var ops []operation
				for i := range n {
					key := Idempotency{}
					if keyed {
						key = Idempotency{Scope: "scope", Key: "key " + wish().ID, Hash: "request"}
					}
					ops = append(ops, asked(t, by(i), key))
				}
				sent := sentBy(t, s, ops...)
				for _, list := range sent {
					statements += len(list)
				}
				return len(sent), statements
			}
			trips, statements := batch(func(int) Asker { return Asker{} })
			envTrips, envStatements := batch(func(int) Asker { return Asker{Name: "env"} })
			keyTrips, keyStatements := batch(func(i int) Asker { return askers[i] })
			is := fmt.Sprintf("%d creates, with Idempotency-Keys %t", n, keyed)
			if s.Shared() && (trips != 2 || trips != envTrips || trips != keyTrips) { // a file is no network away
				t.Errorf("%s: %d round trips, %d with a key of the configuration, %d with one of the database", is, trips,
					envTrips, keyTrips)
			}
			if envStatements != statements+1 || keyStatements != envStatements+1 {
				t.Errorf("%s: %d statements, %d with a key of the configuration, %d with one of the database", is, statements,
					envStatements, keyStatements)
			}
		}
	}
}

// A create locks no key: a revoke need not wait for the creates that are under way, of which there may always be some.
func testARevokeWaitsForNoCreate(t *testing.T, b backend) {
	if !b.shared {
		t.Skip("SQLite has one writer")
	}
	nodes := b.pair(t)
	working, _, _ := keysOf(t, nodes[0])
	reading, goOn := make(chan bool), make(chan bool)
	transact := nodes[0].transact
	nodes[0].transact = func(ctx context.Context, fn func(*tx) error) error {
		return transact(ctx, func(x *tx) error {
			err := fn(x)
			reading <- true
			<-goOn
			return err
		})
	}
	o, answer := asked(t, working, Idempotency{Scope: "scope", Key: "key", Hash: "request"}), make(chan error)
	go func() {
		_, _, err := nodes[0].Create(t.Context(), o.by, o.call, o.events, o.key)
		answer <- err
	}()
	<-reading
	_, err := nodes[1].RevokeKeys(t.Context(), Asker{}, Revocation{Of: working.Name, At: nodes[1].Now()})
	close(goOn)
	if errs := errors.Join(err, <-answer); errs != nil {
		t.Error(errs)
	}
	nodes[0].transact = transact
	if !isStored(t, nodes[0], o) {
		t.Error("a create that was answered is not stored")
	}
	late := asked(t, working, Idempotency{})
	if errs := together(t, nodes[0], late); !errors.Is(errs[0], ErrKeyEnded) {
		t.Errorf("a create after the revoke: %v", errs[0])
	}
}
