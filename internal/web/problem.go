package web

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"

	"redial/api"
	"redial/internal/call"
	"redial/internal/edge"
	"redial/internal/source"
	"redial/internal/store"
	"redial/internal/trigger"
)

const retryAfter = "5" // seconds, in answers that say "later"

// fail answers an error. It has the one table from errors to statuses.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, err error) {
	p, ok := errors.AsType[*api.Problem](err)
	tooMany, bounded := errors.AsType[*store.TooManyError](err)
	switch {
	case ok:
	case bounded:
		p = s.bounded.problem(tooMany)
	case errors.Is(err, store.ErrNotFound):
		p = edge.Problem(http.StatusNotFound, "there is no such call")
	case errors.Is(err, store.ErrSIDTaken):
		p = edge.Problem(http.StatusConflict, "%v", store.ErrSIDTaken)
	case errors.Is(err, store.ErrNoEndpoint):
		p = edge.Problem(http.StatusNotFound, "there is no such webhook endpoint")
	case errors.Is(err, store.ErrForgotten):
		p = edge.Problem(http.StatusConflict, "%v", store.ErrForgotten)
	case errors.Is(err, store.ErrConflict):
		p = edge.Problem(http.StatusConflict, "this Idempotency-Key was used for another request; use a new one")
	case errors.Is(err, call.ErrNotAmbiguous), errors.Is(err, call.ErrStillAlive), errors.Is(err, call.ErrHasSID):
		p = edge.Problem(http.StatusConflict, "%v", root(err))
	case isNotNow(err):
		p = edge.Problem(http.StatusConflict, "%v", root(err))
	case errors.Is(err, store.ErrKeysUnread):
		p = edge.Problem(http.StatusServiceUnavailable,
			"redial can't tell whether this API key works: %v; nothing was changed", store.ErrKeysUnread)
	case errors.Is(err, store.ErrKeyEnded): // since it was let in
		p = s.endedKey()
	case errors.Is(err, store.ErrKeysEnded):
		p = edge.Problem(http.StatusNotFound, "%v", store.ErrKeysEnded)
	case errors.Is(err, store.ErrNoKey):
		p = edge.Problem(http.StatusNotFound, "%v", store.ErrNoKey)
	case errors.Is(err, store.ErrNoIncident):
		p = edge.Problem(http.StatusNotFound, "%v", store.ErrNoIncident)
	case errors.Is(err, trigger.ErrNoTrigger), errors.Is(err, trigger.ErrNoRota):
		p = edge.Problem(http.StatusNotFound, "%v", err)
	case errors.Is(err, source.ErrTooLarge):
		p = edge.Problem(http.StatusRequestEntityTooLarge, "%v", err)
	case errors.Is(err, store.ErrKeyName), errors.Is(err, store.ErrKeys), errors.Is(err, store.ErrTriggerSecrets),
		isGiven(err):
		p = edge.Problem(http.StatusConflict, "%v", root(err))
	case errors.Is(err, store.ErrNoOverride):
		p = edge.Problem(http.StatusNotFound, "%v", store.ErrNoOverride)
	case errors.Is(err, store.ErrOverrideOver), errors.Is(err, store.ErrOverrides):
		p = edge.Problem(http.StatusConflict, "%v", root(err))
	case errors.Is(err, store.ErrNotEnded):
		p = edge.Problem(http.StatusConflict, "the call has not ended; cancel it first")
	case errors.Is(err, context.Canceled) && r.Context().Err() != nil:
		return // the client is gone
	default:
		if store.Away(err) {
			s.awayLog.Happened(err)
		} else {
			s.Log.Error("answering a request failed", "method", r.Method, "route", r.Pattern, "err", err)
		}
		p = edge.Problem(http.StatusServiceUnavailable, "%s", whatIsKnown(r, err))
	}
	writeProblem(w, p)
}

// whatIsKnown says what is known of a request that the database could not serve.
func whatIsKnown(r *http.Request, err error) string {
	reads := r.Method == http.MethodGet || r.Method == http.MethodHead
	if errors.Is(err, store.ErrUnclear) && !reads {
		return "redial lost its database while it wrote, and it is not known whether anything was changed: " +
			"repeat the request with the same Idempotency-Key; if it had none, look first, and give it one"
	}
	return "redial can't reach its database, or it can't be written; nothing was changed"
}

// isGiven says whether an error means that a trigger's secret is not redial's to make.
func isGiven(err error) bool {
	_, ok := errors.AsType[*trigger.GivenSecretError](err)
	return ok
}

// isNotNow says whether an error means that the next dial may not be made at once.
func isNotNow(err error) bool {
	_, ok := errors.AsType[*call.NotNowError](err)
	return ok || errors.Is(err, call.ErrEnded) || errors.Is(err, call.ErrDialed) || errors.Is(err, call.ErrHeld)
}

// root returns the innermost error: what was wrong, without what was being done.
func root(err error) error {
	for inner := err; inner != nil; inner = errors.Unwrap(inner) {
		err = inner
	}
	return err
}

func writeProblem(w http.ResponseWriter, p *api.Problem) {
	switch p.Status {
	case http.StatusUnauthorized:
		w.Header().Set("WWW-Authenticate", `Bearer realm="redial"`)
	case http.StatusServiceUnavailable:
		w.Header().Set("Retry-After", retryAfter)
	case http.StatusTooManyRequests:
		w.Header().Set("Retry-After", askAgainAfter)
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p) // there is no other way to tell the client
}
