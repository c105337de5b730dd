package hook

import (
	"net/http"

	"redial/internal/edge"
)

// Heartbeats answers signs of life: redial does not notice when they stop, and whoever relies on that must hear of it.
func (d *Door) Heartbeats() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		plain(w, edge.Problem(http.StatusNotFound, "redial watches no heartbeats, and rings nobody when they stop: have "+
			"something that watches them, such as Healthchecks or an Alertmanager's dead man's switch, send an event"))
	})
}
