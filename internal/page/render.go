package page

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"strings"
)

//go:embed templates/*.html
var templateFiles embed.FS

// shared are the templates that every page has.
var shared = []string{"templates/layout.html", "templates/parts.html", "templates/timeline.html"}

// A book is all pages in one language: each page is the layout, the parts and a template of its own.
type book struct {
	texts
	pages map[string]*template.Template
}

func newBook(lang string) *book {
	b := &book{newTexts(lang), map[string]*template.Template{}}
	funcs := template.FuncMap{"t": b.say, "asset": func(name string) string { return assets[name].link() }}
	base := template.Must(template.New("").Funcs(funcs).ParseFS(templateFiles, shared...))
	files, err := fs.Glob(templateFiles, "templates/*.html")
	if err != nil {
		panic(err)
	}
	for _, file := range files {
		name := strings.TrimSuffix(strings.TrimPrefix(file, "templates/"), ".html")
		b.pages[name] = template.Must(template.Must(base.Clone()).ParseFS(templateFiles, file))
	}
	return b
}

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

// render renders a template of a page.
func (b *book) render(into *bytes.Buffer, page, name string, data any) error {
	t := b.pages[page]
	if t == nil {
		return fmt.Errorf("there is no page %s", page)
	}
	if err := t.ExecuteTemplate(into, name, data); err != nil {
		return fmt.Errorf("rendering %s: %w", page, err)
	}
	return nil
}

// rootOf is the way from a path to the root of the page.
func rootOf(path string) string {
	if up := strings.Count(path, "/") - 1; up > 0 {
		return strings.Repeat("../", up)
	}
	return "./"
}
