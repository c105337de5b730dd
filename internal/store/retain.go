package store

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"redial/internal/call"
	"redial/internal/crashpoint"
	"redial/internal/store/engine"
)

// ErrNotEnded is returned by Scrub if the Call has not ended.
var ErrNotEnded = errors.New("the call has not ended")

// keep is how long the row of an ended Call stays, whatever the retention: late callbacks and repeated
// Idempotency-Keys need it.
const keep = 48 * time.Hour

// retainStep is how many Calls one transaction of Retain scrubs or deletes at most.
const retainStep = 100

// Scrub removes the personal data of an ended Call: people and numbers, messages, what people answered, the hash of a
// PIN and of the request, options, metadata, and Twilio's texts. States, times, sids and error codes stay.
func (s *Store) Scrub(ctx context.Context, by Asker, id string, now time.Time) error {
	err := s.tx(ctx, func(t *tx) error {
		c, err := t.loadCall(id)
		if err != nil {
			return err
		}
		if c.State != call.Ended {
			return ErrNotEnded
		}
		personal, err := queryIDs(t, selectPersonal, id)
		if err != nil {
			return err
		}
		if len(personal) > 0 {
			if err := t.note(by, AuditEntry{At: now, What: CallDelete, Of: id}); err != nil {
				return err
			}
		}
		return t.scrub(&c, now)
	})
	if err == nil {
		err = s.engine.ForgetDeleted(ctx)
	}
	if err != nil {
		return fmt.Errorf("scrubbing call %s: %w", id, err)
	}
	return nil
}

const selectPersonal = "SELECT id FROM calls WHERE id = $1 AND scrubbed_at IS NULL"

func (t *tx) scrub(c *call.Call, now time.Time) error {
	policy := c.Policy.Impersonal()
	t.add(engine.Statement{SQL: deleteAlsoCalled, Args: []any{c.ID}})
	err := t.exec(`UPDATE calls SET to_number = '', people = NULL, from_number = '', message = '{}', options = NULL,
		metadata = NULL, webhook = NULL, offered = NULL, policy = $3, idem_hash = '', scrubbed_at = $2
		WHERE id = $1`, c.ID, micros(now), asJSON{&policy})
	if err != nil {
		return err
	}
	if err := t.exec(`UPDATE attempts SET to_number = '', answer = NULL WHERE call_id = $1`, c.ID); err != nil {
		return err
	}
	if err := t.exec(forgetDeliveries, c.ID); err != nil {
		return err
	}
	if err := t.unfindable(c); err != nil {
		return err
	}
	hasWords := slices.ContainsFunc(c.Attempts, func(a call.Attempt) bool { return a.Refusal != nil || a.Answer != "" })
	if !hasWords && len(c.Metadata) == 0 { // every call of a trigger has metadata
		return nil // the other events contain no text of Twilio's, no answer, and nothing that a template yielded
	}
	return t.scrubWords(c)
}

// A pending message is still sent, and its body is removed then.
const forgetDeliveries = `UPDATE deliveries SET forget = 1, body = CASE state WHEN 'pending' THEN body ELSE '' END,
	url = CASE state WHEN 'pending' THEN url ELSE '' END WHERE call_id = $1`

// scrubWords removes what people answered, what a trigger's templates yielded, and Twilio's texts, which may contain a
// number, but keeps its codes.
func (t *tx) scrubWords(c *call.Call) error {
	for _, a := range c.Attempts {
		if a.Refusal == nil {
			continue
		}
		a.Refusal = &call.Refusal{Code: a.Refusal.Code, Status: a.Refusal.Status}
		err := t.exec(`UPDATE attempts SET refusal = $3 WHERE call_id = $1 AND n = $2`, c.ID, a.N, asJSON{&a.Refusal})
		if err != nil {
			return err
		}
	}
	events, err := readEvents(t, c.ID, 0, math.MaxInt32)
	if err != nil {
		return err
	}
	for _, e := range events {
		doubts := e.Type == call.TriggerDoubted && e.Reason != ""
		if e.Message == "" && e.Answer == "" && !doubts {
			continue
		}
		e.Message, e.Answer = "", ""
		if doubts {
			e.Reason = ""
		}
		if err := t.exec(`UPDATE events SET data = $3 WHERE call_id = $1 AND seq = $2`, c.ID, e.Seq, asJSON{&e}); err != nil {
			return err
		}
	}
	return nil
}

// The Calls that ended by $1, the longest ago first.
const (
	// selectOld leaves out a Call with a delivery that is still to be sent, and one that is still to be scrubbed: then
	// nothing by which it was found outlasts it.
	selectOld = `SELECT id FROM calls WHERE state = 'ended' AND ended_at <= $1 AND scrubbed_at IS NOT NULL
		AND NOT EXISTS (SELECT 1 FROM deliveries WHERE call_id = calls.id AND wake_at IS NOT NULL)
		ORDER BY ended_at LIMIT $2`
	selectUnscrubbed = `SELECT id FROM calls WHERE state = 'ended' AND scrubbed_at IS NULL AND ended_at <= $1
		ORDER BY {null scrubbed_at}, ended_at LIMIT $2` // the order of its index, so that no other index is used
	// selectOldAudit selects entries before an id, the oldest first.
	selectOldAudit = "SELECT id FROM audit WHERE id < $1 ORDER BY id LIMIT $2"
	// selectOldIncidents selects incidents that were closed by a time, the longest ago first.
	selectOldIncidents = "SELECT id FROM incidents WHERE closed_at <= $1 ORDER BY closed_at LIMIT $2"
)

const (
	deleteCalls     = "DELETE FROM calls WHERE id IN ($1)"
	deleteAudit     = "DELETE FROM audit WHERE id IN ($1)"
	deleteIncidents = "DELETE FROM incidents WHERE id IN ($1)"
)

// The indexes of these.
var (
	toDelete = engine.Index{Table: "calls", Name: "calls_to_delete"}
	toScrub  = engine.Index{Table: "calls", Name: "calls_to_scrub"}

	oldIncidents = engine.Index{Table: "incidents", Name: "incidents_by_end"}
)

// Retain scrubs the Calls that ended longer than retention ago, and deletes the rows that are no longer needed. It
// does a small step, and says whether there is more to do.
func (s *Store) Retain(ctx context.Context, now time.Time, retention time.Duration) (more bool, err error) {
	defer crashpoint.Contain(&err)
	err = s.tx(ctx, func(t *tx) error {
		if err := t.expireEndpoints(now); err != nil {
			return err
		}
		until := now.Add(-max(retention, keep))
		old, err := t.lockBy(toScrub, engine.SkipLocked, selectUnscrubbed, micros(now.Add(-retention)), retainStep)
		if err != nil {
			return err
		}
		for _, id := range old {
			c, err := t.loadCall(id)
			switch {
			case errors.Is(err, errDamaged):
				err = t.scrubDamaged(id, now)
			case err == nil:
				err = t.scrub(&c, now)
			}
			if err != nil {
				return err
			}
		}
		most := 0
		for _, old := range []struct {
			selected string
			by       engine.Index
			upTo     any
			deletion string
		}{
			{selectOld, toDelete, micros(until), deleteCalls},
			{selectOldAudit, engine.Index{}, firstAuditID(until), deleteAudit},
			{selectOldIncidents, oldIncidents, micros(now.Add(-retention)), deleteIncidents},
		} {
			n, err := t.removeOld(old.by, old.selected, old.upTo, old.deletion)
			if err != nil {
				return err
			}
			most = max(most, n)
		}
		more = max(most, len(old)) == retainStep
		return nil
	})
	if err == nil && !more {
		err = s.engine.ForgetDeleted(ctx)
	}
	if err != nil {
		return false, fmt.Errorf("retaining: %w", err)
	}
	return more, nil
}

// removeOld deletes a step of the rows that a statement selects up to a point, and returns how many.
func (t *tx) removeOld(by engine.Index, selected string, upTo any, deletion string) (int, error) {
	ids, err := t.lockBy(by, engine.SkipLocked, selected, upTo, retainStep)
	if err != nil {
		return 0, err
	}
	return len(ids), t.exec(deletion, engine.List(ids))
}

// scrubDamaged removes the personal data of a Call that can't be read, and everything that may be personal, so that a
// damaged Call does not keep the data of others from being removed.
func (t *tx) scrubDamaged(id string, now time.Time) error {
	none := call.Call{Wish: call.Wish{ID: id, Policy: call.DefaultPolicy()}}
	return errors.Join(t.exec(`UPDATE attempts SET refusal = NULL WHERE call_id = $1`, id), t.exec(forgetEntries, id),
		t.exec(`UPDATE events SET data = '{}' WHERE call_id = $1`, id), t.scrub(&none, now))
}
