package page

import (
	"bytes"
	"html/template"
	"net/http"
	"strings"
)

// A view is what a page shows. Its template is given it as the dot.
type view struct {
	viewer
	Page  string // the name of its template
	Title template.HTML
	Here  string // from the root to this page; empty: as it was asked for
	Live  string // where what changes comes from, from the root; empty: nothing changes
	Body  any

	Status   int    // of the answer; 0: 200
	Redirect string // from the root; not empty: the answer sends the browser there, and shows nothing
}

// write answers with a view.
func (s *Server) write(w http.ResponseWriter, r *http.Request, v *view) error {
	if v.Here == "" {
		v.Here = strings.TrimPrefix(r.URL.RequestURI(), "/")
	}
	if v.Redirect != "" {
		w.Header().Set("Location", v.Root+v.Redirect)
		w.WriteHeader(http.StatusSeeOther)
		return nil
	}
	var page bytes.Buffer
	if err := s.books[v.Language].render(&page, v.Page, "layout", v); err != nil {
		return err
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Language", v.Language)
	h.Set("Vary", "Accept-Language, Cookie")
	w.WriteHeader(max(v.Status, http.StatusOK))
	_, _ = page.WriteTo(w) // who has gone needs no answer
	return nil
}
