package engine

import (
	"context"
	"database/sql"
	"errors"
	"net/url"
	"sync"
)

func sqliteDSN(file, lock string) string {
	v := url.Values{"_txlock": {lock}, "_pragma": {
		"busy_timeout(5000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)",
	}}
	return "file:" + (&url.URL{Path: file}).EscapedPath() + "?" + v.Encode()
}

// sqlitePool runs transactions on the one connection that writes, or on those that read. It prepares each statement
// that was executed once: parsing takes longer than executing most of them.
type sqlitePool struct {
	rows     rows
	text     func(*Statement) (string, []any, error)
	db       *sql.DB
	reads    bool
	mu       sync.Mutex
	prepared map[string]*sql.Stmt
}

// transact runs fn in a transaction, which sees the state of the database at its beginning. A transaction that writes
// is not interrupted once it has begun: nothing in it has to wait, and a statement that can be interrupted costs a
// goroutine.
func (w *sqlitePool) transact(ctx context.Context, fn func(*Tx) error) error {
	conn, err := w.db.Conn(ctx)
	if err != nil {
		return noConnection(err)
	}
	if !w.reads {
		ctx = context.Background()
	}
	var fresh []string
	err = w.on(ctx, conn, fn, &fresh)
	if err := errors.Join(err, ignoreDone(conn.Close(), sql.ErrConnDone)); err != nil {
		return err
	}
	w.prepare(fresh)
	return nil
}

func (w *sqlitePool) on(ctx context.Context, conn *sql.Conn, fn func(*Tx) error, fresh *[]string) error {
	raw, err := conn.BeginTx(ctx, &sql.TxOptions{ReadOnly: w.reads})
	if err != nil {
		return err
	}
	t := &Tx{rows: w.rows}
	t.Send = func(list []Statement) error {
		for i := range list {
			if err := w.run(ctx, raw, &list[i], fresh); err != nil {
				return err
			}
		}
		return nil
	}
	err = fn(t)
	if err == nil {
		err = t.Flush()
	}
	if err != nil {
		return errors.Join(err, ignoreDone(raw.Rollback(), sql.ErrTxDone))
	}
	return raw.Commit()
}

func (w *sqlitePool) run(ctx context.Context, raw *sql.Tx, st *Statement, fresh *[]string) error {
	text, args, err := w.text(st)
	if err != nil {
		return err
	}
	ready := w.ready(text)
	if ready == nil {
		*fresh = append(*fresh, text)
	} else {
		ready = raw.StmtContext(ctx, ready)
	}
	if st.Rows == nil {
		return execute(ctx, raw, ready, text, args, st.Affected)
	}
	rows, err := query(ctx, raw, ready, text, args)
	if err != nil {
		return err
	}
	return scanAll(rows, st.Rows)
}

func execute(
	ctx context.Context, raw *sql.Tx, ready *sql.Stmt, text string, args []any, affected func(int64),
) (err error) {
	var r sql.Result
	if ready != nil {
		r, err = ready.ExecContext(ctx, args...)
	} else {
		r, err = raw.ExecContext(ctx, text, args...)
	}
	if err != nil || affected == nil {
		return err
	}
	n, err := r.RowsAffected()
	affected(n)
	return err
}

func query(ctx context.Context, raw *sql.Tx, ready *sql.Stmt, text string, args []any) (*sql.Rows, error) {
	if ready != nil {
		return ready.QueryContext(ctx, args...)
	}
	return raw.QueryContext(ctx, text, args...)
}

func (w *sqlitePool) ready(text string) *sql.Stmt {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.prepared[text]
}

// prepare prepares the statements that a transaction had to parse. It needs a connection, so it can't run inside the
// transaction. A statement that can't be prepared is parsed again next time.
func (w *sqlitePool) prepare(fresh []string) {
	for _, text := range fresh {
		if w.ready(text) != nil {
			continue
		}
		st, err := w.db.PrepareContext(context.Background(), text)
		if err != nil {
			continue
		}
		w.mu.Lock()
		w.prepared[text] = st
		w.mu.Unlock()
	}
}
