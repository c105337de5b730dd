package web

import (
	"errors"
	"net/http"
	"strconv"

	"redial/internal/call"
	"redial/internal/edge"
	"redial/internal/store"
)

// ResolveAttempt takes an operator's word on an ambiguous attempt: which of Twilio's calls it was, or that it was none.
// It asks Twilio how that call ended.
func (s *Server) ResolveAttempt(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("id")
	n, err := strconv.Atoi(r.PathValue("number"))
	if err != nil {
		return edge.Problem(http.StatusNotFound, "there is no such attempt")
	}
	sid, err := s.resolution(w, r)
	if err != nil {
		return err
	}
	var report *call.Report
	if sid != "" {
		if report, err = s.leg(r, id, n, sid); err != nil {
			return err
		}
	}
	by, now := asker(r.Context()), s.Store.Now()
	c, err := s.Store.ChangeBy(r.Context(), by, id, now, func(c *call.Call) ([]call.Event, error) {
		return c.Resolve(n, report, by.Name, now)
	})
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, showCall(r.Context(), &c))
}

// resolution reads the request: a sid, or an empty one for an attempt that was never placed.
func (s *Server) resolution(w http.ResponseWriter, r *http.Request) (sid string, err error) {
	body, err := readBody(w, r)
	if err != nil {
		return "", err
	}
	var f edge.Faults
	var unplaced bool
	f.Object(body, "", edge.Fields{{"sid", &sid}, {"unplaced", &unplaced}})
	if f.None() && (sid == "") == !unplaced {
		f.Add("sid", `give either the CallSid that Twilio knows the attempt by, or "unplaced": true`)
	}
	return sid, f.Problem()
}

// leg asks Twilio about the call that is said to be the attempt.
func (s *Server) leg(r *http.Request, id string, n int, sid string) (*call.Report, error) {
	owner, number, err := s.Store.BySID(r.Context(), sid)
	switch {
	case err == nil && owner != id && !s.sees(r.Context(), owner):
		return nil, store.ErrSIDTaken
	case err == nil && (owner != id || number != n):
		return nil, edge.Problem(http.StatusConflict, "this CallSid is attempt %d of call %s", number, owner)
	case err != nil && !errors.Is(err, store.ErrNotFound):
		return nil, err
	}
	report, err := s.LookUp(r.Context(), sid)
	if err != nil {
		s.Log.Warn("asking Twilio about a call failed", "sid", sid, "err", err)
		return nil, edge.Problem(http.StatusBadGateway, "Twilio can't be asked about this CallSid, or does not know it")
	}
	return &report, nil
}
