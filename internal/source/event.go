package source

import "time"

// Kind is a kind of sender: it says how what is sent is to be read.
type Kind string

// All kinds. The first is that of a trigger that names none.
const (
	JSON         Kind = "json"
	Form         Kind = "form"
	Text         Kind = "text"
	Alertmanager Kind = "alertmanager"
	Grafana      Kind = "grafana"
	Opsgenie     Kind = "opsgenie"
	PagerDuty    Kind = "pagerduty"
	OnCall       Kind = "oncall"
	GoAlert      Kind = "goalert"
	UptimeKuma   Kind = "uptime-kuma"
)

// Kinds lists every Kind.
func Kinds() []Kind {
	return []Kind{JSON, Form, Text, Alertmanager, Grafana, Opsgenie, PagerDuty, OnCall, GoAlert, UptimeKuma}
}

// State is what an event says of what it is about.
type State string

// What an event can say. A word that is none of a sender's known ones is Firing: a phone that rings for nothing does
// less harm than one that stays silent.
const (
	Firing       State = "firing"
	Acknowledged State = "acknowledged" // somebody takes care of it: the ringing ends, it is not over
	Resolved     State = "resolved"
	Updated      State = "updated" // there is something new to say about a known key: this rings nobody by itself
)

// Event is what a sender told at once: something is wrong, or no longer. The embedded Member is the event as a whole:
// it is firing while any of its members is.
type Event struct {
	Member
	Source Kind

	// Members are what may ring a phone, each by itself: the alerts of Alertmanager and Grafana, in the sender's order,
	// and for every other source the event itself, alone. There is at least one, except where a group was sent empty.
	// There are at most MaxMembers: if there were more, those that fire were read first.
	Members []Member
	More    int // members that were not read, whatever their state, or that their sender hides
	Fires   int // members that fire, including those that were not read, as far as that is known

	// Raw is what was sent, as maps (map[string]any), lists ([]any) and scalars (string, bool, int64, float64, nil);
	// of a form its fields (a field that was sent several times is a list), of a text the text. Parts that are too
	// deep or too many are left out; Doubts says so.
	Raw any

	// Test says that somebody tries a trigger with it. It rings as any other, says so, and belongs to no incident.
	Test bool

	// Doubts are what was wrong with what was sent, as sentences for whoever runs the trigger. The phone rings all the
	// same.
	Doubts []string
}

// Member is one thing that is wrong, or no longer. Whatever the sender did not tell is empty. All texts are valid
// UTF-8 without control characters (Text may have several lines), and bounded.
type Member struct {
	// Key names it at its sender: the same key is the same thing, in all states. It is empty if the sender gave neither
	// a key nor a title: then no two events are about the same thing.
	Key      string
	State    State
	Title    string            // what is wrong, in one line
	Text     string            // more about it
	Severity string            // the sender's word; PagerDuty's words where the sender has numbers: P1 is critical
	Link     string            // where people can see more; nobody has checked that it is a URL
	At       time.Time         // when it began, or zero
	Ended    time.Time         // when it was resolved, or zero; never for what fires
	Labels   map[string]string // names and values that tell it from others; never nil
}

// MaxMembers is how many members of an event are read. What is not read can neither ring nor end, so they are as many
// as a body of MaxBody bytes has in practice: an alert has some kilobytes.
const MaxMembers = 1000

// Data is the event as templates see it: plain maps, lists and scalars, with the names key, state, title, text,
// severity, link, at, ended, labels, members, more and raw. Times are texts in RFC 3339, or empty.
func (e *Event) Data() map[string]any {
	data := e.Member.Data()
	members := make([]any, len(e.Members))
	for i := range e.Members {
		members[i] = e.Members[i].Data()
	}
	data["source"], data["members"], data["more"], data["raw"] = string(e.Source), members, e.More, e.Raw
	return data
}

// Data is the member as templates see it, with the names that Event.Data has, except those of an event alone.
func (m *Member) Data() map[string]any {
	labels := make(map[string]any, len(m.Labels))
	for name, value := range m.Labels {
		labels[name] = value
	}
	return map[string]any{
		"key": m.Key, "state": string(m.State), "title": m.Title, "text": m.Text, "severity": m.Severity,
		"link": m.Link, "at": stamp(m.At), "ended": stamp(m.Ended), "labels": labels,
	}
}

func stamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
