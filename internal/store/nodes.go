package store

import (
	"context"
	"fmt"
	"time"

	"redial/internal/store/engine"
)

// Node is a redial that runs on this database, as it tells of itself.
type Node struct {
	ID       string // made anew at each start
	Machine  string
	SeenAt   time.Time // when it last told
	FileHash string    // of its file of triggers; empty if it has none
}

// NodeAlive is how long a node counts as running after it last told of itself; nodeForgotten is how long its row stays.
const (
	NodeAlive     = 90 * time.Second
	nodeForgotten = time.Hour
)

func nodeColumns(n *Node) []column {
	seen := int(micros(n.SeenAt)) // never NULL
	return []column{{"id", &n.ID}, {"machine", &n.Machine}, {"seen_at", &seen}, {"file_hash", &n.FileHash}}
}

var insertNode = insertionIfFree("nodes", nodeColumns(new(Node)), "", "id")

// TellNode keeps what a node tells of itself, and forgets nodes that told nothing for an hour.
func (s *Store) TellNode(ctx context.Context, n Node) error {
	err := s.tx(ctx, func(t *tx) error {
		if err := t.write(&insertNode, [][]column{nodeColumns(&n)}, nil); err != nil {
			return err
		}
		t.add(engine.Statement{
			SQL:  `UPDATE nodes SET seen_at = $2, file_hash = $3 WHERE id = $1`,
			Args: []any{n.ID, micros(n.SeenAt), n.FileHash},
		}, engine.Statement{
			SQL: `DELETE FROM nodes WHERE seen_at < $1`, Args: []any{micros(n.SeenAt.Add(-nodeForgotten))},
		})
		return t.flush()
	})
	if err != nil {
		return fmt.Errorf("telling other nodes of this one: %w", err)
	}
	return nil
}

// ForgetNode removes a node that stops.
func (s *Store) ForgetNode(ctx context.Context, id string) error {
	if err := s.writeRows(ctx, `DELETE FROM nodes WHERE id = $1`, id); err != nil {
		return fmt.Errorf("telling other nodes that this one stops: %w", err)
	}
	return nil
}

// Nodes returns the nodes that run, in the order of their machines.
func (s *Store) Nodes(ctx context.Context) (list []Node, err error) {
	err = s.reading(ctx).each(`SELECT id, machine, seen_at, file_hash FROM nodes WHERE seen_at >= $1
		ORDER BY machine, id`, []any{micros(s.Now().Add(-NodeAlive))},
		func(scan func(...any) error) error {
			var n Node
			err := scan(&n.ID, &n.Machine, asMicros{&n.SeenAt}, &n.FileHash)
			list = append(list, n)
			return err
		})
	if err != nil {
		return nil, fmt.Errorf("reading which nodes run: %w", err)
	}
	return list, nil
}
