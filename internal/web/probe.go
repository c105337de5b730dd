package web

import (
	"net/http"

	"redial/internal/edge"
	"redial/internal/twilio"
)

// probed answers a probe wherever it has arrived: that a proxy has changed its path, among others, is what
// somebody who has the token wants to hear of. Everybody else's requests go on.
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

// Probe refuses who comes without proof of the token; the others did not get here.
func (s *Server) Probe(http.ResponseWriter, *http.Request) error {
	return edge.Problem(http.StatusForbidden, "this answers those who prove that they have the auth token")
}

// Stand answers probes where no redial serves yet; everybody else is asked to come again later.
func Stand(p *twilio.Prober) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if p.Asked(r) {
			p.Answer(w, r)
			return
		}
		writeProblem(w, edge.Problem(http.StatusServiceUnavailable, "redial does not serve yet; nothing was changed"))
	})
}
