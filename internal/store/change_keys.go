package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"redial/internal/store/engine"
)

var insertKey = insertion("api_keys", apiKeyColumns(new(Key)))

const (
	// raiseKeyVersion comes first in each transaction that changes keys: so these run one after another.
	raiseKeyVersion = `UPDATE key_changes SET version = version + 1`
	expireKeys      = `UPDATE api_keys SET expires_at = $2
		WHERE name = $1 AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > $2)`
	forgetKey  = `DELETE FROM api_keys WHERE id = $1`
	revokeKeys = `UPDATE api_keys SET revoked_at = $2 WHERE (name = $1 OR id = $1) AND revoked_at IS NULL`
)

// Errors of changes of keys.
var (
	ErrNoKey = errors.New("there is no such API key")
	// ErrKeysEnded is an ErrNoKey, too.
	ErrKeysEnded = fmt.Errorf("%w that works: it was revoked or has expired, as redial keys list --all shows", ErrNoKey)

	ErrKeyName = errors.New("there is an API key of this name: rotate it, or revoke it first")
	ErrKeys    = errors.New("there are as many API keys as there can be")
)

// MaxKeys is how many keys are kept, those that no longer work included: every node has all of them in memory. The one
// that ended the longest ago gives way to another.
const MaxKeys = 10_000

// changeKeys runs a change of keys in a transaction, which knows all that there are. If the asker's own key no longer
// works then, nothing is changed, and the error is ErrKeyEnded.
func (s *Store) changeKeys(ctx context.Context, by Asker, now time.Time, change func(t *tx, all []Key) error) error {
	defer s.KeyRing.stale()
	return s.tx(ctx, func(t *tx) error {
		var all []Key
		t.add(engine.Statement{SQL: raiseKeyVersion}, readKeys(func(k *Key) { all = append(all, *k) }))
		if err := t.flush(); err != nil {
			return err
		}
		asks := func(k Key) bool { return k.ID == by.KeyID && k.Works(now) }
		if by.KeyID != "" && !slices.ContainsFunc(all, asks) {
			return ErrKeyEnded
		}
		return change(t, all)
	})
}

// AddKey stores a key of a name that has none that works; else it returns ErrKeyName.
func (s *Store) AddKey(ctx context.Context, by Asker, k Key) error {
	err := s.changeKeys(ctx, by, k.CreatedAt, func(t *tx, all []Key) error {
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
		old := longestEnded(all, k.CreatedAt)
		if old == nil {
			return ErrKeys
		}
		t.add(engine.Statement{SQL: forgetKey, Args: []any{old.ID}})
	}
	if err := t.write(&insertKey, [][]column{apiKeyColumns(k)}, nil); err != nil {
		return err
	}
	return t.note(by, AuditEntry{At: k.CreatedAt, What: what, Of: k.ID, Detail: k.Name})
}

// longestEnded returns the key that ended the longest ago, nil if all work.
func longestEnded(all []Key, now time.Time) (old *Key) {
	var since time.Time
	for i := range all {
		if at, _ := all[i].End(); !all[i].Works(now) && (old == nil || at.Before(since)) {
			old, since = &all[i], at
		}
	}
	return old
}

// RotateKey stores a key of a name that has one that works. What the key does not say, its scopes and its end, are
// those of the newest that works, all of which work until then at the latest. It returns the key as it is stored. If
// there is none of the name it returns ErrNoKey; if none works, ErrKeysEnded.
func (s *Store) RotateKey(ctx context.Context, by Asker, k Key, until time.Time) (Key, error) {
	err := s.changeKeys(ctx, by, k.CreatedAt, func(t *tx, all []Key) error {
		newest, missing := (*Key)(nil), ErrNoKey
		for i := range all { // the newest comes last
			o := &all[i]
			if o.Name != k.Name {
				continue
			}
			missing = ErrKeysEnded
			if !k.CreatedAt.After(o.CreatedAt) { // another node's clock, or a rotation that waited for another
				k.CreatedAt = o.CreatedAt.Add(time.Microsecond)
			}
			if o.Works(k.CreatedAt) {
				newest = o
			}
		}
		if newest == nil {
			return missing
		}
		if len(k.Scopes) == 0 {
			k.Scopes = newest.Scopes
		}
		if k.ExpiresAt.IsZero() {
			k.ExpiresAt = newest.ExpiresAt
		}
		t.add(engine.Statement{SQL: expireKeys, Args: []any{k.Name, micros(until)}})
		return t.addKey(by, KeyRotate, &k, all)
	})
	if err != nil {
		return Key{}, fmt.Errorf("rotating an API key: %w", err)
	}
	return k, nil
}

// Revocation says which API keys are to be revoked.
type Revocation struct {
	Of     string // their name, or the id of one
	At     time.Time
	Refuse func(stay []Key) error // is told of the keys that work and stay; with an error none is ended; nil: never
}

// RevokeKeys ends API keys, and returns those that it ended. If there are none it returns ErrNoKey; if all were revoked
// before, ErrKeysEnded.
func (s *Store) RevokeKeys(ctx context.Context, by Asker, r Revocation) (ended []Key, err error) {
	err = s.changeKeys(ctx, by, r.At, func(t *tx, all []Key) error {
		var stay []Key
		ended, stay = r.divide(all)
		if len(ended) == 0 {
			if slices.ContainsFunc(all, r.names) {
				return ErrKeysEnded
			}
			return ErrNoKey
		}
		if r.Refuse != nil {
			if err := r.Refuse(stay); err != nil {
				return err
			}
		}
		for _, k := range ended {
			if err := t.note(by, AuditEntry{At: r.At, What: KeyRevoke, Of: k.ID, Detail: k.Name}); err != nil {
				return err
			}
		}
		return t.exec(revokeKeys, r.Of, micros(r.At))
	})
	if err != nil {
		return nil, fmt.Errorf("revoking an API key: %w", err)
	}
	return ended, nil
}

func (r *Revocation) names(k Key) bool { return k.Name == r.Of || k.ID == r.Of }

// divide says which keys it ends, and which work and stay.
func (r *Revocation) divide(all []Key) (ended, stay []Key) {
	for _, k := range all {
		if r.names(k) && k.RevokedAt.IsZero() {
			k.RevokedAt = r.At
			ended = append(ended, k)
		} else if k.Works(r.At) {
			stay = append(stay, k)
		}
	}
	return ended, stay
}
