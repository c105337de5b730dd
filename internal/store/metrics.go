package store

import (
	"context"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"redial/internal/call"
)

// metrics counts what was committed by this process, and, seldom, what is stored.
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
			Name: "redial_batch_duration_seconds", Help: "How long such a commit took, with all that was read and written for it.",
			Buckets: prometheus.ExponentialBuckets(0.0005, 2, 14),
		}),
	}
	for _, o := range call.Outcomes() {
		m.calls.WithLabelValues(string(o)) // so that a rate is known from the first one on
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

func (m *metrics) count(e call.Event) {
	switch e.Type {
	case call.CallEnded:
		m.calls.WithLabelValues(string(e.Outcome)).Inc()
	case call.AttemptEnded:
		m.attempts.WithLabelValues(string(e.Result)).Inc()
	}
}

// countsAge is how old the counts of Calls by state may be: they cost a scan.
const countsAge = 15 * time.Second

// undeliveredDesc names endpoints by their ids: a URL may hold a secret.
var undeliveredDesc = prometheus.NewDesc("redial_webhook_oldest_undelivered_seconds",
	"Age of the oldest webhook that is yet to be delivered, by endpoint; up to 15 s old.", []string{"endpoint"}, nil)

var stateDesc = prometheus.NewDesc("redial_calls", "Calls by state; up to 15 s old.", []string{"state"}, nil)

// stateCollector counts Calls by state when metrics are read.
type stateCollector struct {
	store  *Store
	mu     sync.Mutex
	counts map[call.State]int
	oldest map[string]time.Time // undelivered, by endpoint
	at     time.Time
}

// Describe implements prometheus.Collector.
func (c *stateCollector) Describe(ch chan<- *prometheus.Desc) {
	ch <- stateDesc
	ch <- undeliveredDesc
}

// Collect implements prometheus.Collector.
func (c *stateCollector) Collect(ch chan<- prometheus.Metric) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.counts == nil || time.Since(c.at) > countsAge {
		ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		counts, err := c.store.Counts(ctx)
		if err != nil {
			ch <- prometheus.NewInvalidMetric(stateDesc, err)
			return
		}
		oldest, err := c.store.Undelivered(ctx)
		if err != nil {
			ch <- prometheus.NewInvalidMetric(undeliveredDesc, err)
			return
		}
		c.counts, c.oldest, c.at = counts, oldest, time.Now()
	}
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
