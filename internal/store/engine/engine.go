package engine

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"slices"
	"time"
)

// Engine is an open database. All its methods may be used by many goroutines. A function that runs in a transaction
// may be run more than once, and must begin anew each time: see Repeat.
type Engine interface {
	// Name says where the rows are, without user and password.
	Name() string
	// Shared says whether other processes may write to the database at the same time.
	Shared() bool

	// Write runs fn in a transaction on the one connection that is reserved for the writer. Statements that fn leaves in
	// the queue are sent together with the COMMIT. ErrUnclear means that the transaction may or may not be committed.
	Write(ctx context.Context, fn func(*Tx) error) error
	// Aside does the same on a connection that others share. Where an engine can have several writers, it does not wait
	// for the one that Write serves.
	Aside(ctx context.Context, fn func(*Tx) error) error
	// View runs fn in a transaction that only reads. All its statements see the same state of the database.
	View(ctx context.Context, fn func(*Tx) error) error
	// Read runs a statement outside a transaction. The statement only reads, and has Rows.
	Read(ctx context.Context, st Statement) error

	// Fault says what an error of a transaction means.
	Fault(err error) Fault
	// Taken says whether a row was not written because another one has the same values in a unique key.
	Taken(err error, k Key) bool

	// Now is the time of the database's clock.
	Now(ctx context.Context) (time.Time, error)
	// Ping says whether the database answers, on each of its pools.
	Ping(ctx context.Context) error
	// ForgetDeleted removes deleted data from the files, as far as the engine can, so that nobody can read it there.
	ForgetDeleted(ctx context.Context) error

	// Schema compares the migrations that have run with those of a folder of SQL files. It writes nothing.
	Schema(ctx context.Context, migrations fs.FS) (Schema, error)
	// Migrate runs the migrations that have not run. Processes that start at the same time wait for each other.
	Migrate(ctx context.Context, migrations fs.FS) error

	// Inspect looks at the settings of the server and the machine.
	Inspect(ctx context.Context) (*Inspection, error)
	// Rights looks whether this user may write a table of the schema, and may create tables if migrations are to run.
	// table is empty if there is no schema yet.
	Rights(ctx context.Context, migrate bool, table string) ([]Ill, error)

	// Pools are the connections.
	Pools() Pools
	// Close closes the database.
	Close() error
}

// Pools are the connections of the writer, of everybody else who writes, and of everybody who reads. Two of them may
// be the same. Whoever uses them directly has to know which database it is.
type Pools struct{ Own, Aside, Read *sql.DB }

// A node has 16 connections at most. One of them is reserved for the writer, so that batches are written even if all
// others are taken.
const (
	sideConns = 8 // for writes outside the writer
	readConns = 7
)

// each calls a function once for each pool.
func (p Pools) each(do func(*sql.DB) error) (err error) {
	for _, db := range slices.Compact([]*sql.DB{p.Own, p.Aside, p.Read}) {
		err = errors.Join(err, do(db))
	}
	return err
}

// ping asks each pool, and stops at the first that does not answer: the others would fail the same way.
func (p Pools) ping(ctx context.Context) error {
	for _, db := range slices.Compact([]*sql.DB{p.Own, p.Aside, p.Read}) {
		if err := db.PingContext(ctx); err != nil {
			return err
		}
	}
	return nil
}

// Options of Open.
type Options struct {
	Isolation sql.IsolationLevel    // of transactions that write, where the engine has a choice; default: READ COMMITTED
	Notice    func(sentence string) // is told what migrating waits for; nil: nobody is
}

// kind is a kind of database. Its functions check, open, look and inspect are given a URL with one of its schemes.
type kind struct {
	schemes []string
	shared  bool
	check   func(databaseURL string) error
	open    func(ctx context.Context, databaseURL string, o Options) (Engine, error)
	look    func(ctx context.Context, databaseURL string) (Engine, error)
	inspect func(ctx context.Context, databaseURL string) (*Inspection, Engine, error)
}
