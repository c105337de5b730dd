package source

import "cmp"

// readPagerDuty reads an event of PagerDuty's Events API v2. An event without a dedup_key has no key, also if it has a
// title: PagerDuty makes one, and tells the sender. Source: PagerDuty's Events API v2.
func readPagerDuty(c *content) *Event {
	payload, action := c.fields.object("payload"), c.fields.text("event_action")
	if payload == nil && action == "" {
		return nil
	}
	details := payload.object("custom_details")
	m := Member{
		Key: c.fields.text("dedup_key"), State: stateOf(action), Title: payload.text("summary"),
		Text:     cmp.Or(details.text("firing", "description", "message"), payload.text("custom_details")),
		Severity: payload.text("severity"), At: moment(payload.text("timestamp")),
		Link:   cmp.Or(c.fields.text("client_url"), firstLink(c.fields["links"])),
		Labels: details.labels(),
	}
	for _, name := range []string{"firing", "resolved"} {
		delete(m.Labels, name) // the lists of Alertmanager's default template, which unhide reads
	}
	for _, name := range []string{"source", "component", "group", "class"} {
		if text := payload.text(name); text != "" {
			m.Labels[name] = text
		}
	}
	hidden := m.unhide(cmp.Or(details.text("firing"), details.text("resolved")))
	return group(unnamed(m), hidden)
}

func firstLink(value any) string {
	links, _ := value.([]any)
	for _, link := range links {
		object, _ := link.(map[string]any)
		if href := fields(object).text("href"); href != "" {
			return href
		}
	}
	return ""
}
