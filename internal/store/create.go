package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"redial/internal/call"
	"redial/internal/crash"
)

// Idempotency is a caller's promise that two requests with the same key are the
// same request. Scope says whose key it is, Hash what was asked.
type Idempotency struct {
	Scope, Key, Hash string
}

// ErrConflict is returned by Create when the key was used for another request.
var ErrConflict = errors.New("the Idempotency-Key was used for another request")

// Create stores a new Call and its Events. When the key has been used for the
// same request before, it stores nothing and returns the Call of then, replayed.
// A key lives as long as its Call's row.
func (s *Store) Create(ctx context.Context, c call.Call, events []call.Event, key Idempotency) (stored call.Call, replayed bool, err error) {
	changed := newChanges()
	err = s.tx(ctx, func(t *tx) error {
		t.changed = changed.reset()
		stored, replayed = c, false
		isNew, err := t.insertCall(&c, key)
		if err != nil {
			return err
		}
		if isNew {
			err := t.appendEvents(&c, events)
			crash.Point(crash.CreateBeforeCommit)
			return err
		}
		replayed = true
		stored, err = t.first(key)
		return err
	})
	if err != nil {
		return call.Call{}, false, fmt.Errorf("creating a call: %w", err)
	}
	crash.Point(crash.CreateAfterCommit)
	s.tell(changed)
	return stored, replayed, nil
}

func (t *tx) insertCall(c *call.Call, key Idempotency) (isNew bool, err error) {
	cols := append(callColumns(c),
		column{"idem_scope", asText{&key.Scope}}, column{"idem_key", asText{&key.Key}}, column{"idem_hash", asText{&key.Hash}})
	if key.Key == "" {
		cols = cols[:len(cols)-3]
	}
	r, err := t.ExecContext(t.ctx, "INSERT INTO calls ("+names(cols)+") VALUES ("+values(1, len(cols))+
		") ON CONFLICT (idem_scope, idem_key) DO NOTHING", fields(cols)...)
	if err != nil {
		return false, err
	}
	n, err := r.RowsAffected()
	return n == 1, err
}

// first returns the Call that the key made.
func (t *tx) first(key Idempotency) (call.Call, error) {
	var id, hash string
	err := t.QueryRowContext(t.ctx, "SELECT id, idem_hash FROM calls WHERE idem_scope = $1 AND idem_key = $2",
		key.Scope, key.Key).Scan(&id, &hash)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return call.Call{}, fmt.Errorf("the first request with this key is being deleted: %w", ErrConflict)
	case err != nil:
		return call.Call{}, err
	case hash != key.Hash:
		return call.Call{}, ErrConflict
	}
	return loadCall(t.ctx, t.Tx, id, "")
}
