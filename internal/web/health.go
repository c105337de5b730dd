package web

import (
	"net/http"

	"redial/api"
)

// Contract shows the contract.
func (s *Server) Contract(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Content-Type", "application/yaml")
	_, err := w.Write(api.OpenAPI)
	return ignoreGone(err)
}

// Healthz says that the process serves.
func (s *Server) Healthz(w http.ResponseWriter, _ *http.Request) error {
	return reply(w, http.StatusOK, map[string]string{"status": "ok"})
}

// Readyz says whether this node can do its work: whether its database can be written. It asks nothing else.
func (s *Server) Readyz(w http.ResponseWriter, r *http.Request) error {
	if err := s.Store.Ready(r.Context()); err != nil {
		return err
	}
	return reply(w, http.StatusOK, map[string]string{"status": "ready"})
}

// ShowMetrics shows the metrics.
func (s *Server) ShowMetrics(w http.ResponseWriter, r *http.Request) error {
	s.MetricsPage.ServeHTTP(w, r)
	return nil
}
