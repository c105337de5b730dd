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
func (s *Store) tx(ctx context.Context, fn func(*tx) error) error {
	run := func() error { return s.repeat(ctx, s.aside, fn) }
	err := run()
	if s.dialect.locked(err) {
		err = s.insist(ctx, run)
	}
	return err
}

// insist runs a transaction apart from the writer's again and again while it meets a row that
// somebody else has locked. In between it lets others have the connection.
func (s *Store) insist(ctx context.Context, run func() error) error {
	for until := time.Now().Add(batchTime); ; {
		s.writer.alone <- struct{}{}
		err := run()
		<-s.writer.alone
		if !s.dialect.locked(err) || ctx.Err() != nil || s.writer.isClosed() || !time.Now().Before(until) {
			return err
		}
	}
}

// writeRows runs one statement that writes, apart from the writer, and says how many rows it wrote.
func (s *Store) writeRows(ctx context.Context, sql string, args ...any) (rows int64, err error) {
	err = s.tx(ctx, func(t *tx) error {
		t.add(statement{sql: sql, args: args, affected: func(n int64) { rows = n }})
		return t.flush()
	})
	return rows, err
}

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
