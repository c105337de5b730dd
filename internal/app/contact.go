package app

import (
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"redial/internal/call"
	"redial/internal/seldom"
)

// contact is what this node knows of the two ways between it and Twilio: whether Twilio answers, and whether its
// callbacks come. Either is told in the log when it fails and when it is well again, and is a metric.
type contact struct {
	creates, others seldom.Outage // requests to Twilio
	callbacks       seldom.Outage

	heard atomic.Pointer[time.Time] // when Twilio's last callback came; at first, when this node began to listen
}

// silence is after which a request without an answer says nothing any more of how Twilio is now. Whoever needs
// something of Twilio asks again sooner.
const silence = 10 * time.Minute

func newContact(log *slog.Logger, hostURL string, metrics prometheus.Registerer) *contact {
	k := &contact{}
	k.heard.Store(new(time.Now()))
	f := promauto.With(metrics)
	for kind, outage := range map[string]*seldom.Outage{"create": &k.creates, "other": &k.others} {
		outage.Fails = func(err error) { log.Warn("Twilio does not answer", "request", kind, "err", err) }
		outage.Well = func(after time.Duration) {
			log.Info("Twilio answers again", "request", kind, "after", after.Round(time.Millisecond))
		}
		f.NewGaugeFunc(prometheus.GaugeOpts{
			Name: "redial_twilio_unreachable",
			Help: "1 while Twilio answers none of these requests: " +
				"from the first without an answer to the next with one, 10 minutes at most if none follows.",
			ConstLabels: prometheus.Labels{"request": kind},
		}, func() float64 { return failsWithin(outage, silence) })
	}
	k.callbacks.Fails = func(err error) {
		of, _ := errors.AsType[unheard](err)
		log.Warn("a callback was due and none came: is HOST_URL reachable?",
			"host_url", hostURL, "call", of.call, "attempt", of.attempt)
	}
	k.callbacks.Well = func(after time.Duration) {
		log.Info("callbacks come again", "after", after.Round(time.Millisecond))
	}
	f.NewGaugeFunc(prometheus.GaugeOpts{
		Name: "redial_callbacks_missing",
		Help: "1 from when a callback was due and none came, until one comes to this node.",
	}, func() float64 { return failsWithin(&k.callbacks, forever) })
	return k
}

const forever = time.Duration(1<<63 - 1)

func failsWithin(outage *seldom.Outage, within time.Duration) float64 {
	if failing, last := outage.Failing(); failing && time.Since(last) < within {
		return 1
	}
	return 0
}

// asked is told how Twilio took a request: err is nil where it has answered.
func (k *contact) asked(create bool, err error) {
	if create {
		k.creates.Went(err)
	} else {
		k.others.Went(err)
	}
}

// called is told of a request that Twilio has signed.
func (k *contact) called() {
	k.heard.Store(new(time.Now()))
	k.callbacks.Went(nil)
}

// missed is told of an attempt, dialed so long ago, of which no callback has come. It says nothing of HOST_URL if
// other callbacks have come since, or if this node did not listen yet.
func (k *contact) missed(c *call.Call, n int, ago time.Duration) {
	if time.Since(*k.heard.Load()) > ago {
		k.callbacks.Went(unheard{c.ID, n})
	}
}

// unheard is an attempt of which no callback has come.
type unheard struct {
	call    string
	attempt int
}

func (u unheard) Error() string { return "no callback has come" }
