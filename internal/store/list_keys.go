package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"redial/internal/store/engine"
)

func apiKeyColumns(k *Key) []column {
	return []column{
		{"id", &k.ID},
		{"name", &k.Name},
		{"hash", &k.Hash},
		{"hint", &k.Hint},
		{"scopes", asJSON{&k.Scopes}},
		{"created_at", asMicros{&k.CreatedAt}},
		{"created_by", &k.CreatedBy},
		{"expires_at", asMicros{&k.ExpiresAt}},
		{"revoked_at", asMicros{&k.RevokedAt}},
		{"last_used_at", asMicros{&k.LastUsedAt}},
	}
}

var selectKeys = "SELECT " + names(apiKeyColumns(new(Key))) + " FROM api_keys"

const selectKeyVersion = `SELECT version FROM key_changes`

// readKeys reads all of them.
func readKeys(found func(*Key)) engine.Statement {
	return engine.Statement{
		SQL: selectKeys + " ORDER BY name, created_at, id",
		Rows: func(scan func(...any) error) error {
			k := new(Key)
			if err := scan(fields(apiKeyColumns(k))...); err != nil {
				return err
			}
			found(k)
			return nil
		},
	}
}

// Keys returns all that there are, by name, and of each name the oldest first; and the version, which rises
// with every change of a key.
func (s *Store) Keys(ctx context.Context) (list []Key, version int64, err error) {
	all, err := s.allSecrets(ctx)
	return all.keys, all.version, err
}

// TriggerSecrets returns the secrets of triggers, by trigger, and of each the oldest first.
func (s *Store) TriggerSecrets(ctx context.Context) ([]TriggerSecret, error) {
	all, err := s.allSecrets(ctx)
	return all.ofTriggers, err
}

// allSecrets reads the API keys and the secrets of triggers, with the version that rises with every change of them.
func (s *Store) allSecrets(ctx context.Context) (all allSecrets, err error) {
	err = s.view(ctx, func(t *tx) error {
		all = allSecrets{}
		t.add(readKeyVersion(&all.version), readKeys(func(k *Key) { all.keys = append(all.keys, *k) }),
			readTriggerSecrets(func(x *TriggerSecret) { all.ofTriggers = append(all.ofTriggers, *x) }))
		return nil
	})
	if err != nil {
		return allSecrets{}, fmt.Errorf("reading the API keys: %w", err)
	}
	return all, nil
}

// KeysThere says which API keys a database has.
type KeysThere struct {
	Any   bool // there is one, be it one that no longer works
	Works bool // one works
	Admin bool // one that works may do anything
}

// selectEnds needs no column that a later migration adds: it reads the databases of older versions, too.
const selectEnds = `SELECT scopes, expires_at, revoked_at FROM api_keys`

// KeysThere looks which API keys there are.
func (s *Store) KeysThere(ctx context.Context) (there KeysThere, err error) {
	now := s.Now()
	err = s.reading(ctx).each(selectEnds, nil, func(scan func(...any) error) error {
		var k Key
		err := scan(asJSON{&k.Scopes}, asMicros{&k.ExpiresAt}, asMicros{&k.RevokedAt})
		works := k.Works(now)
		there.Any, there.Works = true, there.Works || works
		there.Admin = there.Admin || works && slices.Contains(k.Scopes, Admin)
		return err
	})
	if err != nil {
		return there, fmt.Errorf("looking for API keys: %w", err)
	}
	return there, nil
}

// KeyVersion is the version that Keys returns.
func (s *Store) KeyVersion(ctx context.Context) (version int64, err error) {
	st := readKeyVersion(&version)
	if err := s.reading(ctx).each(st.SQL, nil, st.Rows); err != nil {
		return 0, fmt.Errorf("reading the version of the API keys: %w", err)
	}
	return version, nil
}

func readKeyVersion(version *int64) engine.Statement {
	return engine.Statement{SQL: selectKeyVersion, Rows: func(scan func(...any) error) error { return scan(version) }}
}

// KeyQuery selects API keys: by name, and of each name the oldest first. At most Limit are listed, of those after the
// key with the id After.
type KeyQuery struct {
	Working time.Time // only those that work then; zero: all
	After   string
	Limit   int
}

// ErrKeyCursor is returned if there is no key with the id KeyQuery.After.
var ErrKeyCursor = errors.New("there is no API key after which the page could begin")

const (
	selectKeyPlace = `SELECT name, created_at FROM api_keys WHERE id = $1`
	// The page reads the table, which MaxKeys bounds.
	keysAfter   = ` WHERE (name > $1 OR name = $1 AND (created_at > $2 OR created_at = $2 AND id > $3))`
	keysWorking = ` AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $5)`
	keysInOrder = ` ORDER BY name, created_at, id LIMIT $4`
)

// ListKeys returns the first API keys that match a query, and whether there are more.
func (s *Store) ListKeys(ctx context.Context, q KeyQuery) (list []Key, more bool, err error) {
	name, at := "", int64(0)
	if q.After != "" {
		found, err := s.reading(ctx).row(selectKeyPlace, []any{storable(q.After)}, &name, &at)
		if err == nil && !found {
			err = ErrKeyCursor
		}
		if err != nil {
			return nil, false, fmt.Errorf("listing API keys: %w", err)
		}
	}
	where, args := keysAfter, []any{name, at, storable(q.After), q.Limit + 1}
	if !q.Working.IsZero() {
		where, args = where+keysWorking, append(args, micros(q.Working))
	}
	st := readKeys(func(k *Key) { list = append(list, *k) })
	if err := s.reading(ctx).each(selectKeys+where+keysInOrder, args, st.Rows); err != nil {
		return nil, false, fmt.Errorf("listing API keys: %w", err)
	}
	more = len(list) > q.Limit
	return list[:min(len(list), q.Limit)], more, nil
}
