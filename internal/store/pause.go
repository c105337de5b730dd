package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"redial/internal/store/engine"
)

// PauseKind is the reason of a pause.
type PauseKind string

// The kinds of a pause.
const (
	PauseOfAccount  PauseKind = ""         // Twilio accepts no calls of the account
	PauseOfSetup    PauseKind = "setup"    // it does not accept a setting of ours, which Message names
	PauseOfFull     PauseKind = "full"     // the account has as many calls at once as it may have
	PauseOfUnlisted PauseKind = "unlisted" // a code that is in no table refuses many: the account is looked at
)

// Pause says that Twilio accepts no calls of an account at present, since when, and with which error. All nodes obey
// it.
type Pause struct {
	Since       time.Time
	Kind        PauseKind
	Code        int
	Message     string
	NextCheckAt time.Time // when one of the nodes looks whether it is over
	Legs, Alive int       // of PauseOfFull: how many legs were alive when it began, and are alive now
}

// Why is the reason of the pause, in a sentence.
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

// Free is how many calls may be dialed although the account was full: as many as have ended since.
func (p *Pause) Free() int {
	if p.Kind != PauseOfFull {
		return 0
	}
	return max(0, p.Legs-p.Alive)
}

func pauseColumns(account *string, p *Pause) []column {
	since, next := int(micros(p.Since)), int(micros(p.NextCheckAt)) // never NULL
	return []column{{"account", account}, {"since", &since}, {"code", &p.Code}, {"message", &p.Message},
		{"next_check_at", &next}, {"kind", (*string)(&p.Kind)}, {"legs", &p.Legs}}
}

// The count of legs leaves out one number: that of the call which found the account full.
var insertPause = func() bulk {
	b := insertionIfFree("pauses", pauseColumns(new(string), new(Pause)), "account", "account")
	b.insert.Compute = map[string]string{"legs": "(SELECT count(*) FROM destinations) - {legs}"}
	return b
}()

// A kind of pause gives way to a more important one: trouble with the account matters more than a full account, and a
// code that is in no table is looked at even during another trouble.
const updatePause = `UPDATE pauses SET code = $3, message = $4,
	since = CASE WHEN kind = $6 THEN since ELSE CAST($2 AS BIGINT) END,
	next_check_at = $5, legs = (SELECT count(*) FROM destinations) - 1, kind = $6
	WHERE account = $1 AND (kind = 'full' OR $6 = 'unlisted' AND kind <> 'unlisted')`

// PauseAccount stops dialing for the account until ResumeAccount. An existing pause is kept, unless it is one of a
// full account.
func (s *Store) PauseAccount(ctx context.Context, account string, p Pause) (isNew bool, err error) {
	p.Message, p.Legs = storable(p.Message), 1
	err = s.tx(ctx, func(t *tx) error {
		isNew = false
		err := t.write(&insertPause, [][]column{pauseColumns(&account, &p)}, func(scan func(...any) error) error {
			isNew = true
			return scan(new(string))
		})
		if err == nil {
			err = t.flush()
		}
		if err != nil || isNew {
			return err
		}
		changed := false
		t.add(engine.Statement{
			SQL:      updatePause,
			Args:     []any{account, micros(p.Since), p.Code, p.Message, micros(p.NextCheckAt), string(p.Kind)},
			Affected: func(n int64) { changed = n == 1 },
		}, engine.Statement{
			SQL: `SELECT since FROM pauses WHERE account = $1`, Args: []any{account},
			Rows: func(scan func(...any) error) error {
				var since time.Time
				err := scan(asMicros{&since})
				isNew = changed && micros(since) == micros(p.Since)
				return err
			},
		})
		return t.flush()
	})
	if err != nil {
		return false, fmt.Errorf("pausing the account: %w", err)
	}
	return isNew, nil
}

// BlameAccount makes a pause of kind PauseOfUnlisted one of the account, because a look found trouble with the
// account. The code no longer counts against any number.
func (s *Store) BlameAccount(ctx context.Context, account string, code int) error {
	return s.tx(ctx, func(t *tx) error {
		t.add(engine.Statement{
			SQL: `UPDATE pauses SET kind = '' WHERE account = $1 AND kind = 'unlisted'`, Args: []any{account},
		}, engine.Statement{
			SQL: `DELETE FROM unlisted_codes WHERE account = $1 AND code = $2`, Args: []any{account, code},
		})
		return t.flush()
	})
}

// pastFor is how long a past pause is kept.
const pastFor = 7 * 24 * time.Hour

// ResumeAccount ends a pause. It keeps it among the past ones for a while, unless it was one of a full account, of
// which there may be many.
func (s *Store) ResumeAccount(ctx context.Context, account string) error {
	now := s.Now()
	err := s.tx(ctx, func(t *tx) error {
		var past [][]column
		t.add(engine.Statement{
			SQL:  `SELECT since, code, message, kind FROM pauses WHERE account = $1 AND kind <> 'full'`,
			Args: []any{account}, Lock: engine.ForUpdate,
			Rows: func(scan func(...any) error) error {
				p := PastPause{Until: now}
				err := scan(asMicros{&p.Since}, &p.Code, &p.Message, (*string)(&p.Kind))
				past = append(past, pastColumns(&account, &p))
				return err
			},
		})
		if err := t.flush(); err != nil {
			return err
		}
		if err := t.write(&insertPastPause, past, nil); err != nil {
			return err
		}
		t.add(engine.Statement{SQL: `DELETE FROM pauses WHERE account = $1`, Args: []any{account}}, engine.Statement{
			SQL: `DELETE FROM past_pauses WHERE account = $1 AND until < $2`, Args: []any{account, micros(now.Add(-pastFor))},
		})
		return t.flush()
	})
	if err != nil {
		return fmt.Errorf("ending the pause of the account: %w", err)
	}
	s.Timer.Wake()
	return nil
}

// PastPause is a pause that is over.
type PastPause struct {
	Pause
	Until time.Time
}

func pastColumns(account *string, p *PastPause) []column {
	since, until := int(micros(p.Since)), int(micros(p.Until)) // never NULL
	return []column{{"account", account}, {"since", &since}, {"until", &until}, {"code", &p.Code},
		{"message", &p.Message}, {"kind", (*string)(&p.Kind)}}
}

var insertPastPause = insertionIfFree("past_pauses", pastColumns(new(string), new(PastPause)), "", "account", "since")

// PastPauses returns the latest past pauses of an account, the latest first, at most limit.
func (s *Store) PastPauses(ctx context.Context, account string, limit int) (list []PastPause, err error) {
	err = s.reading(ctx).each(`SELECT since, until, code, message, kind FROM past_pauses WHERE account = $1
		ORDER BY until DESC LIMIT $2`, []any{account, limit},
		func(scan func(...any) error) error {
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

const selectAccount = `SELECT
	(SELECT count(*) FROM (SELECT 1 FROM unlisted_codes WHERE account = $1 AND counts = 1 LIMIT 1) AS u),
	p.since, p.next_check_at, p.code, p.message, p.kind, p.legs,
	CASE WHEN p.kind = 'full' THEN (SELECT count(*) FROM destinations) ELSE 0 END
	FROM (SELECT 1 AS one) AS always LEFT JOIN pauses AS p ON p.account = $1`

// AccountPause returns the account's pause, nil if there is none.
func (s *Store) AccountPause(ctx context.Context, account string) (*Pause, error) {
	p, _, err := s.AccountState(ctx, account)
	return p, err
}

// AccountState returns the account's pause, nil if there is none, and whether codes that are in no table were counted
// since Twilio last accepted a call.
func (s *Store) AccountState(ctx context.Context, account string) (pause *Pause, suspects bool, err error) {
	var p Pause
	var counted int
	var code, legs, alive sql.NullInt64
	var message, kind sql.NullString
	_, err = s.reading(ctx).row(selectAccount, []any{account},
		&counted, asMicros{&p.Since}, asMicros{&p.NextCheckAt}, &code, &message, &kind, &legs, &alive)
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

// ClaimCheck says whether this node is to look whether the pause is over. If so, it puts off the next look until next.
// It does not wait for another node that is doing the same.
func (s *Store) ClaimCheck(ctx context.Context, account string, now, next time.Time) (mine bool, err error) {
	err = s.tx(ctx, func(t *tx) error {
		const due = `SELECT account FROM pauses WHERE account = $1 AND next_check_at <= $2`
		found, err := t.lockIDs(engine.SkipLocked, due, account, micros(now))
		mine = len(found) > 0
		if err != nil || !mine {
			return err
		}
		return t.exec(`UPDATE pauses SET next_check_at = $2 WHERE account = $1`, account, micros(next))
	})
	if err != nil {
		return false, fmt.Errorf("claiming the look at the account: %w", err)
	}
	return mine, nil
}
