package web

import (
	"errors"
	"io"
	"net/http"
	"strconv"

	"redial/api"
	"redial/internal/call"
	"redial/internal/crashpoint"
	"redial/internal/edge"
	"redial/internal/store"
	"redial/internal/twilio"
)

// Gather is told by Twilio which keys were pressed. It answers once their meaning is on disk. If that can't be written,
// it answers 503, after which Twilio repeats the request.
func (s *Server) Gather(w http.ResponseWriter, r *http.Request) error {
	return s.talk(w, r, func(c *call.Call, n int, keys string, report call.Report) (call.Call, string, error) {
		try, err := strconv.Atoi(r.URL.Query().Get("try"))
		if err != nil || try < 1 || try > call.KeyTries {
			return call.Call{}, "", edge.Problem(http.StatusBadRequest, "the query has no try from 1 to %d", call.KeyTries)
		}
		means := c.Policy.Confirm.Means(keys) // outside the transaction: to hash a PIN takes long
		after, err := s.Store.Change(r.Context(), c.ID, s.Store.Now(), func(c *call.Call) ([]call.Event, error) {
			events := c.Pressed(n, report.SID, try, means, s.Store.Now())
			crashpoint.Point(crashpoint.GatherBeforeCommit)
			return events, nil
		})
		crashpoint.Point(crashpoint.GatherAfterCommit)
		if err != nil {
			return call.Call{}, "", err
		}
		return after, twilio.Reply(s.HostURL, &after, n, try), nil
	})
}

// Answer tells Twilio what to say to the person who picked up.
func (s *Server) Answer(w http.ResponseWriter, r *http.Request) error {
	return s.talk(w, r, func(c *call.Call, n int, _ string, report call.Report) (call.Call, string, error) {
		report.Status, report.Instructs = call.InProgress, true
		after, err := s.Store.Change(r.Context(), c.ID, s.Store.Now(), func(c *call.Call) ([]call.Event, error) {
			return c.Report(n, report, s.Store.Now()), nil
		})
		if err != nil {
			return call.Call{}, "", err
		}
		return after, twilio.Answer(s.HostURL, &after, n), nil
	})
}

// answering writes down what Twilio reports of attempt n, and returns the TwiML to answer with.
type answering func(c *call.Call, n int, keys string, report call.Report) (call.Call, string, error)

// talk answers one of Twilio's requests for TwiML.
func (s *Server) talk(w http.ResponseWriter, r *http.Request, step answering) error {
	twiml, v, err := s.say(w, r, step)
	s.callbacks.WithLabelValues(string(v)).Inc()
	if err != nil {
		return err
	}
	w.Header().Set("Content-Type", "text/xml; charset=utf-8")
	_, err = io.WriteString(w, twiml)
	return ignoreGone(err)
}

func (s *Server) say(w http.ResponseWriter, r *http.Request, step answering) (twiml string, v verdict, err error) {
	form, v, err := s.signedForm(w, r)
	if err != nil {
		return "", v, err
	}
	report, err := twilio.ParseReport(form)
	if err != nil {
		return "", malformed, edge.Problem(http.StatusBadRequest, "%v", err)
	}
	if !s.IsSID(report.SID) {
		return "", malformed, errNoSID
	}
	key := r.URL.Query().Get("attempt")
	id, n, ok := call.ParseKey(key)
	if !ok {
		return "", unknown, edge.Problem(http.StatusNotFound, "no attempt has this key")
	}
	c, err := s.Store.Get(r.Context(), id)
	if err == nil {
		if a := c.Attempt(n); !c.Holds(key, n) || a.SID != "" && a.SID != report.SID {
			err = store.ErrNotFound
		}
	}
	if err == nil {
		c, twiml, err = step(&c, n, form.Get("Digits"), report)
	}
	switch _, wrong := errors.AsType[*api.Problem](err); {
	case errors.Is(err, store.ErrNotFound):
		return "", unknown, err
	case wrong, errors.Is(err, store.ErrSIDTaken):
		return "", malformed, err
	case err != nil:
		return "", failed, err
	}
	s.Log.Debug("told what to say", "call", c.ID, "attempt", n, "sid", report.SID)
	return twiml, accepted, nil
}
