package sim

import (
	"bytes"
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io"
	"net/http"
	"path"
	"slices"
	"strings"
	"time"
)

//go:embed desk
var deskFiles embed.FS

// deskPolicy lets the page use what this server has, and nothing else. What its script takes from the server as HTML
// goes through one policy of Trusted Types.
const deskPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types desk"

const (
	maxStreams = 32                     // pages that are kept up to date
	together   = 100 * time.Millisecond // what changes within this time is sent at once
	stillHere  = 15 * time.Second       // a comment says so when nothing else is sent
	streamTime = 30 * time.Second       // for a client to take what is sent
	keepLook   = 365 * 24 * 3600        // seconds for which a browser keeps the language and the colors
)

// newOwn serves the control API, the page of the phones, and what is done with it.
func (s *Sim) newOwn() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("/sim/", s.control)
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) { s.showDesk(w, r, http.StatusOK, "", nil) })
	mux.HandleFunc("GET /sim/desk/events", s.streamDesk)
	mux.HandleFunc("GET /sim/desk/{file}", serveDeskFile)
	mux.HandleFunc("POST /sim/desk/look", changeLook)
	mux.HandleFunc("POST /sim/desk/others", s.changeOthers)
	mux.HandleFunc("POST /sim/desk/phones/{number}", s.changePhone)
	mux.HandleFunc("POST /sim/desk/calls/{sid}/{deed}", s.actAtDesk)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("Content-Security-Policy", deskPolicy)
		h.Set("Cross-Origin-Resource-Policy", "same-origin")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cache-Control", "no-store")
		r.Body = http.MaxBytesReader(w, r.Body, maxForm)
		mux.ServeHTTP(w, r)
	})
}

func serveDeskFile(w http.ResponseWriter, r *http.Request) {
	name := r.PathValue("file")
	text, err := deskFiles.ReadFile("desk/" + name)
	kind := map[string]string{".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8",
		".svg": "image/svg+xml"}[path.Ext(name)]
	if err != nil || kind == "" {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", kind)
	_, _ = w.Write(text) // the client may have gone
}

// showDesk answers with the page. about is the element that a fault is about, such as a phone's.
func (s *Sim) showDesk(w http.ResponseWriter, r *http.Request, status int, about string, fault error) {
	v := s.deskView(lookOf(r))
	v.Again = time.Now().UnixNano()
	for _, p := range v.Phones {
		if p.ID == r.URL.Query().Get("at") {
			v.At = p.ID
		}
	}
	if fault != nil {
		v.blame(about, fault)
	}
	var page bytes.Buffer
	if err := v.execute(&page, "desk.html", v); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Vary", "Accept-Language, Cookie")
	w.WriteHeader(status)
	_, _ = page.WriteTo(w) // the client may have gone
}

// streamDesk sends the parts of the page that have changed, as long as somebody looks.
func (s *Sim) streamDesk(w http.ResponseWriter, r *http.Request) {
	changed, end := s.watch()
	defer end()
	if s.watched() > maxStreams {
		http.Error(w, "too many pages are open", http.StatusServiceUnavailable)
		return
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no")
	c := http.NewResponseController(w)
	_ = c.SetReadDeadline(time.Time{}) // the server's own would end the stream
	var sent sentParts
	var said time.Time
	for wait := time.Duration(0); s.awaitChange(r, changed, wait); {
		v := s.deskView(lookOf(r))
		html, err := sent.changed(v)
		if err != nil {
			return
		}
		event := ": still here\n\n"
		switch {
		case html != "":
			event = "data: " + strings.ReplaceAll(strings.TrimSpace(html), "\n", "\ndata: ") + "\n\n"
		case time.Since(said) < stillHere:
			continue // what has changed is not on the page
		}
		said = time.Now()
		_ = c.SetWriteDeadline(time.Now().Add(streamTime))
		if _, err := io.WriteString(w, event); err != nil || c.Flush() != nil {
			return
		}
		if wait = stillHere; v.Alive {
			wait = time.Second // the page counts the seconds
		}
	}
}

// awaitChange waits until something has changed, at most as long as this. It returns false if the stream has ended.
func (s *Sim) awaitChange(r *http.Request, changed <-chan struct{}, longest time.Duration) bool {
	if longest > 0 && !s.wait(together) {
		return false
	}
	t := time.NewTimer(max(0, longest-together))
	defer t.Stop()
	select {
	case <-changed:
	case <-t.C:
	case <-r.Context().Done():
	case <-s.ctx.Done():
	}
	return r.Context().Err() == nil && s.ctx.Err() == nil
}

// sentParts are the parts of the page as they were last sent.
type sentParts struct {
	order []string
	html  map[string]string
}

// changed renders the parts that have changed since it was last called. It renders all of the page at first, since the
// one that the browser has may be of a simulator before, and when phones have gone.
func (p *sentParts) changed(v *deskView) (html string, err error) {
	var out bytes.Buffer
	parts, order := map[string]string{}, []string{}
	render := func(id, name string, data any) {
		var part bytes.Buffer
		err = errors.Join(err, v.execute(&part, name, data))
		parts[id], order = part.String(), append(order, id)
		if p.html[id] != parts[id] {
			out.WriteString(parts[id])
		}
	}
	render("head", "head", v)
	for _, phone := range v.Phones {
		render(phone.ID, "phone", phone)
	}
	if p.order == nil || len(p.order) > len(order) || !slices.Equal(p.order, order[:len(p.order)]) {
		out.Reset()
		err = errors.Join(err, v.execute(&out, "desk.html", v))
	}
	p.order, p.html = order, parts
	return out.String(), err
}

// actAtDesk does with a phone what the person at the desk wants.
func (s *Sim) actAtDesk(w http.ResponseWriter, r *http.Request) {
	sid := r.PathValue("sid")
	err := s.Act(sid, r.PathValue("deed"), r.PostFormValue("keys"))
	number := s.numberOf(sid)
	s.done(w, r, phoneID(number), err)
}

// setAside gives a phone another script. The one that it had before it was taken by hand is kept, to be given back.
func (s *Sim) setAside(number, script string) error {
	s.mu.Lock()
	before := s.sources[number]
	s.mu.Unlock()
	if err := s.Script(number, script); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case script != byHand:
		delete(s.former, number)
	case before != byHand:
		s.former[number] = before
	}
	return nil
}

// changePhone gives a phone a script, or takes it by hand.
func (s *Sim) changePhone(w http.ResponseWriter, r *http.Request) {
	number := r.PathValue("number")
	s.done(w, r, phoneID(number), s.setAside(number, strings.TrimSpace(r.PostFormValue("script"))))
}

func (s *Sim) changeOthers(w http.ResponseWriter, r *http.Request) {
	s.done(w, r, "", s.SetDefault(strings.TrimSpace(r.PostFormValue("script"))))
}

// done answers a form: with the page, which begins at what the form was about, or with the page and what is wrong.
func (s *Sim) done(w http.ResponseWriter, r *http.Request, about string, err error) {
	if err != nil {
		status := http.StatusUnprocessableEntity
		if _, ok := errors.AsType[notNow](err); ok || errors.Is(err, errNoCall) {
			status = http.StatusConflict
		}
		s.showDesk(w, r, status, about, err)
		return
	}
	to := "/"
	if about != "" {
		to += "?at=" + about + "#" + about
	}
	w.Header().Set("Location", to)
	w.WriteHeader(http.StatusSeeOther)
}

// looks are the values that a viewer may choose.
var looks = map[string][]string{"language": {"en", "ja"}, "theme": {"", "light", "dark"}}

// lookOf is what the viewer has chosen, or else what the browser says.
func lookOf(r *http.Request) look {
	l := look{language: languageOf(r.Header.Get("Accept-Language"))}
	for name, chosen := range map[string]*string{"language": &l.language, "theme": &l.theme} {
		if c, err := r.Cookie("sim-" + name); err == nil && slices.Contains(looks[name], c.Value) {
			*chosen = c.Value
		}
	}
	return l
}

// changeLook keeps what the viewer has chosen.
func changeLook(w http.ResponseWriter, r *http.Request) {
	for name, known := range looks {
		value := r.PostFormValue(name)
		if r.PostForm.Has(name) && slices.Contains(known, value) {
			http.SetCookie(w, &http.Cookie{
				Name: "sim-" + name, Value: value, Path: "/", MaxAge: keepLook, HttpOnly: true, SameSite: http.SameSiteStrictMode,
			})
		}
	}
	w.Header().Set("Location", "/")
	w.WriteHeader(http.StatusSeeOther)
}

// deskTemplates are the page in each language.
var deskTemplates = func() map[string]*template.Template {
	all := map[string]*template.Template{}
	for language, words := range catalogues {
		all[language] = template.Must(template.New("desk.html").Funcs(deskFuncs(words)).ParseFS(deskFiles, "desk/desk.html"))
	}
	return all
}()

func deskFuncs(words catalogue) template.FuncMap {
	return template.FuncMap{
		"t":     words.say,
		"clock": func(t time.Time) string { return t.Format(time.TimeOnly) },
		"iso":   func(t time.Time) string { return t.Format(time.RFC3339) },
		"keys":  func() []string { return strings.Split(keypad, "") },
		"name":  func(key string) string { return map[string]string{"*": "star", "#": "hash"}[key] },
		"steps": func() []string { return suggestedSteps },
		"pressed": func(on bool) template.HTMLAttr {
			return template.HTMLAttr(fmt.Sprintf(`aria-pressed="%t"`, on)) //nolint:gosec // true or false
		},
	}
}

// suggestedSteps are scripts that the page suggests.
var suggestedSteps = []string{
	byHand, "answer", "no-answer", "busy", "decline", "voicemail", "failed", "no-answer,no-answer,answer", "answer+keys=1",
	"busy," + byHand,
}

// blame says what is wrong: at the phone that it is about, or at the top.
func (v *deskView) blame(about string, fault error) {
	said := catalogues[v.language].say(fault.Error())
	for _, p := range v.Phones {
		if p.ID == about {
			p.Fault, v.FaultAt = said, about
		}
	}
	v.Fault = said
}

func (v *deskView) execute(out *bytes.Buffer, name string, data any) error {
	return deskTemplates[v.language].ExecuteTemplate(out, name, data)
}
