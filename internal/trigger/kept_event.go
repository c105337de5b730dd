package trigger

import (
	"bytes"
	"encoding/json"
	"slices"

	"redial/internal/incident"
	"redial/internal/source"
	"redial/internal/store"
)

// keptEvent is what is kept of an event, for calls that are made later about its members.
type keptEvent struct {
	Source source.Kind   `json:"source"`
	Whole  source.Member `json:"whole"` // the event as a whole
	More   int           `json:"more,omitempty"`
	Raw    any           `json:"raw,omitempty"`
}

// maxKept is how many bytes of an event are kept. Of a larger one what was sent is left out.
const maxKept = 64 << 10

// kept is an event as it is kept.
func kept(e *source.Event) string {
	k := keptEvent{e.Source, e.Member, e.More, e.Raw}
	data, err := json.Marshal(&k)
	if err != nil || len(data) > maxKept {
		k.Raw = nil
		data, err = json.Marshal(&k)
	}
	if err != nil {
		return ""
	}
	return string(data)
}

// aboutOf is what is kept of a member: all that the event says under its key, as far as there is room.
func aboutOf(members []source.Member) store.About {
	data, err := json.Marshal(members)
	for n := len(members) / 2; err == nil && len(data) > maxKept && n > 0; n /= 2 {
		data, err = json.Marshal(members[:n])
	}
	if err != nil { // all of it is text
		data = nil
	}
	return store.About{Title: members[0].Title, Data: string(data)}
}

// laterEvent is an event as a later call tells of it: about the members of a ring.
func laterEvent(r incident.Ring, about []string, of store.Incident) *source.Event {
	var members []source.Member
	for i, m := range r.Members[:len(about)] {
		members = append(members, membersOf(m.Key, about[i])...)
	}
	var was keptEvent
	decoded(of.Event, &was)
	whole := source.Event{Member: was.Whole, Source: was.Source, Raw: plain(was.Raw)}
	e := whole.Later(members, len(r.Members)-len(about))
	return &e
}

// membersOf is what was told under a key: those that fire, if any does.
func membersOf(key, about string) []source.Member {
	var all []source.Member
	decoded(about, &all)
	isOver := func(m source.Member) bool { return m.State != source.Firing }
	if fires := slices.DeleteFunc(slices.Clone(all), isOver); len(fires) > 0 {
		return fires
	}
	if len(all) == 0 {
		all = []source.Member{{Key: key}}
	}
	m := all[0]
	m.State = source.Firing
	if m.Labels == nil {
		m.Labels = map[string]string{}
	}
	return []source.Member{m}
}

// decoded reads JSON. Numbers stay what they were. What can't be read stays empty: something is said all the same.
func decoded(data string, into any) {
	d := json.NewDecoder(bytes.NewReader([]byte(data)))
	d.UseNumber()
	_ = d.Decode(into)
}

// plain turns the numbers of decoded JSON into those that templates know.
func plain(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for name := range v {
			v[name] = plain(v[name])
		}
	case []any:
		for i := range v {
			v[i] = plain(v[i])
		}
	case json.Number:
		if n, err := v.Int64(); err == nil {
			return n
		}
		if f, err := v.Float64(); err == nil {
			return f
		}
		return v.String()
	}
	return v
}
