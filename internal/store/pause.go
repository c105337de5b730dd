package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// PauseKind says why dialing pauses.
type PauseKind string

// The kinds of a pause.
const (
	PauseOfAccount  PauseKind = ""         // Twilio takes no calls of the account
	PauseOfSetup    PauseKind = "setup"    // it does not take a setting of ours, which Message names
	PauseOfFull     PauseKind = "full"     // the account has as many calls at once as it may
	PauseOfUnlisted PauseKind = "unlisted" // a code that nobody here knows refuses many: the account is looked at
)

// Pause says that Twilio takes no calls of an account for now, since when, and
// with which error; all nodes keep to it.
type Pause struct {
	Since       time.Time
	Kind        PauseKind
	Code        int
	Message     string
	NextCheckAt time.Time // when some node looks whether it is over
	Legs, Alive int       // of PauseOfFull: how many legs were alive when it began, and are now
}

// Why is the pause in a sentence.
func (p *Pause) Why() string {
	why := "Twilio takes no calls of this account"
	switch p.Kind {
	case PauseOfSetup:
		why = p.Message
	case PauseOfFull:
		why = "the account has as many calls at once as it may"
	case PauseOfUnlisted:
		why = "Twilio refuses one number after another, and redial looks why"
	}
	if p.Code == 0 {
		return why
	}
	return fmt.Sprintf("%s: error %d", why, p.Code)
}

// Free is how many calls may be dialed although the account was full: as many as have ended.
func (p *Pause) Free() int {
	if p.Kind != PauseOfFull {
		return 0
	}
	return max(0, p.Legs-p.Alive)
}

// The one who finds the account full has a number, too, which is not one of the legs. What
// is wrong with the account matters more than that it is full; and a code that nobody here
// knows is looked at even while something else is wrong.
const insertPause = `INSERT INTO pauses (account, since, code, message, next_check_at, kind, legs)
	VALUES ($1, $2, $3, $4, $5, $6, (SELECT count(*) FROM destinations) - 1)
	ON CONFLICT (account) DO UPDATE SET code = excluded.code, message = excluded.message,
		since = CASE WHEN pauses.kind = excluded.kind THEN pauses.since ELSE excluded.since END,
		next_check_at = excluded.next_check_at, kind = excluded.kind, legs = excluded.legs
	WHERE pauses.kind = 'full' OR excluded.kind = 'unlisted' AND pauses.kind <> 'unlisted'
	RETURNING since`

// PauseAccount stops dialing for the account until ResumeAccount. A pause that
// is there already stays as it is, but for one of a full account.
func (s *Store) PauseAccount(ctx context.Context, account string, p Pause) (isNew bool, err error) {
	var since time.Time
	err = s.tx(ctx, func(t *tx) error {
		since, isNew = time.Time{}, false
		return t.each(insertPause, []any{account, micros(p.Since), p.Code, storable(p.Message), micros(p.NextCheckAt), string(p.Kind)},
			func(scan func(...any) error) error {
				err := scan(asMicros{&since})
				isNew = micros(since) == micros(p.Since)
				return err
			})
	})
	if err != nil {
		return false, fmt.Errorf("pausing the account: %w", err)
	}
	return isNew, nil
}

// BlameAccount makes a pause over a code that nobody here knows one of the account, which was
// found not to be well; the code is not held against any number.
func (s *Store) BlameAccount(ctx context.Context, account string, code int) error {
	return s.tx(ctx, func(t *tx) error {
		t.add(statement{sql: `UPDATE pauses SET kind = '' WHERE account = $1 AND kind = 'unlisted'`, args: []any{account}},
			statement{sql: `DELETE FROM unlisted_codes WHERE account = $1 AND code = $2`, args: []any{account, code}})
		return t.flush()
	})
}

// pastFor is how long a pause that is over is remembered.
const pastFor = 7 * 24 * time.Hour

// ResumeAccount ends a pause. All but those of a full account, of which there may be many,
// are remembered for a while.
func (s *Store) ResumeAccount(ctx context.Context, account string) error {
	now := s.Now()
	err := s.tx(ctx, func(t *tx) error {
		t.add(statement{
			sql: `INSERT INTO past_pauses (account, since, until, code, message, kind)
				SELECT account, since, CAST($2 AS BIGINT), code, message, kind FROM pauses WHERE account = $1 AND kind <> 'full'
				ON CONFLICT (account, since) DO NOTHING`,
			args: []any{account, micros(now)},
		}, statement{sql: `DELETE FROM pauses WHERE account = $1`, args: []any{account}},
			statement{sql: `DELETE FROM past_pauses WHERE account = $1 AND until < $2`, args: []any{account, micros(now.Add(-pastFor))}})
		return t.flush()
	})
	if err != nil {
		return fmt.Errorf("ending the pause of the account: %w", err)
	}
	s.resumed()
	return nil
}

// PastPause is a pause that is over.
type PastPause struct {
	Pause
	Until time.Time
}

// PastPauses returns the latest of an account's pauses that are over, at most limit, the latest first.
func (s *Store) PastPauses(ctx context.Context, account string, limit int) (list []PastPause, err error) {
	err = reader{ctx, s.read}.each(`SELECT since, until, code, message, kind FROM past_pauses WHERE account = $1 ORDER BY until DESC LIMIT $2`,
		[]any{account, limit}, func(scan func(...any) error) error {
			var p PastPause
			err := scan(asMicros{&p.Since}, asMicros{&p.Until}, &p.Code, &p.Message, (*string)(&p.Kind))
			list = append(list, p)
			return err
		})
	if err != nil {
		return nil, fmt.Errorf("reading the pauses before: %w", err)
	}
	return list, nil
}

const selectAccount = `SELECT (SELECT count(*) FROM (SELECT 1 FROM unlisted_codes WHERE account = $1 AND counts = 1 LIMIT 1) AS u),
	p.since, p.next_check_at, p.code, p.message, p.kind, p.legs,
	CASE WHEN p.kind = 'full' THEN (SELECT count(*) FROM destinations) ELSE 0 END
	FROM (SELECT 1 AS one) AS always LEFT JOIN pauses AS p ON p.account = $1`

// AccountPause returns the account's pause, nil if there is none.
func (s *Store) AccountPause(ctx context.Context, account string) (*Pause, error) {
	p, _, err := s.AccountState(ctx, account)
	return p, err
}

// AccountState returns the account's pause, nil if there is none, and whether codes that nobody here
// knows were counted since a call was taken.
func (s *Store) AccountState(ctx context.Context, account string) (pause *Pause, suspects bool, err error) {
	var p Pause
	var counted int
	var code, legs, alive sql.NullInt64
	var message, kind sql.NullString
	err = s.read.QueryRowContext(ctx, selectAccount, account).
		Scan(&counted, asMicros{&p.Since}, asMicros{&p.NextCheckAt}, &code, &message, &kind, &legs, &alive)
	if err != nil {
		return nil, false, fmt.Errorf("reading the pause of the account: %w", err)
	}
	if !kind.Valid {
		return nil, counted > 0, nil
	}
	p.Code, p.Message, p.Kind = int(code.Int64), message.String, PauseKind(kind.String)
	if p.Kind == PauseOfFull {
		p.Legs, p.Alive = max(0, int(legs.Int64)), int(alive.Int64)
	}
	return &p, counted > 0, nil
}

// ClaimCheck says whether it is on this node to look whether the pause is over,
// and if so puts the next look off until next. It does not wait for a node that is at it.
func (s *Store) ClaimCheck(ctx context.Context, account string, now, next time.Time) (mine bool, err error) {
	n, err := s.writeRows(ctx, `UPDATE pauses SET next_check_at = $3 WHERE account IN
		(SELECT account FROM pauses WHERE account = $1 AND next_check_at <= $2`+s.dialect.skipLocked+`)`, account, micros(now), micros(next))
	if err != nil {
		return false, fmt.Errorf("claiming the look at the account: %w", err)
	}
	return n == 1, nil
}
