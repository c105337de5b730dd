package trigger

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"redial/internal/source"
)

// Ring are the members of an event that may ring: they fire, and match. All others (what is resolved, acknowledged or
// updated) are never left out by match: whoever was rung for something must hear of its end.
func (t *Trigger) Ring(e *source.Event) (ring, others []source.Member) {
	for _, m := range e.Members {
		switch {
		case m.State != source.Firing:
			others = append(others, m)
		case t.matches(&m):
			ring = append(ring, m)
		}
	}
	return ring, others
}

// silence is why an event rings nobody of which Ring finds nothing.
func silence(e *source.Event) string {
	switch all := states(e); {
	case all[source.Firing] || len(all) == 0 || all[source.Updated]:
		return "nothing in the event fires and matches the trigger"
	case all[source.Acknowledged]:
		return "somebody takes care of it"
	}
	return "it is over"
}

// canceled is why a call is canceled that was to tell of what the event is about.
func canceled(e *source.Event) string {
	switch all := states(e); {
	case !all[source.Acknowledged]:
		return "what the call told of is over: the call is canceled"
	case !all[source.Resolved]:
		return "somebody takes care of what the call told of: the call is canceled"
	}
	return "what the call told of is over, or somebody takes care of it: the call is canceled"
}

// states are those of the members of an event.
func states(e *source.Event) map[source.State]bool {
	all := map[source.State]bool{}
	for i := range e.Members {
		all[e.Members[i].State] = true
	}
	return all
}

// matches says whether each of the trigger's names has one of its values.
func (t *Trigger) matches(m *source.Member) bool {
	for name, values := range t.Match {
		if !slices.Contains(values, named(m, name)) {
			return false
		}
	}
	return true
}

// named is the text that match compares: a part of the member or, by any other name, a label.
func named(m *source.Member, name string) string {
	if p := partOf(m, name); p != nil {
		return *p
	}
	return m.Labels[name]
}

// partOf is the part of a member that has a name; nil where that is the name of a label.
func partOf(m *source.Member, name string) *string {
	switch name {
	case "key":
		return &m.Key
	case "title":
		return &m.Title
	case "text":
		return &m.Text
	case "severity":
		return &m.Severity
	case "link":
		return &m.Link
	}
	return nil
}

// Key names the incident that a member belongs to; empty if it belongs to none, and rings by itself. A template of once
// that fails, or yields nothing, gives way to the source's key, with a doubt.
func (t *Trigger) Key(e *source.Event, m *source.Member) (key, doubt string) {
	if t.Each || e.Test {
		return "", ""
	}
	if t.Once == nil {
		return m.Key, ""
	}
	told := e.Of([]source.Member{*m})
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
