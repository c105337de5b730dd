package store

import (
	"testing"
	"time"
)

// A node is known as long as it tells of itself, by what it told last; one that stops is forgotten at once.
func testNodes(t *testing.T, b backend) {
	now := begin
	s := b.open(t, func(o *Options) { o.Clock = func() time.Time { return now } })
	tell := func(id, machine, hash string) {
		t.Helper()
		if err := s.TellNode(t.Context(), Node{ID: id, Machine: machine, SeenAt: now, FileHash: hash}); err != nil {
			t.Fatal(err)
		}
	}
	knows := func(want ...Node) {
		t.Helper()
		got, err := s.Nodes(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		equal(t, got, want)
	}
	knows()
	tell("b", "one", "1234")
	tell("a", "two", "")
	knows(Node{"b", "one", begin, "1234"}, Node{"a", "two", begin, ""})
	now = begin.Add(NodeAlive)
	tell("a", "two", "1234")
	knows(Node{"b", "one", begin, "1234"}, Node{"a", "two", now, "1234"})
	now = now.Add(time.Microsecond)
	knows(Node{"a", "two", begin.Add(NodeAlive), "1234"})
	if err := s.ForgetNode(t.Context(), "a"); err != nil {
		t.Fatal(err)
	}
	knows()
	now = begin.Add(nodeForgotten + time.Second)
	tell("c", "three", "5")
	var rows int
	if err := s.engine.Pools().Aside.QueryRowContext(t.Context(), `SELECT count(*) FROM nodes`).Scan(&rows); err != nil {
		t.Fatal(err)
	}
	if rows != 1 {
		t.Errorf("%d rows are kept", rows)
	}
}
