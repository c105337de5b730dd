package app

import (
	"net/http"

	"redial/internal/page"
	"redial/internal/store"
)

// What a page needs of its viewer: any one of these scopes, or admin.
var (
	sees    = page.Need{store.CallsRead, store.Operate}
	changes = page.Need{store.CallsWrite, store.Operate}
	makes   = page.Need{store.CallsWrite}
)

// pageRoutes lists every way into the page that people look at. It is no part of the API.
func pageRoutes(mux *http.ServeMux, p *page.Server) {
	// Anybody: nothing personal.
	mux.Handle("GET /page/{file}", p.Asset())
	mux.Handle("POST /preferences", p.Prefer())
	mux.Handle("GET /sign-in", p.SignIn())
	mux.Handle("POST /sign-in", p.DoSignIn())

	// Who is signed in or, without API keys, this very machine.
	mux.Handle("GET /{$}", p.Page(sees, p.Now))
	mux.Handle("POST /sign-out", p.SignOut())
	mux.Handle("GET /live", p.Live(sees, "./", p.LiveNow))
	mux.Handle("GET /calls/{id}", p.Page(sees, p.ShowCall))
	mux.Handle("GET /calls/{id}/live", p.LiveOf(sees, "../", p.LiveCall, p.WatchCall))
	mux.Handle("POST /calls/{id}/cancel", p.Do(changes, p.CancelCall))
	mux.Handle("POST /calls/{id}/hangup", p.Do(changes, p.HangUpCall))
	mux.Handle("POST /calls/{id}/redial", p.Do(changes, p.RedialCall))
	mux.Handle("POST /calls/{id}/again", p.Do(makes, p.AgainCall))
}
