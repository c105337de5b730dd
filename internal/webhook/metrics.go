package webhook

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"redial/internal/store"
)

type metrics struct {
	results  *prometheus.CounterVec
	duration *prometheus.HistogramVec
}

// The results of a try.
const (
	resultDelivered = "delivered"
	resultFailed    = "failed" // to be tried again
	resultDead      = "dead"   // given up
)

func newMetrics(r prometheus.Registerer) metrics {
	f := promauto.With(r)
	m := metrics{
		results: f.NewCounterVec(prometheus.CounterOpts{
			Name: "redial_webhook_tries_total",
			Help: "Tries to deliver a webhook, by what came of them: delivered, failed (tried again), dead (given up).",
		}, []string{"result"}),
		duration: f.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "redial_webhook_duration_seconds",
			Help:    "How long these tries took, until the answer's end.",
			Buckets: prometheus.ExponentialBuckets(0.001, 2, 15),
		}, []string{"result"}),
	}
	for _, result := range []string{resultDelivered, resultFailed, resultDead} {
		m.results.WithLabelValues(result) // so that a rate is known from the first one on
		m.duration.WithLabelValues(result)
	}
	return m
}

// tried counts a try by the state of its Delivery after it.
func (m *metrics) tried(after store.DeliveryState, took time.Duration) {
	result := map[store.DeliveryState]string{
		store.Delivered: resultDelivered, store.Pending: resultFailed, store.Dead: resultDead,
	}[after]
	m.results.WithLabelValues(result).Inc()
	m.duration.WithLabelValues(result).Observe(took.Seconds())
}
