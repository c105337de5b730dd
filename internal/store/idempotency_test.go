package store

import (
	"errors"
	"strings"
	"sync"
	"testing"

	"redial/internal/call"
)

func createAs(t testing.TB, s *Store, key Idempotency) (call.Call, bool, error) {
	c, events, err := call.New(wish(), begin)
	if err != nil {
		t.Fatal(err)
	}
	return s.Create(t.Context(), Asker{}, c, events, key)
}

func testRepeatedRequest(t *testing.T, b backend) {
	s := b.open(t, nil)
	first, replayed, err := createAs(t, s, Idempotency{Scope: "alice", Key: "k1", Hash: "h1"})
	if err != nil || replayed {
		t.Fatalf("replayed %t, %v", replayed, err)
	}
	now := change(t, s, first.ID, cancel)
	again, replayed, err := createAs(t, s, Idempotency{Scope: "alice", Key: "k1", Hash: "h1"})
	if err != nil || !replayed {
		t.Fatalf("replayed %t, %v", replayed, err)
	}
	equal(t, again, now)
	equal(t, len(events(t, s, first.ID)), now.Seq)
	if _, _, err := createAs(t, s, Idempotency{Scope: "alice", Key: "k1", Hash: "h2"}); !errors.Is(err, ErrConflict) {
		t.Errorf("another request with the same key: %v, want ErrConflict", err)
	}
	others := []Idempotency{
		{Scope: "bob", Key: "k1", Hash: "h2"}, {Scope: "alice", Key: "k2", Hash: "h1"},
		{Scope: "alice", Hash: "h1"}, {Scope: "alice", Hash: "h1"}, {},
	}
	for _, key := range others {
		if other, replayed, err := createAs(t, s, key); err != nil || replayed || other.ID == first.ID {
			t.Errorf("%+v: %s, replayed %t, %v", key, other.ID, replayed, err)
		}
	}
	equal(t, count(t, s, "SELECT count(*) FROM calls"), 6)
}

// A version before gave the same caller another scope: what was asked for with it is the first request all the same.
func testRequestOfAnotherScope(t *testing.T, b backend) {
	s := b.open(t, nil)
	first, _, err := createAs(t, s, Idempotency{Scope: "old", Key: "k1", Hash: "h1"})
	if err != nil {
		t.Fatal(err)
	}
	key := Idempotency{Scope: "new", Key: "k1", Hash: "h1", Before: []string{"older", "old"}}
	again, replayed, err := createAs(t, s, key)
	if err != nil || !replayed || again.ID != first.ID {
		t.Errorf("%s, replayed %t, %v", again.ID, replayed, err)
	}
	if found, err := s.First(t.Context(), key); err != nil || found.ID != first.ID {
		t.Errorf("the first one is %s, %v", found.ID, err)
	}
	key.Hash = "h2"
	if _, _, err := createAs(t, s, key); !errors.Is(err, ErrConflict) {
		t.Errorf("another request with the same key: %v, want ErrConflict", err)
	}
	key.Key = "k2"
	for _, want := range []bool{false, true} {
		if _, replayed, err := createAs(t, s, key); err != nil || replayed != want {
			t.Errorf("a new key: replayed %t, %v", replayed, err)
		}
	}
	equal(t, count(t, s, "SELECT count(*) FROM calls WHERE idem_scope = 'new'"), 1)
}

// age makes what a Store knows of scopes of before so old that it looks again.
func (o *oldScopes) age() {
	o.mu.Lock()
	defer o.mu.Unlock()
	for scope, known := range o.seen {
		known.at = known.at.Add(-oldScopeLook)
		o.seen[scope] = known
	}
}

// Scopes of before are looked in while a Call has one, and cost no round trip then. They cost nothing once there is
// none.
// Whether there is one is looked at now and then, as a node of the version before may still write one.
func testOldScopesCostNothingOnceUnused(t *testing.T, b backend) {
	s := b.open(t, nil)
	old := func(scope string) call.Call { // as a version before writes it
		c, _, err := createAs(t, s, Idempotency{Scope: scope, Key: "of " + scope, Hash: "request"})
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	sends := func(n int, before ...string) int {
		t.Helper()
		var ops []operation
		for range n {
			ops = append(ops, created(t, Idempotency{
				Scope: "name:shop", Key: "new " + wish().ID, Hash: "request", Before: before,
			}))
		}
		trips := sentBy(t, s, ops...)
		if s.Shared() && len(trips) != 2 {
			t.Errorf("%d round trips for %d creates with the scopes %q", len(trips), n, before)
		}
		statements := 0
		for _, list := range trips {
			statements += len(list)
		}
		return statements
	}
	finds := func(scope string, want call.Call) {
		t.Helper()
		key := Idempotency{Scope: "name:shop", Key: "of " + scope, Hash: "request", Before: []string{"older", "old"}}
		if c, err := s.First(t.Context(), key); err != nil || c.ID != want.ID {
			t.Errorf("the first of %q is %s, %v; want %s", scope, c.ID, err, want.ID)
		}
		for range 2 {
			if c, replayed, err := createAs(t, s, key); err != nil || !replayed || c.ID != want.ID {
				t.Errorf("the repeat of %q is %s, %t, %v; want %s", scope, c.ID, replayed, err, want.ID)
			}
		}
	}
	is := func(when string, got, want int) {
		t.Helper()
		if got != want {
			t.Errorf("%s: %d statements, want %d", when, got, want)
		}
	}
	for _, n := range []int{1, 3} {
		none := sends(n)
		s.oldScopes.age()
		is("the first look", sends(n, "older", "old"), none+4) // of each scope, who has these keys, and whether it is used
		is("while they are unused", sends(n, "older", "old"), none)
		s.oldScopes.age()
		is("ten seconds later", sends(n, "older", "old"), none+4)
		first := old("old")
		s.oldScopes.age()
		finds("old", first)
		is("while one is used", sends(n, "older", "old"), none+1)
		second := old("older") // its scope is taken to be unused
		s.oldScopes.age()
		finds("older", second)
		finds("old", first)
		run(t, s, "DELETE FROM calls WHERE idem_scope = 'old' OR idem_scope = 'older'")
		is("while they are taken to be used", sends(n, "older", "old"), none+2)
		s.oldScopes.age()
		is("when the last is gone", sends(n, "older", "old"), none+4)
		is("once that is known", sends(n, "older", "old"), none)
	}
	equal(t, count(t, s, "SELECT count(*) FROM calls WHERE idem_key LIKE 'of %'"), 0)
}

// A request that repeats one of before leaves nothing new, also beside others in its batch.
func testARepeatOfBeforeLeavesNothing(t *testing.T, b backend) {
	s := b.open(t, nil)
	first, _, err := createAs(t, s, Idempotency{Scope: "old", Key: "k1", Hash: "h1"})
	if err != nil {
		t.Fatal(err)
	}
	key := func(name, hash string) Idempotency {
		return Idempotency{Scope: "name:shop", Key: name, Hash: hash, Before: []string{"older", "old"}}
	}
	repeat, again, other := created(t, key("k1", "h1")), created(t, key("k1", "h1")), created(t, key("k1", "h2"))
	fresh, stranger := created(t, key("k2", "h1")), created(t, Idempotency{Scope: "name:crm", Key: "k1", Hash: "h1"})
	errs := together(t, s, repeat, again, other, fresh, stranger)
	if !errors.Is(errs[2], ErrConflict) {
		t.Errorf("another request with the same key: %v, want ErrConflict", errs[2])
	}
	errs[2] = nil
	if err := errors.Join(errs...); err != nil {
		t.Error(err)
	}
	for o, want := range map[*creating]string{
		repeat: first.ID, again: first.ID, fresh: fresh.call.ID, stranger: stranger.call.ID,
	} {
		if o.made.ID != want {
			t.Errorf("%+v got %s, want %s", o.key, o.made.ID, want)
		}
	}
	for o, want := range map[*creating]bool{repeat: false, again: false, other: false, fresh: true, stranger: true} {
		if isStored(t, s, o) != want {
			t.Errorf("%+v: stored %t", o.key, !want)
		}
	}
	equal(t, count(t, s, "SELECT count(*) FROM calls"), 3)
}

func testSameRequestAtOnce(t *testing.T, b backend) {
	nodes := b.pair(t)
	var (
		wg   sync.WaitGroup
		mu   sync.Mutex
		ids  = map[string]int{}
		news int
	)
	for i := range 20 {
		wg.Go(func() {
			c, replayed, err := createAs(t, nodes[i%2], Idempotency{Scope: "alice", Key: "k1", Hash: "h1"})
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Error(err)
			}
			if !replayed {
				news++
			}
			ids[c.ID]++
		})
	}
	wg.Wait()
	if len(ids) != 1 || news != 1 || count(t, nodes[0], "SELECT count(*) FROM calls") != 1 {
		t.Errorf("%d of 20 equal requests were new, ids %v", news, ids)
	}
}

// The stored hash of a request can't be tested without the call's secret. It can be compared with the hash that an
// earlier version stored. It is removed with the personal data: from then on a repeat gets the first call.
func testRequestIsKeptSealed(t *testing.T, b backend) {
	s := b.open(t, nil)
	key := Idempotency{Scope: "alice", Key: "k1", Hash: "h1"}
	other := Idempotency{Scope: "alice", Key: "k1", Hash: "h2"}
	first, _, err := createAs(t, s, key)
	if err != nil {
		t.Fatal(err)
	}
	var kept string
	const hash = "SELECT idem_hash FROM calls WHERE id = $1"
	if _, err := s.reading(t.Context()).row(hash, []any{first.ID}, &kept); err != nil {
		t.Fatal(err)
	}
	if kept != key.seal(first.Secret) || kept == key.seal("another") || strings.Contains(kept, key.Hash) {
		t.Errorf("%q is kept of the request", kept)
	}
	repeats := func(key Idempotency) {
		t.Helper()
		if c, err := s.First(t.Context(), key); err != nil || c.ID != first.ID {
			t.Errorf("the first is %q, %v", c.ID, err)
		}
		if again, replayed, err := createAs(t, s, key); err != nil || !replayed || again.ID != first.ID {
			t.Errorf("replayed %t, %v", replayed, err)
		}
	}
	differs := func() {
		t.Helper()
		if _, err := s.First(t.Context(), other); !errors.Is(err, ErrConflict) {
			t.Errorf("the first is there: %v, want ErrConflict", err)
		}
		if _, _, err := createAs(t, s, other); !errors.Is(err, ErrConflict) {
			t.Errorf("%v, want ErrConflict", err)
		}
	}
	repeats(key)
	differs()
	run(t, s, "UPDATE calls SET idem_hash = 'h1' WHERE id = $1", first.ID) // as the version before stored it
	repeats(key)
	differs()
	change(t, s, first.ID, cancel)
	if err := s.Scrub(t.Context(), Asker{}, first.ID, begin); err != nil {
		t.Fatal(err)
	}
	equal(t, count(t, s, "SELECT count(*) FROM calls WHERE idem_hash <> ''"), 0)
	repeats(key)
	repeats(other)
	for _, unused := range []Idempotency{{Scope: "bob", Key: "k1", Hash: "h1"}, {Scope: "alice", Key: "k2", Hash: "h1"}} {
		if _, err := s.First(t.Context(), unused); !errors.Is(err, ErrNotFound) {
			t.Errorf("%+v: %v, want ErrNotFound", unused, err)
		}
	}
}
