package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"redial/internal/call"
)

// querier is a transaction or a pool.
type querier interface {
	QueryContext(context.Context, string, ...any) (*sql.Rows, error)
	QueryRowContext(context.Context, string, ...any) *sql.Row
}

func queryIDs(ctx context.Context, q querier, query string, args ...any) (ids []string, err error) {
	err = each(ctx, q, query, args, func(scan func(...any) error) error {
		var id string
		err := scan(&id)
		ids = append(ids, id)
		return err
	})
	return ids, err
}

// each runs row for every row of the query's answer.
func each(ctx context.Context, q querier, query string, args []any, row func(scan func(...any) error) error) error {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := row(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}

func loadCall(ctx context.Context, q querier, id, lock string) (c call.Call, err error) {
	if id != storable(id) {
		return c, ErrNotFound
	}
	cols := callColumns(&c)
	err = q.QueryRowContext(ctx, "SELECT "+names(cols)+" FROM calls WHERE id = $1"+lock, id).Scan(fields(cols)...)
	if errors.Is(err, sql.ErrNoRows) {
		return c, ErrNotFound
	}
	if err != nil {
		return c, fmt.Errorf("loading the call: %w", err)
	}
	err = loadAttempts(ctx, q, []*call.Call{&c})
	return c, err
}

// loadAttempts reads the attempts of some Calls.
func loadAttempts(ctx context.Context, q querier, calls []*call.Call) error {
	if len(calls) == 0 {
		return nil
	}
	byID := map[string]*call.Call{}
	args := make([]any, 0, len(calls))
	for _, c := range calls {
		byID[c.ID] = c
		args = append(args, c.ID)
	}
	query := "SELECT call_id, " + names(attemptColumns(&call.Attempt{})) + " FROM attempts WHERE call_id IN (" +
		values(1, len(args)) + ") ORDER BY call_id, n"
	err := each(ctx, q, query, args, func(scan func(...any) error) error {
		var id string
		var a call.Attempt
		err := scan(append([]any{&id}, fields(attemptColumns(&a))...)...)
		if c := byID[id]; c != nil {
			c.Attempts = append(c.Attempts, a)
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("loading the attempts: %w", err)
	}
	return nil
}

// Get returns Call id, or ErrNotFound.
func (s *Store) Get(ctx context.Context, id string) (c call.Call, err error) {
	err = s.snapshot(ctx, func(q querier) error {
		c, err = loadCall(ctx, q, id, "")
		return err
	})
	return c, err
}

// snapshot runs fn so that all its queries see one state of the database.
func (s *Store) snapshot(ctx context.Context, fn func(querier) error) error {
	t, err := s.read.BeginTx(ctx, &sql.TxOptions{ReadOnly: true, Isolation: s.snapshotLevel()})
	if err != nil {
		return err
	}
	defer t.Rollback() // nothing to keep
	return fn(t)
}

func (s *Store) snapshotLevel() sql.IsolationLevel {
	if s.dialect.shared {
		return sql.LevelRepeatableRead
	}
	return sql.LevelDefault
}

// BySID returns the id of the Call, and the number of its attempt, that Twilio
// calls sid; or ErrNotFound.
func (s *Store) BySID(ctx context.Context, sid string) (id string, n int, err error) {
	err = s.read.QueryRowContext(ctx, "SELECT call_id, n FROM attempts WHERE sid = $1", storable(sid)).Scan(&id, &n)
	if errors.Is(err, sql.ErrNoRows) {
		err = ErrNotFound
	}
	return id, n, err
}

// Query selects Calls: empty fields select all. Calls come newest first, those
// before Before (an id) only, at most Limit.
type Query struct {
	State   call.State
	Outcome call.Outcome
	To      string
	Before  string
	Limit   int
}

// List returns the Calls that a Query selects.
func (s *Store) List(ctx context.Context, q Query) (calls []call.Call, err error) {
	err = s.snapshot(ctx, func(tx querier) error {
		calls, err = list(ctx, tx, q)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("listing calls: %w", err)
	}
	return calls, nil
}

func list(ctx context.Context, tx querier, q Query) ([]call.Call, error) {
	var where []string
	var args []any
	add := func(cond, v string) {
		if v != "" {
			args = append(args, storable(v))
			where = append(where, fmt.Sprintf("%s $%d", cond, len(args)))
		}
	}
	add("state =", string(q.State))
	add("outcome =", string(q.Outcome))
	add("to_number =", q.To)
	add("id <", q.Before)
	query := "SELECT " + names(callColumns(&call.Call{})) + " FROM calls"
	if len(where) > 0 {
		query += " WHERE " + strings.Join(where, " AND ")
	}
	args = append(args, q.Limit)
	query += fmt.Sprintf(" ORDER BY id DESC LIMIT $%d", len(args))
	var found []*call.Call
	err := each(ctx, tx, query, args, func(scan func(...any) error) error {
		c := new(call.Call)
		found = append(found, c)
		return scan(fields(callColumns(c))...)
	})
	if err == nil {
		err = loadAttempts(ctx, tx, found)
	}
	calls := make([]call.Call, len(found))
	for i, c := range found {
		calls[i] = *c
	}
	return calls, err
}

// Events returns the Events of Call id after seq, in their order.
func (s *Store) Events(ctx context.Context, id string, after int) ([]call.Event, error) {
	return readEvents(ctx, s.read, id, after)
}

func readEvents(ctx context.Context, q querier, id string, after int) (events []call.Event, err error) {
	err = each(ctx, q, `SELECT seq, type, at, attempt, data FROM events WHERE call_id = $1 AND seq > $2
		ORDER BY seq`, []any{id, after}, func(scan func(...any) error) error {
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

// NextWake returns the earliest times at which a Call is to be dialed, and to be
// asked about or given up; zero where there is none.
func (s *Store) NextWake(ctx context.Context) (dial, ask time.Time, err error) {
	var deadline time.Time
	err = s.read.QueryRowContext(ctx, `SELECT
		(SELECT min(wake_at) FROM calls WHERE state = 'waiting'),
		(SELECT min(wake_at) FROM calls WHERE state = 'dialing'),
		(SELECT min(deadline_at) FROM calls WHERE state = 'waiting')`,
	).Scan(asMicros{&dial}, asMicros{&ask}, asMicros{&deadline})
	if err != nil {
		return dial, ask, fmt.Errorf("reading what is due next: %w", err)
	}
	if ask.IsZero() || (!deadline.IsZero() && deadline.Before(ask)) {
		ask = deadline
	}
	return dial, ask, nil
}

// Counts returns how many Calls there are in each state.
func (s *Store) Counts(ctx context.Context) (map[call.State]int, error) {
	counts := map[call.State]int{call.Waiting: 0, call.Dialing: 0, call.Ended: 0}
	err := each(ctx, s.read, "SELECT state, count(*) FROM calls GROUP BY state", nil,
		func(scan func(...any) error) error {
			var state string
			var n int
			err := scan(&state, &n)
			counts[call.State(state)] = n
			return err
		})
	return counts, err
}
