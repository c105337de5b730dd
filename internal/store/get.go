package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"redial/internal/call"
	"redial/internal/store/engine"
)

// The SQL that reads rows of these tables, up to its condition.
var (
	selectCalls = "SELECT " + names(callColumns(new(call.Call))) + " FROM calls WHERE "
	selectAsked = "SELECT " + names(callColumns(new(call.Call))) +
		", CASE WHEN scrubbed_at IS NULL THEN idem_key END FROM calls WHERE "
	selectAttempts = "SELECT call_id, " + names(attemptColumns(new(call.Attempt))) + " FROM attempts WHERE call_id "
)

// Rung says whether one of these numbers may be ringing for a Call other than id.
func (s *Store) Rung(ctx context.Context, numbers []string, id string) (bool, error) {
	found, err := queryIDs(s.reading(ctx),
		`SELECT call_id FROM destinations WHERE number IN ($1) AND call_id <> $2 LIMIT 1`, engine.List(numbers), id)
	if err != nil {
		return false, fmt.Errorf("looking who rings the number: %w", err)
	}
	return len(found) > 0, nil
}

// loadCall locks and reads one Call, or returns ErrNotFound.
func (t *tx) loadCall(id string) (c call.Call, err error) {
	found := t.readCall(id, engine.ForUpdate, &c)
	if err := t.flush(); err != nil {
		return c, fmt.Errorf("loading the call: %w", err)
	}
	return c, found()
}

// readCall queues the reading of a Call into c. After it is read, found returns nil or ErrNotFound.
func (t *tx) readCall(id string, lock engine.Lock, c *call.Call) (found func() error) {
	*c = call.Call{}
	return t.readRow(engine.Statement{SQL: selectCalls + "id = $1", Lock: lock}, id, c, fields(callColumns(c)))
}

// readRow queues the reading of a Call. Its row is scanned into some fields, among them those of c.
func (t *tx) readRow(st engine.Statement, id string, c *call.Call, into []any) (found func() error) {
	id, there := storable(id), false
	st.Args = []any{id}
	st.Rows = func(scan func(...any) error) error {
		there = true
		return scan(into...)
	}
	t.add(st, t.store.attemptsOf([]string{id}, func(_ string, a *call.Attempt) {
		c.Attempts = append(c.Attempts, *a)
	}, nil))
	return func() error {
		if !there {
			return ErrNotFound
		}
		return nil
	}
}

// loadAttempts reads the attempts of some Calls.
func (s *Store) loadAttempts(q querier, calls []*call.Call) error {
	if len(calls) == 0 {
		return nil
	}
	byID := make(map[string]*call.Call, len(calls))
	ids := make([]string, len(calls))
	for i, c := range calls {
		byID[c.ID], ids[i] = c, c.ID
	}
	st := s.attemptsOf(ids, func(id string, a *call.Attempt) {
		if c := byID[id]; c != nil {
			c.Attempts = append(c.Attempts, *a)
		}
	}, nil)
	if err := q.each(st.SQL, st.Args, st.Rows); err != nil {
		return fmt.Errorf("loading the attempts: %w", err)
	}
	return nil
}

// attemptsOf reads the attempts of the Calls with these ids, in their order. damaged, if set, is told of those that
// can't be read; otherwise they are an error.
func (s *Store) attemptsOf(
	ids []string, found func(id string, a *call.Attempt), damaged func(id string, err error),
) engine.Statement {
	var (
		id   string
		a    call.Attempt
		bad  error
		into = append([]any{&id}, fields(attemptColumns(&a))...)
	)
	if damaged != nil {
		into = lenient(into, &bad)
	}
	return engine.Statement{
		SQL: selectAttempts + "IN ($1) ORDER BY call_id, n", Args: []any{engine.List(ids)},
		Rows: func(scan func(...any) error) error {
			bad = nil
			if err := scan(into...); err != nil {
				return err
			}
			if bad != nil {
				damaged(id, bad)
			}
			found(id, &a)
			return nil
		},
	}
}

// look queues the reading of Calls that will not be changed.
func (t *tx) look(ids []string) map[string]*stored {
	found := make(map[string]*stored, len(ids))
	if len(ids) == 0 {
		return found
	}
	for _, id := range ids {
		found[id] = &stored{err: ErrNotFound}
	}
	var row call.Call
	var bad error
	into := lenient(fields(callColumns(&row)), &bad)
	t.add(engine.Statement{
		SQL:  selectCalls + "id IN ($1)",
		Args: []any{engine.List(ids)},
		Rows: func(scan func(...any) error) error {
			bad = nil
			if err := scan(into...); err != nil {
				return err
			}
			*found[row.ID] = stored{after: row, err: bad}
			return nil
		},
	}, t.store.attemptsOf(ids, func(id string, a *call.Attempt) {
		found[id].after.Attempts = append(found[id].after.Attempts, *a)
	}, func(id string, err error) { found[id].err = err }))
	return found
}

// Get returns Call id, or ErrNotFound.
func (s *Store) Get(ctx context.Context, id string) (c call.Call, err error) {
	err = s.get(ctx, func(t *tx) func() error { return t.readCall(id, engine.NoLock, &c) })
	return c, err
}

func (s *Store) get(ctx context.Context, queue func(*tx) (found func() error)) error {
	var found func() error
	err := s.view(ctx, func(t *tx) error {
		found = queue(t)
		return nil
	})
	if err != nil {
		return fmt.Errorf("loading the call: %w", err)
	}
	return found()
}

// Asked is a Call, and the Idempotency-Key of the request for it, or empty. The Idempotency-Key is removed together
// with the Call's personal data.
type Asked struct {
	call.Call
	IdempotencyKey string
}

// fields are the fields for the columns of selectAsked.
func (a *Asked) fields() []any {
	return append(fields(callColumns(&a.Call)), asText{&a.IdempotencyKey})
}

// Asked returns Call id and its Idempotency-Key, or ErrNotFound.
func (s *Store) Asked(ctx context.Context, id string) (a Asked, err error) {
	err = s.get(ctx, func(t *tx) func() error {
		return t.readRow(engine.Statement{SQL: selectAsked + "id = $1"}, id, &a.Call, a.fields())
	})
	return a, err
}

const selectBySID = "SELECT call_id, n FROM attempts WHERE sid = $1"

// BySID returns the id of the Call and the number of its attempt that has Twilio's sid, or ErrNotFound.
func (s *Store) BySID(ctx context.Context, sid string) (id string, n int, err error) {
	found, err := s.reading(ctx).row(selectBySID, []any{storable(sid)}, &id, &n)
	if err == nil && !found {
		err = ErrNotFound
	}
	return id, n, err
}

const selectEvents = `SELECT seq, type, at, attempt, data FROM events
	WHERE call_id = $1 AND seq > CAST($2 AS BIGINT) ORDER BY seq LIMIT $3`

// Events returns the Events of Call id after seq, in their order, limit of them at most.
func (s *Store) Events(ctx context.Context, id string, after, limit int) ([]call.Event, error) {
	return readEvents(s.reading(ctx), id, after, limit)
}

func readEvents(q querier, id string, after, limit int) (events []call.Event, err error) {
	err = q.each(selectEvents, []any{id, after, limit}, func(scan func(...any) error) error {
		var e call.Event
		var data string
		if err := scan(&e.Seq, (*string)(&e.Type), asMicros{&e.At}, &e.Attempt, &data); err != nil {
			return err
		}
		events = append(events, e)
		return json.Unmarshal([]byte(data), &events[len(events)-1])
	})
	if err != nil {
		return nil, fmt.Errorf("reading the events of call %s: %w", id, err)
	}
	return events, nil
}

const selectFirstDue = `SELECT wake_at FROM calls WHERE state = 'waiting' AND wake_at >= $1 ORDER BY wake_at LIMIT $2`

// FirstDue returns when the next calls to be dialed are due, or were due, the earliest first, at most limit.
func (s *Store) FirstDue(ctx context.Context, limit int) (times []time.Time, err error) {
	from := floor(s.Timer.lowerBounds(s.Now()).dial)
	err = s.reading(ctx).each(selectFirstDue, []any{from, limit}, func(scan func(...any) error) error {
		var at time.Time
		err := scan(asMicros{&at})
		times = append(times, at)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading what is dialed next: %w", err)
	}
	return times, nil
}

// countOf counts the Calls in a state, up to a limit.
const countOf = "SELECT count(*) FROM (SELECT id FROM calls WHERE state = $1 LIMIT $2) AS counted"

// Counts returns how many Calls there are in each state, but no more than most.
func (s *Store) Counts(ctx context.Context, most int) (map[call.State]int, error) {
	counts := map[call.State]int{}
	for _, state := range call.States() {
		var n int
		if _, err := s.reading(ctx).row(countOf, []any{string(state), most}, &n); err != nil {
			return nil, fmt.Errorf("counting calls: %w", err)
		}
		counts[state] = n
	}
	return counts, nil
}

// Legs returns how many legs may be ringing or talking, for Calls that have not ended, but no more than most.
func (s *Store) Legs(ctx context.Context, most int) (n int, err error) {
	_, err = s.reading(ctx).row("SELECT count(*) FROM (SELECT 1 FROM destinations LIMIT $1) AS counted", []any{most}, &n)
	if err != nil {
		return 0, fmt.Errorf("counting legs: %w", err)
	}
	return n, nil
}
