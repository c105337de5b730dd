package source

import (
	"cmp"
	"strings"
)

// priorities are ntfy's. Its default says nothing.
var priorities = map[string]string{
	"1": "info", "min": "info", "2": "info", "low": "info", "4": "error", "high": "error",
	"5": "critical", "max": "critical", "urgent": "critical",
}

// readText reads a text, with what ntfy's headers say about it. Source: ntfy's publishing, whose headers may also
// stand in the URL.
func readText(c *content) *Event {
	told := func(names ...string) string {
		for _, name := range names {
			if text := strings.TrimSpace(cmp.Or(c.header(name), c.Query.Get(strings.ToLower(name)))); text != "" {
				return text
			}
		}
		return ""
	}
	m := Member{
		Key:      told("Key"),
		State:    stateOf(told("State")),
		Title:    told("X-Title", "Title", "ti", "t"),
		Text:     cmp.Or(c.plainBody(), told("X-Message", "Message", "m")),
		Severity: priorities[strings.ToLower(told("X-Priority", "Priority", "prio", "p"))],
		Link:     told("X-Click", "Click"),
		Labels:   map[string]string{},
	}
	if tags := told("X-Tags", "Tags", "Tag", "ta"); tags != "" {
		m.Labels["tags"] = tags
	}
	if m.Key == "" && told("State") == "" {
		m.nameMessage(m)
	}
	return alone(m)
}

// plainBody is the body as it was sent, also if it could be JSON.
func (c *content) plainBody() string {
	if c.text == "" && c.raw != nil {
		c.text = strings.ToValidUTF8(string(c.Body), "")
		c.raw = c.text
	}
	return c.text
}
