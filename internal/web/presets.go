package web

import "net/http"

// ListPresets shows the presets.
func (s *Server) ListPresets(w http.ResponseWriter, _ *http.Request) error {
	return reply(w, http.StatusOK, map[string]Presets{"presets": s.Edge.Presets})
}
