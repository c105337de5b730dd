package page

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
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
