package web

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"redial/internal/call"
	"redial/internal/crashpoint"
	"redial/internal/edge"
	"redial/internal/store"
	"redial/internal/twilio"
)

// verdict says what became of a callback.
type verdict string

const (
	accepted  verdict = "accepted"  // it told something new
	repeated  verdict = "repeated"  // nothing new: late or doubled
	forged    verdict = "forged"    // no signature of ours
	unknown   verdict = "unknown"   // no such attempt
	malformed verdict = "malformed" // not a status callback
	ignored   verdict = "ignored"   // a status that redial does not know
	failed    verdict = "failed"    // it could not be stored; Twilio is asked to repeat it
)

var verdicts = []verdict{accepted, repeated, forged, unknown, malformed, ignored, failed}

const (
	maxCallback = 64 << 10 // bytes
	maxFields   = 500      // of a form; Twilio sends about forty
)

// Callback is told by Twilio how an attempt goes. It finds the attempt by the key in the callback's URL, also if the
// create request's answer never came. Without a key it finds the attempt by its sid.
func (s *Server) Callback(w http.ResponseWriter, r *http.Request) error {
	v, err := s.hear(w, r)
	s.callbacks.WithLabelValues(string(v)).Inc()
	if err != nil {
		return err
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// signedForm reads a form that Twilio has signed.
func (s *Server) signedForm(w http.ResponseWriter, r *http.Request) (url.Values, verdict, error) {
	if r.Header.Get(twilio.SignatureHeader) == "" { // the body need not be read
		return nil, forged, s.unsigned()
	}
	body, err := readAtMost(w, r, maxCallback)
	if err != nil {
		return nil, malformed, err
	}
	if bytes.Count(body, []byte("&")) >= maxFields {
		return nil, malformed, edge.Problem(http.StatusBadRequest, "the form has more than %d fields", maxFields)
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, malformed, edge.Problem(http.StatusBadRequest, "the body is not a form")
	}
	if !s.Verifier.Valid(r, form, body) {
		return nil, forged, s.unsigned()
	}
	s.Heard()
	return form, accepted, nil
}

func (s *Server) unsigned() error {
	s.unsignedLog.Happened()
	return edge.Problem(http.StatusForbidden, "the signature is not Twilio's for this URL")
}

func (s *Server) hear(w http.ResponseWriter, r *http.Request) (verdict, error) {
	form, v, err := s.signedForm(w, r)
	if err != nil {
		return v, err
	}
	report, err := twilio.ParseReport(form)
	if err != nil {
		return malformed, edge.Problem(http.StatusBadRequest, "%v", err)
	}
	if !report.Status.Known() { // Twilio would take a refusal for a fault, and repeat it
		s.Log.Warn("a callback with an unknown status is ignored",
			"sid", report.SID, "status", fmt.Sprintf("%.40q", string(report.Status)))
		return ignored, nil
	}
	id, n, err := s.attemptOf(r, report.SID)
	if err == nil {
		return s.report(r, id, n, report)
	}
	if errors.Is(err, store.ErrNotFound) {
		return unknown, edge.Problem(http.StatusNotFound, "no attempt has this key or CallSid")
	}
	return failed, err
}

// attemptOf finds the attempt that a callback is about.
func (s *Server) attemptOf(r *http.Request, sid string) (id string, n int, err error) {
	key := r.URL.Query().Get("attempt")
	if key == "" {
		return s.Store.BySID(r.Context(), sid)
	}
	id, n, ok := call.ParseKey(key)
	if !ok {
		return "", 0, store.ErrNotFound
	}
	return id, n, nil
}

// errNoSID is the answer to a callback whose CallSid can't be one.
var errNoSID = edge.Problem(http.StatusBadRequest, "CallSid is not of the form that calls have")

func (s *Server) report(r *http.Request, id string, n int, report call.Report) (verdict, error) {
	key := r.URL.Query().Get("attempt")
	if key != "" && !s.IsSID(report.SID) {
		return malformed, errNoSID
	}
	news := false
	_, err := s.Store.Change(r.Context(), id, s.Store.Now(), func(c *call.Call) ([]call.Event, error) {
		if key != "" && !c.Holds(key, n) {
			return nil, store.ErrNotFound
		}
		events := c.Report(n, report, s.Store.Now())
		news = len(events) > 0
		crashpoint.Point(crashpoint.CallbackBeforeCommit)
		return events, nil
	})
	crashpoint.Point(crashpoint.CallbackAfterCommit)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return unknown, edge.Problem(http.StatusNotFound, "no attempt has this key or CallSid")
	case errors.Is(err, store.ErrSIDTaken):
		s.Log.Error("a callback has the key of one attempt and the CallSid of another",
			"call", id, "attempt", n, "sid", report.SID)
		return malformed, err
	case err != nil:
		return failed, err
	case !news:
		return repeated, nil
	}
	return accepted, nil
}
