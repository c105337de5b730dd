package store

import (
	"context"
	"fmt"
	"time"

	"redial/internal/store/engine"
)

const (
	insertSession  = `INSERT INTO sessions (hash, data, expires_at) VALUES ($1, $2, $3)`
	selectSession  = `SELECT data FROM sessions WHERE hash = $1 AND expires_at > $2`
	forgetSession  = `DELETE FROM sessions WHERE hash = $1`
	forgetSessions = `DELETE FROM sessions WHERE expires_at <= $1`
)

// KeepSession keeps what is known of a browser that is signed in, by the hash of its token, until a time. Sessions that
// have expired are forgotten.
func (s *Store) KeepSession(ctx context.Context, hash, data string, until time.Time) error {
	err := s.tx(ctx, func(t *tx) error {
		t.add(
			engine.Statement{SQL: forgetSessions, Args: []any{micros(s.Now())}},
			engine.Statement{SQL: forgetSession, Args: []any{hash}},
			engine.Statement{SQL: insertSession, Args: []any{hash, data, micros(until)}},
		)
		return t.flush()
	})
	if err != nil {
		return fmt.Errorf("keeping a session: %w", err)
	}
	return nil
}

// Session returns what is kept of a session that has not expired; empty if there is none.
func (s *Store) Session(ctx context.Context, hash string) (data string, err error) {
	_, err = s.reading(ctx).row(selectSession, []any{storable(hash), micros(s.Now())}, &data)
	if err != nil {
		return "", fmt.Errorf("reading a session: %w", err)
	}
	return data, nil
}

// ForgetSession ends a session.
func (s *Store) ForgetSession(ctx context.Context, hash string) error {
	if err := s.writeRows(ctx, forgetSession, storable(hash)); err != nil {
		return fmt.Errorf("ending a session: %w", err)
	}
	return nil
}
