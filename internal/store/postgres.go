package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
)

// postgresConfig reads a URL. What the driver says of one that it can't read is not passed
// on, for it quotes the URL.
func postgresConfig(databaseURL string) (*pgx.ConnConfig, error) {
	if _, err := url.Parse(databaseURL); err != nil || strayPassword(databaseURL) {
		return nil, errors.New("of PostgreSQL can't be read: it must look like postgres://user:password@host/name, with %40 for each @ in the password, %2F for /, %23 for #, %3F for ?, %25 for %")
	}
	conf, err := pgx.ParseConfig(databaseURL)
	if err != nil {
		return nil, errors.New("of PostgreSQL has a host, a port or a parameter that can't be used, or names a file that can't be read")
	}
	return conf, nil
}

// postgresName names a database by its hosts and its own name.
func postgresName(conf *pgx.ConnConfig) string {
	name := cmp.Or(conf.Database, conf.User)
	if strings.HasPrefix(conf.Host, "/") {
		return "postgres:///" + name + "?host=" + conf.Host
	}
	hosts := []string{net.JoinHostPort(conf.Host, strconv.Itoa(int(conf.Port)))}
	for _, f := range conf.Fallbacks { // other hosts, and these without TLS
		hosts = append(hosts, net.JoinHostPort(f.Host, strconv.Itoa(int(f.Port))))
	}
	return "postgres://" + strings.Join(slices.Compact(hosts), ",") + "/" + name
}

// strayPassword says whether an @ stands where none belongs: beside another one, or behind
// a /, ? or # that was meant to be a part of the password, and is read as the end of the
// host's name. A part of the password would be dialed, and shown in errors.
func strayPassword(databaseURL string) bool {
	_, text, _ := strings.Cut(databaseURL, "://")
	authority, path, query := text, "", ""
	if end := strings.IndexAny(text, "/?"); end >= 0 {
		authority = text[:end]
		path, query, _ = strings.Cut(text[end:], "?")
	}
	if strings.Contains(text, "#") || strings.Count(authority, "@") > 1 || strings.Contains(path, "@") || path == "" && strings.Contains(query, "@") {
		return true
	}
	return slices.ContainsFunc(strings.Split(query, "&"), func(parameter string) bool {
		name, value, _ := strings.Cut(parameter, "=")
		_, host, at := strings.Cut(value, "@") // a user's name may have one
		return strings.Contains(name, "@") || at && strings.Contains(host, "/")
	})
}

const pgConnectTime = 5 * time.Second

var pgDialect = dialect{
	name: "postgres", shared: true, arrays: true, retryable: pgRetryable, blames: pgBlames, locked: pgLocked, sidTaken: pgSIDTaken, among: "= ANY($1)",
	versioned: "SELECT to_regclass('goose_db_version') IS NOT NULL", forUpdate: " FOR UPDATE", skipLocked: " FOR UPDATE SKIP LOCKED",
	tryName: "SELECT pg_try_advisory_xact_lock($1)",
}

func (s *Store) openPostgres(ctx context.Context, conf *pgx.ConnConfig) error {
	conf.ConnectTimeout = cmp.Or(conf.ConnectTimeout, pgConnectTime)
	if conf.ValidateConnect == nil { // of several hosts the primary, wherever it is by now
		conf.ValidateConnect = pgconn.ValidateConnectTargetSessionAttrsReadWrite
	}
	s.dialect = pgDialect
	if !strings.Contains(conf.ConnString(), "default_query_exec_mode") && pooled(ctx, conf) {
		conf.DefaultQueryExecMode = pgx.QueryExecModeExec
	}
	s.own, s.write, s.read = openPool(conf, 1), openPool(conf, sideConns), openPool(conf, readConns)
	begin := []string{"BEGIN" + isolation(s.isolation), limitLocks}
	s.transact, s.aside = s.postgresTx(s.own, begin...), s.postgresTx(s.write, begin...)
	s.view = s.postgresTx(s.read, "BEGIN"+isolation(sql.LevelRepeatableRead)+" READ ONLY")
	return nil
}

// limitLocks bounds how long a transaction waits for a row that somebody else has locked: others
// wait for the transaction, or for its connection.
const limitLocks = "SET LOCAL lock_timeout = '500ms'"

// pooled says whether a pooler such as PgBouncer stands before the server: then it is another process
// that answers than the one that the connection was promised. A prepared statement would be looked
// for on another connection than it was made on.
func pooled(ctx context.Context, conf *pgx.ConnConfig) bool {
	conn, err := pgx.ConnectConfig(ctx, conf)
	if err != nil {
		return false // whoever connects next says why
	}
	defer conn.Close(ctx)
	var pid uint32
	err = conn.QueryRow(ctx, "SELECT pg_backend_pid()", pgx.QueryExecModeSimpleProtocol).Scan(&pid)
	return err == nil && pid != conn.PgConn().PID()
}

// A node has 16 connections at most: one is the writer's alone, so that whatever takes the
// others, batches are written.
const (
	sideConns = 2 * aloneMost // those who write apart from the writer
	readConns = 7
)

func openPool(conf *pgx.ConnConfig, most int) *sql.DB {
	db := stdlib.OpenDB(*conf, stdlib.OptionAfterConnect(configure))
	db.SetMaxOpenConns(most)
	db.SetMaxIdleConns(most)
	db.SetConnMaxLifetime(5 * time.Minute) // a server may have become a standby, or moved
	return db
}

// Settings of every connection. PostgreSQL ends a transaction whose node has fallen
// asleep in it: nobody else should wait for its locks. And it goes by our indexes,
// all of which it would choose itself if it knew how large the tables have become
// since it last looked: it has planned a statement for an empty table more often than not.
const settings = `SET idle_in_transaction_session_timeout = '10s';
	SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off; SET jit = off`

func configure(ctx context.Context, conn *pgx.Conn) error {
	_, err := conn.Exec(ctx, settings, pgx.QueryExecModeSimpleProtocol)
	return err
}

// pgRetryable says whether PostgreSQL asks for the transaction to be run again:
// serialization_failure and deadlock_detected.
func pgRetryable(err error) bool {
	e, ok := errors.AsType[*pgconn.PgError](err)
	return ok && (e.Code == "40001" || e.Code == "40P01")
}

// pgBlames says whether an error is the fault of what one operation wrote, or of
// the row it waited for, and not of the server or the way there.
// Source: https://www.postgresql.org/docs/current/errcodes-appendix.html
func pgBlames(err error) bool {
	e, ok := errors.AsType[*pgconn.PgError](err)
	if !ok || len(e.Code) != 5 {
		return false
	}
	switch e.Code[:2] {
	case "21", "22", "23", "42", "54": // what was written
		return true
	}
	return pgLocked(err)
}

// pgSIDTaken says whether the index of sids objected: unique_violation.
func pgSIDTaken(err error) bool {
	e, ok := errors.AsType[*pgconn.PgError](err)
	return ok && e.Code == "23505" && e.ConstraintName == "attempts_sid"
}

// pgLocked says whether lock_timeout ended the transaction: lock_not_available.
func pgLocked(err error) bool {
	e, ok := errors.AsType[*pgconn.PgError](err)
	return ok && e.Code == "55P03"
}

// pgUnclear says whether a transaction may be committed although its COMMIT failed: it
// was sent, and the server did not say that the transaction was undone.
func pgUnclear(err error) bool {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		return e.SeverityUnlocalized != "ERROR" || e.Code == completionUnknown // FATAL: it went away meanwhile
	}
	return !errors.Is(err, errRolledBack) && !pgconn.SafeToRetry(err)
}

const completionUnknown = "40003"

// errRolledBack is what a COMMIT comes to in a transaction that has failed.
var errRolledBack = errors.New("the transaction was not committed")

// postgresTx runs functions in transactions whose statements go out together: a flush is
// one round trip, however many it sends, and begin and COMMIT travel with the others.
func (s *Store) postgresTx(db *sql.DB, begin ...string) func(context.Context, func(*tx) error) error {
	return func(ctx context.Context, fn func(*tx) error) error {
		conn, err := db.Conn(ctx)
		if err != nil {
			return noConnection(err)
		}
		err = conn.Raw(func(driverConn any) error {
			return s.onPostgres(ctx, driverConn.(*stdlib.Conn).Conn(), begin, fn)
		})
		return errors.Join(err, ignoreDone(conn.Close(), sql.ErrConnDone))
	}
}

func (s *Store) onPostgres(ctx context.Context, conn *pgx.Conn, begin []string, fn func(*tx) error) error {
	t := &tx{store: s, send: func(list []statement) error { return sendBatch(ctx, conn, list) }}
	for _, sql := range begin {
		t.add(statement{sql: sql})
	}
	err := fn(t)
	if err == nil {
		t.add(statement{sql: "COMMIT"})
		if err = t.flush(); err != nil && pgUnclear(err) {
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

// sendBatch sends statements in one go. After one that fails the server executes
// none of the rest, COMMIT least of all.
func sendBatch(ctx context.Context, conn *pgx.Conn, list []statement) (err error) {
	var b pgx.Batch
	for _, st := range list {
		b.Queue(st.sql, st.args...)
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

func answer(answers pgx.BatchResults, st statement) error {
	if st.rows == nil {
		tag, err := answers.Exec()
		switch {
		case err != nil:
			return err
		case st.sql == "COMMIT" && tag.String() != "COMMIT":
			return fmt.Errorf("%w: the server says %s", errRolledBack, tag)
		case st.affected != nil:
			st.affected(tag.RowsAffected())
		}
		return nil
	}
	rows, err := answers.Query()
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		if err := st.rows(rows.Scan); err != nil {
			return err
		}
	}
	return rows.Err()
}
