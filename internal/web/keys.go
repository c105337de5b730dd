package web

import (
	"net/http"
	"time"

	"redial/api"
	"redial/internal/edge"
	"redial/internal/shown"
	"redial/internal/store"
)

const keyOverlap = 24 * time.Hour // for which a key works that was rotated

// ListKeys shows all API keys.
func (s *Server) ListKeys(w http.ResponseWriter, r *http.Request) error {
	list, _, err := s.Store.Keys(r.Context())
	if err != nil {
		return err
	}
	out := api.KeyList{Keys: []api.Key{}}
	for i := range list {
		out.Keys = append(out.Keys, shown.Key(&list[i]))
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
	var expires api.Duration
	var f edge.Faults
	f.Object(body, "", edge.Fields{{"name", &name}, {"scopes", &words}, {"expires_in", &expires}})
	scopes, err := store.ParseScopes(words)
	if f.None() {
		f.Wrong("scopes", err)
		f.Wrong("name", store.CheckKeyName(name))
		if expires < 0 {
			f.Add("expires_in", "must not be negative")
		}
	}
	if err := f.Problem(); err != nil {
		return err
	}
	k, secret := store.NewKey(name, scopes, asker(r.Context()).Name, s.Store.Now())
	if expires > 0 {
		k.ExpiresAt = k.CreatedAt.Add(expires.Std())
	}
	if err := s.Store.AddKey(r.Context(), asker(r.Context()), k); err != nil {
		return err
	}
	s.Log.Info("API key made", "key", k.ID, "name", k.Name, "by", k.CreatedBy)
	return reply(w, http.StatusCreated, shown.KeyWithSecret(&k, secret))
}

// RotateKey gives a name a new API key, and shows its secret this once.
func (s *Server) RotateKey(w http.ResponseWriter, r *http.Request) error {
	now := s.Store.Now()
	k, secret := store.NewKey(r.PathValue("name"), nil, asker(r.Context()).Name, now)
	k, err := s.Store.RotateKey(r.Context(), asker(r.Context()), k, now.Add(keyOverlap))
	if err != nil {
		return err
	}
	s.Log.Info("API key rotated", "key", k.ID, "name", k.Name, "by", k.CreatedBy)
	return reply(w, http.StatusOK, shown.KeyWithSecret(&k, secret))
}

// RevokeKey ends all API keys of a name, or the one with an id.
func (s *Server) RevokeKey(w http.ResponseWriter, r *http.Request) error {
	ended, err := s.Store.RevokeKeys(r.Context(), asker(r.Context()), r.PathValue("name"), s.Store.Now())
	if err != nil {
		return err
	}
	for _, k := range ended {
		s.Log.Info("API key revoked", "key", k.ID, "name", k.Name, "by", asker(r.Context()).Name)
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}
