package store

import (
	"context"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"redial/internal/call"
)

// metrics counts what this process commits. Now and then it also counts what is stored.
type metrics struct {
	calls    *prometheus.CounterVec
	attempts *prometheus.CounterVec
	batch    prometheus.Histogram
	took     prometheus.Histogram
}

func newMetrics(r prometheus.Registerer, s *Store) *metrics {
	f := promauto.With(r)
	m := &metrics{
		calls: f.NewCounterVec(prometheus.CounterOpts{
			Name: "redial_calls_total", Help: "Calls that ended, by outcome.",
		}, []string{"outcome"}),
		attempts: f.NewCounterVec(prometheus.CounterOpts{
			Name: "redial_attempts_total", Help: "Attempts that ended, by result.",
		}, []string{"result"}),
		batch: f.NewHistogram(prometheus.HistogramOpts{
			Name: "redial_batch_operations", Help: "How many operations shared a commit.",
			Buckets: prometheus.ExponentialBuckets(1, 2, 9),
		}),
		took: f.NewHistogram(prometheus.HistogramOpts{
			Name:    "redial_batch_duration_seconds",
			Help:    "How long such a commit took, with all that was read and written for it.",
			Buckets: prometheus.ExponentialBuckets(0.0005, 2, 14),
		}),
	}
	for _, o := range call.Outcomes() {
		m.calls.WithLabelValues(string(o)) // so that a rate includes the first one
	}
	for _, res := range call.Results() {
		m.attempts.WithLabelValues(string(res))
	}
	if r != nil {
		r.MustRegister(&stateCollector{store: s})
	}
	return m
}

// committed observes a batch.
func (m *metrics) committed(operations int, took time.Duration) {
	m.batch.Observe(float64(operations))
	m.took.Observe(took.Seconds())
}

func (m *metrics) count(e *call.Event) {
	switch e.Type {
	case call.CallEnded:
		m.calls.WithLabelValues(string(e.Outcome)).Inc()
	case call.AttemptEnded:
		m.attempts.WithLabelValues(string(e.Result)).Inc()
	}
}

// Figures that are read from the database: how old they may be, how long a reading may take, and how many rows are
// counted at most. So their cost is bounded, however much is stored and however often they are asked for, even while
// the database is away.
const (
	figuresAge  = 15 * time.Second
	figuresTime = 2 * time.Second
	countMost   = 100_000
)

var (
	stateDesc = prometheus.NewDesc("redial_calls",
		"Calls by state, counted up to 100,000; up to 15 s old.", []string{"state"}, nil)
	// undeliveredDesc labels endpoints with their ids, because a URL may contain a secret.
	undeliveredDesc = prometheus.NewDesc("redial_webhook_oldest_undelivered_seconds",
		"Age of the oldest webhook that is yet to be delivered, by endpoint, of the first 1,000 there; up to 15 s old.",
		[]string{"endpoint"}, nil)
	missingDesc = prometheus.NewDesc("redial_database_figures_missing",
		"1 if figures could not be read from the database, and are missing here; up to 15 s old.", nil, nil)
)

// stateCollector reads figures from the database when metrics are read.
type stateCollector struct {
	store  *Store
	mu     sync.Mutex
	counts map[call.State]int   // nil: missing
	oldest map[string]time.Time // undelivered, by endpoint; nil: missing
	at     time.Time
}

// Describe implements prometheus.Collector.
func (c *stateCollector) Describe(ch chan<- *prometheus.Desc) {
	ch <- stateDesc
	ch <- undeliveredDesc
	ch <- missingDesc
}

// Collect implements prometheus.Collector.
func (c *stateCollector) Collect(ch chan<- prometheus.Metric) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.at.IsZero() || time.Since(c.at).Abs() > figuresAge {
		c.read()
	}
	missing := 0.0
	if c.counts == nil || c.oldest == nil {
		missing = 1
	}
	ch <- prometheus.MustNewConstMetric(missingDesc, prometheus.GaugeValue, missing)
	for state, n := range c.counts {
		ch <- prometheus.MustNewConstMetric(stateDesc, prometheus.GaugeValue, float64(n), string(state))
	}
	for endpoint, since := range c.oldest {
		age := 0.0
		if !since.IsZero() {
			age = c.store.Now().Sub(since).Seconds()
		}
		ch <- prometheus.MustNewConstMetric(undeliveredDesc, prometheus.GaugeValue, age, endpoint)
	}
}

// read reads the figures anew. A figure that can't be read is missing, which is better than an old one.
func (c *stateCollector) read() {
	ctx, cancel := context.WithTimeout(context.Background(), figuresTime)
	defer cancel()
	var err error
	if c.counts, err = c.store.Counts(ctx, countMost); err != nil {
		c.counts = nil
	}
	if c.oldest, err = c.store.Undelivered(ctx); err != nil {
		c.oldest = nil
	}
	c.at = time.Now()
}
