package hook

import (
	"net/http"

	"redial/internal/source"
	"redial/internal/trigger"
)

// OnCall answers the URLs of Grafana OnCall's integrations, of any kind; the secret is the token at their end. Source:
// Grafana OnCall's engine/apps/integrations.
func (d *Door) OnCall() http.Handler {
	return d.from(sender{
		name: ofOnCall, reads: source.OnCall, secret: inPath("token"),
		taken: func(w http.ResponseWriter, _ *http.Request, _ string, _ *trigger.Told) {
			reply(w, http.StatusOK, "Ok.")
		},
		failed: plain,
	})
}
