package web

import (
	"net/http"

	"redial/api"
)

// routes is every way into redial over HTTP.
func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()

	// The API: an API key, or this very machine.
	mux.Handle("POST /v1/calls", s.api(s.createCall))
	mux.Handle("POST /twilio_api/calls", s.api(s.createCall)) // the article's own route
	mux.Handle("GET /v1/calls", s.api(s.listCalls))
	mux.Handle("GET /v1/calls/{id}", s.api(s.getCall))
	mux.Handle("GET /v1/calls/{id}/events", s.api(s.getEvents))
	mux.Handle("POST /v1/calls/{id}/cancel", s.api(s.cancelCall))
	mux.Handle("POST /v1/calls/{id}/attempts/{number}/resolve", s.api(s.resolveAttempt))
	mux.Handle("DELETE /v1/calls/{id}", s.api(s.deleteCall))
	mux.Handle("GET /metrics", s.api(s.metricsPage))

	// Twilio: its signature.
	mux.Handle("POST /twilio_api/callback", s.open(s.callback))

	// Anybody: nothing personal.
	mux.Handle("GET /openapi.yaml", s.open(s.contract))
	mux.Handle("GET /healthz", s.open(s.healthz))
	mux.Handle("GET /readyz", s.open(s.readyz))
	mux.Handle("/", s.open(noRoute))

	return s.outermost(mux)
}

func (s *Server) contract(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Content-Type", "application/yaml")
	_, err := w.Write(api.OpenAPI)
	return ignoreGone(err)
}

// healthz says that the process serves.
func (s *Server) healthz(w http.ResponseWriter, _ *http.Request) error {
	return reply(w, http.StatusOK, map[string]string{"status": "ok"})
}

// readyz says that this node can do its work: it and its database, nothing else.
func (s *Server) readyz(w http.ResponseWriter, r *http.Request) error {
	if err := s.Store.Ping(r.Context()); err != nil {
		return err
	}
	return reply(w, http.StatusOK, map[string]string{"status": "ready"})
}

func (s *Server) metricsPage(w http.ResponseWriter, r *http.Request) error {
	s.MetricsPage.ServeHTTP(w, r)
	return nil
}

func noRoute(http.ResponseWriter, *http.Request) error {
	return problem(http.StatusNotFound, "there is nothing at this path with this method; GET /openapi.yaml lists what there is")
}
