package web

import (
	"context"
	"net/http"
	"slices"

	"redial/internal/store"
)

// Askers says who asks through another door, by the same API keys.
type Askers struct{ s *Server }

// Askers of this Server's API keys.
func (s *Server) Askers() Askers { return Askers{s} }

// Keyless returns who asks where there are no API keys: whoever sits at this very machine. If there are keys, needed
// is true. A problem says why a request is refused that comes from elsewhere. A browser may come by a link on another
// site's page, since a page of ours can't be read or framed there.
func (k Askers) Keyless(r *http.Request) (a store.Asker, needed bool, err error) {
	keys := len(k.s.keys) > 0 || k.s.Public
	if !keys {
		if keys, err = k.s.Store.KeyRing.Any(r.Context()); err != nil {
			return a, false, err
		}
	}
	if keys {
		return a, true, nil
	}
	a = store.Asker{Name: store.NameOfLocal, Keyless: true, Scopes: []store.Scope{store.Admin}}
	return a, false, k.s.localOnly(localBrowser(r))
}

// OfSecret returns who has the secret of an API key, or the problem of one that no key has which works.
func (k Askers) OfSecret(ctx context.Context, secret string) (store.Asker, error) {
	return k.s.keyOf(ctx, secret)
}

// ByID returns who has the API key of the database with an id; without a name if it does not work.
func (k Askers) ByID(ctx context.Context, id string) (store.Asker, error) {
	key, err := k.s.Store.KeyRing.ByID(ctx, id)
	if err != nil || key == nil {
		return store.Asker{}, err
	}
	return store.Asker{Name: key.Name, KeyID: key.ID, Scopes: key.Scopes}, nil
}

// Configured returns who has the API key of the configuration whose hash is the one; without a name if none is.
func (k Askers) Configured(is func(hash []byte) bool) store.Asker {
	for _, key := range slices.Concat(k.s.keys, k.s.own) {
		if is(key.hash[:]) {
			return store.Asker{Name: key.name, Scopes: []store.Scope{store.Admin}}
		}
	}
	return store.Asker{}
}
