package store

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"redial/internal/store/engine"
)

// useKey keeps a use that is newer by a step than the last one, by whichever node that was kept.
const useKey = `UPDATE api_keys SET last_used_at = $2 WHERE id = $1 AND (last_used_at IS NULL OR last_used_at <= $3)`

// KeysUsed receives when API keys were used of which that is to be kept: see KeepUses.
func (s *Store) KeysUsed() <-chan struct{} { return s.KeyRing.uses.some }

// KeepUses keeps when API keys were last used. No node reads the keys anew for it. A use that can't be written is left
// out: the key's next one is written a minute later.
func (s *Store) KeepUses(ctx context.Context) error {
	due := s.KeyRing.uses.take()
	if len(due) == 0 {
		return nil
	}
	err := s.tx(ctx, func(t *tx) error {
		for _, id := range slices.Sorted(maps.Keys(due)) { // in one order, as another node may do the same
			at := due[id]
			t.add(engine.Statement{SQL: useKey, Args: []any{id, micros(at), micros(at.Add(-useStep))}})
		}
		return t.flush()
	})
	if err != nil {
		return fmt.Errorf("keeping when API keys were used: %w", err)
	}
	return nil
}
