package app

import (
	"errors"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"redial/internal/call"
	"redial/internal/page"
	"redial/internal/seldom"
)

// contact is what this node knows of the two ways between it and Twilio: whether Twilio answers, and whether its
// callbacks come. The log says when one of them fails and when it works again; there is a metric for each.
type contact struct {
	creates, others seldom.Outage // requests to Twilio
	callbacks       seldom.Outage

	heard atomic.Pointer[time.Time] // when Twilio's last callback came; before the first, when this node began to listen
}

// silence is how long a request without an answer says something about Twilio. Longer ago it says nothing: a caller
// that needs Twilio tries again sooner.
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

// ways says how it stands, for the page.
func (k *contact) ways() page.Ways {
	return page.Ways{
		TwilioAway:       failsWithin(&k.creates, silence) > 0 || failsWithin(&k.others, silence) > 0,
		CallbacksMissing: failsWithin(&k.callbacks, forever) > 0,
	}
}

// asked notes the end of a request to Twilio: err is nil if Twilio has answered.
func (k *contact) asked(create bool, err error) {
	if create {
		k.creates.Went(err)
	} else {
		k.others.Went(err)
	}
}

// called notes a request with Twilio's signature.
func (k *contact) called() {
	k.heard.Store(new(time.Now()))
	k.callbacks.Went(nil)
}

// missed notes an attempt for which no callback has come since it was dialed, so long ago. That says nothing about
// HOST_URL if other callbacks have come since, or if this node did not listen yet.
func (k *contact) missed(c *call.Call, n int, ago time.Duration) {
	if time.Since(*k.heard.Load()) > ago {
		k.callbacks.Went(unheard{c.ID, n})
	}
}

// unheard is the error that no callback has come for an attempt.
type unheard struct {
	call    string
	attempt int
}

func (u unheard) Error() string { return "no callback has come" }
