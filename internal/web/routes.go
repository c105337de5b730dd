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
	mux.Handle("POST /v1/calls", s.API(s.CreateCall))
	mux.Handle("POST /twilio_api/calls", s.API(s.CreateCall)) // the article's own route
	mux.Handle("GET /v1/calls", s.API(s.ListCalls))
	mux.Handle("GET /v1/calls/{id}", s.API(s.OfCall(s.GetCall)))
	mux.Handle("GET /v1/calls/{id}/events", s.API(s.OfCall(s.GetEvents)))
	mux.Handle("POST /v1/calls/{id}/cancel", s.API(s.OfCall(s.CancelCall)))
	mux.Handle("POST /v1/calls/{id}/redial", s.API(s.OfCall(s.RedialCall)))
	mux.Handle("GET /v1/calls/{id}/explain", s.API(s.OfCall(s.ExplainCall)))
	mux.Handle("GET /v1/presets", s.API(s.ListPresets))
	mux.Handle("POST /v1/calls/{id}/attempts/{number}/resolve", s.API(s.OfCall(s.ResolveAttempt)))
	mux.Handle("DELETE /v1/calls/{id}", s.API(s.OfCall(s.DeleteCall)))
	mux.Handle("GET /v1/calls/{id}/deliveries", s.API(s.OfCall(s.CallDeliveries)))
	mux.Handle("GET /v1/webhooks", s.API(s.ListEndpoints))
	mux.Handle("POST /v1/webhooks", s.API(s.CreateEndpoint))
	mux.Handle("GET /v1/webhooks/stream", s.API(s.StreamWebhooks))
	mux.Handle("GET /v1/webhooks/{id}", s.API(s.OfEndpoint(s.GetEndpoint)))
	mux.Handle("DELETE /v1/webhooks/{id}", s.API(s.OfEndpoint(s.DeleteEndpoint)))
	mux.Handle("POST /v1/webhooks/{id}/rotate", s.API(s.OfEndpoint(s.RotateEndpoint)))
	mux.Handle("POST /v1/webhooks/{id}/enable", s.API(s.OfEndpoint(s.EnableEndpoint)))
	mux.Handle("POST /v1/webhooks/{id}/test", s.API(s.OfEndpoint(s.TestEndpoint)))
	mux.Handle("GET /v1/webhooks/{id}/deliveries", s.API(s.OfEndpoint(s.ListDeliveries)))
	mux.Handle("POST /v1/webhooks/{id}/deliveries/{event}/replay", s.API(s.OfEndpoint(s.ReplayDelivery)))
	mux.Handle("GET /metrics", s.Open(s.ShowMetrics))

	// Twilio: its signature.
	mux.Handle("POST /twilio_api/callback", s.Twilio(s.Callback))
	mux.Handle("POST "+twilio.AnswerPath, s.Twilio(s.Answer))
	mux.Handle("POST "+twilio.GatherPath, s.Twilio(s.Gather))

	// Who has the same token, and asks how a request looks by the time that it arrives: see probed.
	mux.Handle("POST "+twilio.ProbePath, s.Open(s.Probe))

	// Anybody: nothing personal.
	mux.Handle("GET /openapi.yaml", s.Open(s.Contract))
	mux.Handle("GET /healthz", s.Open(s.Healthz))
	mux.Handle("GET /readyz", s.Open(s.Readyz))

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

// Contract shows the contract.
func (s *Server) Contract(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Content-Type", "application/yaml")
	_, err := w.Write(api.OpenAPI)
	return ignoreGone(err)
}

// Healthz says that the process serves.
func (s *Server) Healthz(w http.ResponseWriter, _ *http.Request) error {
	return reply(w, http.StatusOK, map[string]string{"status": "ok"})
}

// Readyz says that this node can do its work: it and its database, which has to take what is written,
// and nothing else.
func (s *Server) Readyz(w http.ResponseWriter, r *http.Request) error {
	if err := s.Store.Ready(r.Context()); err != nil {
		return err
	}
	return reply(w, http.StatusOK, map[string]string{"status": "ready"})
}

// ShowMetrics shows the metrics to whoever may see them.
func (s *Server) ShowMetrics(w http.ResponseWriter, r *http.Request) error {
	if err := s.scraped(r); err != nil {
		return err
	}
	s.MetricsPage.ServeHTTP(w, r)
	return nil
}
