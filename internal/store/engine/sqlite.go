package engine

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// sqlitePath reads a URL.
func sqlitePath(databaseURL string) (string, error) {
	_, text, _ := strings.Cut(databaseURL, ":")
	file, query, _ := strings.Cut(strings.TrimPrefix(text, "//"), "?")
	if file == "" || file == ":memory:" || query != "" {
		return "", errors.New("of SQLite must be sqlite:FILE, without options")
	}
	return file, nil
}

func checkSQLite(databaseURL string) error {
	_, err := sqlitePath(databaseURL)
	return err
}

// sqliteFile is a database of SQLite.
type sqliteFile struct {
	migrator
	file    string
	writer  *sqlitePool
	readers *sqlitePool
	release func() error // releases the file's locks
	texts   texts
}

func openSQLite(_ context.Context, databaseURL string, _ Options) (Engine, error) {
	file, err := sqlitePath(databaseURL)
	if err != nil {
		return nil, err
	}
	release, err := holdFile(file)
	if err != nil {
		return nil, err
	}
	// The cache size is in KiB. secure_delete overwrites deleted data.
	write, err := sql.Open("sqlite", sqliteDSN(file, "immediate")+"&_pragma=cache_size(-16000)&_pragma=secure_delete(1)")
	if err != nil {
		return nil, errors.Join(err, release())
	}
	// SQLite allows one writer, and a queue in Go is fairer than SQLite's lock.
	write.SetMaxOpenConns(1)
	read, err := sql.Open("sqlite", sqliteDSN(file, "deferred")+"&_pragma=query_only(1)")
	if err != nil {
		return nil, errors.Join(err, write.Close(), release())
	}
	read.SetMaxOpenConns(8)
	read.SetMaxIdleConns(8)
	return newSQLite(file, write, read, release), nil
}

func newSQLite(file string, write, read *sql.DB, release func() error) *sqliteFile {
	e := &sqliteFile{file: file, release: release}
	e.writer = &sqlitePool{rows: e, text: e.text, db: write, prepared: map[string]*sql.Stmt{}}
	e.readers = &sqlitePool{rows: e, text: e.text, db: read, reads: true, prepared: map[string]*sql.Stmt{}}
	e.migrator = migrator{
		write: write, read: read, dialect: goose.DialectSQLite3, engine: "sqlite",
		exists: "SELECT count(*) FROM sqlite_master WHERE name = 'goose_db_version'",
	}
	return e
}

// Name implements Engine.
func (e *sqliteFile) Name() string { return "sqlite:" + e.file }

// Shared implements Engine.
func (e *sqliteFile) Shared() bool { return false }

// Pools implements Engine.
func (e *sqliteFile) Pools() Pools {
	return Pools{Own: e.writer.db, Aside: e.writer.db, Read: e.readers.db}
}

// Ping implements Engine.
func (e *sqliteFile) Ping(ctx context.Context) error { return e.Pools().ping(ctx) }

// Close implements Engine.
func (e *sqliteFile) Close() error { return errors.Join(e.Pools().each((*sql.DB).Close), e.release()) }

// Now implements Engine. A file has no clock: this is the machine's.
func (e *sqliteFile) Now(context.Context) (time.Time, error) { return time.Now(), nil }

// Write implements Engine.
func (e *sqliteFile) Write(ctx context.Context, fn func(*Tx) error) error {
	return e.writer.transact(ctx, fn)
}

// Aside implements Engine. There is only one connection that writes.
func (e *sqliteFile) Aside(ctx context.Context, fn func(*Tx) error) error {
	return e.writer.transact(ctx, fn)
}

// View implements Engine.
func (e *sqliteFile) View(ctx context.Context, fn func(*Tx) error) error {
	return e.readers.transact(ctx, fn)
}

// Read implements Engine.
func (e *sqliteFile) Read(ctx context.Context, st Statement) error {
	text, args, err := e.text(&st)
	if err != nil {
		return err
	}
	return readFrom(ctx, e.readers.db, text, args, st.Rows)
}

// asJSON is a list in the form that json_each reads.
func asJSON(l List) any {
	text, err := json.Marshal(l)
	if err != nil { // encoding strings never fails
		return nil
	}
	return string(text)
}

var noLocks [3]string // SQLite has one writer

func (e *sqliteFile) text(st *Statement) (string, []any, error) {
	return e.texts.of(st, "IN (SELECT value FROM json_each($%d))", asJSON, &noLocks)
}

func (e *sqliteFile) insert(t *Tx, in *Insertion, rows [][]any, returned func(scan func(...any) error) error) {
	one, _ := in.texts()
	if in.Free != nil || len(in.Returns) > 0 {
		for _, r := range rows {
			t.Add(Statement{SQL: one, Args: r, Rows: returned})
		}
		return
	}
	for some := range slices.Chunk(rows, max(1, maxValues/len(in.Columns))) {
		if len(some) == 1 {
			t.Add(Statement{SQL: one, Args: some[0]})
			continue
		}
		t.Add(Statement{SQL: in.several(len(some)), Args: slices.Concat(some...)})
	}
}

// maxValues bounds the parameters of a statement that inserts several rows: there is a text for each number of rows,
// and each is kept prepared.
const maxValues = 64

func (e *sqliteFile) compares() bool { return true }

// update sets only the columns that change: SQLite rewrites the indexes of every column that a statement sets, even to
// the same value.
func (e *sqliteFile) update(t *Tx, u *Update, rows []Change) {
	for _, r := range rows {
		if st, changes := u.changed(r); changes {
			t.Add(st)
		}
	}
}

func (e *sqliteFile) tryName(_ *Tx, _ string, got func(bool)) { got(true) }

func (e *sqliteFile) briefly(t *Tx, fn func() error) (locked bool, err error) {
	if err := fn(); err != nil {
		return false, err
	}
	return false, t.Flush()
}

// ForgetDeleted implements Engine. It truncates the log, which keeps deleted data until it is overwritten. While a
// reader uses the log it can't be truncated; then other writers wait only until that is found out.
func (e *sqliteFile) ForgetDeleted(ctx context.Context) error {
	conn, err := e.writer.db.Conn(ctx)
	if err != nil {
		return noConnection(err)
	}
	defer conn.Close()
	_, err = conn.ExecContext(ctx, "PRAGMA busy_timeout(100); PRAGMA wal_checkpoint(TRUNCATE); PRAGMA busy_timeout(5000)")
	return err
}

// Fault implements Engine. There is one writer, so there are no conflicts.
func (e *sqliteFile) Fault(err error) Fault {
	is, ok := errors.AsType[*sqlite.Error](err)
	if !ok {
		return Other
	}
	switch is.Code() & 0xff {
	case sqlite3.SQLITE_CONSTRAINT, sqlite3.SQLITE_MISMATCH, sqlite3.SQLITE_TOOBIG:
		return Row
	}
	return Other
}

// Taken implements Engine. It reads the error's text: only there does SQLite name the key that is taken.
func (e *sqliteFile) Taken(err error, k Key) bool {
	is, ok := errors.AsType[*sqlite.Error](err)
	if !ok || is.Code() != sqlite3.SQLITE_CONSTRAINT_UNIQUE && is.Code() != sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY {
		return false
	}
	columns := make([]string, len(k.Columns))
	for i, name := range k.Columns {
		columns[i] = k.Table + "." + name
	}
	return strings.Contains(is.Error()+" ", ": "+strings.Join(columns, ", ")+" ")
}
