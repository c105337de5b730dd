package web

import (
	"errors"
	"net/http"
	"time"

	"redial/api"
	"redial/internal/edge"
	"redial/internal/shown"
	"redial/internal/store"
)

// MakeSecret makes a trigger's secret, and shows it this once.
func (s *Server) MakeSecret(w http.ResponseWriter, r *http.Request) error {
	x, secret, err := s.Triggers.MakeSecret(r.Context(), asker(r.Context()), r.PathValue("name"))
	if has, ok := errors.AsType[*store.HasSecretError](err); ok {
		return edge.Problem(http.StatusConflict, "the trigger %s has a secret, which ends in %s, made by %s on %s: it is "+
			"not shown again; rotate it to get another", has.Secret.Trigger, has.Secret.Hint, has.Secret.MadeBy,
			has.Secret.MadeAt.UTC().Format(time.RFC3339))
	}
	return s.madeSecret(w, http.StatusCreated, &x, secret, err)
}

// RotateSecret gives a trigger a new secret, and shows it this once. Those before work for the overlap.
func (s *Server) RotateSecret(w http.ResponseWriter, r *http.Request) error {
	overlap := api.Duration(keyOverlap)
	if r.ContentLength != 0 {
		body, err := readBody(w, r)
		if err != nil {
			return err
		}
		var f edge.Faults
		f.Object(body, "", edge.Fields{{"overlap", &overlap}})
		checkOverlap(&f, overlap)
		if err := f.Problem(); err != nil {
			return err
		}
	}
	x, secret, err := s.Triggers.RotateSecret(r.Context(), asker(r.Context()), r.PathValue("name"), overlap.Std())
	return s.madeSecret(w, http.StatusOK, &x, secret, err)
}

func (s *Server) madeSecret(w http.ResponseWriter, status int, x *store.TriggerSecret, secret string, err error) error {
	if err != nil {
		return err
	}
	s.Log.Info("a trigger's secret made", "trigger", x.Trigger, "by", x.MadeBy)
	return reply(w, status, shown.NewSecret(x, secret, s.HostURL))
}
