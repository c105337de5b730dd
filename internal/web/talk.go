package web

import (
	"io"
	"net/http"
	"strconv"

	"redial/internal/call"
	"redial/internal/crash"
	"redial/internal/store"
	"redial/internal/twilio"
)

// gather hears which keys were pressed. What they mean is on disk before anything
// is said about it.
func (s *Server) gather(w http.ResponseWriter, r *http.Request) error {
	return s.talk(w, r, func(c *call.Call, n int, keys string, report call.Report) (call.Call, string, error) {
		try, err := strconv.Atoi(r.URL.Query().Get("try"))
		if err != nil || try < 1 || try > call.KeyTries {
			return call.Call{}, "", problem(http.StatusBadRequest, "the query has no try from 1 to %d", call.KeyTries)
		}
		right := c.Policy.Confirm.Accepts(keys) // not in the transaction: a PIN takes its time
		after, err := s.Store.Change(r.Context(), c.ID, s.Store.Now(), func(c *call.Call) ([]call.Event, error) {
			events := c.Pressed(n, report.SID, try, right, s.Store.Now())
			crash.Point(crash.GatherBeforeCommit)
			return events, nil
		})
		crash.Point(crash.GatherAfterCommit)
		return after, twilio.Reply(s.HostURL, &after, n, try), err
	})
}

// answer says what to tell whoever picked up.
func (s *Server) answer(w http.ResponseWriter, r *http.Request) error {
	return s.talk(w, r, func(c *call.Call, n int, _ string, report call.Report) (call.Call, string, error) {
		report.Status, report.Instructs = call.InProgress, true
		after, err := s.Store.Change(r.Context(), c.ID, s.Store.Now(), func(c *call.Call) ([]call.Event, error) {
			return c.Report(n, report, s.Store.Now()), nil
		})
		return after, twilio.Answer(s.HostURL, &after, n), err
	})
}

// talk answers a request of Twilio's about a call that is answered with TwiML.
func (s *Server) talk(w http.ResponseWriter, r *http.Request, step func(c *call.Call, n int, keys string, report call.Report) (call.Call, string, error)) error {
	form, v, err := s.signedForm(w, r)
	if err != nil {
		s.callbacks.WithLabelValues(string(v)).Inc()
		return err
	}
	report, err := twilio.ParseReport(form)
	if err != nil {
		return problem(http.StatusBadRequest, "%v", err)
	}
	key := r.URL.Query().Get("attempt")
	id, n, ok := call.ParseKey(key)
	if !ok {
		return problem(http.StatusNotFound, "no attempt has this key")
	}
	c, err := s.Store.Get(r.Context(), id)
	if err != nil {
		return err
	}
	if a := c.Attempt(n); !c.Holds(key, n) || a.SID != "" && a.SID != report.SID {
		return store.ErrNotFound
	}
	after, twiml, err := step(&c, n, form.Get("Digits"), report)
	if err != nil {
		return err
	}
	s.Log.Debug("told what to say", "call", after.ID, "attempt", n, "sid", report.SID)
	w.Header().Set("Content-Type", "text/xml; charset=utf-8")
	_, err = io.WriteString(w, twiml)
	return ignoreGone(err)
}
