package page

import (
	"errors"
	"net/http"

	"redial/api"
	"redial/internal/origin"
	"redial/internal/store"
)

// signIn is what the page for signing in shows.
type signIn struct {
	To      string // where the browser wanted to go, from the root
	Plain   bool   // an API key would be sent in the clear: it is not asked for
	Refused any    // why the last one was refused; nil: none was
	Detail  string // the same in English, where more is known
}

// SignIn asks for an API key. Where there are none, there is nothing to ask.
func (s *Server) SignIn() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		secure(w.Header())
		v := s.viewer(r, store.Asker{})
		to := back(r.URL.Query().Get("to"))
		_, needed, err := s.Keys.Keyless(r)
		switch {
		case err != nil:
			s.fail(w, r, v, foreign{err})
		case !needed:
			s.show(w, r, &view{viewer: v, Redirect: to})
		default:
			s.ask(w, r, v, signIn{To: to})
		}
	})
}

// ask shows the page for signing in.
func (s *Server) ask(w http.ResponseWriter, r *http.Request, v viewer, body signIn) {
	body.Plain = transportOf(r, s.HostURL) == plainHTTP
	title, err := v.say("sign_in.title")
	if err != nil {
		s.fail(w, r, v, err)
		return
	}
	status := http.StatusOK
	if body.Refused != nil {
		status = http.StatusUnauthorized
	}
	s.show(w, r, &view{viewer: v, Page: "sign_in", Title: title, Status: status, Body: body})
}

// show writes a view, or that it can't be.
func (s *Server) show(w http.ResponseWriter, r *http.Request, v *view) {
	if err := s.write(w, r, v); err != nil {
		s.fail(w, r, v.viewer, err)
	}
}

// DoSignIn begins a session of whoever brings an API key that works. It is refused where the key, and the session's
// cookie, could be read on the way.
func (s *Server) DoSignIn() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		secure(w.Header())
		v := s.viewer(r, store.Asker{})
		r.Body = http.MaxBytesReader(w, r.Body, mostForm)
		way := transportOf(r, s.HostURL)
		body := signIn{To: back(r.PostFormValue("to"))}
		if way == plainHTTP {
			s.fail(w, r, v, refuse(http.StatusForbidden, "sign_in.plain"))
			return
		}
		if err := s.guard.Check(r); err != nil {
			s.fail(w, r, v, refuse(http.StatusForbidden, "error.other_site"))
			return
		}
		secret := r.PostFormValue("key")
		a, err := s.Keys.OfSecret(r.Context(), secret)
		if err != nil {
			s.refuseKey(w, r, v, body, err)
			return
		}
		a.From = origin.Of(r)
		token, err := s.begin(r.Context(), a, secret)
		if err == nil {
			err = s.Store.Note(r.Context(), a, store.SessionCreate, a.Name)
		}
		if err != nil {
			s.fail(w, r, v, err)
			return
		}
		http.SetCookie(w, sessionCookieFor(way, token))
		s.show(w, r, &view{viewer: v, Redirect: body.To})
	})
}

// refuseKey says that an API key was refused, where it was asked for.
func (s *Server) refuseKey(w http.ResponseWriter, r *http.Request, v viewer, body signIn, err error) {
	p, refused := errors.AsType[*api.Problem](err)
	if !refused {
		s.fail(w, r, v, err)
		return
	}
	if body.Refused, err = v.say("sign_in.refused"); err != nil {
		s.fail(w, r, v, err)
		return
	}
	body.Detail = p.Detail
	s.ask(w, r, v, body)
}

// SignOut ends the session of a browser.
func (s *Server) SignOut() http.Handler {
	return s.deed(nil, func(w http.ResponseWriter, r *http.Request, v viewer) error {
		if err := s.end(r); err != nil {
			return err
		}
		if err := s.Store.Note(r.Context(), v.Asker, store.SessionEnd, v.Asker.Name); err != nil {
			return err
		}
		for _, t := range []transport{onLoopback, overTLS} {
			http.SetCookie(w, sessionCookieFor(t, ""))
		}
		return s.write(w, r, &view{viewer: v, Redirect: "sign-in"})
	})
}
