package engine

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/database"
	"github.com/pressly/goose/v3/lock"
)

// How long a migration waits for another process that has locked the schema.
const (
	lockPoll   = 500 * time.Millisecond // between two tries
	lockSaid   = 2 * time.Second        // after this time Notice is told what the migration waits for
	lockGiveUp = time.Minute
)

// lockWait waits for the lock of migrations.
type lockWait struct {
	notice func(string)
	fix    string                                         // what to do about a lock that nobody frees
	try    func(context.Context) (locked bool, err error) // takes the lock if nobody has it
	holder func(context.Context) string                   // names who has it
}

func (w *lockWait) wait(ctx context.Context) error {
	began, said := time.Now(), false
	for {
		locked, err := w.try(ctx)
		if err != nil || locked {
			return err
		}
		waited := time.Since(began)
		if waited >= lockGiveUp {
			return fmt.Errorf("%s has held the lock for migrations for %s, %s", w.holder(ctx), lockGiveUp, w.fix)
		}
		if waited >= lockSaid && !said {
			said = true
			w.notice(fmt.Sprintf("waiting up to %s for the lock for migrations, which %s holds: "+
				"another node migrates, or a pooler kept the lock", lockGiveUp, w.holder(ctx)))
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(lockPoll):
		}
	}
}

// migrationLock keeps other nodes from migrating at the same time. It belongs to a transaction and ends with it. A
// lock of a session would outlive a node behind a pooler, which keeps the session open.
type migrationLock struct {
	db     *sql.DB
	notice func(string)
	tx     *sql.Tx
}

// SessionLock implements lock.SessionLocker. It takes the same lock as goose does by itself, so that it also keeps
// away older versions, which lock the session.
func (l *migrationLock) SessionLock(ctx context.Context, _ *sql.Conn) error {
	w := lockWait{l.notice, lockFix, l.try, l.holder}
	return w.wait(ctx)
}

// lockFix says what to do about a lock that nobody frees.
var lockFix = fmt.Sprintf("though no migration takes that long as a rule: "+
	"if no node migrates, a connection pooler such as PgBouncer has kept it; "+
	"free it with SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND objid = %d, "+
	"and run redial migrate with a DATABASE_URL that leads past the pooler", lock.DefaultLockID)

// try takes the lock if nobody has it.
func (l *migrationLock) try(ctx context.Context) (locked bool, err error) {
	l.tx, err = l.db.BeginTx(context.WithoutCancel(ctx), &sql.TxOptions{Isolation: sql.LevelReadCommitted})
	if err != nil {
		return false, noConnection(err)
	}
	err = l.tx.QueryRowContext(ctx, "SELECT pg_try_advisory_xact_lock($1)", lock.DefaultLockID).Scan(&locked)
	if err == nil {
		// The transaction is idle for as long as the migration runs. This statement comes last because, unlike a query, it
		// leaves no snapshot open: CREATE INDEX CONCURRENTLY waits for every open snapshot.
		_, err = l.tx.ExecContext(ctx, "SET LOCAL idle_in_transaction_session_timeout = 0")
	}
	if err != nil || !locked {
		err = errors.Join(err, l.tx.Rollback())
	}
	return locked, err
}

// holder names who has the lock.
func (l *migrationLock) holder(ctx context.Context) string {
	var pid int
	err := l.db.QueryRowContext(ctx, `SELECT pid FROM pg_locks
		WHERE locktype = 'advisory' AND granted AND objid::bigint = $1
		AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`, lock.DefaultLockID).Scan(&pid)
	if err != nil {
		return "another session"
	}
	return fmt.Sprintf("the session of PostgreSQL's process %d", pid)
}

// SessionUnlock implements lock.SessionLocker.
func (l *migrationLock) SessionUnlock(context.Context, *sql.Conn) error { return l.tx.Rollback() }

// namedLock does the same by a name that is locked in the session which migrates. It ends with the session.
type namedLock struct{ notice func(string) }

const nameOfMigrations = "'redial migrates'"

// SessionLock implements lock.SessionLocker.
func (l *namedLock) SessionLock(ctx context.Context, conn *sql.Conn) error {
	name := nameInDatabase(nameOfMigrations)
	w := lockWait{notice: l.notice, fix: namedLockFix}
	w.try = func(ctx context.Context) (locked bool, err error) {
		err = conn.QueryRowContext(ctx, "SELECT GET_LOCK("+name+", 0)").Scan(&locked)
		return locked, err
	}
	w.holder = func(ctx context.Context) string {
		var id int64
		if err := conn.QueryRowContext(ctx, "SELECT IS_USED_LOCK("+name+")").Scan(&id); err != nil {
			return "another session"
		}
		return fmt.Sprintf("connection %d", id)
	}
	if err := w.wait(ctx); err != nil {
		return err
	}
	if err := makeVersions(ctx, conn); err != nil {
		return errors.Join(err, l.SessionUnlock(ctx, conn))
	}
	return nil
}

// makeVersions makes the table in which goose keeps what has run. goose makes it in two steps, and can't go on if it
// was interrupted between them.
func makeVersions(ctx context.Context, conn *sql.Conn) error {
	versions, err := database.NewStore(database.DialectMySQL, goose.DefaultTablename)
	if err != nil {
		return err
	}
	if err := versions.CreateVersionTable(ctx, conn); err != nil {
		return fmt.Errorf("making the table of migrations: %w", err)
	}
	if _, err = versions.GetLatestVersion(ctx, conn); errors.Is(err, database.ErrVersionNotFound) {
		err = versions.Insert(ctx, conn, database.InsertRequest{Version: 0})
	}
	if err != nil {
		return fmt.Errorf("beginning the table of migrations: %w", err)
	}
	return nil
}

const namedLockFix = "though no migration takes that long as a rule: if no node migrates, a proxy has kept it; " +
	"free it with KILL and the number of the connection, " +
	"and run redial migrate with a DATABASE_URL that leads past the proxy"

// SessionUnlock implements lock.SessionLocker.
func (l *namedLock) SessionUnlock(ctx context.Context, conn *sql.Conn) error {
	_, err := conn.ExecContext(ctx, "DO RELEASE_LOCK("+nameInDatabase(nameOfMigrations)+")")
	return err
}

// nameInDatabase is the name by which a server of MySQL or MariaDB knows one of a database's: it has one set of names
// for all its databases. It may have 64 characters.
func nameInDatabase(name string) string { return "SHA2(CONCAT(database(), '/', " + name + "), 224)" }
