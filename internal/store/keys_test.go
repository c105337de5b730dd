package store

import (
	"errors"
	"strings"
	"testing"
	"time"
)

// A key is found by the hash of its secret, which nobody can read in the database.
func testKeys(t *testing.T, b backend) {
	s := b.open(t, nil)
	_, before, err := s.Keys(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	k, secret := NewKey("shop", []Scope{CallsWrite, "trigger:alerts"}, "env", begin)
	k.ExpiresAt = begin.Add(time.Hour)
	if err := s.AddKey(t.Context(), k); err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(secret, "rdl_") || len(secret) != 56 || HashSecret(secret) != k.Hash || k.Hint != secret[:8] {
		t.Errorf("the secret %q, of %+v", secret, k)
	}
	list, version, err := s.Keys(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	equal(t, list, []Key{k})
	if again, err := s.KeyVersion(t.Context()); err != nil || again != version || version <= before {
		t.Errorf("version %d, then %d, %d: %v", before, version, again, err)
	}
	if err := s.AddKey(t.Context(), k); !errors.Is(err, ErrKeyName) {
		t.Errorf("a second key of the name: %v", err)
	}
	if again, err := s.KeyVersion(t.Context()); err != nil || again != version {
		t.Errorf("what was refused raises the version to %d, %v", again, err)
	}
	for _, at := range []time.Time{begin.Add(time.Minute), begin} { // an earlier use changes nothing
		if err := s.UseKey(t.Context(), k.ID, at); err != nil {
			t.Fatal(err)
		}
	}
	list, again, err := s.Keys(t.Context())
	if k.LastUsedAt = begin.Add(time.Minute); err != nil || again != version {
		t.Errorf("a use raises the version to %d, %v", again, err)
	}
	equal(t, list, []Key{k})
	later, _ := NewKey("shop", []Scope{CallsRead}, "env", k.ExpiresAt)
	if err := s.AddKey(t.Context(), later); err != nil {
		t.Errorf("a key of a name whose first has expired: %v", err)
	}
}

// After a rotation both keys work for a while; once revoked, none does.
func testKeysAreRotated(t *testing.T, b backend) {
	s := b.open(t, nil)
	first, _ := NewKey("shop", []Scope{CallsWrite, CallsRead}, "env", begin)
	other, _ := NewKey("crm", []Scope{Admin}, "env", begin)
	for _, k := range []Key{first, other} {
		if err := s.AddKey(t.Context(), k); err != nil {
			t.Fatal(err)
		}
	}
	now := begin.Add(time.Minute)
	second, _ := NewKey("shop", nil, "env", now)
	second, err := s.RotateKey(t.Context(), second, now.Add(time.Hour))
	if err != nil {
		t.Fatal(err)
	}
	equal(t, second.Scopes, first.Scopes)
	works := func(at time.Time) (ids []string) {
		t.Helper()
		list, _, err := s.Keys(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, k := range list {
			if k.Works(at) {
				ids = append(ids, k.ID)
			}
		}
		return ids
	}
	equal(t, works(now), []string{other.ID, first.ID, second.ID})
	equal(t, works(now.Add(time.Hour)), []string{other.ID, second.ID})
	ended, err := s.RevokeKeys(t.Context(), "shop", now)
	if err != nil || len(ended) != 2 {
		t.Fatalf("%d keys are revoked, %v", len(ended), err)
	}
	equal(t, works(now), []string{other.ID})
	if _, err := s.RevokeKeys(t.Context(), "shop", now); !errors.Is(err, ErrNoKey) {
		t.Errorf("revoked again: %v", err)
	}
	third, _ := NewKey("shop", nil, "env", now)
	if _, err := s.RotateKey(t.Context(), third, now); !errors.Is(err, ErrNoKey) {
		t.Errorf("what is revoked is rotated: %v", err)
	}
	if ended, err := s.RevokeKeys(t.Context(), other.ID, now); err != nil || len(ended) != 1 {
		t.Errorf("by its id, %d keys are revoked, %v", len(ended), err)
	}
}

func TestScopesAreChecked(t *testing.T) {
	for _, s := range append(Scopes(), "trigger:alerts") {
		if err := s.Check(); err != nil {
			t.Error(err)
		}
	}
	for _, s := range []Scope{"", "calls", "calls:*", "trigger:", "trigger:A B", "ADMIN", "*"} {
		if s.Check() == nil {
			t.Errorf("%q is taken for a scope", s)
		}
	}
	for name, want := range map[string]bool{
		"shop": true, "a": true, "on-call.tokyo_2": true,
		"": false, "-x": false, "Shop": false, "a b": false, "a:b": false, strings.Repeat("a", 64): false,
	} {
		if (CheckKeyName(name) == nil) != want {
			t.Errorf("%q is taken for a name, or is not", name)
		}
	}
}
