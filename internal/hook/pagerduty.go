package hook

import (
	"net/http"

	"redial/api"
	"redial/internal/source"
	"redial/internal/trigger"
)

// PagerDuty answers PagerDuty's Events API v2. The secret is the routing_key in the body, or in the header
// X-Routing-Key. Source: PagerDuty's Events API v2, "Send an event".
func (d *Door) PagerDuty() http.Handler {
	return d.from(sender{
		name: ofPagerDuty, reads: source.PagerDuty, fields: []string{"routing_key"}, keyed: true,
		secret: func(r *http.Request) string { return r.Header.Get("X-Routing-Key") },
		taken: func(w http.ResponseWriter, _ *http.Request, key string, _ *trigger.Told) {
			reply(w, http.StatusAccepted, pagerDutyAnswer{Status: "success", Message: "Event processed", DedupKey: key})
		},
		failed: func(w http.ResponseWriter, p *api.Problem) {
			reply(w, p.Status, pagerDutyAnswer{Status: "invalid event", Message: p.Error(), Errors: []string{p.Error()}})
		},
	})
}

// pagerDutyAnswer is an answer of PagerDuty's.
type pagerDutyAnswer struct {
	Status   string   `json:"status"`
	Message  string   `json:"message"`
	DedupKey string   `json:"dedup_key,omitempty"`
	Errors   []string `json:"errors,omitempty"`
}
