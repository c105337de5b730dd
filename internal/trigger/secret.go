package trigger

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"redial/internal/store"
)

// Secrets by which senders reach a trigger: one that redial made, which its database holds, or one that the file takes
// from the environment. Where there is one of the file, those of the database don't work.

// ErrNoSecret is returned for a text that is no trigger's secret.
var ErrNoSecret = errors.New("no trigger has this secret")

// EndedSecretError is returned for a trigger's secret that works no longer.
type EndedSecretError struct{ Trigger string }

func (e *EndedSecretError) Error() string {
	return "this secret of the trigger " + e.Trigger + " works no longer"
}

// GivenSecretError is returned where a trigger's secret is that of the file: redial makes none, and can't show it.
type GivenSecretError struct{ Trigger string }

func (e *GivenSecretError) Error() string {
	return fmt.Sprintf("the secret of the trigger %s stands in the environment of the nodes, as its secret in the file "+
		"says: change it there; without secret in the file redial makes one", e.Trigger)
}

// BySecret returns the name of the trigger whose secret this is. It returns ErrNoSecret, an *EndedSecretError, or an
// error of the store.
func (t *Triggers) BySecret(ctx context.Context, secret string) (string, error) {
	hash, ok := HashSecret(secret)
	if !ok {
		return "", ErrNoSecret
	}
	f := t.File()
	if name := f.holding(hash); name != "" {
		return name, nil
	}
	x, works, err := t.store.KeyRing.OfTrigger(ctx, hex.EncodeToString(hash[:]))
	switch {
	case err != nil:
		return "", fmt.Errorf("looking for a trigger's secret: %w", err)
	case x == nil:
		return "", ErrNoSecret
	case !works || f.given(x.Trigger):
		return "", &EndedSecretError{x.Trigger}
	}
	return x.Trigger, nil
}

// holding is the name of the trigger whose secret in the file has this hash; empty if there is none.
func (f *File) holding(hash SecretHash) string {
	if f == nil {
		return ""
	}
	for name, tr := range f.Triggers {
		if tr.Secret == hash {
			return name
		}
	}
	return ""
}

// given says whether a trigger's secret is that of the file.
func (f *File) given(name string) bool {
	return f != nil && f.Triggers[name] != nil && f.Triggers[name].Secret != SecretHash{}
}

// Where a secret of a trigger is: nowhere, in the environment of the nodes, or in the database.
const (
	NoSecret    = "none"
	Environment = "environment"
	Database    = "database"
)

// Secrets says of each trigger of a file where its secret is.
func (t *Triggers) Secrets(ctx context.Context, f *File) (map[string]string, error) {
	made, err := t.store.KeyRing.WithSecrets(ctx)
	if err != nil {
		return nil, fmt.Errorf("looking which triggers have secrets: %w", err)
	}
	where := map[string]string{}
	for name := range f.Triggers {
		switch {
		case f.given(name):
			where[name] = Environment
		case made[name]:
			where[name] = Database
		default:
			where[name] = NoSecret
		}
	}
	return where, nil
}

// MakeSecret makes a trigger's first secret, which is returned this once. It returns ErrNoTrigger, a *GivenSecretError,
// a *store.HasSecretError, or another error of the store.
func (t *Triggers) MakeSecret(ctx context.Context, by store.Asker, name string) (store.TriggerSecret, string, error) {
	x, secret, err := t.newSecret(by, name)
	if err == nil {
		err = t.store.AddTriggerSecret(ctx, by, x)
	}
	return x, secret, err
}

// RotateSecret makes a trigger a new secret, which is returned this once. Those before work for the overlap. Its errors
// are those of MakeSecret, apart from the *store.HasSecretError.
func (t *Triggers) RotateSecret(
	ctx context.Context, by store.Asker, name string, overlap time.Duration,
) (store.TriggerSecret, string, error) {
	x, secret, err := t.newSecret(by, name)
	if err == nil {
		err = t.store.RotateTriggerSecret(ctx, by, x, x.MadeAt.Add(overlap))
	}
	return x, secret, err
}

func (t *Triggers) newSecret(by store.Asker, name string) (x store.TriggerSecret, secret string, err error) {
	f := t.File()
	if _, err := f.Named(name); err != nil {
		return x, "", err
	}
	if f.given(name) {
		return x, "", &GivenSecretError{name}
	}
	x, secret = store.NewTriggerSecret(name, by.Name, t.store.KeyRing.Now())
	return x, secret, nil
}
