package source

import (
	"cmp"
	"strings"
)

// readOnCall reads what is sent to a webhook of Grafana OnCall. Uptime Kuma sends no alert_uid: there the title names
// it, apart from its end, which says how it is. Its Test button and its warnings about certificates all have one
// title, which names nothing. Source: Grafana OnCall's formatted webhook, Uptime Kuma's provider "Grafana OnCall".
func readOnCall(c *content) *Event {
	if c.fields.text("title", "message", "state", "alert_uid") == "" {
		return nil
	}
	m := Member{
		State: stateOf(c.fields.text("state")), Title: c.fields.text("title"), Text: c.fields.text("message"),
		Link: c.fields.text("link_to_upstream_details"), Severity: c.fields.text("severity"),
		Labels: c.fields.object("labels").labels(),
	}
	name := strings.TrimSuffix(strings.TrimSuffix(m.Title, " is down"), " is up")
	if name == "General notification" {
		return unnamed(m)
	}
	m.Key = cmp.Or(c.fields.text("alert_uid"), name)
	return alone(m)
}
