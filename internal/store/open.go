package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"redial/internal/call"
	"redial/internal/store/engine"
)

// Options of Open.
type Options struct {
	Migrate    bool                  // bring the schema up to date
	ScrubEnded bool                  // a Call's personal data goes in the transaction that ends it
	Bounds     Bounds                // of the Calls that have not ended
	PlacedBy   string                // the carrier's account that dials what this node claims; stored with each attempt
	Isolation  sql.IsolationLevel    // if the engine has a choice; default: READ COMMITTED with row locks
	Clock      func() time.Time      // for tests with a time of their own; nil: this node's, held against the database's
	Metrics    prometheus.Registerer // nil: none
	// Committed is called for each event that this process has committed, with the Call as it was at that event. It must
	// be quick, because the operation's caller is answered after it. nil: nobody is told.
	Committed func(*call.Call, *call.Event)
	Notice    func(sentence string) // is told what opening and migrating wait for; nil: nobody is
}

// Open opens the database of a URL, which engine.Open reads.
func Open(ctx context.Context, databaseURL string, o Options) (*Store, error) {
	e, err := engine.Open(ctx, databaseURL, engine.Options{Isolation: o.Isolation, Notice: o.Notice})
	if err != nil {
		return nil, err
	}
	s := on(e, o)
	s.startWriter()
	if err := s.prepare(ctx, o.Migrate); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// on makes a Store of an engine. Its writer is not started yet.
func on(e engine.Engine, o Options) *Store {
	s := &Store{
		engine: e, scrubEnded: o.ScrubEnded, bounds: o.Bounds, placedBy: o.PlacedBy, clock: o.Clock, told: o.Committed,
	}
	s.counted.age = countAgain
	s.transact, s.aside, s.view = s.in(e.Write), s.in(e.Aside), s.in(e.View)
	s.watchers.init()
	s.feed.store = s
	s.KeyRing.version, s.KeyRing.read = s.KeyVersion, s.allSecrets
	s.KeyRing.clock, s.KeyRing.now = s.readClock, s.Now
	s.KeyRing.uses.some = make(chan struct{}, 1)
	s.Timer.init(s.reading, s.Now)
	s.unoffered, s.triggered = make(chan struct{}, 1), make(chan struct{}, 1)
	s.metrics = newMetrics(o.Metrics, s)
	return s
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
func (s *Store) Ping(ctx context.Context) error { return s.engine.Ping(ctx) }

// Close closes the database.
func (s *Store) Close() error {
	s.writer.close()
	s.writer.ended.Wait()
	s.feed.close()
	return s.engine.Close()
}
