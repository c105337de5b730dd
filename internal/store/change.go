package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"time"

	"redial/internal/call"
	"redial/internal/crash"
)

// ErrNotFound is returned when there is no such Call.
var ErrNotFound = errors.New("there is no such call")

// Step is a pure step on a Call: it may run more than once.
type Step func(*call.Call) ([]call.Event, error)

// Change is the one door: it loads Call id under its row's lock, runs the step,
// and saves the Call and its Events, in one transaction. It returns the Call as
// saved, ErrNotFound, or the step's own error, after which nothing is saved.
func (s *Store) Change(ctx context.Context, id string, now time.Time, step Step) (call.Call, error) {
	var after call.Call
	changed := newChanges()
	err := s.tx(ctx, func(t *tx) error {
		t.changed = changed.reset()
		before, err := t.load(id)
		if err != nil {
			return err
		}
		after = before.Clone()
		events, err := step(&after)
		if err != nil {
			return err
		}
		_, err = t.save(&before, &after, events, now)
		return err
	})
	if err != nil {
		return call.Call{}, fmt.Errorf("changing call %s: %w", id, err)
	}
	s.tell(changed)
	return after, nil
}

// Due is a Call that was woken, and what Wake asked for. WokeAt is the time it
// was to be woken at. Damaged is why a Call can't be read: of such a one only the
// ID is known, and it is set aside for a while, so that it holds nobody else up.
type Due struct {
	Call    call.Call
	Actions []call.Action
	WokeAt  time.Time
	Damaged error
}

// setAside is how long what can't be read is left alone.
const setAside = time.Hour

// ClaimToDial wakes up to limit Calls whose dial is due, the longest due first;
// ClaimToAsk those with a leg to ask about, or whose deadline has passed. What
// is returned is on disk, and no other node has it: the Actions are the
// caller's to perform.
func (s *Store) ClaimToDial(ctx context.Context, now time.Time, limit int) ([]Due, error) {
	return s.claim(ctx, now, `state = 'waiting' AND wake_at <= $1 ORDER BY wake_at`, limit)
}

// ClaimToAsk is described at ClaimToDial.
func (s *Store) ClaimToAsk(ctx context.Context, now time.Time, limit int) ([]Due, error) {
	due, err := s.claim(ctx, now, `state = 'dialing' AND wake_at <= $1 ORDER BY wake_at`, limit)
	if err != nil {
		return nil, err
	}
	expired, err := s.claim(ctx, now, `state = 'waiting' AND deadline_at <= $1 ORDER BY deadline_at`, limit)
	return append(due, expired...), err
}

// claim wakes the Calls that a condition selects, in the order of their numbers:
// nodes that take several numbers must take them in one order, or they deadlock.
func (s *Store) claim(ctx context.Context, now time.Time, which string, limit int) ([]Due, error) {
	if limit < 1 {
		return nil, nil
	}
	var due []Due
	changed := newChanges()
	err := s.tx(ctx, func(t *tx) error {
		due, t.changed = nil, changed.reset()
		ids, err := t.ids(`SELECT id FROM (SELECT id, to_number FROM calls WHERE `+which+` LIMIT $2`+
			s.dialect.skipLocked+`) AS due ORDER BY to_number, id`, micros(now), limit)
		if err != nil {
			return err
		}
		for _, id := range ids {
			d, err := t.wake(id, now)
			if errors.Is(err, errDamaged) {
				d, err = Due{Call: call.Call{Wish: call.Wish{ID: id}}, WokeAt: now, Damaged: err}, t.setAside(id, now.Add(setAside))
			}
			if err != nil {
				return err
			}
			due = append(due, d)
		}
		crash.Point(crash.ClaimBeforeCommit)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("claiming what is due: %w", err)
	}
	s.tell(changed)
	return due, nil
}

// wake wakes one Call. When its number is taken by another Call, it holds it instead.
func (t *tx) wake(id string, now time.Time) (Due, error) {
	before, err := t.load(id)
	if err != nil {
		return Due{}, err
	}
	after := before.Clone()
	actions, events := after.Wake(now)
	taken, err := t.save(&before, &after, events, now)
	if err != nil || !taken {
		return Due{Call: after, Actions: actions, WokeAt: before.WakeAt}, err
	}
	after = before.Clone()
	_, err = t.save(&before, &after, after.Hold(now), now)
	return Due{Call: after, WokeAt: before.WakeAt}, err
}

// setAside has a Call left alone until a time, also by its deadline.
func (t *tx) setAside(id string, until time.Time) error {
	return t.exec(`UPDATE calls SET wake_at = $2, deadline_at = CASE WHEN deadline_at < $2 THEN $2 ELSE deadline_at END WHERE id = $1`,
		id, micros(until))
}

// tx is a transaction and what it has done so far.
type tx struct {
	*sql.Tx
	ctx        context.Context
	dialect    *dialect
	scrubEnded bool
	changed    *changes
}

// tx runs fn in a transaction, again when the database asks for that.
func (s *Store) tx(ctx context.Context, fn func(*tx) error) error {
	for try := 0; ; try++ {
		err := s.tryTx(ctx, fn)
		if err == nil || !s.dialect.retryable(err) || try == 20 {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(rand.N(time.Millisecond << min(try, 6))):
		}
	}
}

func (s *Store) tryTx(ctx context.Context, fn func(*tx) error) error {
	raw, err := s.write.BeginTx(ctx, &sql.TxOptions{Isolation: s.isolation})
	if err != nil {
		return err
	}
	if err := fn(&tx{Tx: raw, ctx: ctx, dialect: &s.dialect, scrubEnded: s.scrubEnded}); err != nil {
		return errors.Join(err, ignoreDone(raw.Rollback()))
	}
	return raw.Commit()
}

func ignoreDone(err error) error {
	if errors.Is(err, sql.ErrTxDone) {
		return nil
	}
	return err
}

func (t *tx) ids(query string, args ...any) ([]string, error) {
	return queryIDs(t.ctx, t.Tx, query, args...)
}

// load reads a Call and its Attempts, and locks the Call's row.
func (t *tx) load(id string) (call.Call, error) {
	return loadCall(t.ctx, t.Tx, id, t.dialect.forUpdate)
}

// save writes what a step changed. It writes nothing and returns taken when the
// step would dial a number that another Call may be ringing.
func (t *tx) save(before, after *call.Call, events []call.Event, now time.Time) (taken bool, err error) {
	if taken, err = t.claimNumbers(before, after); taken || err != nil {
		return taken, err
	}
	if len(events) == 0 && sameCall(before, after) {
		return false, nil
	}
	cols := callColumns(after)[callFixed:]
	if err := t.exec("UPDATE calls SET "+sets(cols, 2)+" WHERE id = $1", append([]any{after.ID}, fields(cols)...)...); err != nil {
		return false, fmt.Errorf("saving the call: %w", err)
	}
	for i := range after.Attempts {
		if err := t.saveAttempt(before.Attempt(i+1), after.ID, &after.Attempts[i]); err != nil {
			return false, err
		}
	}
	if err := t.appendEvents(after, events); err != nil {
		return false, err
	}
	if t.scrubEnded && after.State == call.Ended {
		if err := t.scrub(after, now); err != nil {
			return false, fmt.Errorf("scrubbing the call: %w", err)
		}
	}
	return false, t.freeNumbers(before, after, now)
}

func sameCall(a, b *call.Call) bool {
	if len(a.Attempts) != len(b.Attempts) {
		return false
	}
	for i := range a.Attempts {
		if !unchanged(&a.Attempts[i], &b.Attempts[i]) {
			return false
		}
	}
	return reflect.DeepEqual(fields(callColumns(a)[callFixed:]), fields(callColumns(b)[callFixed:]))
}

func (t *tx) saveAttempt(before *call.Attempt, id string, a *call.Attempt) error {
	cols := attemptColumns(a)
	var err error
	switch {
	case before == nil:
		err = t.exec("INSERT INTO attempts (call_id, "+names(cols)+") VALUES ("+values(1, len(cols)+1)+")",
			append([]any{id}, fields(cols)...)...)
	case !unchanged(before, a):
		cols = cols[attemptFixed:]
		err = t.exec("UPDATE attempts SET "+sets(cols, 3)+" WHERE call_id = $1 AND n = $2",
			append([]any{id, a.N}, fields(cols)...)...)
	}
	if err != nil {
		return fmt.Errorf("saving attempt %d: %w", a.N, err)
	}
	return nil
}

func (t *tx) appendEvents(c *call.Call, events []call.Event) error {
	for _, e := range events {
		data, err := json.Marshal(e)
		if err == nil {
			err = t.exec("INSERT INTO events (call_id, seq, type, at, attempt, data) VALUES ("+values(1, 6)+")",
				c.ID, e.Seq, string(e.Type), micros(e.At), e.Attempt, string(data))
		}
		if err != nil {
			return fmt.Errorf("appending event %d: %w", e.Seq, err)
		}
		t.changed.add(c.ID, e)
	}
	return nil
}

func (t *tx) exec(query string, args ...any) error {
	_, err := t.ExecContext(t.ctx, query, args...)
	return err
}

// changes is what a transaction made happen, to be told once it is committed.
type changes struct {
	ids    []string
	events []call.Event
}

func newChanges() *changes { return &changes{} }

func (c *changes) reset() *changes {
	*c = changes{}
	return c
}

func (c *changes) add(id string, e call.Event) {
	if !slices.Contains(c.ids, id) {
		c.ids = append(c.ids, id)
	}
	c.events = append(c.events, e)
}

func (s *Store) tell(c *changes) {
	for _, id := range c.ids {
		s.notify(id)
	}
	for _, e := range c.events {
		s.metrics.count(e)
	}
}
