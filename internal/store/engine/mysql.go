package engine

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"time"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

func checkMySQL(databaseURL string) error {
	_, err := readMySQL(databaseURL)
	return err
}

func openMySQL(_ context.Context, databaseURL string, o Options) (Engine, error) {
	e, err := newMySQL(databaseURL, o)
	if err != nil {
		return nil, err
	}
	return e, nil
}

func lookAtMySQL(ctx context.Context, databaseURL string) (Engine, error) {
	return openMySQL(ctx, databaseURL, Options{})
}

// mysqlServer is a database of MySQL or MariaDB. Its statements are understood by both: none returns rows that it
// wrote, and no index covers only some rows.
type mysqlServer struct {
	migrator
	name   string
	pools  Pools
	schema *sql.DB // for migrations
	texts  mysqlTexts
}

func newMySQL(databaseURL string, o Options) (*mysqlServer, error) {
	at, err := readMySQL(databaseURL)
	if err != nil {
		return nil, err
	}
	e := &mysqlServer{name: at.name()}
	open := func(c driver.Connector, most int) *sql.DB {
		db := sql.OpenDB(c)
		db.SetMaxOpenConns(most)
		db.SetMaxIdleConns(most)
		db.SetConnMaxIdleTime(idleOfPool)
		db.SetConnMaxLifetime(5 * time.Minute) // the server may have become a replica, or have moved
		return db
	}
	c := &mysqlConnector{hosts: at.hosts}
	e.pools = Pools{Own: open(c, 1), Aside: open(c, sideConns), Read: open(c, readConns)}
	e.schema = open(mysqlMigrator{c}, 1)
	e.migrator = migrator{
		write: e.schema, read: e.pools.Read, dialect: goose.DialectMySQL, engine: "mysql",
		exists: `SELECT count(*) FROM information_schema.tables
			WHERE table_schema = database() AND table_name = 'goose_db_version'`,
		locker: func() lock.SessionLocker { return &namedLock{o.Notice} },
		locked: func(err error) bool { return mysqlFault(err) == Locked }, notice: o.Notice,
	}
	return e, nil
}

// Name implements Engine.
func (e *mysqlServer) Name() string { return e.name }

// Shared implements Engine.
func (e *mysqlServer) Shared() bool { return true }

// Pools implements Engine.
func (e *mysqlServer) Pools() Pools { return e.pools }

// Ping implements Engine.
func (e *mysqlServer) Ping(ctx context.Context) error { return e.pools.ping(ctx) }

// Close implements Engine.
func (e *mysqlServer) Close() error {
	return errors.Join(e.pools.each((*sql.DB).Close), e.schema.Close())
}

// ForgetDeleted implements Engine. It does nothing: only the server can read its files.
func (e *mysqlServer) ForgetDeleted(context.Context) error { return nil }

// Now implements Engine. NOW is the time at which a statement began, also one that waited.
func (e *mysqlServer) Now(ctx context.Context) (time.Time, error) {
	var micros int64
	const now = "SELECT CAST(UNIX_TIMESTAMP(SYSDATE(6)) * 1000000 AS SIGNED)"
	err := e.pools.Read.QueryRowContext(ctx, now).Scan(&micros)
	return time.UnixMicro(micros), err
}

var (
	beginMySQL     = []string{"START TRANSACTION"}
	beginMySQLView = []string{
		"SET TRANSACTION ISOLATION LEVEL REPEATABLE READ", "START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY",
	}
)

// Write implements Engine. It waits for no locked row: the shortest time for which the server can be told to wait is a
// second, in which all who share the transaction would wait. Its caller can run apart what needs the row.
func (e *mysqlServer) Write(ctx context.Context, fn func(*Tx) error) error {
	return (&mysqlTx{texts: &e.texts, noWait: true}).run(ctx, e.pools.Own, beginMySQL, fn)
}

// Aside implements Engine. It waits for a locked row for a second.
func (e *mysqlServer) Aside(ctx context.Context, fn func(*Tx) error) error {
	return (&mysqlTx{texts: &e.texts}).run(ctx, e.pools.Aside, beginMySQL, fn)
}

// View implements Engine.
func (e *mysqlServer) View(ctx context.Context, fn func(*Tx) error) error {
	return (&mysqlTx{texts: &e.texts}).run(ctx, e.pools.Read, beginMySQLView, fn)
}

// Read implements Engine.
func (e *mysqlServer) Read(ctx context.Context, st Statement) error {
	var p packet
	if err := p.add(&e.texts, &st, false); err != nil {
		return err
	}
	return readFrom(ctx, e.pools.Read, p.text.String(), p.args, st.Rows)
}

// Fault implements Engine.
func (e *mysqlServer) Fault(err error) Fault { return mysqlFault(err) }

// Taken implements Engine.
func (e *mysqlServer) Taken(err error, k Key) bool { return mysqlTaken(err, k) }
