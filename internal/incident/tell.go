package incident

import (
	"maps"
	"time"
)

// Event is what was told about one member.
type Event struct {
	Key      string
	Group    string    // the sender's name for what belongs together; empty: the member alone
	State    State     //
	Rings    bool      // the trigger is for it
	Began    time.Time // zero: the sender does not say
	Ended    time.Time // of what is over; zero: the sender does not say
	Wants    string    // of what fires: whom it is to reach; empty: whomever the trigger reaches
	Incident string    // a new one's id, for a member that fires and belongs to no open one
}

// State is what an event says of a member.
type State string

// The states.
const (
	Firing       State = "firing"
	Acknowledged State = "acknowledged"
	Over         State = "over"   // resolved, as its sender says
	Closed       State = "closed" // by hand: also what the sender repeats of it later is old news
)

// Tell takes in what an event says of members, and says of each whether it was news. It is not where a pair of senders
// tells something twice, or something older than what is known.
func (t *Trigger) Tell(events []Event, now time.Time) (news []bool) {
	t.settle()
	groups := t.groups()
	for _, e := range events {
		e = e.plausible(now)
		m := t.Members[e.Key]
		switch {
		case e.State == Firing:
			news = append(news, t.fire(m, e, groups, now))
		case m == nil: // nothing was known of it, and it rings nobody
			if e.State == Over && e.Rings && !e.Ended.IsZero() { // what fired before may still come
				t.Members[e.Key] = &Member{Key: e.Key, Ended: e.Ended, Seen: now}
			}
			news = append(news, false)
		case e.State == Acknowledged:
			news = append(news, m.acknowledge(now))
		default:
			news = append(news, m.end(e, now))
		}
	}
	return news
}

// finest is how finely times are kept. Senders are finer: a beginning as it was sent would be after the same one as it
// is kept.
const finest = time.Microsecond

// plausible is the event without times that can't be. An end that is still to come, or that was before the beginning,
// says only that what began then is over; a beginning far ahead says nothing. Senders' clocks may be hours off.
func (e Event) plausible(now time.Time) Event {
	e.Began, e.Ended = e.Began.Truncate(finest), e.Ended.Truncate(finest)
	if e.Began.After(now.Add(24 * time.Hour)) {
		e.Began = time.Time{}
	}
	if e.Ended.After(now) || !e.Ended.IsZero() && e.Ended.Before(e.Began) {
		e.Ended = e.Began
	}
	return e
}

// fire takes in that a member fires.
func (t *Trigger) fire(m *Member, e Event, groups map[string]string, now time.Time) (news bool) {
	switch {
	case m == nil && !e.Rings:
		return false
	case m == nil:
		m = &Member{Key: e.Key}
		t.Members[e.Key] = m
	case !e.Began.IsZero() && !m.Ended.IsZero() && !e.Began.After(m.Ended):
		return false // it is over already, and this event came late
	}
	m.Seen = now
	if e.Rings {
		m.Wants = e.Wants
	}
	switch {
	case !m.Firing && e.Rings:
		t.begin(m, e, groups, now)
		news = true
	case m.Firing && e.Rings && m.TellAt.IsZero() && m.Reached.IsZero() && !t.Live(m):
		m.TellAt = now // it is repeated, and its last call reached nobody
	}
	if m.Firing {
		m.Began = latest(m.Began, e.Began)
	}
	return news
}

// begin makes a member fire that did not. If a call still tells of it, it waits for what becomes of that.
func (t *Trigger) begin(m *Member, e Event, groups map[string]string, now time.Time) {
	if c, known := t.Calls[m.Call]; m.Call != "" && !c.Live {
		if known {
			m.NotBefore = c.Ended.Add(t.AgainAfter)
		}
		m.Call, m.People = "", ""
	}
	m.Firing, m.Acknowledged, m.Reached, m.Began = true, false, time.Time{}, e.Began
	m.TellAt = now.Add(t.Hold)
	m.Group, m.Incident = e.Group, groups[e.Group]
	if m.Incident == "" {
		m.Incident = e.Incident
	}
	if m.Group != "" {
		groups[m.Group] = m.Incident
	}
}

func (m *Member) acknowledge(now time.Time) (news bool) {
	news = m.Firing && !m.Acknowledged
	m.Acknowledged, m.Seen = m.Firing, now
	return news
}

// end takes in that a member is over, unless it began anew since.
func (m *Member) end(e Event, now time.Time) (news bool) {
	if !e.Ended.IsZero() && e.Ended.Before(m.Began) {
		return false
	}
	news = m.Firing
	m.Firing, m.Acknowledged, m.Seen = false, false, now
	m.TellAt, m.Reached = time.Time{}, time.Time{}
	if m.Ended = latest(m.Ended, e.Ended); e.State == Closed {
		m.Ended = latest(m.Ended, now)
	}
	return news
}

// groups are the incidents that are open, by their senders' names for them.
func (t *Trigger) groups() map[string]string {
	open := maps.Clone(t.Open)
	if open == nil {
		open = map[string]string{}
	}
	for _, m := range t.Members {
		if m.Firing && m.Group != "" {
			open[m.Group] = m.Incident
		}
	}
	return open
}
