package webhook

import (
	"log/slog"
	"net/http"
	"sync"

	"github.com/prometheus/client_golang/prometheus"

	"redial/internal/seldom"
	"redial/internal/store"
)

// Config of a Sender.
type Config struct {
	Store        *store.Store
	Secrets      []string           // of configured endpoints, and of webhooks that calls bring; all sign
	Events       store.Filter       // that these are sent
	AllowPrivate bool               // private addresses and plain http are allowed
	Transport    http.RoundTripper  // nil: NewTransport's
	Text         func(error) string // of an error, as it is kept with a Delivery; nil: its own
	Log          *slog.Logger
	Metrics      prometheus.Registerer
}

// Sender sends what is due; Run is its loop.
type Sender struct {
	Config
	client  *http.Client
	secrets []store.Secret
	metrics metrics
	again   chan struct{}   // receives when the loop must look again
	awayLog seldom.Failures // rounds that failed because the database serves nobody

	mu       sync.Mutex
	open     bool // Run runs
	targets  map[string]*target
	busy     int  // exchanges
	short    bool // something due had no slot: the loop must look again when one is free
	inFlight sync.WaitGroup
}

// target is what is known of one target. It is kept while something is being sent there, and while the target fails.
type target struct {
	busy    int
	failing bool // the last exchange failed: there is one at a time until one succeeds
	log     *seldom.Outage
}

// New makes a Sender.
func New(c Config) *Sender {
	if c.Transport == nil {
		c.Transport = NewTransport(c.AllowPrivate, nil)
	}
	if c.Text == nil {
		c.Text = error.Error
	}
	s := &Sender{
		Config:  c,
		metrics: newMetrics(c.Metrics),
		again:   make(chan struct{}, 1),
		targets: map[string]*target{},
		client: &http.Client{Transport: c.Transport, CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse
		}},
	}
	s.awayLog.Log = func(last error, n int) {
		s.Log.Error("no webhook is sent: the database can't be reached or written", "count", n, "err", last)
	}
	for _, text := range c.Secrets {
		s.secrets = append(s.secrets, store.Secret{Text: text})
	}
	c.Store.SendBy(s)
	return s
}

// OfCall implements store.Sender.
func (s *Sender) OfCall() store.Filter { return s.Events }

// InFlight is how many webhooks are being sent.
func (s *Sender) InFlight() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.busy
}

// Look implements store.Sender.
func (s *Sender) Look() {
	select {
	case s.again <- struct{}{}:
	default:
	}
}
