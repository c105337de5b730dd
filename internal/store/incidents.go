package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"redial/internal/incident"
	"redial/internal/store/engine"
)

// ErrNoIncident is returned if there is no such incident.
var ErrNoIncident = errors.New("there is no such incident")

// Incident is what a trigger's events are about, from the first member that fires to the last that is over.
type Incident struct {
	ID             string
	Trigger        string
	Key            string // what its sender calls it
	Grouped        bool   // Key names a group of members
	Title          string
	Event          string // JSON: what the last event said of it as a whole; empty once it is closed
	By             string // the name of the API key that told of it first; empty: none
	Members        int    // that fired since it was opened
	Firing         int    // of these, those that still do
	Acknowledged   int    // of these, those that somebody takes care of
	Call           string // the last call about it; empty: there was none
	OpenedAt       time.Time
	SeenAt         time.Time // the last event about it
	AcknowledgedAt time.Time // when somebody took care of all that fires; zero: nobody does
	ReachedAt      time.Time // when somebody was reached about it first; zero: nobody was
	ClosedAt       time.Time // zero: it is open
	ClosedWhy      Closing
	ClosedBy       string // who closed it by hand
}

// Closing says why an incident is closed.
type Closing string

// Why an incident is closed.
const (
	ClosedResolved  Closing = "resolved"  // its sender said so
	ClosedByHand    Closing = "closed"    //
	ClosedForgotten Closing = "forgotten" // nothing was heard of it for a while
)

func incidentColumns(i *Incident) []column {
	return []column{
		{"id", &i.ID},
		{"trigger_name", &i.Trigger},
		{"sender_key", &i.Key},
		{"grouped", asFlag{&i.Grouped}},
		{"made_by", asText{&i.By}},
		{"opened_at", asMicros{&i.OpenedAt}},
		{"title", &i.Title},
		{"members", &i.Members},
		{"firing", &i.Firing},
		{"acknowledged", &i.Acknowledged},
		{"call_id", asText{&i.Call}},
		{"seen_at", asMicros{&i.SeenAt}},
		{"acknowledged_at", asMicros{&i.AcknowledgedAt}},
		{"reached_at", asMicros{&i.ReachedAt}},
		{"closed_at", asMicros{&i.ClosedAt}},
		{"closed_why", asText{(*string)(&i.ClosedWhy)}},
		{"closed_by", asText{&i.ClosedBy}},
	}
}

// incidentFixed is how many of incidentColumns never change.
const incidentFixed = 6

// withEvent are the columns of an incident that an event tells of.
func withEvent(i *Incident, cols []column) []column {
	return append(cols, column{"event", asText{&i.Event}})
}

func mutableIncident(i *Incident) []column {
	return append([]column{{"id", &i.ID}}, incidentColumns(i)[incidentFixed:]...)
}

// memberRow is a member as it is stored.
type memberRow struct {
	trigger string
	incident.Member
	active   bool
	forgetAt time.Time
	title    string
}

func memberColumns(m *memberRow) []column {
	return []column{
		{"trigger_name", &m.trigger},
		{"member_key", &m.Key},
		{"group_key", &m.Group},
		{"incident_id", &m.Incident},
		{"firing", asFlag{&m.Firing}},
		{"acknowledged", asFlag{&m.Acknowledged}},
		{"began_at", asMicros{&m.Began}},
		{"ended_at", asMicros{&m.Ended}},
		{"seen_at", asMicros{&m.Seen}},
		{"tell_at", asMicros{&m.TellAt}},
		{"not_before", asMicros{&m.NotBefore}},
		{"call_id", asText{&m.Call}},
		{"people", asText{&m.People}},
		{"wants", asText{&m.Wants}},
		{"reached_at", asMicros{&m.Reached}},
		{"active", asFlag{&m.active}},
		{"forget_at", asMicros{&m.forgetAt}},
		{"title", &m.title},
	}
}

// memberKeys is how many of memberColumns find the row.
const memberKeys = 2

// aboutMember are the columns of a member of which something new was told.
func aboutMember(m *memberRow, about *string) []column {
	return append(memberColumns(m), column{"about", asText{about}})
}

var (
	selectIncidents = "SELECT " + names(incidentColumns(new(Incident))) + " FROM incidents WHERE "
	selectMembers   = "SELECT " + names(memberColumns(new(memberRow))) + " FROM incident_members WHERE "

	insertIncident = insertion("incidents", withEvent(new(Incident), incidentColumns(new(Incident))))
	updateIncident = updating("incidents", 1, mutableIncident(new(Incident)))
	tellIncident   = updating("incidents", 1, withEvent(new(Incident), mutableIncident(new(Incident))))
	insertMember   = insertion("incident_members", aboutMember(new(memberRow), new(string)))
	updateMember   = updating("incident_members", memberKeys, memberColumns(new(memberRow)))
	tellMember     = updating("incident_members", memberKeys, aboutMember(new(memberRow), new(string)))
)

// IncidentQuery says which incidents are wanted; what is empty does not matter.
type IncidentQuery struct {
	Trigger string
	Key     string // what their sender calls them
	Open    bool   // only those that are open
	Closed  bool   // only those that are closed
	Before  string // only those whose id is less: the older ones
	Limit   int
}

// Incidents returns the newest incidents of a query first, at most as many as its limit, and whether there are more.
func (s *Store) Incidents(ctx context.Context, q IncidentQuery) (list []Incident, more bool, err error) {
	if q.Open && q.Closed {
		return nil, false, nil
	}
	st := q.statement()
	st.Rows = func(scan func(...any) error) error {
		var i Incident
		if err := scan(fields(incidentColumns(&i))...); err != nil {
			return err
		}
		if more = len(list) == q.Limit; !more {
			list = append(list, i)
		}
		return nil
	}
	if err := s.engine.Read(ctx, st); err != nil {
		return nil, false, fmt.Errorf("listing incidents: %w", err)
	}
	return list, more, nil
}

func (q *IncidentQuery) statement() engine.Statement {
	var c conditions
	c.add("sender_key =", q.Key)
	c.add("trigger_name =", q.Trigger)
	switch {
	case q.Open:
		c.where = append(c.where, "closed_at IS NULL")
	case q.Closed:
		c.where = append(c.where, "closed_at IS NOT NULL")
	}
	return c.newest(selectIncidents, "id", q.index(), Query{Before: q.Before, Limit: q.Limit})
}

// index has the incidents of a query in their order. Few of all are open.
func (q *IncidentQuery) index() engine.Index {
	name := "PRIMARY"
	switch {
	case q.Key != "":
		name = "incidents_by_key"
	case q.Open && q.Trigger != "":
		name = "incidents_open_by_trigger"
	case q.Open:
		name = "incidents_by_end"
	case q.Trigger != "":
		name = "incidents_by_trigger"
	}
	return engine.Index{Table: "incidents", Name: name}
}

const incidentByID = "id = $1"

// Incident returns the incident with this id, or ErrNoIncident.
func (s *Store) Incident(ctx context.Context, id string) (i Incident, err error) {
	found, err := s.reading(ctx).row(selectIncidents+incidentByID, []any{storable(id)}, fields(incidentColumns(&i))...)
	if err == nil && !found {
		err = ErrNoIncident
	}
	if err != nil {
		return Incident{}, fmt.Errorf("reading the incident %s: %w", id, err)
	}
	return i, nil
}

// IncidentMember is a member of an incident, for whoever looks at it.
type IncidentMember struct {
	incident.Member
	Title string // empty once it is over
}

const membersShown = "incident_id = $1 AND member_key > $2 ORDER BY member_key LIMIT $3"

// IncidentMembers returns the members that belong to an incident now, in the order of their keys, at most limit of
// those after a key. A member that fired again since belongs to a later incident.
func (s *Store) IncidentMembers(ctx context.Context, id, after string, limit int) (list []IncidentMember, err error) {
	args := []any{storable(id), storable(after), limit}
	err = s.reading(ctx).each(selectMembers+membersShown, args, func(scan func(...any) error) error {
		var m memberRow
		err := scan(fields(memberColumns(&m))...)
		list = append(list, IncidentMember{m.Member, m.title})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("reading the members of the incident %s: %w", id, err)
	}
	return list, nil
}
