package web

import (
	"fmt"
	"log/slog"
	"net/http"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promauto"

	"redial/api"
	"redial/internal/edge"
	"redial/internal/permit"
	"redial/internal/seldom"
	"redial/internal/store"
)

// The bounds on the calls that have not ended, as the metric calls them.
const (
	boundOfName   = "name"
	boundToNumber = "number"
)

const askAgainAfter = "60" // seconds after which a request is told to come again

// bounded tells of the requests for calls that were not taken because a bound is reached.
type bounded struct {
	count *prometheus.CounterVec
	log   map[string]*seldom.Line
}

func newBounded(metrics prometheus.Registerer, log *slog.Logger) bounded {
	b := bounded{promauto.With(metrics).NewCounterVec(prometheus.CounterOpts{
		Name: "redial_bounded_requests_total",
		Help: "Requests for calls that were not taken, as too many had not ended, by the bound.",
	}, []string{"bound"}), map[string]*seldom.Line{}}
	for _, of := range []string{boundOfName, boundToNumber} {
		b.count.WithLabelValues(of)
		b.log[of] = &seldom.Line{Log: func(n int) {
			log.Warn("requests for calls were not taken: too many calls have not ended", "bound", of, "count", n)
		}}
	}
	return b
}

// problem is the answer to a request for a call that a bound does not permit. It tells nothing of the calls of others.
func (b *bounded) problem(e *store.TooManyError) *api.Problem {
	of := boundToNumber
	if e.Name != "" {
		of = boundOfName
	}
	b.count.WithLabelValues(of).Inc()
	b.log[of].Happened()
	if of == boundOfName {
		return edge.Problem(http.StatusTooManyRequests, "%s", edge.Text(permit.Errorf(
			"as many calls of the API key's name as %s permits (%d) have not ended: "+
				"cancel some, ask again when some have ended, or have it raised", permit.Waiting, e.Most)))
	}
	detail := edge.Text(permit.Errorf("as many calls to this number as %s permits (%d) have not ended, "+
		"whoever asked for them: ask again when some have ended, or have it raised", permit.WaitingToNumber, e.Most))
	field := "to"
	if e.People > 1 {
		field = fmt.Sprintf("to[%d]", e.Person)
	}
	p := edge.Problem(http.StatusTooManyRequests, "%s: %s", field, detail)
	p.Errors = []api.FieldError{{Field: field, Detail: detail}}
	return p
}
