package store

import (
	"testing"

	"redial/internal/call"
	"redial/internal/pgtest"
)

// A plain URL is all that several nodes need behind a pooler in transaction mode, one after another and at once. No
// lock is left behind.
func TestAPlainURLThroughAPooler(t *testing.T) {
	database := pgtest.New(t)
	url := pgtest.Pooled(t, database)
	var nodes []*Store
	for range 3 {
		s, err := Open(t.Context(), url, Options{Migrate: true})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		nodes = append(nodes, s)
	}
	for i := range 30 {
		s := nodes[i%len(nodes)]
		c := create(t, s)
		dial(t, nodes[(i+1)%len(nodes)], begin, c.ID)
		change(t, s, c.ID, func(c *call.Call) []call.Event { return c.Placed(1, sid(c.ID, 1), begin) })
		change(t, s, c.ID, report(call.StatusCompleted))
		equal(t, get(t, nodes[(i+2)%len(nodes)], c.ID).State, call.Ended)
	}
	equal(t, count(t, nodes[0], "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"), 0)
}
