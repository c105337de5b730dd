package web

import "net/http"

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
