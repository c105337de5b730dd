package source

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
)

// readAlerts reads a group of alerts as Alertmanager and Grafana send it: Grafana's has more fields, and another
// version, which says nothing. The group is no incident, because with the default route every alert is in the same
// one; its alerts, by their fingerprints, are. Source: Alertmanager's webhook configuration, Grafana's webhook
// contact point.
func readAlerts(c *content) *Event {
	alerts, ok := c.fields["alerts"].([]any)
	if !ok {
		return nil
	}
	e := &Event{More: c.more, Fires: c.firing}
	for _, alert := range alerts {
		if object, ok := alert.(map[string]any); ok {
			e.Members = append(e.Members, alertOf(object))
		}
	}
	if n := number(c.fields.text("truncatedAlerts")); n != nil {
		hidden, _ := n.(int64)
		e.More += int(min(max(hidden, 0), 1_000_000))
	}
	e.Fires += firing(e.Members)
	e.Member = groupOf(c.fields, e)
	return e
}

// alertOf reads one alert of a group.
func alertOf(f fields) Member {
	about := f.object("annotations")
	labels := f.object("labels").labels()
	m := Member{
		Key: f.text("fingerprint"), State: stateOf(f.text("status")), Labels: labels,
		Title: cmp.Or(about.text("summary", "title"), labels["alertname"]),
		Text:  about.text("description", "message"),
		Link:  f.text("panelURL", "dashboardURL", "generatorURL"),
		At:    moment(f.text("startsAt")), Ended: moment(f.text("endsAt")),
		Severity: cmp.Or(labels["severity"], severityOf(labels["priority"])),
	}
	m.Key = cmp.Or(m.Key, fingerprint(labels))
	if word := withoutData[labels["alertname"]]; word != "" && labels["rulename"] != "" {
		m.Title = word + labels["rulename"]
	}
	return m
}

// withoutData are what Grafana calls its alerts about rules that it could not evaluate; the rule's own name is a label.
var withoutData = map[string]string{"DatasourceNoData": "No data for ", "DatasourceError": "Error in "}

// fingerprint tells an alert from others by its labels, as its sender's own would.
func fingerprint(labels map[string]string) string {
	if len(labels) == 0 {
		return ""
	}
	hash := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		_, _ = fmt.Fprintf(hash, "%q=%q,", name, labels[name])
	}
	return hex.EncodeToString(hash.Sum(nil)[:8])
}
