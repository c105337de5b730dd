package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"redial/internal/store/engine"
)

const (
	unlistedFor  = 24 * time.Hour // a code is remembered for a number
	unlistedOnce = time.Hour      // within it a number counts once
)

// Unlisted is what is known of an error code that is in no table.
type Unlisted struct {
	Own     bool // a look found the account well: the code is about the one call
	Again   bool // this number was refused with it before
	Numbers int  // so many numbers were refused with it since Twilio last accepted a call
}

var (
	insertUnlisted = insertionIfFree("unlisted_codes", []column{{"account", new(string)}, {"code", new(int)},
		{"number", new(string)}, {"at", asMicros{}}, {"counts", new(int)}}, "number", "account", "code", "number")
	insertOwnCode = insertionIfFree("own_codes", []column{{"account", new(string)}, {"code", new(int)},
		{"until", asMicros{}}}, "", "account", "code")
)

// CountUnlisted counts that a create request to a number was refused with a code that is in no table.
func (s *Store) CountUnlisted(
	ctx context.Context, account string, code int, number string, now time.Time,
) (u Unlisted, err error) {
	sum := sha256.Sum256([]byte(account + number))
	hash := hex.EncodeToString(sum[:])
	err = s.tx(ctx, func(t *tx) error {
		u = Unlisted{}
		t.add(engine.Statement{
			SQL:  `DELETE FROM unlisted_codes WHERE account = $1 AND at < $2`,
			Args: []any{account, micros(now.Add(-unlistedFor))},
		})
		isNew, counts := false, 1
		row := []column{{"account", &account}, {"code", &code}, {"number", &hash},
			{"at", asMicros{&now}}, {"counts", &counts}}
		err := t.write(&insertUnlisted, [][]column{row}, func(scan func(...any) error) error {
			isNew = true
			return scan(new(string))
		})
		if err != nil {
			return err
		}
		t.add(engine.Statement{
			SQL: `UPDATE unlisted_codes SET at = $4, counts = 1
				WHERE account = $1 AND code = $2 AND number = $3 AND at < $5`,
			Args:     []any{account, code, hash, micros(now), micros(now.Add(-unlistedOnce))},
			Affected: func(n int64) { u.Again = !isNew && n == 0 },
		}, engine.Statement{
			SQL: `SELECT (SELECT count(*) FROM unlisted_codes WHERE account = $1 AND code = $2 AND counts = 1),
				(SELECT count(*) FROM own_codes WHERE account = $1 AND code = $2 AND until > $3)`,
			Args: []any{account, code, micros(now)},
			Rows: func(scan func(...any) error) error {
				own := 0
				err := scan(&u.Numbers, &own)
				u.Own = own > 0
				return err
			},
		})
		return t.flush()
	})
	if err != nil {
		return u, fmt.Errorf("counting a code that nobody knows: %w", err)
	}
	return u, nil
}

// ForgetUnlisted sets the counts to zero, because Twilio has accepted a call of the account.
func (s *Store) ForgetUnlisted(ctx context.Context, account string) error {
	err := s.writeRows(ctx, `UPDATE unlisted_codes SET counts = 0 WHERE account = $1 AND counts = 1`, account)
	if err != nil {
		return fmt.Errorf("forgetting codes that nobody knows: %w", err)
	}
	return nil
}

// OwnCode records, until a time, that a code is about the one call and not about the account.
func (s *Store) OwnCode(ctx context.Context, account string, code int, until time.Time) error {
	err := s.tx(ctx, func(t *tx) error {
		row := []column{{"account", &account}, {"code", &code}, {"until", asMicros{&until}}}
		if err := t.write(&insertOwnCode, [][]column{row}, nil); err != nil {
			return err
		}
		t.add(engine.Statement{
			SQL: `UPDATE own_codes SET until = $3 WHERE account = $1 AND code = $2`, Args: []any{account, code, micros(until)},
		}, engine.Statement{
			SQL: `DELETE FROM unlisted_codes WHERE account = $1 AND code = $2`, Args: []any{account, code},
		}, engine.Statement{
			SQL: `DELETE FROM own_codes WHERE account = $1 AND until <= $2`, Args: []any{account, micros(s.Now())},
		})
		return t.flush()
	})
	if err != nil {
		return fmt.Errorf("taking a code for the call's own: %w", err)
	}
	return nil
}
