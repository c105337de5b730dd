package web

import (
	"context"
	"errors"
	"io"
	"net/http"

	"redial/internal/origin"
	"redial/internal/store"
)

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

// API serves who may use the API, and has one of the scopes that are needed.
func (s *Server) API(needs Need, h Handler) http.Handler { return s.withBody(s.authorize, needs, h) }

func (s *Server) withBody(who func(*http.Request) (store.Asker, error), needs Need, h Handler) http.Handler {
	return s.authorized(who, needs, func(w http.ResponseWriter, r *http.Request) error {
		return s.Bodies.API.Hold(r, func() error { return h(w, r) })
	})
}

// Metrics serves who may see the metrics.
func (s *Server) Metrics(needs Need, h Handler) http.Handler {
	return s.authorized(s.scraped, needs, h)
}

func (s *Server) authorized(who func(*http.Request) (store.Asker, error), needs Need, h Handler) http.Handler {
	return s.Open(func(w http.ResponseWriter, r *http.Request) error {
		a, err := who(r)
		if err == nil {
			err = s.allow(r, a, needs)
		}
		if err != nil {
			return err
		}
		a.From = origin.Of(r)
		r = r.WithContext(context.WithValue(r.Context(), askerKey{}, a))
		r.Body = &heldBody{r.Body, func() error { return s.stillMay(r.Context()) }}
		return h(w, r)
	})
}

// heldBody is a body that is an error at its end if whoever sends it may no longer do so. A body may take long.
type heldBody struct {
	io.ReadCloser
	still func() error
}

func (b *heldBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if errors.Is(err, io.EOF) {
		if wrong := b.still(); wrong != nil {
			err = &endedError{wrong}
		}
	}
	return n, err
}

// Twilio serves Twilio, whose signature the handler checks once it has read the body.
func (s *Server) Twilio(h Handler) http.Handler {
	return s.Open(func(w http.ResponseWriter, r *http.Request) error {
		return s.Bodies.Strangers.Hold(r, func() error { return h(w, r) })
	})
}
