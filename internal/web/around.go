package web

import (
	"cmp"
	"net/http"
	"runtime/debug"
	"strings"

	"redial/internal/edge"
)

// Around wraps all routes in what is the same for each.
func (s *Server) Around(mux *http.ServeMux) http.Handler {
	return s.probed(s.below(mux, s.outermost(s.known(mux))))
}

// below removes the path of HOST_URL from a request's path: some proxies pass it on, and some don't. A path that the
// mux knows as it is stays so.
func (s *Server) below(mux *http.ServeMux, next http.Handler) http.Handler {
	if s.basePath == "" {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if path, ok := strings.CutPrefix(r.URL.Path, s.basePath); ok && strings.HasPrefix(path, "/") {
			inner, at := *r, *r.URL
			at.Path = path
			at.RawPath, ok = strings.CutPrefix(r.URL.RawPath, s.basePath) // as it was sent, where that differs
			if !ok {
				at.RawPath = ""
			}
			inner.URL = &at
			_, known := mux.Handler(r)
			if _, fits := mux.Handler(&inner); known == "" && fits != "" {
				r = &inner
			}
		}
		next.ServeHTTP(w, r)
	})
}

// known answers requests for which the mux has no route, with a problem: 404, or 405 with the methods that there are.
func (s *Server) known(mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h, pattern := mux.Handler(r)
		if pattern != "" {
			mux.ServeHTTP(w, r)
			return
		}
		if s.Lost != nil && r.Method == http.MethodGet && strings.Contains(r.Header.Get("Accept"), "text/html") {
			s.Lost.ServeHTTP(w, r)
			return
		}
		verdict := &statusOnly{header: w.Header()}
		h.ServeHTTP(verdict, r)
		detail := "there is nothing at this path; GET /openapi.yaml lists what there is"
		if verdict.status == http.StatusMethodNotAllowed {
			detail = "this path does not take " + r.Method + ", but " + w.Header().Get("Allow")
		}
		writeProblem(w, edge.Problem(cmp.Or(verdict.status, http.StatusNotFound), "%s", detail))
	})
}

// statusOnly keeps the status of a handler's answer, and passes on its headers alone.
type statusOnly struct {
	header http.Header
	status int
}

func (w *statusOnly) Header() http.Header         { return w.header }
func (w *statusOnly) WriteHeader(status int)      { w.status = status }
func (w *statusOnly) Write(b []byte) (int, error) { return len(b), nil }

const maxURI = 8 << 10 // bytes

// outermost wraps every route: it counts answers, stops panics, and sets headers.
func (s *Server) outermost(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.answers.Add(1)
		defer s.answers.Add(-1)
		defer func() {
			p := recover()
			if p != nil && p != http.ErrAbortHandler { //nolint:errorlint // net/http panics with this very value
				s.Log.Error("a handler panicked", "panic", p, "stack", string(debug.Stack()))
				writeProblem(w, edge.Problem(http.StatusInternalServerError, "a fault in redial; the log has the details"))
			}
		}()
		if len(r.RequestURI) > maxURI {
			writeProblem(w, edge.Problem(http.StatusRequestURITooLong, "the URL is longer than %d bytes", maxURI))
			return
		}
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cache-Control", "no-store")
		if strings.HasPrefix(r.URL.Path, "/v1/") {
			h.Set("Vary", "Accept")
		}
		next.ServeHTTP(w, r)
	})
}
