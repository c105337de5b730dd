package trigger

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Ring are the members of an event that may ring: they fire, and match. All others (what is resolved, acknowledged or
// updated) are never left out by match: whoever was rung for something must hear of its end.
func (t *Trigger) Ring(e *Event) (ring, others []Member) {
	for _, m := range e.Members {
		switch {
		case m.State != Firing:
			others = append(others, m)
		case t.matches(&m):
			ring = append(ring, m)
		}
	}
	return ring, others
}

// matches says whether each of the trigger's names has one of its values.
func (t *Trigger) matches(m *Member) bool {
	for name, values := range t.Match {
		if !slices.Contains(values, m.named(name)) {
			return false
		}
	}
	return true
}

// named is the text that match compares: a part of the member or, by any other name, a label.
func (m *Member) named(name string) string {
	switch name {
	case "key":
		return m.Key
	case "title":
		return m.Title
	case "text":
		return m.Text
	case "severity":
		return m.Severity
	case "link":
		return m.Link
	}
	return m.Labels[name]
}

// Key names the incident that a member belongs to; empty if it belongs to none, and rings by itself. A template of once
// that fails, or yields nothing, gives way to the source's key, with a doubt.
func (t *Trigger) Key(e *Event, m *Member) (key, doubt string) {
	if t.Each {
		return "", ""
	}
	if t.Once == nil {
		return m.Key, ""
	}
	told := e.only([]Member{*m})
	text, err := t.Once.execute(told.Data(), new(steps))
	switch text = strings.ToValidUTF8(strings.TrimSpace(text), ""); {
	case err != nil:
		return m.Key, fmt.Sprintf("once: the template failed, and the sender's key counts: %v", err)
	case text == "":
		return m.Key, "once: the template yields nothing, and the sender's key counts"
	case len(text) > maxOnce: // long keys stay apart
		hash := sha256.Sum256([]byte(text))
		return strings.ToValidUTF8(text[:maxOnce], "") + "-" + hex.EncodeToString(hash[:]), ""
	}
	return text, ""
}

const maxOnce = 200 // bytes of a key before it is cut, and its hash put in place of the rest

// only is the event as it is told of some of its members: one of them alone is the event.
func (e *Event) only(members []Member) Event {
	told := *e
	told.Members = members
	if len(members) == len(e.Members) || len(members) == 0 {
		return told
	}
	told.More, told.Fires = 0, len(members)
	if len(members) == 1 {
		told.Member = members[0]
		return told
	}
	told.Member = Member{Key: e.Key, State: members[0].State, Link: e.Link, Labels: common(members)}
	told.Title = titles(members)
	told.Severity = told.Labels["severity"]
	for i, m := range members {
		if i == 0 || m.At.Before(told.At) {
			told.At = m.At
		}
	}
	return told
}

// common are the labels that all members have.
func common(members []Member) map[string]string {
	labels := maps.Clone(members[0].Labels)
	maps.DeleteFunc(labels, func(name, value string) bool {
		return slices.ContainsFunc(members, func(m Member) bool { return m.Labels[name] != value })
	})
	if labels == nil {
		labels = map[string]string{}
	}
	return labels
}

// titles names up to three members, and counts the others.
func titles(members []Member) string {
	const most = 3
	var names []string
	for _, m := range members {
		if m.Title != "" && !slices.Contains(names, m.Title) {
			names = append(names, m.Title)
		}
	}
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s, and %d more", strings.Join(names[:most], ", "), len(names)-most)
}
