package engine

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"hash/fnv"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

// postgresConfig reads a URL. The driver's error for one that it can't read is not passed on, because it quotes the
// URL.
func postgresConfig(databaseURL string) (*pgx.ConnConfig, error) {
	if _, err := url.Parse(databaseURL); err != nil || strayPassword(databaseURL) {
		return nil, errors.New("of PostgreSQL can't be read: it must look like postgres://user:password@host/name, " +
			"with %40 for each @ in the password, %2F for /, %23 for #, %3F for ?, %25 for %")
	}
	conf, err := pgx.ParseConfig(databaseURL)
	if err != nil {
		return nil, errors.New("of PostgreSQL has a host, a port or a parameter that can't be used, " +
			"or names a file that can't be read")
	}
	conf.ConnectTimeout = cmp.Or(conf.ConnectTimeout, pgConnectTime)
	return conf, nil
}

// postgresName names a database by its hosts and its own name.
func postgresName(conf *pgx.ConnConfig) string {
	name := cmp.Or(conf.Database, conf.User)
	if strings.HasPrefix(conf.Host, "/") {
		return "postgres:///" + name + "?host=" + conf.Host
	}
	hosts := []string{net.JoinHostPort(conf.Host, strconv.Itoa(int(conf.Port)))}
	for _, f := range conf.Fallbacks { // the other hosts, and the same hosts without TLS
		hosts = append(hosts, net.JoinHostPort(f.Host, strconv.Itoa(int(f.Port))))
	}
	return "postgres://" + strings.Join(slices.Compact(hosts), ",") + "/" + name
}

const pgConnectTime = 5 * time.Second

func checkPostgres(databaseURL string) error {
	_, err := postgresConfig(databaseURL)
	return err
}

func openPostgres(ctx context.Context, databaseURL string, o Options) (Engine, error) {
	e, err := newPostgres(ctx, databaseURL, o)
	if err != nil {
		return nil, err
	}
	return e, nil
}

func lookAtPostgres(ctx context.Context, databaseURL string) (Engine, error) {
	return openPostgres(ctx, databaseURL, Options{})
}

// postgres is a database of PostgreSQL.
type postgres struct {
	migrator
	name  string
	pools Pools
	begin []string // the statements that begin a transaction that writes
	texts texts
}

func newPostgres(ctx context.Context, databaseURL string, o Options) (*postgres, error) {
	conf, err := postgresConfig(databaseURL)
	if err != nil {
		return nil, err
	}
	e := &postgres{name: postgresName(conf)}
	if conf.ValidateConnect == nil { // of several hosts, connect to the one that is the primary now
		conf.ValidateConnect = pgconn.ValidateConnectTargetSessionAttrsReadWrite
	}
	if !strings.Contains(conf.ConnString(), "default_query_exec_mode") && pooled(ctx, conf) {
		conf.DefaultQueryExecMode = pgx.QueryExecModeExec
	}
	e.pools = Pools{Own: openPool(conf, 1), Aside: openPool(conf, sideConns), Read: openPool(conf, readConns)}
	e.begin = []string{"BEGIN" + isolation(o.Isolation), limitLocks}
	e.migrator = migrator{
		write: e.pools.Aside, read: e.pools.Read, dialect: goose.DialectPostgres, engine: "postgres",
		exists: "SELECT to_regclass('goose_db_version') IS NOT NULL",
		locker: func() lock.SessionLocker { return &migrationLock{db: e.pools.Read, notice: o.Notice} },
		locked: func(err error) bool { return e.Fault(err) == Locked }, notice: o.Notice,
	}
	return e, nil
}

// Name implements Engine.
func (e *postgres) Name() string { return e.name }

// Shared implements Engine.
func (e *postgres) Shared() bool { return true }

// Pools implements Engine.
func (e *postgres) Pools() Pools { return e.pools }

// Ping implements Engine.
func (e *postgres) Ping(ctx context.Context) error { return e.pools.ping(ctx) }

// Close implements Engine.
func (e *postgres) Close() error { return e.pools.each((*sql.DB).Close) }

// Now implements Engine.
func (e *postgres) Now(ctx context.Context) (time.Time, error) {
	var micros int64
	const now = "SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS BIGINT)"
	err := e.pools.Read.QueryRowContext(ctx, now).Scan(&micros)
	return time.UnixMicro(micros), err
}

// ForgetDeleted implements Engine. It does nothing: only the server can read its files.
func (e *postgres) ForgetDeleted(context.Context) error { return nil }

// Write implements Engine.
func (e *postgres) Write(ctx context.Context, fn func(*Tx) error) error {
	return e.transact(ctx, e.pools.Own, e.begin, fn)
}

// Aside implements Engine.
func (e *postgres) Aside(ctx context.Context, fn func(*Tx) error) error {
	return e.transact(ctx, e.pools.Aside, e.begin, fn)
}

var beginView = []string{"BEGIN" + isolation(sql.LevelRepeatableRead) + " READ ONLY"}

// View implements Engine.
func (e *postgres) View(ctx context.Context, fn func(*Tx) error) error {
	return e.transact(ctx, e.pools.Read, beginView, fn)
}

// Read implements Engine.
func (e *postgres) Read(ctx context.Context, st Statement) error {
	text, args, err := e.text(&st)
	if err != nil {
		return err
	}
	return readFrom(ctx, e.pools.Read, text, args, st.Rows)
}

func asArray(l List) any { return []string(l) }

var pgLocks = [3]string{ForUpdate: " FOR UPDATE", SkipLocked: " FOR UPDATE SKIP LOCKED"}

func (e *postgres) text(st *Statement) (string, []any, error) {
	return e.texts.of(st, "= ANY($%d)", asArray, &pgLocks)
}

func (e *postgres) insert(t *Tx, in *Insertion, rows [][]any, returned func(scan func(...any) error) error) {
	one, many := in.texts()
	if len(rows) == 1 {
		t.Add(Statement{SQL: one, Args: rows[0], Rows: returned})
		return
	}
	args := arrays(in.Columns, len(rows), func(i int) []any { return rows[i] })
	t.Add(Statement{SQL: many, Args: args, Rows: returned})
}

func (e *postgres) compares() bool { return false }

// update sends all columns, and leaves it to the server to find out which of them change.
func (e *postgres) update(t *Tx, u *Update, rows []Change) {
	one, many := u.texts()
	if len(rows) == 1 {
		t.Add(Statement{SQL: one, Args: rows[0].After})
		return
	}
	args := arrays(u.Columns, len(rows), func(i int) []any { return rows[i].After })
	t.Add(Statement{SQL: many, Args: args})
}

func (e *postgres) tryName(t *Tx, name string, got func(bool)) {
	sum := fnv.New64a()
	sum.Write([]byte(name))
	t.Add(Statement{
		SQL:  "SELECT pg_try_advisory_xact_lock($1)",
		Args: []any{int64(sum.Sum64())},
		Rows: func(scan func(...any) error) error {
			var free bool
			err := scan(&free)
			got(free)
			return err
		},
	})
}

// limitBriefly bounds how long each statement in Briefly waits for a lock.
const limitBriefly = "SET LOCAL lock_timeout = '20ms'"

func (e *postgres) briefly(t *Tx, fn func() error) (locked bool, err error) {
	if err := t.Flush(); err != nil {
		return false, err
	}
	t.Add(Statement{SQL: "SAVEPOINT briefly"}, Statement{SQL: limitBriefly})
	if err := fn(); err != nil {
		return e.undone(t, err)
	}
	t.Add(Statement{SQL: limitLocks}, Statement{SQL: "RELEASE SAVEPOINT briefly"})
	if err := t.Flush(); err != nil {
		return e.undone(t, err)
	}
	return false, nil
}

// undone undoes what Briefly ran, if it failed because of a lock.
func (e *postgres) undone(t *Tx, err error) (locked bool, _ error) {
	if e.Fault(err) != Locked {
		return false, err
	}
	t.queue, t.failed = nil, nil
	return true, t.Read(Statement{SQL: "ROLLBACK TO SAVEPOINT briefly"})
}

// limitLocks bounds how long a transaction waits for a row that another transaction has locked. Meanwhile others wait
// for this transaction, or for its connection.
const limitLocks = "SET LOCAL lock_timeout = '500ms'"

// pooled says whether a pooler such as PgBouncer stands in front of the server. Then the process that answers is not
// the one that was announced when the connection was made, and a prepared statement may be looked up on another
// connection than it was prepared on.
func pooled(ctx context.Context, conf *pgx.ConnConfig) bool {
	conn, err := pgx.ConnectConfig(ctx, conf)
	if err != nil {
		return false // the next connection fails as well, and says why
	}
	defer conn.Close(ctx)
	var pid uint32
	err = conn.QueryRow(ctx, "SELECT pg_backend_pid()", pgx.QueryExecModeSimpleProtocol).Scan(&pid)
	return err == nil && pid != conn.PgConn().PID()
}

func openPool(conf *pgx.ConnConfig, most int) *sql.DB {
	db := stdlib.OpenDB(*conf, stdlib.OptionAfterConnect(configure))
	db.SetMaxOpenConns(most)
	db.SetMaxIdleConns(most)
	db.SetConnMaxLifetime(5 * time.Minute) // the server may have become a standby, or have moved
	return db
}

// Settings of every connection. PostgreSQL ends a transaction that is idle for 10 s, for instance because its node was
// suspended, so that nobody waits for its locks any longer. The planner is told to use indexes: left to itself, it
// often plans for an empty table, because it does not know how much the tables have grown.
const settings = `SET idle_in_transaction_session_timeout = '10s';
	SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off; SET jit = off`

func configure(ctx context.Context, conn *pgx.Conn) error {
	_, err := conn.Exec(ctx, settings, pgx.QueryExecModeSimpleProtocol)
	return err
}

// Fault implements Engine. A Conflict is serialization_failure or deadlock_detected.
// Source: https://www.postgresql.org/docs/current/errcodes-appendix.html
func (e *postgres) Fault(err error) Fault {
	is, ok := errors.AsType[*pgconn.PgError](err)
	switch {
	case !ok || len(is.Code) != 5:
		return Other
	case is.Code == "40001" || is.Code == "40P01":
		return Conflict
	case is.Code == lockNotAvailable:
		return Locked
	}
	switch is.Code[:2] {
	case "21", "22", "23", "42", "54": // the written values are at fault
		return Row
	}
	return Other
}

// Taken implements Engine. The error is unique_violation.
func (e *postgres) Taken(err error, k Key) bool {
	is, ok := errors.AsType[*pgconn.PgError](err)
	return ok && is.Code == "23505" && is.ConstraintName == k.Index
}

// pgUnclear says whether a transaction may be committed although its COMMIT failed: the COMMIT was sent, and the
// server did not say that the transaction was rolled back.
func pgUnclear(err error) bool {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return e.SeverityUnlocalized != "ERROR" || e.Code == completionUnknown // FATAL: the server closed the connection
	}
	return !errors.Is(err, errRolledBack) && !pgconn.SafeToRetry(err)
}

const completionUnknown = "40003"

// errRolledBack is returned for a COMMIT that the server answered with ROLLBACK, because the transaction had failed.
var errRolledBack = errors.New("the transaction was not committed")

// transact runs fn in a transaction. Each flush is one round trip, however many statements it sends. BEGIN is sent
// with the first statements, and COMMIT with the last.
func (e *postgres) transact(ctx context.Context, db *sql.DB, begin []string, fn func(*Tx) error) error {
	conn, err := db.Conn(ctx)
	if err != nil {
		return noConnection(err)
	}
	err = conn.Raw(func(driverConn any) error {
		return e.on(ctx, driverConn.(*stdlib.Conn).Conn(), begin, fn)
	})
	return errors.Join(err, ignoreDone(conn.Close(), sql.ErrConnDone))
}

func (e *postgres) on(ctx context.Context, conn *pgx.Conn, begin []string, fn func(*Tx) error) error {
	t := &Tx{rows: e, Send: func(list []Statement) error { return e.send(ctx, conn, list) }}
	for _, sql := range begin {
		t.Add(Statement{SQL: sql})
	}
	err := fn(t)
	if err == nil {
		err = t.failed
	}
	if err == nil {
		t.Add(Statement{SQL: "COMMIT"})
		if err = t.Flush(); err != nil && pgUnclear(err) {
			err = fmt.Errorf("%w: %w", ErrUnclear, err)
		}
	}
	if err != nil && !conn.IsClosed() && conn.PgConn().TxStatus() != 'I' {
		undo, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		_, undone := conn.Exec(undo, "ROLLBACK")
		err = errors.Join(err, undone)
	}
	return err
}

func isolation(level sql.IsolationLevel) string {
	if level == sql.LevelDefault {
		return ""
	}
	return " ISOLATION LEVEL " + level.String()
}

// send sends statements in one round trip. After a statement that fails the server executes none of the others, and so
// no COMMIT.
func (e *postgres) send(ctx context.Context, conn *pgx.Conn, list []Statement) (err error) {
	var b pgx.Batch
	for i := range list {
		text, args, err := e.text(&list[i])
		if err != nil {
			return err
		}
		b.Queue(text, args...)
	}
	answers := conn.SendBatch(ctx, &b)
	defer func() {
		if closed := answers.Close(); err == nil {
			err = closed
		}
	}()
	for _, st := range list {
		if err := answer(answers, st); err != nil {
			return err
		}
	}
	return nil
}

func answer(answers pgx.BatchResults, st Statement) error {
	if st.Rows == nil {
		tag, err := answers.Exec()
		switch {
		case err != nil:
			return err
		case st.SQL == "COMMIT" && tag.String() != "COMMIT":
			return fmt.Errorf("%w: the server says %s", errRolledBack, tag)
		case st.Affected != nil:
			st.Affected(tag.RowsAffected())
		}
		return nil
	}
	rows, err := answers.Query()
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := st.Rows(rows.Scan); err != nil {
			return rowError{err}
		}
	}
	return rows.Err()
}
