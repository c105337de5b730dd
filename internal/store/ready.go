package store

import (
	"context"
	"crypto/rand"
	"fmt"
	"strings"
	"time"

	"redial/internal/store/engine"
)

const (
	probeTime = 5 * time.Second
	probeSize = 4096 // bytes: a disk that is too full for them is too full for a call
)

// Ready says whether the database accepts writes: a disk may be full, or a server read-only, and it still answers
// reads. Callers at the same time share one probe.
func (s *Store) Ready(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	looked := s.probes.DoChan("", func() (any, error) {
		ctx, cancel := context.WithTimeout(context.Background(), probeTime)
		defer cancel()
		return nil, s.tx(ctx, (*tx).probe)
	})
	select {
	case <-ctx.Done():
		return ctx.Err()
	case r := <-looked:
		if r.Err != nil {
			return fmt.Errorf("trying to write: %w", r.Err)
		}
		return nil
	}
}

// probe writes a row, and removes the rows of earlier probes.
func (t *tx) probe() error {
	id, filler := rand.Text(), strings.Repeat(rand.Text(), probeSize/len(rand.Text()))
	t.add(engine.Statement{SQL: `INSERT INTO probes (id, filler) VALUES ($1, $2)`, Args: []any{id, filler}})
	before, err := t.lockIDs(engine.SkipLocked, `SELECT id FROM probes WHERE id <> $1`, id)
	t.add(engine.Statement{SQL: `DELETE FROM probes WHERE id IN ($1)`, Args: []any{engine.List(before)}})
	return err
}
