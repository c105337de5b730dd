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
	if err := s.AddKey(t.Context(), Asker{}, k); err != nil {
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
	if err := s.AddKey(t.Context(), Asker{}, k); !errors.Is(err, ErrKeyName) {
		t.Errorf("a second key of the name: %v", err)
	}
	if again, err := s.KeyVersion(t.Context()); err != nil || again != version {
		t.Errorf("what was refused raises the version to %d, %v", again, err)
	}
	later, _ := NewKey("shop", []Scope{CallsRead}, "env", k.ExpiresAt)
	if err := s.AddKey(t.Context(), Asker{}, later); err != nil {
		t.Errorf("a key of a name whose first has expired: %v", err)
	}
}

// The last use of a key is kept to the minute, by all nodes together: whoever knows of an older one writes nothing, and
// no node reads the keys anew for it.
func testUses(t *testing.T, b backend) {
	s := b.open(t, nil)
	k, _ := NewKey("shop", []Scope{CallsWrite}, "env", begin)
	if err := s.AddKey(t.Context(), Asker{}, k); err != nil {
		t.Fatal(err)
	}
	_, version, err := s.Keys(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, use := range []struct {
		after   time.Duration
		another bool // node, which knows of no use
		due     int
		kept    time.Duration
	}{
		{time.Minute, false, 1, time.Minute},
		{90 * time.Second, false, 0, time.Minute},
		{90 * time.Second, true, 1, time.Minute},
		{0, true, 1, time.Minute},
		{2 * time.Minute, false, 1, 2 * time.Minute},
		{time.Minute, false, 0, 2 * time.Minute}, // a clock that steps
		{time.Hour, true, 1, time.Hour},
	} {
		if use.another {
			s.KeyRing.uses.noted = nil
		}
		s.KeyRing.uses.note(&k, begin.Add(use.after))
		if n := len(s.KeyRing.uses.due); n != use.due {
			t.Errorf("a use after %s: %d are to be written", use.after, n)
		}
		if err := s.KeepUses(t.Context()); err != nil {
			t.Fatal(err)
		}
		list, again, err := s.Keys(t.Context())
		if err != nil || again != version || len(list) != 1 || !list[0].LastUsedAt.Equal(begin.Add(use.kept)) {
			t.Errorf("after a use after %s: version %d, %+v, %v", use.after, again, list, err)
		}
	}
}

// After a rotation both keys work for a while; once revoked, none does.
func testKeysAreRotated(t *testing.T, b backend) {
	s := b.open(t, nil)
	first, _ := NewKey("shop", []Scope{CallsWrite, CallsRead}, "env", begin)
	other, _ := NewKey("crm", []Scope{Admin}, "env", begin)
	for _, k := range []Key{first, other} {
		if err := s.AddKey(t.Context(), Asker{}, k); err != nil {
			t.Fatal(err)
		}
	}
	now := begin.Add(time.Minute)
	second, _ := NewKey("shop", nil, "env", now)
	second, err := s.RotateKey(t.Context(), Asker{}, second, now.Add(time.Hour))
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
	ended, err := s.RevokeKeys(t.Context(), Asker{}, Revocation{Of: "shop", At: now})
	if err != nil || len(ended) != 2 {
		t.Fatalf("%d keys are revoked, %v", len(ended), err)
	}
	equal(t, works(now), []string{other.ID})
	if _, err := s.RevokeKeys(t.Context(), Asker{}, Revocation{Of: "shop", At: now}); !errors.Is(err, ErrNoKey) {
		t.Errorf("revoked again: %v", err)
	}
	third, _ := NewKey("shop", nil, "env", now)
	if _, err := s.RotateKey(t.Context(), Asker{}, third, now); !errors.Is(err, ErrNoKey) {
		t.Errorf("what is revoked is rotated: %v", err)
	}
	if ended, err := s.RevokeKeys(t.Context(), Asker{}, Revocation{Of: other.ID, At: now}); err != nil || len(ended) != 1 {
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
