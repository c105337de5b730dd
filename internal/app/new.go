package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"redial/internal/bodies"
	"redial/internal/call"
	"redial/internal/dialer"
	"redial/internal/edge"
	"redial/internal/hook"
	"redial/internal/page"
	"redial/internal/store"
	"redial/internal/trigger"
	"redial/internal/twilio"
	"redial/internal/web"
	"redial/internal/webhook"
)

// New makes a node from a Config, which it checks, and opens its database. Run, Serve or Close ends the node.
func New(ctx context.Context, conf Config) (*App, error) {
	if err := conf.Check(); err != nil {
		return nil, err
	}
	if conf.Log == nil {
		conf.Log = slog.New(slog.DiscardHandler)
	}
	for _, w := range conf.warnings() {
		conf.Log.Warn(w)
	}
	a := &App{conf: conf, log: conf.Log}
	file, err := a.readFile()
	if err != nil {
		return nil, err
	}
	if w := conf.numbers().Warning(); w != "" {
		conf.Log.Warn(w)
	}
	registry := prometheus.NewRegistry()
	contact := newContact(conf.Log, conf.HostURL, registry)
	carrier, err := twilio.New(twilio.Config{
		AccountSID: conf.AccountSID, AuthTokens: conf.AuthTokens, APIKey: conf.APIKey, APISecret: conf.APISecret,
		BaseURL: conf.TwilioBaseURL, HostURL: conf.HostURL, Transport: conf.Transport, Heard: contact.asked,
	})
	if err != nil {
		return nil, fmt.Errorf("setting up Twilio: %w", err)
	}
	s, err := store.Open(ctx, conf.DatabaseURL, store.Options{
		Migrate: conf.Migrate, ScrubEnded: conf.RetentionDays == 0, PlacedBy: carrier.Account(),
		Bounds: store.Bounds{OfName: conf.MaxWaiting, ToNumber: conf.MaxPerNumber},
		Clock:  conf.Clock, Metrics: registry,
		Notice: func(sentence string) { conf.Log.Warn(sentence) }, Committed: newTale(conf.Log).tell,
	})
	if err != nil {
		return nil, explained(err)
	}
	if err := s.CheckSchema(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	there, err := s.KeysThere(ctx)
	if err == nil {
		err = conf.checkOpen(there.Any)
	}
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	if ill := illOfKeys(there); ill != "" && len(conf.APIKeys) == 0 {
		conf.Log.Warn(ill, "fix", anotherAdmin)
	}
	a.store, a.keys = s, there
	a.wire(carrier, contact, registry)
	a.triggers.Use(file)
	a.neighbors.meet(file, registry)
	if err := a.configureEndpoints(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return a, nil
}

func (a *App) wire(carrier *twilio.Client, contact *contact, registry *prometheus.Registry) {
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	a.dialer = dialer.New(dialer.Config{
		Store: a.store, Carrier: carrier, Account: a.conf.AccountSID, CallsPerSecond: a.conf.CallsPerSecond,
		Log: a.log, Metrics: registry,
		Missed: func(c *call.Call, n int) { contact.missed(c, n, a.store.Now().Sub(c.Attempt(n).DialedAt)) },
	})
	a.sender = webhook.New(webhook.Config{
		Store: a.store, Secrets: a.conf.WebhookSecrets, Events: a.conf.events(), AllowPrivate: a.conf.WebhookAllowPrivate,
		Transport: a.conf.WebhookTransport, Text: edge.Text, Log: a.log, Metrics: registry,
	})
	a.triggers = trigger.New(a.store)
	a.triggers.Observe(a.log, registry)
	budgets := bodies.New(bodies.Within(debug.SetMemoryLimit(-1))) // -1 only reads GOMEMLIMIT
	a.web = web.New(web.Config{
		Store: a.store, Triggers: a.triggers, Account: a.conf.AccountSID, APIKeys: a.conf.APIKeys, OwnKey: a.conf.OwnKey,
		Public:   a.conf.wayIn() != "",
		Edge:     a.edge,
		Verifier: twilio.NewVerifier(a.conf.HostURL, a.conf.AuthTokens),
		Prober:   twilio.NewProber(a.conf.HostURL, a.conf.AuthTokens),
		HostURL:  a.conf.HostURL, LookUp: carrier.LookUp, IsSID: carrier.IsSID, Webhooks: a.sender, Heard: contact.called,
		Bodies: budgets,
		Log:    a.log, Metrics: registry,
		MetricsPage: promhttp.HandlerFor(registry, promhttp.HandlerOpts{
			ErrorHandling: promhttp.ContinueOnError, // one metric that fails does not hide the others
			ErrorLog:      slog.NewLogLogger(a.log.Handler(), slog.LevelWarn),
		}),
	})
	door := hook.New(hook.Config{Triggers: a.triggers, Bodies: budgets, Log: a.log, Metrics: registry})
	a.wirePages(contact, door)
}

// wirePages puts the page beside the API, or at an address of its own, or nowhere.
func (a *App) wirePages(contact *contact, door *hook.Door) {
	a.page = page.New(page.Config{
		Store: a.store, Keys: a.web.Askers(), Account: a.conf.AccountSID, HostURL: a.conf.HostURL, Log: a.log,
		Ways: contact.ways, Edge: a.edge,
	})
	if a.conf.pages() != pageOff {
		a.web.Lost = a.page.Unknown()
	}
	switch a.conf.pages() {
	case pageOff:
		a.routes = routes(a.web, door, nil)
	case pageOn:
		a.routes = routes(a.web, door, a.page)
	default:
		mux := http.NewServeMux()
		pageRoutes(mux, a.page)
		a.routes, a.pages = routes(a.web, door, nil), a.web.Around(mux)
	}
}
