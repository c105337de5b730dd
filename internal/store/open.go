package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/sync/singleflight"
	_ "modernc.org/sqlite" // registers the driver "sqlite"

	"redial/internal/call"
)

// Options of Open.
type Options struct {
	Migrate    bool                  // bring the schema up to date
	ScrubEnded bool                  // a Call's personal data goes in the transaction that ends it
	PlacedBy   string                // the carrier's account that dials what is claimed; kept with it
	Isolation  sql.IsolationLevel    // PostgreSQL's; the default is READ COMMITTED with row locks
	Clock      func() time.Time      // for tests with a time of their own; nil: this node's, held against the database's
	Metrics    prometheus.Registerer // nil: none
	// Committed is told of each event that this process has committed, with the Call as it is then; nil: nobody is.
	// Whoever asked for the change is answered after that, so it has to be quick.
	Committed func(*call.Call, *call.Event)
	Notice    func(sentence string) // is told what opening and migrating wait for; nil: nobody is
}

// Store keeps the Calls. All its methods may be used by many goroutines.
type Store struct {
	own, write, read *sql.DB // connections of the writer's, of all others who write, and of those who read
	dialect          dialect
	name             string // where the calls are, without user and password
	isolation        sql.IsolationLevel
	scrubEnded       bool
	placedBy         string
	clock            func() time.Time
	offset           atomic.Int64 // of the database's clock, nanoseconds
	release          func() error // gives the SQLite file's lock back
	folder           string       // of SQLite's file
	notice           func(string)
	told             func(*call.Call, *call.Event) // Options.Committed
	probes           singleflight.Group
	metrics          *metrics
	writer           writer
	dialer           Dialer // nil: none
	sender           Sender // likewise

	// transact runs a function in a transaction on the writer's own connection, aside on one that
	// others share, and view in one that only reads, and sees one state of the database.
	transact, aside, view func(context.Context, func(*tx) error) error
	watchers
	timer
}

// dialect is what differs between the databases.
type dialect struct {
	name       string           // for messages and goose
	forUpdate  string           // locks the rows read, waiting for them
	skipLocked string           // locks the rows read, passing over those that are locked
	tryName    string           // locks what the number $1 stands for until the transaction ends, or says false; "" if no other node writes
	versioned  string           // asks whether any migration has run
	among      string           // is true of what stands in the list $1; see list
	arrays     bool             // a parameter can be an array
	shared     bool             // other nodes may write too
	locked     func(error) bool // the transaction met a row that somebody else has locked
	retryable  func(error) bool // the transaction is to be run again
	blames     func(error) bool // one operation of the transaction is at fault, not the database
	sidTaken   func(error) bool // an attempt was to get the sid of another
}

// list is the parameter of among.
func (d *dialect) list(ids []string) any {
	if d.arrays {
		return ids
	}
	text, err := json.Marshal(ids)
	if err != nil { // of strings, there is none
		return nil
	}
	return string(text)
}

// Open opens the database of a URL: sqlite:FILE, or postgres://….
func Open(ctx context.Context, databaseURL string, o Options) (*Store, error) {
	s := &Store{isolation: o.Isolation, scrubEnded: o.ScrubEnded, placedBy: o.PlacedBy, clock: o.Clock, told: o.Committed, release: func() error { return nil }}
	if s.notice = o.Notice; s.notice == nil {
		s.notice = func(string) {}
	}
	s.watchers.init()
	s.timer.init()
	s.metrics = newMetrics(o.Metrics, s)
	file, conf, err := readURL(databaseURL)
	switch {
	case err != nil:
		return nil, fmt.Errorf("the database URL %w", err)
	case conf != nil:
		s.name = postgresName(conf)
		err = s.openPostgres(ctx, conf)
	default:
		s.name = "sqlite:" + file
		err = s.openSQLite(file)
	}
	if err != nil {
		return nil, err
	}
	s.startWriter()
	if err := s.prepare(ctx, o.Migrate); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// CheckURL says what is wrong with a database URL, and quotes nothing of it: a password may
// be anywhere in one that can't be read.
func CheckURL(databaseURL string) error {
	_, _, err := readURL(databaseURL)
	return err
}

// Shared says whether several nodes may use the database of a URL.
func Shared(databaseURL string) bool { return !strings.HasPrefix(databaseURL, "sqlite:") }

// readURL returns SQLite's file, or the settings of PostgreSQL.
func readURL(databaseURL string) (file string, conf *pgx.ConnConfig, err error) {
	switch scheme, rest, _ := strings.Cut(databaseURL, ":"); scheme {
	case "sqlite":
		file, err = sqlitePath(rest)
	case "postgres", "postgresql":
		conf, err = postgresConfig(databaseURL)
	default:
		err = errors.New("must begin with sqlite: or postgres://")
	}
	return file, conf, err
}

// prepare makes sure that the database answers and has the schema of this binary.
func (s *Store) prepare(ctx context.Context, migrate bool) error {
	if err := s.Ping(ctx); err != nil {
		return fmt.Errorf("opening the database: %w", err)
	}
	if err := s.SyncClock(ctx); err != nil {
		return err
	}
	if migrate {
		return s.Migrate(ctx)
	}
	return nil
}

// Ping says whether the database answers.
func (s *Store) Ping(ctx context.Context) error {
	for _, db := range s.pools() {
		if err := db.PingContext(ctx); err != nil {
			return err // the other pools would say the same
		}
	}
	return nil
}

func (s *Store) pools() []*sql.DB { return slices.Compact([]*sql.DB{s.own, s.write, s.read}) }

// Name says where the Calls are, without a user and a password.
func (s *Store) Name() string { return s.name }

// PlacedBy is the carrier's account that dials what is claimed here.
func (s *Store) PlacedBy() string { return s.placedBy }

// Shared says whether other nodes may change what is stored.
func (s *Store) Shared() bool { return s.dialect.shared }

// Close closes the database.
func (s *Store) Close() error {
	s.writer.close()
	s.writer.ended.Wait()
	var err error
	for _, db := range s.pools() {
		err = errors.Join(err, db.Close())
	}
	return errors.Join(err, s.release())
}
