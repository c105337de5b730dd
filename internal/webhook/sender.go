package webhook

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"redial/internal/crashpoint"
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

const (
	perTarget    = 64                     // exchanges at once with one target
	inAll        = 512                    // and with all
	forFirst     = inAll / 2              // of these, for targets with which there is none
	exchangeTime = 15 * time.Second       // for one, from the name to the answer's end
	maxAnswer    = 16 << 10               // bytes of an answer that are read
	storeTime    = 10 * time.Second       // for one transaction
	otherNodes   = 250 * time.Millisecond // how soon work that another node left is seen
	locked       = 5 * time.Millisecond   // the shortest sleep
	idle         = time.Hour              // the longest
	trouble      = time.Second            // after the database could not be asked
)

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

// Run sends what is due until ctx is over; then it takes no more, finishes what is in
// flight, and returns.
func (s *Sender) Run(ctx context.Context) {
	s.opens(true)
	defer s.inFlight.Wait()
	defer s.opens(false)
	for ctx.Err() == nil {
		next, err := s.round(context.WithoutCancel(ctx))
		if err != nil {
			next = trouble
			s.Log.Error("looking for webhooks to send failed", "err", err)
		}
		t := time.NewTimer(next)
		select {
		case <-ctx.Done():
		case <-s.again:
		case <-t.C:
		}
		t.Stop()
	}
}

// InFlight is how many webhooks are being sent.
func (s *Sender) InFlight() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.busy
}

func (s *Sender) opens(open bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.open = open
}

// round hands out what is due now, and says how long to sleep then.
func (s *Sender) round(ctx context.Context) (_ time.Duration, err error) {
	defer crashpoint.Contain(&err)
	ctx, cancel := context.WithTimeout(ctx, storeTime)
	defer cancel()
	s.looks()
	targets, err := s.Store.NextDeliveries(ctx)
	if err != nil {
		return 0, err
	}
	s.forget(targets)
	now := s.Store.Now()
	next := idle
	if s.Store.Shared() { // not all nodes at the same instant
		next = otherNodes - rand.N(otherNodes/4)
	}
	for t, at := range targets {
		if at.After(now) {
			next = min(next, at.Sub(now))
			continue
		}
		some, err := s.claim(ctx, t, now)
		if err != nil {
			return 0, err
		}
		if some { // there may be more
			next = 0
		}
	}
	return max(next, locked), nil
}

// claim takes what is due at a target, as far as there are slots.
func (s *Sender) claim(ctx context.Context, t string, now time.Time) (some bool, err error) {
	slots := 0
	for s.Take(t) {
		slots++
	}
	if slots == 0 {
		return false, nil
	}
	list, err := s.Store.ClaimDeliveries(ctx, t, now, slots)
	for range slots - len(list) {
		s.Drop(t)
	}
	s.Start(list)
	return len(list) > 0, err
}

// Take implements store.Sender.
func (s *Sender) Take(t string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	x := s.targets[t]
	if !s.open || s.share(x) <= 0 {
		s.short = true
		return false
	}
	if x == nil {
		x = &target{log: s.outageOf(t)}
		s.targets[t] = x
	}
	x.busy++
	s.busy++
	s.inFlight.Add(1)
	return true
}

// share is how many more exchanges may begin with a target, of which nil knows nothing. The
// first may as long as there is any place; more may while there are twice as many places left
// for others, beside those that are kept for first ones. So however many are slow, each has
// a share, and whoever comes has a place at once. A target that fails has one.
func (s *Sender) share(x *target) int {
	if x == nil {
		x = new(target)
	}
	free := inAll - s.busy
	most := min(perTarget, (free-forFirst)/2)
	if x.failing || most < 1 {
		most = min(free, 1)
	}
	return most - x.busy
}

// Drop implements store.Sender.
func (s *Sender) Drop(t string) {
	s.leave(t, nil)
	s.inFlight.Done()
}

// leave gives a place back, and remembers how the exchange went; nil: there was none.
func (s *Sender) leave(t string, went *verdict) {
	s.mu.Lock()
	x := s.targets[t]
	x.busy--
	s.busy--
	if went != nil {
		x.went(went)
	}
	if x.busy == 0 && !x.failing && x.log.Forgettable() {
		delete(s.targets, t)
	}
	short := s.short
	s.mu.Unlock()
	if short {
		s.Look()
	}
}

// went remembers how an exchange went. To whom nothing is sent any more is not failing, whatever it was: what
// waits for it is given up as fast as anything.
func (x *target) went(v *verdict) {
	x.failing = v.sent && !v.taken()
	switch {
	case x.failing:
		x.log.Went(errors.New(v.try.Error))
	case v.taken():
		x.log.Went(nil)
	}
}

// outageOf logs that a target fails, and that it is well again. Of the webhooks that calls bring, it is their host.
func (s *Sender) outageOf(t string) *seldom.Outage {
	return &seldom.Outage{
		Fails: func(err error) { s.Log.Warn("webhook endpoint fails", "endpoint", t, "err", err) },
		Well: func(after time.Duration) {
			s.Log.Info("webhook endpoint works again", "endpoint", t, "after", after.Round(time.Millisecond))
		},
	}
}

// looks begins a look at what is due: what there was no slot for before is seen now.
func (s *Sender) looks() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.short = false
}

// forget drops what is known of targets that nothing waits for any more.
func (s *Sender) forget(waits map[string]time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for t, x := range s.targets {
		if _, some := waits[t]; !some && x.busy == 0 && (x.failing || x.log.Forgettable()) {
			delete(s.targets, t)
		}
	}
}

// Look implements store.Sender.
func (s *Sender) Look() {
	select {
	case s.again <- struct{}{}:
	default:
	}
}

// Start implements store.Sender.
func (s *Sender) Start(list []store.Delivery) {
	for _, d := range list {
		go func() {
			defer s.inFlight.Done()
			s.deliver(&d)
		}()
	}
}

// deliver sends one, and writes down what came of it.
func (s *Sender) deliver(d *store.Delivery) {
	v := s.send(d)
	s.leave(d.Target, &v)
	ctx, cancel := context.WithTimeout(context.Background(), storeTime)
	defer cancel()
	if v.try.Status == http.StatusGone && d.Endpoint != nil {
		s.disable(ctx, d.Endpoint)
	}
	now := s.Store.Now()
	after, err := s.Store.ChangeDelivery(ctx, d.DeliveryKey, now, func(d *store.Delivery) error {
		v.settle(d, now)
		return nil
	})
	switch {
	case errors.Is(err, store.ErrNotFound): // somebody else has sent it, or the call is deleted
	case err != nil:
		s.Log.Error("writing down what came of a webhook failed; it is sent again", "call", d.CallID, "endpoint", d.EndpointID, "err", err)
	default:
		crashpoint.Point(crashpoint.DeliverAfterCommit)
		s.told(&after, v)
	}
}

// told counts and logs what came of a try.
func (s *Sender) told(d *store.Delivery, v verdict) {
	s.metrics.tried(d, v)
	if d.State == store.Pending {
		s.Look() // it is due again, at a time that the loop does not know of
	}
	if d.State == store.Dead {
		s.Log.Warn("a webhook is given up", "call", d.CallID, "endpoint", d.EndpointID, "event", d.EventID(), "err", v.try.Error)
	}
}

// disable stops an endpoint that says it is gone.
func (s *Sender) disable(ctx context.Context, e *store.Endpoint) {
	now := s.Store.Now()
	_, err := s.Store.ChangeEndpoint(ctx, e.ID, func(e *store.Endpoint) {
		if e.DisabledAt.IsZero() {
			e.DisabledAt, e.DisabledWhy = now, "it answered 410 Gone"
		}
	})
	if err != nil {
		s.Log.Error("an endpoint that is gone could not be disabled", "endpoint", e.ID, "err", err)
		return
	}
	s.Log.Warn("an endpoint answered 410 Gone, and is disabled", "endpoint", e.ID)
}
