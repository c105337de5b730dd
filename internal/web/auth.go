package web

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"redial/api"
	"redial/internal/edge"
	"redial/internal/permit"
	"redial/internal/store"
)

// envKey is an API key of the configuration: whoever brings it may do anything.
type envKey struct {
	hash [sha256.Size]byte
	name string
}

const minSecret = 16 // characters of what follows a name

// envKeys reads the keys of the configuration. One may be NAME:SECRET, whose SECRET is sent. The whole is taken, too,
// because a key may have a colon in it.
func envKeys(keys []string) (list []envKey) {
	for _, k := range keys {
		name, secrets := nameOf(k)
		for _, secret := range secrets {
			list = append(list, envKey{sha256.Sum256([]byte(secret)), name})
		}
	}
	return list
}

// ownKey is the key with which the process itself asks.
func ownKey(secret string) []envKey {
	if secret == "" {
		return nil
	}
	return []envKey{{sha256.Sum256([]byte(secret)), store.NameOfLocal}}
}

// nameOf is the name of a key of the configuration, and what may be sent as its secret.
func nameOf(key string) (name string, secrets []string) {
	name, secret, _ := strings.Cut(key, ":")
	if store.CheckNewKeyName(name) != nil || utf8.RuneCountInString(secret) < minSecret {
		return store.NameOfEnv, []string{key}
	}
	return name, []string{key, secret}
}

// oldScopes are the scopes of Idempotency-Keys that versions before gave to the keys of the configuration, by the names
// that these keys have now. Each secret had a scope of its own; a secret that has been given a name since keeps it.
func oldScopes(keys []string) map[string][]string {
	scopes := map[string][]string{store.NameOfLocal: {store.NameOfLocal}}
	for _, k := range keys {
		name, secrets := nameOf(k)
		for _, secret := range secrets {
			sum := sha256.Sum256([]byte("scope:" + secret))
			scopes[name] = append(scopes[name], hex.EncodeToString(sum[:8]))
		}
	}
	return scopes
}

// refusal is why a request may not use the API, as the metric calls it.
type refusal string

const (
	noKey    refusal = "no_key"
	wrongKey refusal = "wrong_key"
	notLocal refusal = "not_local"
	noScope  refusal = "no_scope"
)

var refusals = []refusal{noKey, wrongKey, notLocal, noScope}

// authorize returns who makes a request, or the problem of one that may not use the API.
func (s *Server) authorize(r *http.Request) (store.Asker, error) {
	return s.authorizeLocal(r, local)
}

// scraped is authorize of a request for the metrics. Without API keys, every request that asks for a loopback name may
// see them, also through a proxy on this machine.
func (s *Server) scraped(r *http.Request) (store.Asker, error) {
	return s.authorizeLocal(r, loopbackName)
}

// authorizeLocal authorizes a request. Without API keys, foreign says why it is refused.
func (s *Server) authorizeLocal(r *http.Request, foreign func(*http.Request) string) (store.Asker, error) {
	if len(s.keys) == 0 && !s.Public {
		keys, err := s.Store.KeyRing.Any(r.Context())
		if err != nil {
			return store.Asker{}, err
		}
		if !keys {
			a := store.Asker{Name: store.NameOfLocal, Keyless: true, Scopes: []store.Scope{store.Admin}}
			return a, s.localOnly(foreign(r))
		}
	}
	secret, ok := bearer(r)
	if !ok {
		return store.Asker{}, s.refuse(noKey, http.StatusUnauthorized, "send an API key: Authorization: Bearer KEY")
	}
	return s.keyOf(r.Context(), secret)
}

// keyOf returns who has a secret.
func (s *Server) keyOf(ctx context.Context, secret string) (store.Asker, error) {
	got := sha256.Sum256([]byte(secret))
	for _, k := range slices.Concat(s.keys, s.own) {
		if subtle.ConstantTimeCompare(got[:], k.hash[:]) == 1 {
			return store.Asker{Name: k.name, Scopes: []store.Scope{store.Admin}}, nil
		}
	}
	k, err := s.Store.KeyRing.ByHash(ctx, store.HashSecret(secret))
	switch {
	case err != nil:
		return store.Asker{}, err
	case k == nil:
		return store.Asker{}, s.uselessKey(ctx, store.HashSecret(secret))
	}
	return store.Asker{Name: k.Name, KeyID: k.ID, Scopes: k.Scopes}, nil
}

// uselessKey is the problem of a secret that no key has which works. Whoever has the secret of one that did is told
// what became of it.
func (s *Server) uselessKey(ctx context.Context, hash string) error {
	k, err := s.Store.KeyRing.Ended(ctx, hash)
	if err != nil {
		return err
	}
	if k == nil {
		return s.refuse(wrongKey, http.StatusUnauthorized, "this API key is not known")
	}
	at, revoked := k.End()
	detail := "this API key " + map[bool]string{true: "was revoked", false: "expired"}[revoked] + " on " +
		at.UTC().Format(time.RFC3339)
	return s.refuse(wrongKey, http.StatusUnauthorized, detail)
}

// endedKey is the problem of a key that has ended since its request was let in.
func (s *Server) endedKey() *api.Problem {
	return s.refuse(wrongKey, http.StatusUnauthorized, store.ErrKeyEnded.Error())
}

// A Need is what a route asks of an API key: any one of some scopes. In a scope {name} stands for that of the path.
type Need []store.Scope

// allow returns the problem of an asker who has none of the scopes that a route needs.
func (s *Server) allow(r *http.Request, a store.Asker, needs Need) error {
	words := make([]string, len(needs))
	for i, scope := range needs {
		scope = store.Scope(strings.ReplaceAll(string(scope), "{name}", r.PathValue("name")))
		if a.May(scope) {
			return nil
		}
		words[i] = string(scope)
	}
	return s.refuse(noScope, http.StatusForbidden,
		"this API key may not do that: it lacks the scope "+strings.Join(words, " or "))
}

type askerKey struct{}

// asker is who makes a request that was let in.
func asker(ctx context.Context) store.Asker {
	a, _ := ctx.Value(askerKey{}).(store.Asker)
	return a
}

// inFlight is how long after a revocation something may still be committed that the key asked for before: a node
// learns of it within a second, and a transaction that was under way ends. What takes longer is held against the key
// once more.
const inFlight = 2 * time.Second

// stillMay returns the problem of a request whose API key was revoked, or has expired, since it was let in; or of one
// that was let in without a key, if there is one now.
func (s *Server) stillMay(ctx context.Context) error {
	switch a := asker(ctx); {
	case a.KeyID != "":
		works, err := s.Store.KeyRing.Works(ctx, a.KeyID)
		if err == nil && !works {
			err = s.endedKey()
		}
		return err
	case a.Keyless:
		ended, err := s.Store.KeyRing.Any(ctx)
		if err == nil && ended {
			err = s.refuse(noKey, http.StatusUnauthorized, "there is an API key now: send it")
		}
		return err
	}
	return nil
}

func (s *Server) localOnly(why string) error {
	if why == "" {
		return nil
	}
	err := permit.Errorf("without API keys redial serves programs of its own machine only, and %s; set %s to serve others",
		why, permit.APIKeys)
	return s.refuse(notLocal, http.StatusForbidden, edge.Text(err))
}

func (s *Server) refuse(why refusal, status int, detail string) *api.Problem {
	s.refused.WithLabelValues(string(why)).Inc()
	s.refusedLog[why].Happened()
	return edge.Problem(status, "%s", detail)
}

func bearer(r *http.Request) (string, bool) {
	scheme, key, ok := strings.Cut(r.Header.Get("Authorization"), " ")
	return strings.TrimSpace(key), ok && strings.EqualFold(scheme, "Bearer")
}

// idempotency says whose Idempotency-Keys a request uses: those of the name of its API key. A retry may come with
// another key of the name than the first request: so all scopes that keys of the name once had are the name's.
func (s *Server) idempotency(r *http.Request) store.Idempotency {
	name := asker(r.Context()).Name
	return store.Idempotency{Scope: "name:" + name, Before: s.oldScopes[name]}
}
