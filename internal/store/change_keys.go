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

var (
	selectKeys = "SELECT " + names(apiKeyColumns(new(Key))) + " FROM api_keys"
	insertKey  = insertion("api_keys", apiKeyColumns(new(Key)))
)

const (
	// raiseKeyVersion comes first in each transaction that changes keys: so these run one after another.
	raiseKeyVersion  = `UPDATE key_changes SET version = version + 1`
	selectKeyVersion = `SELECT version FROM key_changes`
	expireKeys       = `UPDATE api_keys SET expires_at = $2
		WHERE name = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $2)`
	revokeKeys = `UPDATE api_keys SET revoked_at = $2 WHERE (name = $1 OR id = $1) AND revoked_at IS NULL`
)

// Errors of changes of keys.
var (
	ErrNoKey   = errors.New("there is no such API key")
	ErrKeyName = errors.New("there is an API key of this name: rotate it, or revoke it first")
	ErrKeys    = errors.New("there are as many API keys as there can be")
)

// MaxKeys is how many keys may be kept, those that no longer work included: every node has all of them in memory.
const MaxKeys = 10_000

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
	err = s.view(ctx, func(t *tx) error {
		list = nil
		t.add(readKeyVersion(&version), readKeys(func(k *Key) { list = append(list, *k) }))
		return nil
	})
	if err != nil {
		return nil, 0, fmt.Errorf("reading the API keys: %w", err)
	}
	return list, version, nil
}

// KeysThere says which API keys a database has.
type KeysThere struct {
	Any   bool // there is one, be it one that no longer works
	Works bool // one works
}

// selectEnds needs no column that a later migration adds: it reads the databases of older versions, too.
const selectEnds = `SELECT expires_at, revoked_at FROM api_keys`

// KeysThere looks which API keys there are.
func (s *Store) KeysThere(ctx context.Context) (there KeysThere, err error) {
	now := s.Now()
	err = s.reading(ctx).each(selectEnds, nil, func(scan func(...any) error) error {
		var k Key
		err := scan(asMicros{&k.ExpiresAt}, asMicros{&k.RevokedAt})
		there = KeysThere{Any: true, Works: there.Works || k.Works(now)}
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

// changeKeys runs a change of keys in a transaction, which knows all that there are.
func (s *Store) changeKeys(ctx context.Context, change func(t *tx, all []Key) error) error {
	defer s.KeyRing.stale()
	return s.tx(ctx, func(t *tx) error {
		var all []Key
		t.add(engine.Statement{SQL: raiseKeyVersion}, readKeys(func(k *Key) { all = append(all, *k) }))
		if err := t.flush(); err != nil {
			return err
		}
		return change(t, all)
	})
}

// AddKey stores a key of a name that has none that works; else it returns ErrKeyName.
func (s *Store) AddKey(ctx context.Context, by Asker, k Key) error {
	err := s.changeKeys(ctx, func(t *tx, all []Key) error {
		if slices.ContainsFunc(all, func(o Key) bool { return o.Name == k.Name && o.Works(k.CreatedAt) }) {
			return ErrKeyName
		}
		return t.addKey(by, KeyCreate, &k, all)
	})
	if err != nil {
		return fmt.Errorf("adding an API key: %w", err)
	}
	return nil
}

func (t *tx) addKey(by Asker, what Deed, k *Key, all []Key) error {
	if len(all) >= MaxKeys {
		return ErrKeys
	}
	if err := t.write(&insertKey, [][]column{apiKeyColumns(k)}, nil); err != nil {
		return err
	}
	return t.note(by, AuditEntry{At: k.CreatedAt, What: what, Of: k.ID, Detail: k.Name})
}

// RotateKey stores a key, with the scopes and the end of the newest that works of its name, all of which work
// until then at the latest. It returns the key as it is stored, or ErrNoKey if none works.
func (s *Store) RotateKey(ctx context.Context, by Asker, k Key, until time.Time) (Key, error) {
	err := s.changeKeys(ctx, func(t *tx, all []Key) error {
		found := false
		for _, o := range all { // the newest comes last
			if o.Name == k.Name && o.Works(k.CreatedAt) {
				found, k.Scopes, k.ExpiresAt = true, o.Scopes, o.ExpiresAt
			}
		}
		if !found {
			return ErrNoKey
		}
		t.add(engine.Statement{SQL: expireKeys, Args: []any{k.Name, micros(until)}})
		return t.addKey(by, KeyRotate, &k, all)
	})
	if err != nil {
		return Key{}, fmt.Errorf("rotating an API key: %w", err)
	}
	return k, nil
}

// RevokeKeys ends all keys of a name, or the one with an id, and returns those that it ended. If there are
// none it returns ErrNoKey.
func (s *Store) RevokeKeys(
	ctx context.Context, by Asker, nameOrID string, now time.Time,
) (ended []Key, err error) {
	err = s.changeKeys(ctx, func(t *tx, all []Key) error {
		ended = slices.DeleteFunc(all, func(k Key) bool {
			return k.Name != nameOrID && k.ID != nameOrID || !k.RevokedAt.IsZero()
		})
		if len(ended) == 0 {
			return ErrNoKey
		}
		for i := range ended {
			ended[i].RevokedAt = now
			if err := t.note(by, AuditEntry{At: now, What: KeyRevoke, Of: ended[i].ID, Detail: ended[i].Name}); err != nil {
				return err
			}
		}
		return t.exec(revokeKeys, nameOrID, micros(now))
	})
	if err != nil {
		return nil, fmt.Errorf("revoking an API key: %w", err)
	}
	return ended, nil
}
