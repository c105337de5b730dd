package web

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/google/uuid"

	"redial/api"
	"redial/internal/edge"
	"redial/internal/shown"
	"redial/internal/store"
)

const maxMembers = 100 // of an incident, that are shown

// ListIncidents shows a page of incidents, the newest first.
func (s *Server) ListIncidents(w http.ResponseWriter, r *http.Request) error {
	q, err := readIncidentQuery(r.URL.Query())
	if err != nil {
		return err
	}
	list, more, err := s.Store.Incidents(r.Context(), q)
	if err != nil {
		return err
	}
	page := api.IncidentList{Incidents: []api.Incident{}}
	for i := range list {
		page.Incidents = append(page.Incidents, shown.Incident(&list[i]))
	}
	if more {
		page.NextCursor = list[len(list)-1].ID
	}
	return reply(w, http.StatusOK, page)
}

func readIncidentQuery(v url.Values) (q store.IncidentQuery, err error) {
	q = store.IncidentQuery{
		Trigger: strings.ToLower(v.Get("trigger")), Key: v.Get("key"), Before: v.Get("cursor"), Limit: defaultLimit,
	}
	var f edge.Faults
	f.Parameters(v, "cursor", "key", "limit", "state", "trigger")
	state := v.Get("state")
	if states := []string{"", "open", "closed"}; !slices.Contains(states, state) {
		f.Add("state", "must be open or closed")
	}
	q.Open, q.Closed = state == "open", state == "closed"
	if q.Before != "" && uuid.Validate(q.Before) != nil {
		f.Add("cursor", "must be the next_cursor of a page before")
	}
	readLimit(&f, v, &q.Limit)
	return q, f.Problem()
}

// GetIncident shows an incident, with its members.
func (s *Server) GetIncident(w http.ResponseWriter, r *http.Request) error {
	i, err := s.Store.Incident(r.Context(), strings.ToLower(r.PathValue("id")))
	if err != nil {
		return err
	}
	return s.replyIncident(w, r, &i)
}

func (s *Server) replyIncident(w http.ResponseWriter, r *http.Request, i *store.Incident) error {
	members, err := s.Store.IncidentMembers(r.Context(), i.ID, "", maxMembers+1)
	if err != nil {
		return err
	}
	out := shown.Incident(i)
	for n := range members[:min(len(members), maxMembers)] {
		out.MemberList = append(out.MemberList, shown.Member(&members[n]))
	}
	out.More = len(members) > maxMembers
	return reply(w, http.StatusOK, out)
}

// CloseIncident closes an incident by hand. For one that is closed it does nothing.
func (s *Server) CloseIncident(w http.ResponseWriter, r *http.Request) error {
	return s.byHand(w, r, "closed", s.Triggers.Close)
}

// AcknowledgeIncident ends the ringing about an incident. For one that is closed it does nothing.
func (s *Server) AcknowledgeIncident(w http.ResponseWriter, r *http.Request) error {
	return s.byHand(w, r, "acknowledged", s.Triggers.Acknowledge)
}

func (s *Server) byHand(
	w http.ResponseWriter, r *http.Request, done string,
	do func(context.Context, store.Asker, string) (store.Incident, error),
) error {
	by := asker(r.Context())
	i, err := do(r.Context(), by, strings.ToLower(r.PathValue("id")))
	if err != nil {
		return err
	}
	s.Log.Info("incident "+done, "incident", i.ID, "trigger", i.Trigger, "by", by.Name)
	return s.replyIncident(w, r, &i)
}
