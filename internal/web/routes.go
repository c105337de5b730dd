package web

import (
	"cmp"
	"net/http"
	"strings"

	"redial/api"
	"redial/internal/twilio"
)

// routes is every way into redial over HTTP.
func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()

	// The API: an API key, or this very machine.
	mux.Handle("POST /v1/calls", s.api(s.createCall))
	mux.Handle("POST /twilio_api/calls", s.api(s.createCall)) // the article's own route
	mux.Handle("GET /v1/calls", s.api(s.listCalls))
	mux.Handle("GET /v1/calls/{id}", s.api(s.ofCall(s.getCall)))
	mux.Handle("GET /v1/calls/{id}/events", s.api(s.ofCall(s.getEvents)))
	mux.Handle("POST /v1/calls/{id}/cancel", s.api(s.ofCall(s.cancelCall)))
	mux.Handle("POST /v1/calls/{id}/redial", s.api(s.ofCall(s.redialCall)))
	mux.Handle("GET /v1/calls/{id}/explain", s.api(s.ofCall(s.explainCall)))
	mux.Handle("GET /v1/presets", s.api(s.listPresets))
	mux.Handle("POST /v1/calls/{id}/attempts/{number}/resolve", s.api(s.ofCall(s.resolveAttempt)))
	mux.Handle("DELETE /v1/calls/{id}", s.api(s.ofCall(s.deleteCall)))
	mux.Handle("GET /v1/calls/{id}/deliveries", s.api(s.ofCall(s.callDeliveries)))
	mux.Handle("GET /v1/webhooks", s.api(s.listEndpoints))
	mux.Handle("POST /v1/webhooks", s.api(s.createEndpoint))
	mux.Handle("GET /v1/webhooks/stream", s.api(s.streamWebhooks))
	mux.Handle("GET /v1/webhooks/{id}", s.api(s.ofEndpoint(s.getEndpoint)))
	mux.Handle("DELETE /v1/webhooks/{id}", s.api(s.ofEndpoint(s.deleteEndpoint)))
	mux.Handle("POST /v1/webhooks/{id}/rotate", s.api(s.ofEndpoint(s.rotateEndpoint)))
	mux.Handle("POST /v1/webhooks/{id}/enable", s.api(s.ofEndpoint(s.enableEndpoint)))
	mux.Handle("POST /v1/webhooks/{id}/test", s.api(s.ofEndpoint(s.testEndpoint)))
	mux.Handle("GET /v1/webhooks/{id}/deliveries", s.api(s.ofEndpoint(s.listDeliveries)))
	mux.Handle("POST /v1/webhooks/{id}/deliveries/{event}/replay", s.api(s.ofEndpoint(s.replayDelivery)))
	mux.Handle("GET /metrics", s.open(s.metricsPage))

	// Twilio: its signature.
	mux.Handle("POST /twilio_api/callback", s.twilio(s.callback))
	mux.Handle("POST "+twilio.AnswerPath, s.twilio(s.answer))
	mux.Handle("POST "+twilio.GatherPath, s.twilio(s.gather))

	// Who has the same token, and asks how a request looks by the time that it arrives: see probed.
	mux.Handle("POST "+twilio.ProbePath, s.open(s.probe))

	// Anybody: nothing personal.
	mux.Handle("GET /openapi.yaml", s.open(s.contract))
	mux.Handle("GET /healthz", s.open(s.healthz))
	mux.Handle("GET /readyz", s.open(s.readyz))

	return s.probed(s.below(mux, s.outermost(s.known(mux))))
}

// below takes the path of HOST_URL away from a request that has it: some proxies pass it on,
// and some don't. What the mux knows as it is, is left so.
func (s *Server) below(mux *http.ServeMux, next http.Handler) http.Handler {
	if s.basePath == "" {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if path, ok := strings.CutPrefix(r.URL.Path, s.basePath); ok && strings.HasPrefix(path, "/") {
			inner, at := *r, *r.URL
			at.Path, at.RawPath = path, ""
			inner.URL = &at
			_, known := mux.Handler(r)
			if _, fits := mux.Handler(&inner); known == "" && fits != "" {
				r = &inner
			}
		}
		next.ServeHTTP(w, r)
	})
}

// known answers what the mux has no route for: 404, or 405 with the methods that
// there are, as a problem.
func (s *Server) known(mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h, pattern := mux.Handler(r)
		if pattern != "" {
			mux.ServeHTTP(w, r)
			return
		}
		verdict := &statusOnly{header: w.Header()}
		h.ServeHTTP(verdict, r)
		detail := "there is nothing at this path; GET /openapi.yaml lists what there is"
		if verdict.status == http.StatusMethodNotAllowed {
			detail = "this path does not take " + r.Method + ", but " + w.Header().Get("Allow")
		}
		writeProblem(w, problem(cmp.Or(verdict.status, http.StatusNotFound), "%s", detail))
	})
}

// statusOnly hears what a handler answers, and passes on its headers alone.
type statusOnly struct {
	header http.Header
	status int
}

func (w *statusOnly) Header() http.Header         { return w.header }
func (w *statusOnly) WriteHeader(status int)      { w.status = status }
func (w *statusOnly) Write(b []byte) (int, error) { return len(b), nil }

func (s *Server) contract(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Content-Type", "application/yaml")
	_, err := w.Write(api.OpenAPI)
	return ignoreGone(err)
}

// healthz says that the process serves.
func (s *Server) healthz(w http.ResponseWriter, _ *http.Request) error {
	return reply(w, http.StatusOK, map[string]string{"status": "ok"})
}

// readyz says that this node can do its work: it and its database, which has to take what is written,
// and nothing else.
func (s *Server) readyz(w http.ResponseWriter, r *http.Request) error {
	if err := s.Store.Ready(r.Context()); err != nil {
		return err
	}
	return reply(w, http.StatusOK, map[string]string{"status": "ready"})
}

func (s *Server) metricsPage(w http.ResponseWriter, r *http.Request) error {
	if err := s.scraped(r); err != nil {
		return err
	}
	s.MetricsPage.ServeHTTP(w, r)
	return nil
}
