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
	AllowPrivate bool               // addresses, and plain http
	Transport    http.RoundTripper  // nil: NewTransport's
	Text         func(error) string // of an error, as it is kept with a Delivery; nil: its own
	Log          *slog.Logger
	Metrics      prometheus.Registerer
}

// Sender is the loop; Run runs it.
type Sender struct {
	Config
	client  *http.Client
	secrets []store.Secret
	metrics metrics
	again   chan struct{} // receives when the loop must look again

	mu       sync.Mutex
	open     bool // Run runs
	targets  map[string]*target
	busy     int  // exchanges
	short    bool // there was no slot for something: the loop is to look again when there is
	inFlight sync.WaitGroup
}

// target is how it goes with one of them, as long as anything is being sent there, or waits
// for it to recover.
type target struct {
	busy    int
	failing bool // the last exchange did: it gets one at a time, until one goes well
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
