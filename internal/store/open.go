package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/prometheus/client_golang/prometheus"
	_ "modernc.org/sqlite" // registers the driver "sqlite"
)

// Options of Open. The zero value is what serve uses, but for Migrate.
type Options struct {
	Migrate    bool                  // bring the schema up to date
	ScrubEnded bool                  // a Call's personal data goes in the transaction that ends it
	Isolation  sql.IsolationLevel    // PostgreSQL's; the default is READ COMMITTED with row locks
	TrustClock bool                  // this node's clock is not held against the database's
	Metrics    prometheus.Registerer // nil: none
}

// Store keeps the Calls. All its methods may be used by many goroutines.
type Store struct {
	write, read *sql.DB // the same pool on PostgreSQL
	dialect     dialect
	isolation   sql.IsolationLevel
	scrubEnded  bool
	trustClock  bool
	offset      atomic.Int64 // of the database's clock, nanoseconds
	release     func() error // gives the SQLite file's lock back
	metrics     *metrics
	watchers
}

// dialect is what differs between the databases.
type dialect struct {
	name       string // for messages and goose
	forUpdate  string // locks the rows read, waiting for them
	skipLocked string // locks the rows read, passing over those that are locked
	shared     bool   // other nodes may write too
	retryable  func(error) bool
}

// Open opens the database of a URL: sqlite:FILE, or postgres://….
func Open(ctx context.Context, databaseURL string, o Options) (*Store, error) {
	s := &Store{isolation: o.Isolation, scrubEnded: o.ScrubEnded, trustClock: o.TrustClock, release: func() error { return nil }}
	s.watchers.init()
	s.metrics = newMetrics(o.Metrics, s)
	var err error
	switch scheme, rest, _ := strings.Cut(databaseURL, ":"); scheme {
	case "sqlite":
		err = s.openSQLite(rest)
	case "postgres", "postgresql":
		err = s.openPostgres(databaseURL)
	default:
		err = errors.New("the database URL must begin with sqlite: or postgres://")
	}
	if err != nil {
		return nil, err
	}
	if err := s.prepare(ctx, o.Migrate); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
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

func (s *Store) openSQLite(file string) error {
	file = strings.TrimPrefix(file, "//")
	file, query, _ := strings.Cut(file, "?")
	if file == "" || query != "" {
		return errors.New("the database URL of SQLite is sqlite:FILE, without options")
	}
	release, err := lockFile(file + ".lock")
	if err != nil {
		return err
	}
	s.dialect = dialect{name: "sqlite3", retryable: func(error) bool { return false }}
	s.release = release
	s.write, err = sql.Open("sqlite", sqliteDSN(file, "immediate"))
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
	return nil
}

func sqliteDSN(file, lock string) string {
	v := url.Values{"_txlock": {lock}, "_pragma": {
		"busy_timeout(5000)", "journal_mode(WAL)", "synchronous(FULL)", "foreign_keys(1)",
	}}
	return "file:" + (&url.URL{Path: file}).EscapedPath() + "?" + v.Encode()
}

func (s *Store) openPostgres(databaseURL string) error {
	conf, err := pgx.ParseConfig(databaseURL)
	if err != nil {
		return errors.New("the database URL of PostgreSQL can't be read: it looks like postgres://user:password@host/name")
	}
	conf.ConnectTimeout = cmp.Or(conf.ConnectTimeout, 5*time.Second)
	if conf.ValidateConnect == nil { // of several hosts the primary, wherever it is by now
		conf.ValidateConnect = pgconn.ValidateConnectTargetSessionAttrsReadWrite
	}
	s.dialect = dialect{
		name: "postgres", shared: true, retryable: pgRetryable,
		forUpdate: " FOR UPDATE", skipLocked: " FOR UPDATE SKIP LOCKED",
	}
	s.write = stdlib.OpenDB(*conf, stdlib.OptionAfterConnect(endWhenStalled))
	s.write.SetMaxOpenConns(16)
	s.write.SetMaxIdleConns(16)
	s.write.SetConnMaxLifetime(5 * time.Minute) // a server may have become a standby, or moved
	s.read = s.write
	return nil
}

// endWhenStalled has PostgreSQL end a transaction whose node has fallen asleep in
// it: nobody else should wait for its locks.
func endWhenStalled(ctx context.Context, conn *pgx.Conn) error {
	_, err := conn.Exec(ctx, "SET idle_in_transaction_session_timeout = '10s'")
	return err
}

// Ping says whether the database answers.
func (s *Store) Ping(ctx context.Context) error {
	if err := s.write.PingContext(ctx); err != nil {
		return err
	}
	return s.read.PingContext(ctx)
}

// Shared says whether other nodes may change what is stored.
func (s *Store) Shared() bool { return s.dialect.shared }

// Close closes the database.
func (s *Store) Close() error {
	err := s.write.Close()
	if s.read != s.write {
		err = errors.Join(err, s.read.Close())
	}
	return errors.Join(err, s.release())
}

// watchers tells, within this process, that a Call has changed.
type watchers struct {
	mu   sync.Mutex
	byID map[string]map[chan struct{}]struct{}
	due  chan struct{}
}

func (w *watchers) init() {
	w.byID = map[string]map[chan struct{}]struct{}{}
	w.due = make(chan struct{}, 1)
}

// Watch returns a channel that receives after Call id was changed by this
// process, and a function that ends the watch. Changes by other nodes are not seen.
func (w *watchers) Watch(id string) (<-chan struct{}, func()) {
	ch := make(chan struct{}, 1)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.byID[id] == nil {
		w.byID[id] = map[chan struct{}]struct{}{}
	}
	w.byID[id][ch] = struct{}{}
	return ch, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.byID[id], ch)
		if len(w.byID[id]) == 0 {
			delete(w.byID, id)
		}
	}
}

// Due receives after this process changed when a Call is to be woken.
func (w *watchers) Due() <-chan struct{} { return w.due }

func (w *watchers) notify(id string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for ch := range w.byID[id] {
		poke(ch)
	}
	poke(w.due)
}

func poke(ch chan struct{}) {
	select {
	case ch <- struct{}{}:
	default: // it has yet to hear of the last change
	}
}
