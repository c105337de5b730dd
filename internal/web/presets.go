package web

import (
	"net/http"

	"redial/internal/edge"
)

// ListPresets shows the presets.
func (s *Server) ListPresets(w http.ResponseWriter, _ *http.Request) error {
	return reply(w, http.StatusOK, map[string]edge.Presets{"presets": s.Edge().Presets})
}
