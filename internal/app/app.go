package app

import (
	"log/slog"
	"net"
	"net/http"
	"sync"

	"redial/internal/dialer"
	"redial/internal/edge"
	"redial/internal/page"
	"redial/internal/store"
	"redial/internal/trigger"
	"redial/internal/web"
	"redial/internal/webhook"
)

// App is a node: its database, its loop and its HTTP server.
type App struct {
	conf   Config
	log    *slog.Logger
	store  *store.Store
	keys   store.KeysThere // those of the database when the node was made
	dialer *dialer.Dialer
	web    *web.Server
	page   *page.Server
	routes http.Handler // what is answered where
	pageAt net.Listener // of the page, if it has an address of its own
	pages  http.Handler // the same at the page's own address; nil: it has none
	sender *webhook.Sender

	closing sync.Once // of what is live

	triggers   *trigger.Triggers
	plain      *edge.Reader // of requests, with the presets of the installation alone
	ownPresets []string     // the names of those that REDIAL_PRESETS has
	neighbors  neighbors
}

// HasKeys says whether the database had API keys, be they such that no longer work, when the node was made.
func (a *App) HasKeys() bool { return a.keys.Any }

// Handler is the node's HTTP side.
func (a *App) Handler() http.Handler { return a.routes }
