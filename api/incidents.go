package api

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// Incident is what a trigger's events are about, from the first member that fires to the last that is over.
type Incident struct {
	ID           string `json:"id"`
	Trigger      string `json:"trigger"`
	Key          string `json:"key"` // what its sender calls it
	Title        string `json:"title,omitzero"`
	State        string `json:"state"`                 // open, acknowledged or closed
	Members      int    `json:"members"`               // that fired since it was opened
	Firing       int    `json:"firing"`                // of these, those that still do
	Acknowledged int    `json:"acknowledged,omitzero"` // of these, those that somebody takes care of
	Call         string `json:"call,omitzero"`         // the last call about it
	By           string `json:"by,omitzero"`           // the name of the API key that told of it first

	OpenedAt       time.Time `json:"opened_at"`
	SeenAt         time.Time `json:"seen_at"` // the last event about it
	AcknowledgedAt time.Time `json:"acknowledged_at,omitzero"`
	ReachedAt      time.Time `json:"reached_at,omitzero"` // when somebody was reached about it first
	ClosedAt       time.Time `json:"closed_at,omitzero"`
	ClosedWhy      string    `json:"closed_why,omitzero"` // resolved, closed (by hand) or forgotten
	ClosedBy       string    `json:"closed_by,omitzero"`  // who closed it by hand

	// Of one incident alone: its first members, and whether there are more.
	MemberList []IncidentMember `json:"member_list,omitzero"`
	More       bool             `json:"more,omitzero"`
}

// IncidentMember is one thing that fires, or did, such as an alert.
type IncidentMember struct {
	Key          string    `json:"key"`
	Title        string    `json:"title,omitzero"` // while it fires
	Firing       bool      `json:"firing"`
	Acknowledged bool      `json:"acknowledged,omitzero"`
	SeenAt       time.Time `json:"seen_at"`
	ReachedAt    time.Time `json:"reached_at,omitzero"`
	RingsAt      time.Time `json:"rings_at,omitzero"` // when a phone rings about it, at the earliest
	Call         string    `json:"call,omitzero"`     // the last call about it
}

// IncidentList is a page of incidents, the newest first.
type IncidentList struct {
	Incidents  []Incident `json:"incidents"`
	NextCursor string     `json:"next_cursor,omitzero"`
}

// IncidentQuery selects incidents; what is empty does not matter.
type IncidentQuery struct {
	Trigger string
	Key     string // what their sender calls them
	State   string // open or closed
	Limit   int    // 0: the server's default
	Cursor  string // the NextCursor of the page before
}

// Incidents lists a page of incidents, the newest first.
func (c *Client) Incidents(ctx context.Context, q IncidentQuery) (list IncidentList, err error) {
	v := url.Values{}
	for name, value := range map[string]string{
		"trigger": q.Trigger, "key": q.Key, "state": q.State, "cursor": q.Cursor,
	} {
		if value != "" {
			v.Set(name, value)
		}
	}
	if q.Limit != 0 {
		v.Set("limit", strconv.Itoa(q.Limit))
	}
	_, err = c.do(ctx, request{method: http.MethodGet, path: "/v1/incidents?" + v.Encode(), safe: true}, &list)
	return list, err
}

func incidentPath(id string) string { return "/v1/incidents/" + url.PathEscape(id) }

// Incident shows an incident, with its members.
func (c *Client) Incident(ctx context.Context, id string) (i Incident, err error) {
	_, err = c.do(ctx, request{method: http.MethodGet, path: incidentPath(id), safe: true}, &i)
	return i, err
}

// CloseIncident closes an incident: nothing rings about it any more. Closing it again does nothing.
func (c *Client) CloseIncident(ctx context.Context, id string) (i Incident, err error) {
	_, err = c.do(ctx, request{method: http.MethodPost, path: incidentPath(id) + "/close", safe: true}, &i)
	return i, err
}

// AcknowledgeIncident ends the ringing about an incident, as somebody takes care of it. It stays open.
func (c *Client) AcknowledgeIncident(ctx context.Context, id string) (i Incident, err error) {
	_, err = c.do(ctx, request{method: http.MethodPost, path: incidentPath(id) + "/acknowledge", safe: true}, &i)
	return i, err
}
