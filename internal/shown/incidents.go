package shown

import (
	"redial/api"
	"redial/internal/store"
)

// States of an incident, as the API calls them.
const (
	open         = "open"
	acknowledged = "acknowledged"
	closed       = "closed"
)

// Incident is an incident as the API shows it, without its members.
func Incident(i *store.Incident) api.Incident {
	w := api.Incident{
		ID: i.ID, Trigger: i.Trigger, Key: i.Key, Title: i.Title, State: open, Members: i.Members, Firing: i.Firing,
		Acknowledged: i.Acknowledged, Call: i.Call, By: i.By, OpenedAt: i.OpenedAt, SeenAt: i.SeenAt,
		AcknowledgedAt: i.AcknowledgedAt, ReachedAt: i.ReachedAt, ClosedAt: i.ClosedAt, ClosedWhy: string(i.ClosedWhy),
		ClosedBy: i.ClosedBy,
	}
	switch {
	case !i.ClosedAt.IsZero():
		w.State = closed
	case !i.AcknowledgedAt.IsZero():
		w.State = acknowledged
	}
	return w
}

// Member is a member of an incident as the API shows it.
func Member(m *store.IncidentMember) api.IncidentMember {
	return api.IncidentMember{
		Key: m.Key, Title: m.Title, Firing: m.Firing, Acknowledged: m.Acknowledged, SeenAt: m.Seen, ReachedAt: m.Reached,
		RingsAt: m.TellAt, Call: m.Call,
	}
}
