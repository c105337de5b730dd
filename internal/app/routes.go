package app

import (
	"net/http"

	"redial/internal/twilio"
	"redial/internal/web"
)

// routes lists every way into redial over HTTP. The comment above each group says who may come.
func routes(s *web.Server) http.Handler {
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

	// A redial with the same token, which asks in what form a request arrives: see probed.
	mux.Handle("POST "+twilio.ProbePath, s.Open(s.Probe))

	// Anybody: nothing personal.
	mux.Handle("GET /openapi.yaml", s.Open(s.Contract))
	mux.Handle("GET /healthz", s.Open(s.Healthz))
	mux.Handle("GET /readyz", s.Open(s.Readyz))

	return s.Around(mux)
}
