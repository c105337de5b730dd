package engine

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"
)

// Tx is a transaction. Statements are queued. An engine whose database is a network away sends the queue in one round
// trip.
type Tx struct {
	// Send sends statements in one round trip. Tests may replace it to watch what is sent.
	Send   func([]Statement) error
	queue  []Statement
	failed error
	rows   rows
}

// Add queues statements.
func (t *Tx) Add(st ...Statement) { t.queue = append(t.queue, st...) }

// Flush sends what is queued. When a statement has failed, the transaction is over: nothing more is sent or committed,
// even if the caller ignores the error. The error of a function that was called for a row does not end the
// transaction.
func (t *Tx) Flush() error {
	if len(t.queue) == 0 || t.failed != nil {
		return t.failed
	}
	list := t.queue
	t.queue = nil
	err := t.Send(list)
	if of, ok := errors.AsType[rowError](err); ok {
		return of.error
	}
	t.failed = err
	return err
}

// rowError is the error of a function that was called for a row.
type rowError struct{ error }

// Read sends a statement at once, together with all that is queued.
func (t *Tx) Read(st Statement) error {
	t.Add(st)
	return t.Flush()
}

// Insert queues the insertion of rows. Each row has a value for each column: nil, a string or an int64. returned, if
// set, is called for each row that was inserted, with the columns that the Insertion returns. It is not called for a
// row that was left out.
func (t *Tx) Insert(in *Insertion, rows [][]any, returned func(scan func(...any) error) error) {
	if len(rows) > 0 {
		t.rows.insert(t, in, rows, returned)
	}
}

// Compares says whether Update needs the Before of each row.
func (t *Tx) Compares() bool { return t.rows.compares() }

// Update queues the update of rows.
func (t *Tx) Update(u *Update, rows []Change) {
	if len(rows) > 0 {
		t.rows.update(t, u, rows)
	}
}

// TryName queues the lock of a name, which lasts until the transaction ends. got is called with whether the name was
// free. Where there is only one writer, it always is.
func (t *Tx) TryName(name string, got func(bool)) { t.rows.tryName(t, name, got) }

// Briefly sends what is queued, and then runs fn, whose statements wait even less for locked rows. If one of them
// meets such a row, Briefly undoes what fn wrote, and returns true. The transaction goes on.
func (t *Tx) Briefly(fn func() error) (locked bool, err error) { return t.rows.briefly(t, fn) }

// rows is how an engine writes rows and locks in a transaction.
type rows interface {
	insert(t *Tx, in *Insertion, rows [][]any, returned func(scan func(...any) error) error)
	compares() bool
	update(t *Tx, u *Update, rows []Change)
	tryName(t *Tx, name string, got func(bool))
	briefly(t *Tx, fn func() error) (locked bool, err error)
}

// Repeat runs a transaction, and runs it again after each conflict.
func Repeat(ctx context.Context, conflicts func(error) bool, transact func(context.Context) error) error {
	for try := 0; ; try++ {
		err := transact(ctx)
		if err == nil || !conflicts(err) || try == 20 {
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

// readFrom reads from a pool.
func readFrom(ctx context.Context, db *sql.DB, text string, args []any, row func(scan func(...any) error) error) error {
	rows, err := db.QueryContext(ctx, text, args...)
	if err != nil {
		return err
	}
	err = scanAll(rows, row)
	if of, ok := errors.AsType[rowError](err); ok {
		return of.error
	}
	return err
}

// scanAll calls row for each of the rows, and closes them. An error of row becomes a rowError.
func scanAll(rows *sql.Rows, row func(scan func(...any) error) error) error {
	defer rows.Close()
	for rows.Next() {
		if err := row(rows.Scan); err != nil {
			return rowError{err}
		}
	}
	return rows.Err()
}
