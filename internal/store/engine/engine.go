package engine

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"slices"
	"time"
)

// Engine is a database that is open. All its methods may be used by many goroutines.
//
// A function that runs in a transaction may be run more than once, and must begin anew each time: see Repeat.
type Engine interface {
	// Name says where the rows are, without user and password.
	Name() string
	// Shared says whether other processes may write to the database at the same time.
	Shared() bool

	// Write runs fn in a transaction on the one connection that is kept for the writer. What fn leaves in the
	// queue is sent with the COMMIT. ErrUnclear says that the transaction may be committed or not.
	Write(ctx context.Context, fn func(*Tx) error) error
	// Aside does the same on a connection that others share, so that it waits for no writer where there can be two.
	Aside(ctx context.Context, fn func(*Tx) error) error
	// View runs fn in a transaction that only reads, and sees one state of the database.
	View(ctx context.Context, fn func(*Tx) error) error
	// Read runs a statement that only reads, and has Rows, outside a transaction.
	Read(ctx context.Context, st Statement) error

	// Fault says what an error of a transaction means.
	Fault(err error) Fault
	// Taken says whether a row was not written because another one has the same values in a unique key.
	Taken(err error, k Key) bool

	// Now is the present by the clock of the database.
	Now(ctx context.Context) (time.Time, error)
	// Ping says whether the database answers, on each of its pools.
	Ping(ctx context.Context) error
	// ForgetDeleted makes sure that no deleted bytes stay where others may read them, as far as the engine can.
	ForgetDeleted(ctx context.Context) error

	// Schema holds the migrations that have run against those of a folder of SQL files. It writes nothing.
	Schema(ctx context.Context, migrations fs.FS) (Schema, error)
	// Migrate runs those that have not. Processes that start together wait for each other.
	Migrate(ctx context.Context, migrations fs.FS) error

	// Inspect looks at the settings of the server and the machine.
	Inspect(ctx context.Context) (*Inspection, error)
	// Rights looks whether this user may create tables, if migrations are to run, and write a table of the
	// schema; it is empty if there is none yet.
	Rights(ctx context.Context, migrate bool, table string) ([]Ill, error)

	// Pools are the connections.
	Pools() Pools
	// Close closes the database.
	Close() error
}

// Pools are the connections of the writer, of all others who write, and of those who read. Two of them may be the
// same. What is done with them by hand knows the database.
type Pools struct{ Own, Aside, Read *sql.DB }

// each calls a function for each pool, once.
func (p Pools) each(do func(*sql.DB) error) (err error) {
	for _, db := range slices.Compact([]*sql.DB{p.Own, p.Aside, p.Read}) {
		err = errors.Join(err, do(db))
	}
	return err
}

// ping asks until a pool does not answer: the others would say the same.
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
	Isolation sql.IsolationLevel    // of transactions that write, where it can be chosen; the default is READ COMMITTED
	Notice    func(sentence string) // is told what migrating waits for; nil: nobody is
}

// kind is a kind of database. check, open, look and inspect are given a URL with one of its schemes.
type kind struct {
	schemes []string
	shared  bool
	check   func(databaseURL string) error
	open    func(ctx context.Context, databaseURL string, o Options) (Engine, error)
	look    func(ctx context.Context, databaseURL string) (Engine, error)
	inspect func(ctx context.Context, databaseURL string) (*Inspection, Engine, error)
}
