// Package source understands what alert sources, forms and scripts send. It reads that into one Event, whoever sent it,
// and tells it in words that are fit to be heard. It does no I/O, and never decides whether a phone rings.
//
// Its files, from the top down:
//
//	words.go         an event to what a phone says of it
//	phrases.go       what redial itself says, in each language
//	read.go          a request of a source to an Event
//	alertmanager.go  groups of alerts: Alertmanager and Grafana
//	opsgenie.go      Opsgenie's alert API
//	pagerduty.go     PagerDuty's Events API
//	oncall.go        webhooks of Grafana OnCall
//	goalert.go       GoAlert's generic API
//	kuma.go          Uptime Kuma's webhook
//	json.go          objects and forms of anybody, by the names of their fields
//	text.go          texts, with ntfy's headers
//	group.go         many members as one event
//	content.go       a body to a value, whatever its sender calls it
//	form.go          the fields of a form
//	member.go        what is missing of a member, from the rest of it
//	fields.go        texts, numbers and times of an object
//	tree.go          JSON to a bounded tree of values
//	state.go         the senders' words for states and severities
//	bound.go         clean and bounded texts
//	request.go       what a sender sent
//	event.go         what was told, in the same words for every source
package source
