package source

import (
	"cmp"
	"net/url"
	"strings"
)

// readOpsgenie reads a request to Opsgenie's alert API: an alert is created by a POST, and changed on a path below its
// alias. What a sender does to an alert beyond that (notes, tags, responders) is no news to whoever is rung. Source:
// Opsgenie's alert API, as Alertmanager 0.25 and Uptime Kuma use it.
func readOpsgenie(c *content) *Event {
	m := Member{
		Key: c.fields.text("alias"), State: Firing, Title: c.fields.text("message"), Text: c.fields.text("description"),
		Labels: c.fields.object("details").labels(),
	}
	for _, name := range []string{"priority", "entity", "source", "user"} {
		if text := c.fields.text(name); text != "" {
			m.Labels[name] = text
		}
	}
	if tags := joined(c.fields["tags"]); tags != "" {
		m.Labels["tags"] = tags
	}
	for _, link := range []string{m.Labels["url"], m.Labels["source"]} {
		if strings.Contains(link, "://") {
			m.Link = link
		}
	}
	hidden := m.unhide(m.Text)
	if alias, action, ok := opsgenieAction(c.Path); ok {
		m.Key, m.State = alias, action
		if bare.MatchString(m.Title) {
			m.Title = "" // update_alerts sends it after the alert, and it would take the place of what was told
		}
		return alone(m)
	}
	if len(c.fields) == 0 {
		return nil
	}
	m.Severity = cmp.Or(severityOf(c.fields.text("priority")), m.Labels["severity"], severities["P3"])
	return group(alone(m), hidden)
}

// opsgenieAction takes /{alias}/close apart. It is false for the path on which alerts are created.
func opsgenieAction(path string) (alias string, action State, ok bool) {
	escaped, verb, _ := strings.Cut(strings.Trim(path, "/"), "/")
	if escaped == "" {
		return "", Firing, false
	}
	alias, err := url.PathUnescape(escaped)
	if err != nil {
		alias = escaped
	}
	switch verb {
	case "close":
		return alias, Resolved, true
	case "acknowledge":
		return alias, Acknowledged, true
	}
	return alias, Updated, true
}

// joined are the scalars of a list, with commas.
func joined(value any) string {
	list, ok := value.([]any)
	if !ok {
		return scalar(value)
	}
	var all []string
	for _, one := range list {
		if text := scalar(one); text != "" {
			all = append(all, text)
		}
	}
	return strings.Join(all, ", ")
}
