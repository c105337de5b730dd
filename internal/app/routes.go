package app

import (
	"net/http"

	"redial/internal/hook"
	"redial/internal/page"
	"redial/internal/source"
	"redial/internal/store"
	"redial/internal/twilio"
	"redial/internal/web"
)

// What a route needs of an API key: any one of these scopes, or admin.
var (
	asks     = web.Need{store.CallsWrite}
	plays    = web.Need{store.CallsWrite, "trigger:default"}
	reads    = web.Need{store.CallsRead, store.Operate}
	steers   = web.Need{store.CallsWrite, store.Operate}
	uses     = web.Need{store.CallsWrite, store.CallsRead, store.Operate}
	operates = web.Need{store.Operate}
	measures = web.Need{store.Metrics, store.Operate}
	manages  = web.Need{store.Admin}
	tells    = web.Need{"trigger:{name}"}
)

// routes lists every way into redial over HTTP, but for the page's: see pageRoutes. The comment above each group says
// who may come. p is nil if the page is not served here.
func routes(s *web.Server, d *hook.Door, p *page.Server) http.Handler {
	mux := http.NewServeMux()

	// The API: an API key, or this very machine.
	mux.Handle("POST /v1/calls", s.API(asks, s.CreateCall))
	mux.Handle("POST /twilio_api/calls", s.Article(plays, s.PlayDefault))
	mux.Handle("GET /v1/calls", s.API(reads, s.ListCalls))
	mux.Handle("GET /v1/calls/{id}", s.API(reads, s.OfCall(s.GetCall)))
	mux.Handle("GET /v1/calls/{id}/events", s.API(reads, s.OfCall(s.GetEvents)))
	mux.Handle("POST /v1/calls/{id}/cancel", s.API(steers, s.OfCall(s.CancelCall)))
	mux.Handle("POST /v1/calls/{id}/redial", s.API(steers, s.OfCall(s.RedialCall)))
	mux.Handle("GET /v1/calls/{id}/explain", s.API(reads, s.OfCall(s.ExplainCall)))
	mux.Handle("GET /v1/presets", s.API(uses, s.ListPresets))
	mux.Handle("POST /v1/calls/{id}/attempts/{number}/resolve", s.API(steers, s.OfCall(s.ResolveAttempt)))
	mux.Handle("DELETE /v1/calls/{id}", s.API(steers, s.OfCall(s.DeleteCall)))
	mux.Handle("GET /v1/calls/{id}/deliveries", s.API(reads, s.OfCall(s.CallDeliveries)))
	mux.Handle("GET /v1/webhooks", s.API(reads, s.ListEndpoints))
	mux.Handle("POST /v1/webhooks", s.API(asks, s.CreateEndpoint))
	mux.Handle("GET /v1/webhooks/stream", s.API(reads, s.StreamWebhooks))
	mux.Handle("GET /v1/webhooks/{id}", s.API(reads, s.OfEndpoint(s.GetEndpoint)))
	mux.Handle("DELETE /v1/webhooks/{id}", s.API(steers, s.OfEndpoint(s.DeleteEndpoint)))
	mux.Handle("POST /v1/webhooks/{id}/rotate", s.API(steers, s.OfEndpoint(s.RotateEndpoint)))
	mux.Handle("POST /v1/webhooks/{id}/enable", s.API(steers, s.OfEndpoint(s.EnableEndpoint)))
	mux.Handle("POST /v1/webhooks/{id}/test", s.API(steers, s.OfEndpoint(s.TestEndpoint)))
	mux.Handle("GET /v1/webhooks/{id}/deliveries", s.API(reads, s.OfEndpoint(s.ListDeliveries)))
	mux.Handle("POST /v1/webhooks/{id}/deliveries/{event}/replay", s.API(steers, s.OfEndpoint(s.ReplayDelivery)))
	mux.Handle("GET /v1/rotas", s.API(reads, s.ListRotas))
	mux.Handle("GET /v1/rotas/{name}", s.API(reads, s.GetRota))
	mux.Handle("POST /v1/rotas/{name}/overrides", s.API(operates, s.CreateOverride))
	mux.Handle("DELETE /v1/rotas/{name}/overrides/{id}", s.API(operates, s.EndOverride))
	mux.Handle("GET /v1/keys", s.API(manages, s.ListKeys))
	mux.Handle("POST /v1/keys", s.API(manages, s.CreateKey))
	mux.Handle("DELETE /v1/keys/{name}", s.API(manages, s.RevokeKey))
	mux.Handle("POST /v1/keys/{name}/rotate", s.API(manages, s.RotateKey))
	mux.Handle("GET /v1/triggers", s.API(reads, s.ListTriggers))
	mux.Handle("POST /v1/triggers/{name}", s.API(tells, s.TellTrigger))
	mux.Handle("POST /v1/triggers/{name}/test", s.API(tells, s.TestTrigger))
	mux.Handle("POST /v1/triggers/{name}/secret", s.API(manages, s.MakeSecret))
	mux.Handle("POST /v1/triggers/{name}/secret/rotate", s.API(manages, s.RotateSecret))
	mux.Handle("GET /v1/incidents", s.API(operates, s.ListIncidents))
	mux.Handle("GET /v1/incidents/{id}", s.API(operates, s.GetIncident))
	mux.Handle("POST /v1/incidents/{id}/close", s.API(operates, s.CloseIncident))
	mux.Handle("POST /v1/incidents/{id}/acknowledge", s.API(operates, s.AcknowledgeIncident))
	mux.Handle("GET /v1/audit", s.API(operates, s.ListAudit))
	mux.Handle("GET /metrics", s.Metrics(measures, s.ShowMetrics))

	// Senders of events: the secret of a trigger.
	mux.Handle("POST /hooks/{secret}", d.Hooks())
	mux.Handle("POST /hooks/{secret}/{$}", d.Hooks())
	mux.Handle("PUT /hooks/{secret}", d.Hooks())
	mux.Handle("GET /hooks/{secret}", d.Hooks())
	mux.Handle("POST /v2/alerts", d.Opsgenie())
	mux.Handle("POST /v2/alerts/{alert}/{action}", d.Opsgenie())
	mux.Handle("PUT /v2/alerts/{alert}/{action}", d.Opsgenie())
	mux.Handle("DELETE /v2/alerts/{alert}", d.Opsgenie())
	mux.Handle("GET /v2/alerts/requests/{id}", d.OpsgenieRequest())
	mux.Handle("POST /v2/enqueue", d.PagerDuty())
	mux.Handle("POST /integrations/v1/{kind}/{token}", d.OnCall())
	mux.Handle("POST /integrations/v1/{kind}/{token}/{$}", d.OnCall())
	mux.Handle("POST /api/v2/generic/incoming", d.GoAlert(source.GoAlert))
	mux.Handle("POST /v1/api/alerts", d.GoAlert(source.GoAlert))
	mux.Handle("POST /api/v2/grafana/incoming", d.GoAlert(source.Grafana))
	mux.Handle("POST /api/v2/prometheusalertmanager/incoming", d.GoAlert(source.Alertmanager))
	for _, path := range []string{
		"/v2/heartbeats/", "/integrations/v1/{kind}/{token}/heartbeat", "/integrations/v1/{kind}/{token}/heartbeat/",
		"/api/v2/heartbeat/", "/ping/",
	} {
		mux.Handle(path, d.Heartbeats())
	}

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

	if p != nil {
		pageRoutes(mux, p)
	}
	return s.Around(mux)
}
