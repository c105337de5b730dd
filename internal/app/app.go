package app

import (
	"log/slog"
	"net/http"

	"redial/internal/dialer"
	"redial/internal/store"
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

// Handler is the node's HTTP side.
func (a *App) Handler() http.Handler { return a.routes }
