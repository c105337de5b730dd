package dialer

import (
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"golang.org/x/time/rate"

	"redial/internal/call"
	"redial/internal/seldom"
	"redial/internal/store"
)

// Config of a Dialer.
type Config struct {
	Store          *store.Store
	Carrier        Carrier
	Account        string  // whose pause to keep
	CallsPerSecond float64 // the pace of create requests, more than 0
	Log            *slog.Logger
	Metrics        prometheus.Registerer

	// Missed is called for an attempt of which no callback has come, though one was due. It may be nil.
	Missed func(c *call.Call, n int)
}

// Dialer is the loop; Run runs it.
type Dialer struct {
	Config
	metrics  metrics
	pace     *rate.Limiter
	inFlight sync.WaitGroup
	busy     atomic.Int64
	trouble  backoff // of creates that the carrier did not process
	clock    clockCheck
	trial    trial
	blocks   blocks
	suspects atomic.Bool     // unknown codes were counted since the last call that was taken
	awayLog  seldom.Failures // rounds that failed because the database serves nobody
}

const (
	slots     = 64               // requests to the carrier at once
	storeTime = 10 * time.Second // for one transaction
	askTime   = 15 * time.Second // for one question to the carrier
	placeTime = 40 * time.Second // for one create request; the fence ends it earlier
)

// New makes a Dialer.
func New(c Config) *Dialer {
	// A tenth of a second's worth may leave at once, and always one.
	burst := max(1, int(c.CallsPerSecond/10))
	d := &Dialer{
		Config:  c,
		metrics: newMetrics(c.Metrics),
		pace:    rate.NewLimiter(rate.Limit(c.CallsPerSecond), burst),
		trouble: backoff{least: time.Second, most: 30 * time.Second},
	}
	if d.Missed == nil {
		d.Missed = func(*call.Call, int) {}
	}
	d.awayLog.Log = func(last error, n int) {
		d.Log.Error("no call is woken: the database can't be reached or written", "count", n, "err", last)
	}
	return d
}

func due(t, now time.Time) bool { return !t.IsZero() && !now.Before(t) }

// InFlight is how many requests to the carrier are under way.
func (d *Dialer) InFlight() int { return int(d.busy.Load()) }

func (d *Dialer) free() int { return slots - int(d.busy.Load()) }
