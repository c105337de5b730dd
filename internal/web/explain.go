package web

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"redial/api"
	"redial/internal/call"
	"redial/internal/edge"
	"redial/internal/shown"
)

// dryRun says whether a request for a call asks only what would become of it. Other parameters are faults: a mistyped
// dry_run would make the call.
func dryRun(r *http.Request) (bool, error) {
	var f edge.Faults
	v, err := url.ParseQuery(r.URL.RawQuery) // r.URL.Query would leave out what it can't read
	if err != nil {
		return false, edge.Problem(http.StatusBadRequest, "the query of the URL can't be read: %v", err)
	}
	for name := range v {
		if name != "dry_run" {
			f.Add(name, "is not a parameter here; there is: dry_run")
		}
	}
	dry := v.Get("dry_run")
	if v.Has("dry_run") && dry != "true" && dry != "false" || len(v["dry_run"]) > 1 {
		f.Add("dry_run", "must be true or false")
	}
	return dry == "true", f.Problem()
}

// explainWish says what would become of a call, and makes none. The forecasts leave out jitter, since the real call
// will have another.
func (s *Server) explainWish(w http.ResponseWriter, r *http.Request, c *call.Call) error {
	known := c.Clone()
	known.Policy.Jitter = 0
	e, err := s.explanation(r.Context(), c, &known, c.CreatedAt)
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, e)
}

// ExplainCall says what will become of a Call.
func (s *Server) ExplainCall(w http.ResponseWriter, r *http.Request) error {
	c, err := s.Store.Get(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	e, err := s.explanation(r.Context(), &c, &c, s.Store.Now())
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, e)
}

// explanation explains a Call at now. known is the Call that is forecast.
func (s *Server) explanation(ctx context.Context, c, known *call.Call, now time.Time) (e api.Explanation, err error) {
	var waiting []string
	if c.State != call.Ended {
		if waiting, err = s.waiting(ctx, c, now); err != nil {
			return e, err
		}
	}
	e = shown.Explanation(c, known, waiting, now)
	if !wholeNumbers(ctx) {
		shown.MaskExplanation(&e)
	}
	return e, nil
}

// waiting is all that keeps a Call from being dialed at now.
func (s *Server) waiting(ctx context.Context, c *call.Call, now time.Time) (why []string, err error) {
	q, err := s.queue(ctx, now)
	if err != nil {
		return nil, err
	}
	why = q.Keeps(c)
	rung, err := s.Store.Rung(ctx, c.Numbers(), c.ID)
	if rung && c.Held == "" {
		why = append(why, "another call is ringing the number just now")
	}
	return why, err
}

// RedialCall asks for the next dial at once.
func (s *Server) RedialCall(w http.ResponseWriter, r *http.Request) error {
	by, now := asker(r.Context()), s.Store.Now()
	c, err := s.Store.ChangeBy(r.Context(), by, r.PathValue("id"), now, func(c *call.Call) ([]call.Event, error) {
		return c.Redial(by.Name, now)
	})
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, showCall(r.Context(), &c))
}
