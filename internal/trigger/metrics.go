package trigger

import "github.com/prometheus/client_golang/prometheus"

// The results of an event.
const (
	rang   = "rang"
	quiet  = "quiet" // nobody was to be rung
	failed = "failed"
)

// metrics counts what triggers are told. Which trigger it was is in the log.
type metrics struct {
	events *prometheus.CounterVec
	doubts prometheus.Counter
}

// count counts an event.
func (m *metrics) count(told *Told, err error) {
	result := quiet
	switch {
	case err != nil:
		result = failed
	case len(told.Calls) > 0:
		result = rang
	}
	m.events.WithLabelValues(result).Inc()
}

// newMetrics makes the metrics, and registers them unless there is nobody to look.
func newMetrics(r prometheus.Registerer) *metrics {
	m := &metrics{
		events: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "redial_trigger_events_total",
			Help: "Events that triggers were told: rang, quiet (nobody was to be rung), failed.",
		}, []string{"result"}),
		doubts: prometheus.NewCounter(prometheus.CounterOpts{
			Name: "redial_trigger_doubts_total",
			Help: "What went wrong in triggers that rang all the same: templates, names, policies.",
		}),
	}
	for _, result := range []string{rang, quiet, failed} {
		m.events.WithLabelValues(result)
	}
	if r != nil {
		r.MustRegister(m.events, m.doubts)
	}
	return m
}
