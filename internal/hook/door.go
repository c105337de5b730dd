package hook

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"time"

	"github.com/google/uuid"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"redial/api"
	"redial/internal/bodies"
	"redial/internal/origin"
	"redial/internal/seldom"
	"redial/internal/source"
	"redial/internal/store"
	"redial/internal/trigger"
)

// Config of a Door.
type Config struct {
	Triggers *trigger.Triggers
	Bodies   *bodies.Budgets
	Log      *slog.Logger
	Metrics  prometheus.Registerer
}

// Door lets senders in. The list of routes in app says which of its handlers answers what.
type Door struct {
	Config
	requests *prometheus.CounterVec

	// What strangers can cause is logged seldom, and so is what fails for everybody.
	wrongLog  seldom.Line
	endedLog  seldom.Failures
	failedLog seldom.Failures
}

// New makes a Door.
func New(c Config) *Door {
	d := &Door{Config: c, requests: promauto.With(c.Metrics).NewCounterVec(prometheus.CounterOpts{
		Name: "redial_hook_requests_total",
		Help: "Requests of senders of events, by the kind of sender and by verdict.",
	}, []string{"sender", "verdict"})}
	d.wrongLog.Log = func(n int) {
		d.Log.Warn("events with no secret of a trigger, or a wrong one, were refused", "count", n)
	}
	d.endedLog.Log = func(last error, n int) {
		d.Log.Warn("events with a secret that has ended were refused: their senders have not been given the new one",
			"count", n, "err", last)
	}
	d.failedLog.Log = func(last error, n int) {
		d.Log.Error("events could not be taken; their senders were told to repeat them", "count", n, "err", last)
	}
	for _, sender := range senders {
		for _, v := range verdicts {
			d.requests.WithLabelValues(sender, string(v)) // so that a rate is known from the first one on
		}
	}
	return d
}

// The kinds of senders, as the metric calls them.
const (
	ofHooks     = "hooks"
	ofOpsgenie  = "opsgenie"
	ofPagerDuty = "pagerduty"
	ofOnCall    = "oncall"
	ofGoAlert   = "goalert"
)

var senders = []string{ofHooks, ofOpsgenie, ofPagerDuty, ofOnCall, ofGoAlert}

// sender is what is known of a kind of sender.
type sender struct {
	name   string
	reads  source.Kind                  // that reads what it sends, whatever the trigger says; empty: as the trigger says
	secret func(r *http.Request) string // that it brings in the URL or in a header; empty: none
	fields []string                     // of the body, in which it may bring one instead
	path   func(r *http.Request) string // what follows its own path, as the source reads it; nil: nothing
	keyed  bool                         // without a key it is told one, by which it can resolve the event
	check  func(r *http.Request) error  // what is wrong with a request whose secret is right; nil: nothing
	taken  func(w http.ResponseWriter, r *http.Request, key string, told *trigger.Told)
	failed func(w http.ResponseWriter, p *api.Problem)
}

// tellTime is how long a sender waits for an answer: some give up after ten seconds, and repeat.
const tellTime = 8 * time.Second

// from answers requests of a sender.
func (d *Door) from(s sender) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		key, told, err := d.hear(w, r, &s)
		v := taken
		if err != nil {
			var p *api.Problem
			p, v = d.problem(told, err)
			s.failed(w, p)
		} else {
			s.taken(w, r, key, told)
		}
		d.requests.WithLabelValues(s.name, string(v)).Inc()
	})
}

// hear finds out whose secret a request brings, reads its event, and tells the trigger. It returns the event's key.
func (d *Door) hear(w http.ResponseWriter, r *http.Request, s *sender) (key string, told *trigger.Told, err error) {
	secret := s.secret(r)
	if secret == "" && len(s.fields) > 0 {
		err = d.Bodies.Strangers.Hold(r, func() error {
			body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxUnknown))
			if err != nil {
				return err
			}
			secret = secretIn(r, body, s.fields)
			key, told, err = d.tell(r, s, secret, func() ([]byte, error) { return body, nil })
			return err
		})
		return key, told, err
	}
	err = d.Bodies.Senders.Hold(r, func() error {
		key, told, err = d.tell(r, s, secret, func() ([]byte, error) {
			return io.ReadAll(http.MaxBytesReader(w, r.Body, source.MaxBody))
		})
		return err
	})
	return key, told, err
}

// tell tells the trigger whose secret this is of the event in a body, which is read only then.
func (d *Door) tell(
	r *http.Request, s *sender, secret string, read func() ([]byte, error),
) (key string, told *trigger.Told, err error) {
	name, err := d.Triggers.BySecret(r.Context(), secret)
	if err == nil && s.check != nil {
		err = s.check(r)
	}
	if err != nil {
		return "", nil, err
	}
	body, err := read()
	if err != nil {
		return "", nil, err
	}
	e, err := d.event(r, s, name, without(secret, r, body))
	if err != nil {
		return "", nil, err
	}
	ctx, cancel := context.WithTimeout(r.Context(), tellTime)
	defer cancel()
	by := store.Asker{Name: store.NameOfTrigger(name), From: origin.Of(r)}
	of, err := d.Triggers.Tell(ctx, by, name, e)
	return e.Key, &of, err
}

// event reads the event of a request that has no secret any more.
func (d *Door) event(r *http.Request, s *sender, name string, req *source.Request) (*source.Event, error) {
	t, err := d.Triggers.File().Named(name)
	if err != nil {
		return nil, err
	}
	kind := s.reads
	if kind == "" {
		kind = t.Source
	}
	if s.path != nil {
		req.Path = s.path(r)
	}
	e, err := source.Read(kind, req)
	if err != nil {
		return nil, err
	}
	if s.keyed && e.Key == "" && len(e.Members) == 1 {
		e.Key = uuid.NewString()
		e.Members[0].Key = e.Key
	}
	return e, nil
}
