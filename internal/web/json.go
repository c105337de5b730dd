package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"
	"syscall"

	"redial/api"
	"redial/internal/call"
	"redial/internal/edge"
	"redial/internal/store"
)

const retryAfter = "5" // seconds, in answers that say "later"

// A Handler answers a request, or returns the error that is to be answered.
type Handler func(http.ResponseWriter, *http.Request) error

// Open serves anybody.
func (s *Server) Open(h Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := h(w, r); err != nil {
			s.fail(w, r, err)
		}
	})
}

// API serves who may use the API.
func (s *Server) API(h Handler) http.Handler {
	return s.Open(func(w http.ResponseWriter, r *http.Request) error {
		if err := s.authorize(r); err != nil {
			return err
		}
		return s.bodies.hold(r, func() error { return h(w, r) })
	})
}

// Twilio serves Twilio, whose signature the handler checks once it has read the body.
func (s *Server) Twilio(h Handler) http.Handler {
	return s.Open(func(w http.ResponseWriter, r *http.Request) error {
		return s.forms.hold(r, func() error { return h(w, r) })
	})
}

// fail answers an error: the one table from errors to statuses.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, err error) {
	p, ok := errors.AsType[*api.Problem](err)
	switch {
	case ok:
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
	case errors.Is(err, store.ErrNotEnded):
		p = edge.Problem(http.StatusConflict, "the call has not ended; cancel it first")
	case errors.Is(err, context.Canceled) && r.Context().Err() != nil:
		return // nobody listens any more
	default:
		s.Log.Error("answering a request failed", "method", r.Method, "route", r.Pattern, "err", err)
		p = edge.Problem(http.StatusServiceUnavailable, "%s", whatIsKnown(err))
	}
	writeProblem(w, p)
}

// whatIsKnown says what has become of a request that the database could not serve.
func whatIsKnown(err error) string {
	if errors.Is(err, store.ErrUnclear) {
		return "redial lost its database while it wrote, and it is not known whether anything was changed: repeat the request with the same Idempotency-Key; if it had none, look first, and give it one"
	}
	return "redial can't reach its database, or it can't be written; nothing was changed"
}

// isNotNow says that the next dial may not be made at once.
func isNotNow(err error) bool {
	_, ok := errors.AsType[*call.NotNowError](err)
	return ok || errors.Is(err, call.ErrEnded) || errors.Is(err, call.ErrDialed) || errors.Is(err, call.ErrHeld)
}

// root is the innermost error: what was wrong, without what was being done.
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
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	_ = json.NewEncoder(w).Encode(p) // who can't read the answer can't read another one
}

// reply answers with a value as JSON.
func reply(w http.ResponseWriter, status int, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return fmt.Errorf("encoding the answer: %w", err)
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, err = w.Write(append(body, '\n'))
	return ignoreGone(err)
}

// ignoreGone drops the error of a client that is gone: what it asked for is done.
func ignoreGone(err error) error {
	if err == nil || errors.Is(err, syscall.EPIPE) || errors.Is(err, syscall.ECONNRESET) {
		return nil
	}
	return context.Canceled
}

// readBody reads a JSON request's body as it was sent: one value of sound text.
func readBody(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	kind, with, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil || kind != "application/json" {
		return nil, edge.Problem(http.StatusUnsupportedMediaType, "send the request as Content-Type: application/json")
	}
	if charset := with["charset"]; charset != "" && !strings.EqualFold(charset, "utf-8") && !strings.EqualFold(charset, "us-ascii") {
		return nil, edge.Problem(http.StatusBadRequest, "the body is said to be %.40q; send it as UTF-8", charset)
	}
	body, err := readAtMost(w, r, maxBody)
	if err != nil {
		return nil, err
	}
	return body, edge.CheckJSON(body)
}

func readAtMost(w http.ResponseWriter, r *http.Request, most int64) ([]byte, error) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, most))
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return nil, edge.Problem(http.StatusRequestEntityTooLarge, "the body is larger than %d bytes", most)
	}
	if errors.Is(err, errBusy) {
		return nil, edge.Problem(http.StatusServiceUnavailable, "redial handles as much as its memory allows just now; nothing was changed")
	}
	if err != nil {
		return nil, edge.Problem(http.StatusBadRequest, "the body could not be read")
	}
	return body, nil
}
