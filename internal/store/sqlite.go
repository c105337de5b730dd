package store

import (
	"context"
	"database/sql"
	"errors"
	"net/url"
	"path/filepath"
	"strings"
	"sync"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// sqlitePath reads a URL, but for its scheme.
func sqlitePath(text string) (string, error) {
	file, query, _ := strings.Cut(strings.TrimPrefix(text, "//"), "?")
	if file == "" || file == ":memory:" || query != "" {
		return "", errors.New("of SQLite must be sqlite:FILE, without options")
	}
	return file, nil
}

var sqliteDialect = dialect{
	name: "sqlite3", among: "IN (SELECT value FROM json_each($1))", versioned: "SELECT count(*) FROM sqlite_master WHERE name = 'goose_db_version'",
	retryable: func(error) bool { return false }, blames: sqliteBlames, sidTaken: sqliteSIDTaken, locked: func(error) bool { return false },
}

func (s *Store) openSQLite(file string) error {
	release, err := holdFile(file)
	if err != nil {
		return err
	}
	s.release, s.folder = release, filepath.Dir(file)
	s.dialect = sqliteDialect
	s.write, err = sql.Open("sqlite", sqliteDSN(file, "immediate")+"&_pragma=cache_size(-16000)&_pragma=secure_delete(1)") // KiB; and what is deleted is overwritten
	if err != nil {
		return errors.Join(err, release())
	}
	// One writer: SQLite has no more, and a queue in Go is fairer than its lock.
	s.write.SetMaxOpenConns(1)
	s.read, err = sql.Open("sqlite", sqliteDSN(file, "deferred")+"&_pragma=query_only(1)")
	if err != nil {
		return errors.Join(err, s.write.Close(), release())
	}
	s.read.SetMaxOpenConns(8)
	s.read.SetMaxIdleConns(8)
	s.own = s.write
	s.transact = (&sqlitePool{store: s, db: s.write, prepared: map[string]*sql.Stmt{}}).transact
	s.view = (&sqlitePool{store: s, db: s.read, reads: true, prepared: map[string]*sql.Stmt{}}).transact
	s.aside = s.transact
	return nil
}

func sqliteDSN(file, lock string) string {
	v := url.Values{"_txlock": {lock}, "_pragma": {
		"busy_timeout(5000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)",
	}}
	return "file:" + (&url.URL{Path: file}).EscapedPath() + "?" + v.Encode()
}

// forgetLog empties the log, which holds what was deleted until it is written over. While somebody
// reads from it, it stays; so others wait no longer than that takes to find out.
func (s *Store) forgetLog(ctx context.Context) error {
	if s.dialect.shared {
		return nil
	}
	conn, err := s.write.Conn(ctx)
	if err != nil {
		return noConnection(err)
	}
	defer conn.Close()
	_, err = conn.ExecContext(ctx, "PRAGMA busy_timeout(100); PRAGMA wal_checkpoint(TRUNCATE); PRAGMA busy_timeout(5000)")
	return err
}

// sqliteBlames says whether an error is the fault of the row that was written, and
// not of the disk or the file.
func sqliteBlames(err error) bool {
	e, ok := errors.AsType[*sqlite.Error](err)
	if !ok {
		return false
	}
	switch e.Code() & 0xff {
	case sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_MISMATCH, sqlite3.SQLITE_TOOBIG:
		return true
	}
	return false
}

// sqliteSIDTaken goes by the words: SQLite has no other for the index that objects.
func sqliteSIDTaken(err error) bool {
	e, ok := errors.AsType[*sqlite.Error](err)
	return ok && e.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE && strings.Contains(e.Error(), "attempts.sid")
}

// sqlitePool runs transactions on the one connection that writes, or on those that read. What
// was executed once is prepared for the next time: parsing costs more than most statements do.
type sqlitePool struct {
	store    *Store
	db       *sql.DB
	reads    bool
	mu       sync.Mutex
	prepared map[string]*sql.Stmt
}

// transact runs fn in a transaction, which sees what was there as it began. One that writes is
// not interrupted once begun: nothing in it waits for anybody, and being interruptible costs a
// goroutine for each statement.
func (w *sqlitePool) transact(ctx context.Context, fn func(*tx) error) error {
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

func (w *sqlitePool) on(ctx context.Context, conn *sql.Conn, fn func(*tx) error, fresh *[]string) error {
	raw, err := conn.BeginTx(ctx, &sql.TxOptions{ReadOnly: w.reads})
	if err != nil {
		return err
	}
	t := &tx{store: w.store}
	t.send = func(list []statement) error {
		for _, st := range list {
			if err := w.run(ctx, raw, st, fresh); err != nil {
				return err
			}
		}
		return nil
	}
	err = fn(t)
	if err == nil {
		err = t.flush()
	}
	if err != nil {
		return errors.Join(err, ignoreDone(raw.Rollback(), sql.ErrTxDone))
	}
	return raw.Commit()
}

func (w *sqlitePool) run(ctx context.Context, raw *sql.Tx, st statement, fresh *[]string) error {
	ready := w.ready(st.sql)
	if ready == nil {
		*fresh = append(*fresh, st.sql)
	} else {
		ready = raw.StmtContext(ctx, ready)
	}
	if st.rows == nil {
		return execute(ctx, raw, ready, st)
	}
	rows, err := query(ctx, raw, ready, st)
	if err != nil {
		return err
	}
	return scanAll(rows, st.rows)
}

func execute(ctx context.Context, raw *sql.Tx, ready *sql.Stmt, st statement) (err error) {
	var r sql.Result
	if ready != nil {
		r, err = ready.ExecContext(ctx, st.args...)
	} else {
		r, err = raw.ExecContext(ctx, st.sql, st.args...)
	}
	if err != nil || st.affected == nil {
		return err
	}
	n, err := r.RowsAffected()
	st.affected(n)
	return err
}

func query(ctx context.Context, raw *sql.Tx, ready *sql.Stmt, st statement) (*sql.Rows, error) {
	if ready != nil {
		return ready.QueryContext(ctx, st.args...)
	}
	return raw.QueryContext(ctx, st.sql, st.args...)
}

func (w *sqlitePool) ready(text string) *sql.Stmt {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.prepared[text]
}

// prepare prepares what a transaction had to parse. It takes a connection, and
// so can't be done inside one. What can't be prepared is parsed again.
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
