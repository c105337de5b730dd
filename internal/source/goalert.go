package source

import (
	"cmp"
	"regexp"
)

// kumaName is the first name in a text of Uptime Kuma, whose rest differs from one state to the other.
var kumaName = regexp.MustCompile(`^\s*\[([^\]]+)\]`)

// readGoAlert reads an alert as GoAlert's generic API takes it, in a form, in JSON or in the URL. Source: GoAlert's
// generic integration, Uptime Kuma's provider "GoAlert".
func readGoAlert(c *content) *Event {
	text := func(name string) string { return cmp.Or(c.fields.text(name), c.Query.Get(name)) }
	m := Member{
		Key: text("dedup"), State: stateOf(text("action")), Title: text("summary"), Text: text("details"),
		Labels: map[string]string{},
	}
	if m.Title == "" && m.Text == "" && m.Key == "" {
		return nil
	}
	if name := kumaName.FindStringSubmatch(m.Title); name != nil {
		m.Key = cmp.Or(m.Key, name[1])
		m.Labels["monitor"] = name[1]
	}
	return alone(m)
}
