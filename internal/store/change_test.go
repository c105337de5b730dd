package store

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"redial/internal/call"
)

func isNotFound(err error) bool { return errors.Is(err, ErrNotFound) }

func testFailingStep(t *testing.T, b backend) {
	s := b.open(t, nil)
	c := create(t, s)
	failure := errors.New("no")
	got, err := s.Change(t.Context(), c.ID, begin, func(c *call.Call) ([]call.Event, error) {
		return c.Cancel(false, "", begin), failure
	})
	if !errors.Is(err, failure) || got.ID != "" {
		t.Errorf("%+v, %v", got, err)
	}
	equal(t, get(t, s, c.ID), c)
	equal(t, len(events(t, s, c.ID)), 1)
}

// written is a value that changes whenever Call id's row is written.
func written(t testing.TB, s *Store, id string) int {
	switch kind(s) {
	case "mysql":
		return status(t, s, "Handler_update")
	case "postgres":
		return count(t, s, "SELECT xmin::text::bigint FROM calls WHERE id = $1", id)
	}
	return count(t, s, "SELECT total_changes()")
}

func testIdleStep(t *testing.T, b backend) {
	s := b.open(t, nil)
	c := create(t, s)
	dial(t, s, begin, c.ID)
	change(t, s, c.ID, report(call.Ringing))
	told, stop := watches(t, s, c.ID)
	defer stop()
	before, mark := get(t, s, c.ID), written(t, s, c.ID)
	equal(t, change(t, s, c.ID, report(call.Ringing)), before)
	equal(t, written(t, s, c.ID), mark)
	equal(t, len(events(t, s, c.ID)), before.Seq)
	select {
	case <-told:
		t.Error("nothing changed, but a change was told")
	default:
	}
	change(t, s, c.ID, report(call.StatusNoAnswer))
	if written(t, s, c.ID) == mark {
		t.Error("a change was not written, or can't be seen")
	}
	dial(t, s, begin, c.ID)
	run(t, s, "UPDATE attempts SET status = 'queued' WHERE n = 1") // a mark that a write would overwrite
	change(t, s, c.ID, report(call.Ringing))
	equal(t, count(t, s, "SELECT count(*) FROM attempts WHERE status = 'queued'"), 1)
}

func testChangesAtOnce(t *testing.T, b backend) {
	nodes := b.pair(t)
	c := create(t, nodes[0])
	var wg sync.WaitGroup
	for i := range 20 {
		wg.Go(func() {
			_, err := nodes[i%2].Change(t.Context(), c.ID, begin, func(c *call.Call) ([]call.Event, error) {
				c.Seq++
				return []call.Event{{Seq: c.Seq, Type: call.CallHeld, At: begin, Reason: fmt.Sprint(i)}}, nil
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	all := events(t, nodes[0], c.ID)
	reasons := map[string]bool{}
	for _, e := range all[1:] {
		reasons[e.Reason] = true
	}
	if len(all) != 21 || len(reasons) != 20 || get(t, nodes[0], c.ID).Seq != 21 {
		t.Errorf("%d events, %d different", len(all), len(reasons))
	}
}

func testWatch(t *testing.T, b backend) {
	s := b.open(t, nil)
	c, other := create(t, s), create(t, s)
	told, stop := watches(t, s, c.ID)
	change(t, s, other.ID, cancel)
	select {
	case <-told:
		t.Error("told of another call")
	default:
	}
	dial(t, s, begin, c.ID)
	<-told
	change(t, s, c.ID, report(call.Ringing))
	change(t, s, c.ID, report(call.StatusBusy)) // the watcher is told once, because it has not looked yet
	<-told
	stop()
	stop()
	change(t, s, c.ID, cancel)
	select {
	case <-told:
		t.Error("told after the watch was ended")
	default:
	}
	equal(t, len(s.watchers.byID), 0)
}
