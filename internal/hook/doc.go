// Package hook is the door for senders of events, such as Alertmanager, who hold the secret of a trigger and no API
// key: in a URL of redial's own, or where the senders of Opsgenie, PagerDuty, Grafana OnCall and GoAlert put theirs. It
// answers each as its sender expects. It reads events by internal/source, and leaves it to internal/trigger what they
// do.
//
// Its files, from the top down:
//
//	hooks.go       redial's own URL
//	opsgenie.go    Opsgenie's alert API
//	pagerduty.go   PagerDuty's Events API
//	oncall.go      Grafana OnCall's integrations
//	goalert.go     GoAlert's integrations
//	heartbeats.go  signs of life, which redial does not watch
//	door.go        from a request to what its trigger does
//	secret.go      whose secret a request brings, and a request without it
//	problem.go     what is wrong, and how it is answered
package hook
