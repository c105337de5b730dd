package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"redial/internal/store"
	"redial/internal/store/engine"
)

// makeAdmin is the command that makes a key that may do anything.
const makeAdmin = "redial keys create ops --scope admin"

// CreateKey makes an API key in a database, on behalf of whoever can open it, and returns its secret. A database that
// is new gets its tables. A key without admin is refused where none that works has it. Without lifetime the key does
// not expire. What it waits for, notice is told. A URL that can't be read is a *ConfigError.
func CreateKey(
	ctx context.Context, databaseURL, name string, scopes []string, lifetime time.Duration, notice func(sentence string),
) (k store.Key, secret string, err error) {
	databaseURL = strings.TrimSpace(databaseURL)
	if err := checkDatabase(databaseURL); err != nil {
		return k, "", err
	}
	if err := store.CheckNewKeyName(name); err != nil {
		return k, "", fmt.Errorf("the name %w", err)
	}
	parsed, err := store.ParseScopes(scopes)
	if err != nil {
		return k, "", fmt.Errorf("the scopes: %w", err)
	}
	s, err := store.Open(ctx, databaseURL, store.Options{Notice: notice})
	if errors.Is(err, engine.ErrInUse) {
		return k, "", fmt.Errorf("%w: --url or REDIAL_URL makes that one make the key; or stop it first", err)
	}
	if err != nil {
		return k, "", explained(err)
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	if err := errors.Join(s.MigrateNew(ctx), s.CheckSchema(ctx)); err != nil {
		return k, "", explained(err)
	}
	there, err := s.KeysThere(ctx)
	if err != nil {
		return k, "", err
	}
	if !there.Admin && !slices.Contains(parsed, store.Admin) {
		return k, "", fmt.Errorf("the scopes: must have admin, which no key that works has in this database: nobody could "+
			"make another; first %s --in-database, or ask a server that has REDIAL_API_KEYS", makeAdmin)
	}
	k, secret = store.NewKey(name, parsed, store.NameOfLocal, s.Now())
	if lifetime > 0 {
		k.ExpiresAt = k.CreatedAt.Add(lifetime)
	}
	return k, secret, s.AddKey(ctx, store.Asker{Name: store.NameOfLocal}, k)
}
