package engine

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"
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
	// Read runs a statement that only reads, outside a transaction.
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

var kinds = []kind{sqliteKind, postgresKind}

// kindOf is the kind of a URL, which is checked.
func kindOf(databaseURL string) (k kind, err error) {
	if err := CheckURL(databaseURL); err != nil {
		return k, fmt.Errorf("the database URL %w", err)
	}
	return kinds[schemeOf(databaseURL)], nil
}

// schemeOf returns which of the kinds has a URL's scheme; -1 if none.
func schemeOf(databaseURL string) int {
	scheme, _, _ := strings.Cut(databaseURL, ":")
	return slices.IndexFunc(kinds, func(k kind) bool { return slices.Contains(k.schemes, scheme) })
}

// CheckURL says what is wrong with a database URL, and quotes nothing of it: a password may
// be anywhere in one that can't be read.
func CheckURL(databaseURL string) error {
	at := schemeOf(databaseURL)
	if at < 0 {
		return errors.New("must begin with sqlite: or postgres://")
	}
	return kinds[at].check(databaseURL)
}

// Shared says whether several nodes may use the database of a URL.
func Shared(databaseURL string) bool {
	at := schemeOf(databaseURL)
	return at < 0 || kinds[at].shared
}

// Open opens the database of a URL: sqlite:FILE, or postgres://….
func Open(ctx context.Context, databaseURL string, o Options) (Engine, error) {
	k, err := kindOf(databaseURL)
	if err != nil {
		return nil, err
	}
	if o.Notice == nil {
		o.Notice = func(string) {}
	}
	return k.open(ctx, databaseURL, o)
}

// Look opens the database of a URL to read it alone. It makes nothing, neither tables nor files, and may be done
// beside a running redial.
func Look(ctx context.Context, databaseURL string) (Engine, error) {
	k, err := kindOf(databaseURL)
	if err != nil {
		return nil, err
	}
	e, err := k.look(ctx, databaseURL)
	if err != nil {
		return nil, err
	}
	if err := e.Pools().Read.PingContext(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("opening the database: %w", err), e.Close())
	}
	return e, nil
}

// Inspect does what Look does, and says what it finds. The Engine is nil where there is nothing to read yet.
func Inspect(ctx context.Context, databaseURL string) (*Inspection, Engine, error) {
	k, err := kindOf(databaseURL)
	if err != nil {
		return nil, nil, err
	}
	return k.inspect(ctx, databaseURL)
}
