package page

import (
	"bytes"
	"net/http"
	"time"
)

// Asset serves a file that pages use. It says nothing about calls: anybody may have it.
func (s *Server) Asset() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a := assets[r.PathValue("file")]
		if a == nil {
			http.NotFound(w, r)
			return
		}
		secure(w.Header())
		if r.URL.Query().Get("v") == a.version {
			w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
		}
		http.ServeContent(w, r, a.name, time.Time{}, bytes.NewReader(a.body))
	})
}
