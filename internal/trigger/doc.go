// Package trigger turns the events of other systems (alert sources, forms, scripts) into requests for calls. It reads
// what they send into one Event, whoever sent it; the file of people, rotas and triggers says whom an event rings; and
// what is said of it is fit to be heard. It does no I/O, knows no database and no HTTP server, and never decides who may
// ask.
//
// Its files, from the top down:
//
//	decide.go               whom some members of an event reach, and what is said
//	members.go              which members may ring, and how the event is told of some of them
//	speech.go               a text in the language of a voice that can say it
//	read_file.go            a file, with all that is wrong with it: people, rotas, presets
//	read_trigger.go         triggers, and whether what they say would ring
//	ask_edge.go             what the edge would refuse
//	values.go               values of the kind that they must have
//	file.go                 what a file says
//	rota.go                 who is on duty
//	template.go             texts in which an event stands for what is missing, within bounds
//	functions.go            what such texts can call
//	yaml.go                 YAML as values with places, and nothing that surprises
//	mistakes.go             what is wrong with a file, and where
//	words.go                an event to what a phone says of it
//	phrases.go              what redial itself says, in each language
//	read.go                 a request of a source to an Event
//	source_alertmanager.go  groups of alerts: Alertmanager and Grafana
//	source_opsgenie.go      Opsgenie's alert API
//	source_pagerduty.go     PagerDuty's Events API
//	source_oncall.go        webhooks of Grafana OnCall
//	source_goalert.go       GoAlert's generic API
//	source_kuma.go          Uptime Kuma's webhook
//	source_json.go          objects and forms of anybody, by the names of their fields
//	source_text.go          texts, with ntfy's headers
//	group.go                many members as one event
//	content.go              a body to a value, whatever its sender calls it
//	form.go                 the fields of a form
//	member.go               what is missing of a member, from the rest of it
//	fields.go               texts, numbers and times of an object
//	tree.go                 JSON to a bounded tree of values
//	state.go                the senders' words for states and severities
//	bound.go                clean and bounded texts
//	request.go              what a sender sent
//	event.go                what was told, in the same words for every source
package trigger
