package web

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"redial/internal/bodies"
	"redial/internal/call"
	"redial/internal/edge"
	"redial/internal/seldom"
	"redial/internal/store"
	"redial/internal/trigger"
	"redial/internal/twilio"
)

// Config of a Server.
type Config struct {
	Store       *store.Store
	Triggers    *trigger.Triggers
	Verifier    *twilio.Verifier
	Prober      *twilio.Prober // nil: nobody may probe
	Account     string         // whose pause a list shows
	APIKeys     []string       // none, nor any in the database: only this very machine is served
	OwnKey      string         // with which this process may do anything, whatever keys there are; empty: none
	Public      bool           // others can reach the node: nobody is served without an API key, whatever keys there are
	Edge        func() *edge.Reader
	LookUp      func(ctx context.Context, sid string) (call.Report, error) // asks Twilio about a call
	IsSID       func(sid string) bool                                      // says whether it is of the form of a call's
	HostURL     string                                                     // the public base URL, as edge.Reader has it
	Webhooks    Webhooks
	Heard       func() // is told of each request that Twilio has signed
	Bodies      *bodies.Budgets
	Log         *slog.Logger
	Metrics     prometheus.Registerer
	MetricsPage http.Handler
	Lost        http.Handler // answers browsers at paths where nothing is; nil: as others are answered
}

// Webhooks is what web needs of the sender of webhooks.
type Webhooks interface {
	// CheckURL says what is wrong with a URL that webhooks are to go to.
	CheckURL(link string) error
	CheckEvents(types []string) error
	// DefaultEvents are sent if a request does not say which.
	DefaultEvents() []string
	// Rotate gives an endpoint a new secret.
	Rotate(e *store.Endpoint)
	// Body is the message of an event, with the Call.
	Body(c *call.Call, e *call.Event) (string, error)
	// Test sends a message, once.
	Test(ctx context.Context, e *store.Endpoint) (store.Try, error)
}

// Server answers HTTP requests, each by a method. The list of routes in app says which.
type Server struct {
	Config
	keys      []envKey
	own       []envKey            // OwnKey
	oldScopes map[string][]string // of Idempotency-Keys, by the name of the API key
	callbacks *prometheus.CounterVec
	basePath  string // of HostURL
	closing   chan struct{}
	answers   atomic.Int64 // that are under way
	lasts     atomic.Int64 // of these, those that go on
	lastQueue lastQueue
	refused   *prometheus.CounterVec
	bounded   bounded

	// Lines that strangers can cause are logged seldom, and so is a database that serves nobody.
	unsignedLog seldom.Line
	refusedLog  map[refusal]*seldom.Line
	awayLog     seldom.Failures
}

// New makes a Server.
func New(c Config) *Server {
	s := &Server{
		Config: c,
		keys:   envKeys(c.APIKeys), own: ownKey(c.OwnKey), oldScopes: oldScopes(c.APIKeys),
		closing: make(chan struct{}),
		callbacks: promauto.With(c.Metrics).NewCounterVec(prometheus.CounterOpts{
			Name: "redial_callbacks_total",
			Help: "Twilio's status callbacks, by verdict.",
		}, []string{"verdict"}),
	}
	s.refused = promauto.With(c.Metrics).NewCounterVec(prometheus.CounterOpts{
		Name: "redial_refused_requests_total",
		Help: "Requests that may not use the API, by reason.",
	}, []string{"reason"})
	s.bounded = newBounded(c.Metrics, c.Log)
	s.unsignedLog.Log = func(n int) {
		s.Log.Warn("callbacks without Twilio's signature were refused; "+
			"if they were Twilio's, HOST_URL or TWILIO_AUTH_TOKEN is not what Twilio uses", "count", n)
	}
	s.awayLog.Log = func(last error, n int) {
		s.Log.Error("requests failed: the database can't be reached or written", "count", n, "err", last)
	}
	s.refusedLog = map[refusal]*seldom.Line{}
	for _, why := range refusals {
		s.refused.WithLabelValues(string(why))
		s.refusedLog[why] = &seldom.Line{Log: func(n int) {
			s.Log.Warn("requests that may not use the API were refused", "reason", string(why), "count", n)
		}}
	}
	for _, v := range verdicts {
		s.callbacks.WithLabelValues(string(v)) // so that a rate is known from the first one on
	}
	if u, err := url.Parse(c.HostURL); err == nil {
		s.basePath = u.Path
	}
	return s
}

// Answering is how many requests are being answered, without streams and waits.
func (s *Server) Answering() int { return max(0, int(s.answers.Load()-s.lasts.Load())) }

// Lasting is how many answers go on: streams, and waits for a call's end.
func (s *Server) Lasting() int { return int(s.lasts.Load()) }

// CloseStreams ends answers that would go on: waits and event streams. Their clients reconnect, to another node or to
// this one once it serves again.
func (s *Server) CloseStreams() { close(s.closing) }
