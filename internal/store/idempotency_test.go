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
	row := s.engine.Pools().Read.QueryRowContext(t.Context(), "SELECT idem_hash FROM calls WHERE id = $1", first.ID)
	if err := row.Scan(&kept); err != nil {
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
