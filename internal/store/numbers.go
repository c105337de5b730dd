package store

import (
	"database/sql"
	"errors"
	"fmt"
	"time"

	"redial/internal/call"
)

// claimNumbers takes the numbers that a step is about to dial. A number that
// another Call may be ringing is not taken; its row stays locked until the
// transaction ends, so that who lets go of it sees who waits for it.
func (t *tx) claimNumbers(before, after *call.Call) (taken bool, err error) {
	had := before.LiveNumbers()
	for number, attempt := range after.LiveNumbers() {
		if _, ok := had[number]; ok {
			continue
		}
		mine, err := t.takeNumber(number, after.ID, attempt)
		switch {
		case err != nil:
			return false, fmt.Errorf("claiming the number: %w", err)
		case mine:
		case after.Attempt(attempt).SID == "":
			return true, nil
		default: // it rings already, and that is a fact, whoever has the number
			if err := t.exec(`INSERT INTO destinations (number, call_id, attempt, resurfaced) VALUES ($1, $2, $3, 1)`,
				number, after.ID, attempt); err != nil {
				return false, fmt.Errorf("noting a leg that resurfaced: %w", err)
			}
		}
	}
	return false, nil
}

func (t *tx) takeNumber(number, id string, attempt int) (mine bool, err error) {
	for {
		r, err := t.ExecContext(t.ctx, `INSERT INTO destinations (number, call_id, attempt, resurfaced)
			SELECT $1, $2, CAST($3 AS INTEGER), 0 WHERE NOT EXISTS (SELECT 1 FROM destinations WHERE number = $1)
			ON CONFLICT (number) WHERE resurfaced = 0 DO NOTHING`, number, id, attempt)
		if err != nil {
			return false, err
		}
		if n, err := r.RowsAffected(); n == 1 || err != nil {
			return true, err
		}
		var owner string
		err = t.QueryRowContext(t.ctx, `SELECT call_id FROM destinations WHERE number = $1 ORDER BY resurfaced LIMIT 1`+
			t.dialect.forUpdate, number).Scan(&owner)
		if !errors.Is(err, sql.ErrNoRows) { // else it was freed in between: try again
			return owner == id, err
		}
	}
}

// freeNumbers lets go of the numbers that no longer ring, and wakes the Call
// that has waited longest for each. A Call that ends without having rung hands
// on the turn it may have been given.
func (t *tx) freeNumbers(before, after *call.Call, now time.Time) error {
	free := map[string]bool{}
	has := after.LiveNumbers()
	for number := range before.LiveNumbers() {
		if _, ok := has[number]; ok {
			continue
		}
		free[number] = true
		if err := t.exec(`DELETE FROM destinations WHERE number = $1 AND call_id = $2`, number, after.ID); err != nil {
			return fmt.Errorf("freeing the number: %w", err)
		}
	}
	if after.State == call.Ended && before.State != call.Ended {
		free[after.To] = true
	}
	for number := range free {
		if err := t.releaseNext(number, now); err != nil {
			return fmt.Errorf("waking the next call for the number: %w", err)
		}
	}
	return nil
}

// releaseNext wakes the oldest Call that is held for the number, if it is free.
func (t *tx) releaseNext(number string, now time.Time) error {
	for last := ""; ; {
		ids, err := t.ids(`SELECT id FROM calls WHERE held = 1 AND to_number = $1 AND id > $2
			AND NOT EXISTS (SELECT 1 FROM destinations WHERE number = $1) ORDER BY id LIMIT 1`, number, last)
		if err != nil || len(ids) == 0 {
			return err
		}
		last = ids[0]
		before, err := t.load(last)
		if errors.Is(err, errDamaged) {
			continue
		}
		if err != nil {
			return err
		}
		after := before.Clone()
		if events := after.Release(now); len(events) > 0 { // else somebody was faster
			_, err = t.save(&before, &after, events, now)
			return err
		}
	}
}
