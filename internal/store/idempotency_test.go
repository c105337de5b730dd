package store

import (
	"errors"
	"sync"
	"testing"

	"redial/internal/call"
)

func createAs(t testing.TB, s *Store, key Idempotency) (call.Call, bool, error) {
	c, events, err := call.New(wish(), begin)
	if err != nil {
		t.Fatal(err)
	}
	return s.Create(t.Context(), c, events, key)
}

func testRepeatedRequest(t *testing.T, b backend) {
	s := b.open(t, nil)
	first, replayed, err := createAs(t, s, Idempotency{"alice", "k1", "h1"})
	if err != nil || replayed {
		t.Fatalf("replayed %t, %v", replayed, err)
	}
	now := change(t, s, first.ID, cancel)
	again, replayed, err := createAs(t, s, Idempotency{"alice", "k1", "h1"})
	if err != nil || !replayed {
		t.Fatalf("replayed %t, %v", replayed, err)
	}
	equal(t, again, now)
	equal(t, len(events(t, s, first.ID)), now.Seq)
	if _, _, err := createAs(t, s, Idempotency{"alice", "k1", "h2"}); !errors.Is(err, ErrConflict) {
		t.Errorf("another request with the same key: %v, want ErrConflict", err)
	}
	for _, key := range []Idempotency{{"bob", "k1", "h2"}, {"alice", "k2", "h1"}, {"alice", "", "h1"}, {"alice", "", "h1"}, {}} {
		if other, replayed, err := createAs(t, s, key); err != nil || replayed || other.ID == first.ID {
			t.Errorf("%+v: %s, replayed %t, %v", key, other.ID, replayed, err)
		}
	}
	equal(t, count(t, s, "SELECT count(*) FROM calls"), 6)
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
			c, replayed, err := createAs(t, nodes[i%2], Idempotency{"alice", "k1", "h1"})
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
