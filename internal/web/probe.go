package web

import (
	"net/http"

	"redial/internal/edge"
	"redial/internal/twilio"
)

// probed answers a probe at any path, since a proxy may have changed the path, which the answer then shows. It passes
// on all other requests.
func (s *Server) probed(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.Prober == nil || !s.Prober.Asked(r) {
			next.ServeHTTP(w, r)
			return
		}
		s.Twilio(func(w http.ResponseWriter, r *http.Request) error {
			s.Prober.Answer(w, r)
			return nil
		}).ServeHTTP(w, r)
	})
}

// Probe refuses a request without proof of the token. Those with proof are answered by probed.
func (s *Server) Probe(http.ResponseWriter, *http.Request) error {
	return edge.Problem(http.StatusForbidden, "this answers those who prove that they have the auth token")
}

// Stand answers probes where no redial serves yet. It asks all others to come again later.
func Stand(p *twilio.Prober) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if p.Asked(r) {
			p.Answer(w, r)
			return
		}
		writeProblem(w, edge.Problem(http.StatusServiceUnavailable, "redial does not serve yet; nothing was changed"))
	})
}
