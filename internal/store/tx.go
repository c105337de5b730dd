package store

import (
	"context"
	"time"

	"redial/internal/store/engine"
)

// ErrUnclear is returned for a write that may or may not be committed.
var ErrUnclear = engine.ErrUnclear

// Away says whether an error tells of the database as a whole: it can't be reached, or can't be written.
func Away(err error) bool { return engine.Away(err) }

// batchTime is how long one batch may take, and how long a transaction is repeated because of a locked row.
const batchTime = 10 * time.Second

// add queues statements.
func (t *tx) add(list ...engine.Statement) { t.Add(list...) }

// flush sends what is queued.
func (t *tx) flush() error { return t.Flush() }

// exec sends a statement now.
func (t *tx) exec(sql string, args ...any) error {
	t.add(engine.Statement{SQL: sql, Args: args})
	return t.flush()
}

// each implements querier.
func (t *tx) each(sql string, args []any, row func(scan func(...any) error) error) error {
	t.add(engine.Statement{SQL: sql, Args: args, Rows: row})
	return t.flush()
}

// lockIDs locks and reads the rows whose ids a query finds.
func (t *tx) lockIDs(lock engine.Lock, query string, args ...any) (ids []string, err error) {
	return t.lockBy(engine.Index{}, lock, query, args...)
}

// lockBy does the same by an index, so that an engine which locks what it passes passes no other rows.
func (t *tx) lockBy(index engine.Index, lock engine.Lock, query string, args ...any) (ids []string, err error) {
	t.add(engine.Statement{
		SQL: query, Args: args, Lock: lock, Index: index,
		Rows: func(scan func(...any) error) error {
			var id string
			err := scan(&id)
			ids = append(ids, id)
			return err
		},
	})
	err = t.flush()
	return ids, err
}

// in runs functions in the transactions of the engine.
func (s *Store) in(transact func(context.Context, func(*engine.Tx) error) error) transaction {
	return func(ctx context.Context, fn func(*tx) error) error {
		return transact(ctx, func(t *engine.Tx) error { return fn(&tx{t, s}) })
	}
}

// tx runs fn in a transaction outside the writer.
func (s *Store) tx(ctx context.Context, fn func(*tx) error) error {
	run := func() error { return s.repeat(ctx, s.aside, fn) }
	err := run()
	if s.locked(err) {
		err = s.insist(ctx, run)
	}
	return err
}

// insist repeats a transaction outside the writer while it meets a row that another transaction has locked. Between
// two tries others can have the connection.
func (s *Store) insist(ctx context.Context, run func() error) error {
	for until := time.Now().Add(batchTime); ; {
		s.writer.alone <- struct{}{}
		err := run()
		<-s.writer.alone
		if !s.locked(err) || ctx.Err() != nil || s.writer.isClosed() || !time.Now().Before(until) {
			return err
		}
	}
}

// writeRows runs one statement that writes, outside the writer.
func (s *Store) writeRows(ctx context.Context, sql string, args ...any) error {
	return s.tx(ctx, func(t *tx) error { return t.exec(sql, args...) })
}

// repeat runs fn in a transaction, and runs it again after each conflict.
func (s *Store) repeat(ctx context.Context, transact transaction, fn func(*tx) error) error {
	conflicts := func(err error) bool { return s.engine.Fault(err) == engine.Conflict }
	return engine.Repeat(ctx, conflicts, func(ctx context.Context) error { return transact(ctx, fn) })
}

// locked says whether a transaction met a row that another transaction has locked.
func (s *Store) locked(err error) bool { return s.engine.Fault(err) == engine.Locked }

// blames says whether one operation of a transaction is at fault, and not the database: because of what it wrote, or
// of the row that it waited for.
func (s *Store) blames(err error) bool { return s.locked(err) || s.engine.Fault(err) == engine.Row }
