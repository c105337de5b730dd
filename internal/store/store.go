package store

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sync/singleflight"

	"redial/internal/call"
	"redial/internal/store/engine"
)

// ErrNotFound is returned when there is no such Call.
var ErrNotFound = errors.New("there is no such call")

// Store keeps the Calls. All its methods may be used by many goroutines.
type Store struct {
	engine     engine.Engine
	scrubEnded bool
	bounds     Bounds
	counted    counted
	placedBy   string
	clock      func() time.Time
	offset     atomic.Int64                  // of the database's clock, nanoseconds
	lastAudit  atomic.Int64                  // the time of the newest id in the audit, microseconds
	told       func(*call.Call, *call.Event) // Options.Committed
	probes     singleflight.Group
	metrics    *metrics
	writer     writer
	sender     Sender // nil: none

	// transact runs a function in a transaction on the writer's own connection. aside does so on a connection that
	// others share. view does so in a transaction that only reads, and sees one state of the database.
	transact, aside, view transaction
	feed                  feed
	watchers              watchers
	KeyRing               KeyRing                // knows the API keys
	oldScopes             oldScopes              // says in which scopes of versions before Idempotency-Keys are looked for
	searchKey             atomic.Pointer[string] // with which entries of metadata are hashed; nil: not read yet
	Timer                 Timer                  // says when to look at what is due
	triggered             chan struct{}          // receives when a trigger may have something to wait for
	unoffered             chan struct{}          // receives when a batch leaves free numbers to the next sweep
}

// Name says where the Calls are stored, without a user and a password.
func (s *Store) Name() string { return s.engine.Name() }

// PlacedBy is the carrier's account that dials what this node claims.
func (s *Store) PlacedBy() string { return s.placedBy }

// Shared says whether other nodes may change what is stored.
func (s *Store) Shared() bool { return s.engine.Shared() }

func (s *Store) reading(ctx context.Context) reader { return reader{ctx, s.engine} }

// writer commits operations in batches. Operations that come while a batch is being committed form the next one. An
// operation that comes when the writer is idle does not wait.
type writer struct {
	queue  chan operation
	alone  chan struct{} // bounds the operations that are written alone
	mu     sync.Mutex
	locked map[string]int // how many operations are written alone, for each Call that another transaction has locked
	closed chan struct{}
	close  func()
	ended  sync.WaitGroup
}

func (w *writer) isClosed() bool {
	select {
	case <-w.closed:
		return true
	default:
		return false
	}
}

// wakeSender makes the Sender look at what is due.
func (s *Store) wakeSender() {
	if s.sender != nil {
		s.sender.Look()
	}
}

// transaction runs a function in a transaction.
type transaction func(context.Context, func(*tx) error) error

// tx is a transaction of a Store.
type tx struct {
	*engine.Tx
	store *Store
}
