package page

import (
	"errors"
	"html/template"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"redial/api"
	"redial/internal/origin"
	"redial/internal/store"
)

// A Handler makes the view of a page, or returns the error that is to be shown.
type Handler func(r *http.Request, v viewer) (*view, error)

// A Need is what a page asks of its viewer: any one of some scopes. Without any, everybody who is signed in may see it.
type Need []store.Scope

// Page serves a page to who may see it.
func (s *Server) Page(needs Need, h Handler) http.Handler {
	return s.seen(needs, func(w http.ResponseWriter, r *http.Request, v viewer) error {
		shown, err := h(r, v)
		if err != nil {
			return err
		}
		return s.write(w, r, shown)
	})
}

// mostForm is how long a form may be, in bytes.
const mostForm = 16 << 10

// Do serves a form: what its viewer asks for is done, unless another site's page asks. Its view says where the browser
// goes then, or why nothing was done.
func (s *Server) Do(needs Need, h Handler) http.Handler {
	return s.deed(needs, func(w http.ResponseWriter, r *http.Request, v viewer) error {
		shown, err := h(r, v)
		if err != nil {
			return err
		}
		return s.write(w, r, shown)
	})
}

func (s *Server) deed(needs Need, h func(http.ResponseWriter, *http.Request, viewer) error) http.Handler {
	return s.seen(needs, func(w http.ResponseWriter, r *http.Request, v viewer) error {
		if s.guard.Check(r) != nil {
			return refuse(http.StatusForbidden, "error.other_site")
		}
		r.Body = http.MaxBytesReader(w, r.Body, mostForm)
		return h(w, r, v)
	})
}

// seen has an answer written to who may see it.
func (s *Server) seen(needs Need, h func(http.ResponseWriter, *http.Request, viewer) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		secure(w.Header())
		a, err := s.asker(r)
		v := s.viewer(r, a)
		if err == nil && len(needs) > 0 && !a.May(needs...) {
			err = refuse(http.StatusForbidden, "error.scope", "Scope", string(needs[0]))
		}
		if err == nil {
			v.Asker.From = origin.Of(r)
			err = h(w, r, v)
		}
		if err != nil {
			s.fail(w, r, v, err)
		}
	})
}

// Unknown tells a browser that there is no such page.
func (s *Server) Unknown() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		secure(w.Header())
		s.fail(w, r, s.viewer(r, store.Asker{}), refuse(http.StatusNotFound, "error.no_page"))
	})
}

// asker is who looks at the page.
func (s *Server) asker(r *http.Request) (store.Asker, error) {
	a, needed, err := s.Keys.Keyless(r)
	if err != nil {
		return a, foreign{err}
	}
	if !needed {
		return a, nil
	}
	if a, err = s.signedIn(r); err == nil && a.Name == "" {
		err = errSignedOut
	}
	return a, err
}

// errSignedOut is the error of who is not signed in.
var errSignedOut = refuse(http.StatusUnauthorized, "error.signed_out")

// A refusal is an error of the catalogue.
type refusal struct {
	status int
	id     string
	pairs  []any
}

func (r *refusal) Error() string { return r.id }

// refuse returns a refusal. pairs are the names and values of its text.
func refuse(status int, id string, pairs ...any) error { return &refusal{status, id, pairs} }

// foreign is why a request is refused that does not come from this machine, where there are no API keys.
type foreign struct{ why error }

func (f foreign) Error() string { return f.why.Error() }

// trouble is what the page of an error shows.
type trouble struct {
	Sentence template.HTML
	Detail   string // in English, as the log and the API say it; empty: none
}

// fail shows an error.
func (s *Server) fail(w http.ResponseWriter, r *http.Request, v viewer, err error) {
	if r.Context().Err() != nil {
		return // nobody sees it
	}
	if errors.Is(err, errSignedOut) && r.Method == http.MethodGet && !isStream(r) {
		err = s.write(w, r, &view{viewer: v, Redirect: toSignIn(r)})
		if err == nil {
			return
		}
	}
	status, id, pairs, detail := s.explain(r, err)
	said, bad := v.say(id, pairs...)
	title, badTitle := v.say("error.title")
	shown := &view{viewer: v, Page: "error", Title: title, Status: status, Body: trouble{said, detail}}
	if bad = errors.Join(bad, badTitle); bad == nil {
		bad = s.write(w, r, shown)
	}
	if bad != nil {
		s.Log.Error("a page failed", "route", r.Pattern, "err", bad)
		http.Error(w, "redial: "+http.StatusText(http.StatusInternalServerError), http.StatusInternalServerError)
	}
}

// isStream says whether a page's script asks for what is live.
func isStream(r *http.Request) bool {
	return strings.Contains(r.Header.Get("Accept"), "text/event-stream")
}

// explain has the one table from errors to what is shown.
func (s *Server) explain(r *http.Request, err error) (status int, id string, pairs []any, detail string) {
	if f, ok := errors.AsType[foreign](err); ok {
		if p, is := errors.AsType[*api.Problem](f.why); is {
			return p.Status, "error.foreign", nil, p.Detail
		}
		err = f.why
	}
	switch known, ok := errors.AsType[*refusal](err); {
	case ok:
		return known.status, known.id, slices.Clone(known.pairs), ""
	case errors.Is(err, store.ErrNotFound):
		return http.StatusNotFound, "error.no_call", nil, ""
	case store.Away(err), errors.Is(err, store.ErrKeysUnread):
		return http.StatusServiceUnavailable, "error.away", nil, ""
	}
	s.Log.Error("a page failed", "route", r.Pattern, "err", err)
	return http.StatusInternalServerError, "error.fault", nil, ""
}

// toSignIn is the page for signing in, which leads back to where a request wanted to go.
func toSignIn(r *http.Request) string {
	to := ""
	if path := r.URL.RequestURI(); len(path) > 1 {
		to = "?to=" + url.QueryEscape(path[1:])
	}
	return "sign-in" + to
}
