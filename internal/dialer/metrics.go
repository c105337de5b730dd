package dialer

import (
	"errors"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"redial/internal/call"
)

type metrics struct {
	latency  *prometheus.HistogramVec
	lateness prometheus.Histogram
	paused   prometheus.Gauge
	clock    prometheus.Gauge
}

func newMetrics(r prometheus.Registerer) metrics {
	f := promauto.With(r)
	m := metrics{
		latency: f.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "redial_dial_duration_seconds",
			Help:    "How long create requests to Twilio took, by what came of them.",
			Buckets: prometheus.ExponentialBuckets(0.005, 2, 13),
		}, []string{"fate"}),
		lateness: f.NewHistogram(prometheus.HistogramOpts{
			Name:    "redial_wake_lateness_seconds",
			Help:    "How much later than planned calls were woken; dials wait for the account's pace.",
			Buckets: prometheus.ExponentialBuckets(0.001, 4, 10),
		}),
		clock: f.NewGauge(prometheus.GaugeOpts{
			Name: "redial_clock_offset_seconds",
			Help: "How far the database's clock is ahead of this node's; off by more than 2 s, it does not dial.",
		}),
		paused: f.NewGauge(prometheus.GaugeOpts{
			Name: "redial_account_paused",
			Help: "1 while Twilio takes no calls of the account and dialing pauses.",
		}),
	}
	for _, fate := range append(call.Fates(), placed) {
		m.latency.WithLabelValues(string(fate)) // so that a rate is known from the first one on
	}
	return m
}

// placed stands among the fates, for a create request that succeeded.
const placed call.Fate = "placed"

func (m *metrics) placed(took time.Duration, err error) {
	fate := placed
	if err != nil {
		fate = call.FateUnknown
	}
	if e, ok := errors.AsType[*call.PlaceError](err); ok {
		fate = e.Fate
	}
	m.latency.WithLabelValues(string(fate)).Observe(took.Seconds())
}

func (m *metrics) pause(on bool) {
	m.paused.Set(0)
	if on {
		m.paused.Set(1)
	}
}
