package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"
)

// Pause says that Twilio takes no calls of an account for now, since when, and
// with which error; all nodes keep to it.
type Pause struct {
	Since       time.Time
	Code        int
	Message     string
	NextCheckAt time.Time // when some node looks whether it is over
}

// PauseAccount stops dialing for the account until ResumeAccount. A pause that
// is there already stays as it is.
func (s *Store) PauseAccount(ctx context.Context, account string, p Pause) (isNew bool, err error) {
	r, err := s.write.ExecContext(ctx, `INSERT INTO pauses (account, since, code, message, next_check_at)
		VALUES ($1, $2, $3, $4, $5) ON CONFLICT (account) DO NOTHING`,
		account, micros(p.Since), p.Code, storable(p.Message), micros(p.NextCheckAt))
	if err != nil {
		return false, fmt.Errorf("pausing the account: %w", err)
	}
	n, err := r.RowsAffected()
	return n == 1, err
}

// ResumeAccount ends a pause.
func (s *Store) ResumeAccount(ctx context.Context, account string) error {
	if _, err := s.write.ExecContext(ctx, `DELETE FROM pauses WHERE account = $1`, account); err != nil {
		return fmt.Errorf("ending the pause of the account: %w", err)
	}
	s.resumed()
	return nil
}

// AccountPause returns the account's pause, nil if there is none.
func (s *Store) AccountPause(ctx context.Context, account string) (*Pause, error) {
	var p Pause
	err := s.read.QueryRowContext(ctx, `SELECT since, code, message, next_check_at FROM pauses WHERE account = $1`,
		account).Scan(asMicros{&p.Since}, &p.Code, &p.Message, asMicros{&p.NextCheckAt})
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil, nil
	case err != nil:
		return nil, fmt.Errorf("reading the pause of the account: %w", err)
	}
	return &p, nil
}

// ClaimCheck says whether it is on this node to look whether the pause is over,
// and if so puts the next look off until next.
func (s *Store) ClaimCheck(ctx context.Context, account string, now, next time.Time) (mine bool, err error) {
	r, err := s.write.ExecContext(ctx, `UPDATE pauses SET next_check_at = $3 WHERE account = $1 AND next_check_at <= $2`,
		account, micros(now), micros(next))
	if err != nil {
		return false, fmt.Errorf("claiming the look at the account: %w", err)
	}
	n, err := r.RowsAffected()
	return n == 1, err
}
