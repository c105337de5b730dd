package store

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"redial/internal/call"
)

// Each event is told once, by the node that committed it, after it is on disk. Nothing is told of what is rolled back.
func testCommittedIsTold(t *testing.T, b backend) {
	url := b.url(t)
	var mu sync.Mutex
	told := map[string]int{}
	var first *Store
	open := func() *Store {
		return b.openURL(t, url, func(o *Options) {
			o.Committed = func(c *call.Call, e *call.Event) {
				if first != nil { // on another connection, which sees only what is committed
					if n := count(t, first, "SELECT count(*) FROM events WHERE call_id = $1 AND seq = $2", c.ID, e.Seq); n != 1 {
						t.Errorf("%s %d is told before it is on disk", e.Type, e.Seq)
					}
				}
				if c.Attempt(e.Attempt) == nil && e.Attempt > 0 {
					t.Errorf("%s is told with a call that has no attempt %d", e.Type, e.Attempt)
				}
				mu.Lock()
				defer mu.Unlock()
				told[fmt.Sprint(c.ID, " ", e.Seq, " ", e.Type)]++
			}
		})
	}
	nodes := []*Store{open()}
	if b.shared {
		nodes = append(nodes, open())
	}
	first = nodes[0]
	var calls []call.Call
	var all []string
	for range 5 {
		calls = append(calls, create(t, nodes[0]))
		all = append(all, calls[len(calls)-1].ID)
	}
	no := errors.New("no")
	var changes sync.WaitGroup
	for i := range 60 {
		changes.Go(func() {
			s, c := nodes[i%len(nodes)], calls[i%len(calls)]
			_, err := s.Change(t.Context(), c.ID, begin, func(c *call.Call) ([]call.Event, error) {
				c.Seq++
				e := []call.Event{{Seq: c.Seq, Type: call.CallHeld, At: begin}}
				switch i % 3 {
				case 1:
					return e, no
				case 2:
					panic("a fault")
				}
				return e, nil
			})
			if (err != nil) != (i%3 != 0) {
				t.Error(err)
			}
		})
	}
	changes.Wait()
	dial(t, nodes[0], begin, all...)
	change(t, nodes[0], calls[0].ID, report(call.StatusCompleted))
	want := map[string]int{}
	for _, c := range calls {
		for _, e := range events(t, nodes[0], c.ID) {
			want[fmt.Sprint(c.ID, " ", e.Seq, " ", e.Type)] = 1
		}
	}
	mu.Lock()
	defer mu.Unlock()
	if diff := cmp.Diff(want, told); diff != "" {
		t.Errorf("-on disk +told:\n%s", diff)
	}
}
