package page

import (
	"context"
	"log/slog"
	"net/http"
	"sync/atomic"

	"github.com/alexedwards/scs/v2"

	"redial/internal/edge"
	"redial/internal/store"
)

// Config of a Server.
type Config struct {
	Store   *store.Store
	Keys    Keys
	Account string // Twilio's, whose pause Now shows
	HostURL string // the public base URL, or empty
	// Ways says how it stands between this node and Twilio.
	Ways func() Ways
	Edge func() *edge.Reader
	Log  *slog.Logger
}

// Keys says who asks. The door of the API, which knows the API keys of the settings, does so for the page.
type Keys interface {
	// Keyless returns who asks where there are no API keys: whoever sits at this machine. If there are keys, needed is
	// true; an error says why a request is refused without one.
	Keyless(r *http.Request) (a store.Asker, needed bool, err error)
	// OfSecret returns who has the secret of an API key, or the error that says what is wrong with it.
	OfSecret(ctx context.Context, secret string) (store.Asker, error)
	// ByID returns who has the API key of the database with an id; without a name if it does not work.
	ByID(ctx context.Context, id string) (store.Asker, error)
	// Configured returns who has the API key of the settings whose hash is the one; without a name if none is.
	Configured(is func(hash []byte) bool) store.Asker
}

// Ways is how it stands between a node and Twilio.
type Ways struct {
	TwilioAway       bool // Twilio does not answer
	CallbacksMissing bool // Twilio's callbacks do not come
}

// Server answers the requests of browsers, each by a method. The list of routes in app says which.
type Server struct {
	Config
	books    map[string]*book // by language
	pictures pictures
	hub      hub
	lives    atomic.Int64 // pages that are live
	closing  chan struct{}
	sessions *scs.SessionManager
	guard    http.CrossOriginProtection // of forms
}

// New makes a Server.
func New(c Config) *Server {
	s := &Server{
		Config: c, books: map[string]*book{}, pictures: pictures{seen: map[question]*seen{}},
		hub: hub{store: c.Store, pages: map[chan struct{}]struct{}{}}, closing: make(chan struct{}),
		sessions: newSessions(c.Store),
	}
	for _, l := range languages {
		s.books[l.String()] = newBook(l.String())
	}
	return s
}
