package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"redial/internal/call"
	"redial/internal/dialer"
	"redial/internal/edge"
	"redial/internal/store"
	"redial/internal/store/engine"
	"redial/internal/twilio"
	"redial/internal/web"
	"redial/internal/webhook"
)

// App is a node: its database, its loop and its HTTP server.
type App struct {
	conf   Config
	log    *slog.Logger
	store  *store.Store
	dialer *dialer.Dialer
	web    *web.Server
	routes http.Handler // what is answered where
	sender *webhook.Sender
}

const (
	shutdownTime   = 20 * time.Second // for answers under way, once told to stop
	retentionPause = time.Hour        // between two rounds
)

// New makes a node from a Config, which it checks, and opens its database. Run
// or Close ends it.
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
	presets, err := Presets(conf.Presets)
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
		Migrate: conf.Migrate, ScrubEnded: conf.RetentionDays == 0, PlacedBy: carrier.Account(), Clock: conf.Clock, Metrics: registry,
		Notice: func(sentence string) { conf.Log.Warn(sentence) }, Committed: newTale(conf.Log).tell,
	})
	if err != nil {
		return nil, explained(err)
	}
	if err := s.CheckSchema(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	a := &App{conf: conf, log: conf.Log, store: s}
	a.wire(carrier, contact, presets, registry)
	if err := a.configureEndpoints(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return a, nil
}

// Presets returns the presets that there are with those of a file, which may be none.
func Presets(file string) (edge.Presets, error) {
	var own []byte
	if file != "" {
		var err error
		if own, err = os.ReadFile(file); err != nil {
			return nil, wrong("REDIAL_PRESETS", "can't be read: %v", err)
		}
		if len(bytes.TrimSpace(own)) == 0 { // as a deployment that broke off leaves it
			return nil, wrong("REDIAL_PRESETS", "is wrong in %s: the file is empty", file)
		}
	}
	presets, err := edge.ReadPresets(own)
	if err != nil {
		return nil, wrong("REDIAL_PRESETS", "is wrong in %s: %v", file, err)
	}
	return presets, nil
}

func (a *App) wire(carrier *twilio.Client, contact *contact, presets edge.Presets, registry *prometheus.Registry) {
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
	reader := edge.NewReader(edge.Reader{
		Numbers: a.conf.numbers(), Presets: presets, Rules: a.conf.rules(),
		Webhook: a.sender.CheckOfCall, HostURL: a.conf.HostURL,
	})
	a.web = web.New(web.Config{
		Store: a.store, Verifier: twilio.NewVerifier(a.conf.HostURL, a.conf.AuthTokens), Prober: twilio.NewProber(a.conf.HostURL, a.conf.AuthTokens), Account: a.conf.AccountSID,
		APIKeys: a.conf.APIKeys, Edge: reader,
		HostURL: a.conf.HostURL, LookUp: carrier.LookUp, IsSID: carrier.IsSID, Webhooks: a.sender, Heard: contact.called,
		Bodies: web.BodiesWithin(debug.SetMemoryLimit(-1)), // which only reads GOMEMLIMIT
		Log:    a.log, Metrics: registry,
		MetricsPage: promhttp.HandlerFor(registry, promhttp.HandlerOpts{
			ErrorHandling: promhttp.ContinueOnError, // one metric that can't be had hides no other
			ErrorLog:      slog.NewLogLogger(a.log.Handler(), slog.LevelWarn),
		}),
	})
	a.routes = routes(a.web)
}

// Handler is the node's HTTP side.
func (a *App) Handler() http.Handler { return a.routes }

// Listen opens the address that the Config names.
func (a *App) Listen(ctx context.Context) (net.Listener, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", a.conf.Listen)
	if err != nil {
		return nil, wrong("REDIAL_LISTEN", "can't be used: %v", err)
	}
	return l, nil
}

// Serve answers on l, and runs the node, until ctx is over. Then it takes no
// more work, finishes what is in flight, and closes the database.
func (a *App) Serve(ctx context.Context, l net.Listener) error {
	server := &http.Server{
		Handler:           a.routes,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       20 * time.Second,
		WriteTimeout:      30 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(a.log.Handler(), slog.LevelDebug),
	}
	server.RegisterOnShutdown(a.web.CloseStreams)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var serving error
	var all sync.WaitGroup
	all.Go(func() {
		defer cancel() // without a server the node is of no use
		if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
			serving = fmt.Errorf("serving: %w", err)
		}
	})
	all.Go(func() { a.loops(ctx) })
	if a.conf.CheckSetup {
		all.Go(func() { a.examine(ctx) })
	}
	<-ctx.Done()
	a.logStop(ctx)
	a.shutdown(server)
	all.Wait()
	return errors.Join(serving, a.Close())
}

func (a *App) shutdown(server *http.Server) {
	ctx, cancel := context.WithTimeout(context.Background(), shutdownTime)
	defer cancel()
	if err := server.Shutdown(ctx); err != nil {
		a.log.Warn("answers under way were cut off", "err", err)
	}
}

// Run runs the node without its HTTP server, which Handler is for, until ctx is
// over; then it closes the database.
func (a *App) Run(ctx context.Context) error {
	a.loops(ctx)
	return a.Close()
}

// loops runs until ctx is over and what is in flight has ended.
func (a *App) loops(ctx context.Context) {
	var all sync.WaitGroup
	all.Go(func() { a.dialer.Run(ctx) })
	all.Go(func() { a.sender.Run(ctx) })
	all.Go(func() { a.retain(ctx) })
	all.Wait()
}

// Close closes the database of a node that does not run.
func (a *App) Close() error { return a.store.Close() }

// retain scrubs and deletes what is past its retention.
func (a *App) retain(ctx context.Context) {
	for {
		more, err := a.store.Retain(ctx, a.store.Now(), a.conf.retention())
		if err != nil && ctx.Err() == nil {
			a.log.Error("scrubbing old calls failed", "err", err)
		}
		pause := retentionPause
		if more {
			pause = 100 * time.Millisecond // small steps: others want to write too
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
	}
}

// explained says first what an error of the database means, and what to do, where that is known.
func explained(err error) error {
	if err == nil {
		return nil
	}
	what, fix := engine.Trouble(err)
	if what == "" {
		return err
	}
	return fmt.Errorf("DATABASE_URL: %s; %s: %w", what, fix, err)
}

// Migrate brings a database's schema up to date. A dry run makes nothing, and may be beside a running redial.
// It returns the SQL that ran, or would run; empty if none. What it waits for, notice is told.
// A URL that can't be read is a *ConfigError.
func Migrate(ctx context.Context, databaseURL string, dryRun bool, notice func(sentence string)) (sql string, err error) {
	databaseURL = strings.TrimSpace(databaseURL)
	if err := checkDatabase(databaseURL); err != nil {
		return "", err
	}
	if dryRun {
		sql, err = store.PendingSQL(ctx, databaseURL)
		return sql, explained(err)
	}
	s, err := store.Open(ctx, databaseURL, store.Options{Notice: notice})
	if err != nil {
		return "", explained(err)
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	sql, err = s.PendingSQL(ctx)
	if err == nil && sql != "" {
		err = s.Migrate(ctx)
	}
	return sql, err
}
