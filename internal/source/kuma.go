package source

import (
	"cmp"
	"strings"
)

// heartbeats are the states of a monitor. One that is tried again, or is under maintenance, rings nobody.
var heartbeats = map[string]State{"0": Firing, "1": Resolved, "2": Updated, "3": Updated}

// readUptimeKuma reads what Uptime Kuma's webhook sends. Its Test button, and its warnings about certificates, have a
// text alone: nothing names them. Source: Uptime Kuma's provider "Webhook".
func readUptimeKuma(c *content) *Event {
	f := c.fields
	if len(f) == 0 { // a GET
		f = fields{}
		for name := range c.Query {
			f[name] = c.Query.Get(name)
		}
	}
	beat, monitor, msg := f.object("heartbeat"), f.object("monitor"), f.text("msg")
	if beat == nil {
		if msg == "" {
			return nil
		}
		return unnamed(Member{State: Firing, Title: msg, Labels: monitorLabels(monitor)})
	}
	state, known := heartbeats[beat.text("status")]
	if !known {
		state = Firing
	}
	m := Member{
		Key:   cmp.Or(monitor.text("id"), beat.text("monitorID"), beat.text("monitor_id"), monitor.text("name")),
		State: state, Title: msg, Text: beat.text("msg"), Labels: monitorLabels(monitor),
	}
	if name := monitor.text("name"); name != "" {
		m.Title = name + map[State]string{Firing: " is down", Resolved: " is up"}[state]
	}
	if at := moment(beat.text("time")); state == Resolved {
		m.Ended = at
	} else {
		m.At = at
	}
	if page := monitor.text("url"); strings.HasPrefix(monitor.text("type"), "http") {
		m.Link = page
	}
	return alone(m)
}

func monitorLabels(monitor fields) map[string]string {
	labels := map[string]string{}
	for label, name := range map[string]string{"monitor": "name", "type": "type", "hostname": "hostname"} {
		if text := monitor.text(name); text != "" {
			labels[label] = text
		}
	}
	tags, _ := monitor["tags"].([]any)
	for _, tag := range tags {
		object, _ := tag.(map[string]any)
		if name := fields(object).text("name"); name != "" {
			labels[name] = fields(object).text("value")
		}
	}
	return labels
}
