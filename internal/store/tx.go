package store

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"
)

// ErrUnclear is returned for a write of which nobody knows whether it was committed: the
// answer to its COMMIT was lost.
var ErrUnclear = errors.New("it is not known whether this was written")

// statement is one piece of SQL. rows, if set, is called for each row of its
// answer; affected, if set, with the number of rows it wrote.
type statement struct {
	sql      string
	args     []any
	rows     func(scan func(...any) error) error
	affected func(n int64)
}

// tx is a transaction. Statements are queued, and sent together where the database
// is a network away.
type tx struct {
	store *Store
	queue []statement
	send  func([]statement) error
}

// add queues a statement.
func (t *tx) add(st ...statement) { t.queue = append(t.queue, st...) }

// flush sends what is queued.
func (t *tx) flush() error {
	if len(t.queue) == 0 {
		return nil
	}
	list := t.queue
	t.queue = nil
	return t.send(list)
}

// exec sends a statement now.
func (t *tx) exec(sql string, args ...any) error {
	t.add(statement{sql: sql, args: args})
	return t.flush()
}

// each implements querier.
func (t *tx) each(sql string, args []any, row func(scan func(...any) error) error) error {
	t.add(statement{sql: sql, args: args, rows: row})
	return t.flush()
}

// tx runs fn in a transaction apart from the writer's.
func (s *Store) tx(ctx context.Context, fn func(*tx) error) error { return s.repeat(ctx, s.aside, fn) }

// repeat runs fn in a transaction, again when the database asks for that.
func (s *Store) repeat(ctx context.Context, transact func(context.Context, func(*tx) error) error, fn func(*tx) error) error {
	for try := 0; ; try++ {
		err := transact(ctx, fn)
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

func noConnection(err error) error {
	return fmt.Errorf("getting a connection to the database: %w", err)
}

func ignoreDone(err, done error) error {
	if errors.Is(err, done) {
		return nil
	}
	return err
}
