package web

import (
	"errors"
	"math"
	"net/http"
	"slices"
	"time"

	"redial/api"
	"redial/internal/edge"
	"redial/internal/shown"
	"redial/internal/store"
)

// endless is the lifetime of a key of which a request does not say how long it works.
const endless = api.Duration(math.MinInt64)

func checkExpires(f *edge.Faults, expires api.Duration) {
	if expires != endless && expires <= 0 {
		f.Add("expires_in", "must be longer than 0s; without it a new key works until it is revoked")
	}
}

func checkOverlap(f *edge.Faults, overlap api.Duration) {
	if overlap < 0 || overlap > api.Duration(maxKeyOverlap) {
		f.Add("overlap", "must be from 0s to "+api.Duration(maxKeyOverlap).String())
	}
}

const (
	keyOverlap    = 24 * time.Hour // for which a key works that was rotated, unless the request says
	maxKeyOverlap = 90 * 24 * time.Hour
)

// ListKeys shows a page of API keys, by name.
func (s *Server) ListKeys(w http.ResponseWriter, r *http.Request) error {
	v := r.URL.Query()
	q := store.KeyQuery{After: v.Get("cursor"), Limit: defaultLimit}
	var f edge.Faults
	f.Parameters(v, "cursor", "limit", "working")
	readLimit(&f, v, &q.Limit)
	if readFlag(&f, v, "working") {
		q.Working = s.Store.KeyRing.Now()
	}
	if err := f.Problem(); err != nil {
		return err
	}
	list, more, err := s.Store.ListKeys(r.Context(), q)
	if errors.Is(err, store.ErrKeyCursor) {
		f.Add("cursor", "must be the next_cursor of a page before")
		return f.Problem()
	}
	if err != nil {
		return err
	}
	out := api.KeyList{Keys: []api.Key{}}
	for i := range list {
		out.Keys = append(out.Keys, shown.Key(&list[i]))
	}
	if more {
		out.NextCursor = list[len(list)-1].ID
	}
	return reply(w, http.StatusOK, out)
}

// CreateKey makes an API key, and shows its secret this once.
func (s *Server) CreateKey(w http.ResponseWriter, r *http.Request) error {
	body, err := readBody(w, r)
	if err != nil {
		return err
	}
	var name string
	var words []string
	expires := endless
	var f edge.Faults
	f.Object(body, "", edge.Fields{{"name", &name}, {"scopes", &words}, {"expires_in", &expires}})
	scopes, err := store.ParseScopes(words)
	if f.None() {
		f.Wrong("scopes", err)
		f.Wrong("name", store.CheckNewKeyName(name))
		checkExpires(&f, expires)
		if asker(r.Context()).Keyless && !slices.Contains(scopes, store.Admin) {
			f.Add("scopes", "must have admin: the first API key ends serving without one, and nobody else could make "+
				"another; redial keys create ops --scope admin makes one that has it")
		}
	}
	if err := f.Problem(); err != nil {
		return err
	}
	k, secret := store.NewKey(name, scopes, asker(r.Context()).Name, s.Store.Now())
	if expires != endless {
		k.ExpiresAt = k.CreatedAt.Add(expires.Std())
	}
	if err := s.Store.AddKey(r.Context(), asker(r.Context()), k); err != nil {
		return err
	}
	s.Log.Info("API key made", "key", k.ID, "name", k.Name, "by", k.CreatedBy)
	return reply(w, http.StatusCreated, shown.KeyWithSecret(&k, secret))
}

// RotateKey gives a name a new API key, and shows its secret this once. Those before work for the overlap.
func (s *Server) RotateKey(w http.ResponseWriter, r *http.Request) error {
	ask, err := readRotation(w, r)
	if err != nil {
		return err
	}
	now := s.Store.KeyRing.Now()
	k, secret := store.NewKey(r.PathValue("name"), ask.scopes, asker(r.Context()).Name, now)
	if ask.expires != endless {
		k.ExpiresAt = now.Add(ask.expires.Std())
	}
	k, err = s.Store.RotateKey(r.Context(), asker(r.Context()), k, now.Add(ask.overlap.Std()))
	if err != nil {
		return err
	}
	s.Log.Info("API key rotated", "key", k.ID, "name", k.Name, "by", k.CreatedBy)
	return reply(w, http.StatusOK, shown.KeyWithSecret(&k, secret))
}

// rotation is what a request says of a key that takes another's place.
type rotation struct {
	overlap, expires api.Duration
	scopes           []store.Scope // none: those of the key before
}

// readRotation reads it. The body may be missing.
func readRotation(w http.ResponseWriter, r *http.Request) (rotation, error) {
	ask := rotation{overlap: api.Duration(keyOverlap), expires: endless}
	if r.ContentLength == 0 {
		return ask, nil
	}
	body, err := readBody(w, r)
	if err != nil {
		return ask, err
	}
	var words []string
	var f edge.Faults
	f.Object(body, "", edge.Fields{{"overlap", &ask.overlap}, {"scopes", &words}, {"expires_in", &ask.expires}})
	if !f.None() {
		return ask, f.Problem()
	}
	checkOverlap(&f, ask.overlap)
	checkExpires(&f, ask.expires)
	if words != nil {
		ask.scopes, err = store.ParseScopes(words)
		f.Wrong("scopes", err)
	}
	return ask, f.Problem()
}
