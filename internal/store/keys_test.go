package store

import (
	"crypto/rand"
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

// Keys are listed page by page, by name, and of each name the oldest first; those that no longer work are left out if
// that is asked for.
func testKeysAreListed(t *testing.T, b backend) {
	s := b.open(t, nil)
	var all []string
	add := func(name string, at, expires time.Time) {
		t.Helper()
		k, _ := NewKey(name, []Scope{CallsRead}, "env", at)
		k.ExpiresAt = expires
		if err := s.AddKey(t.Context(), Asker{}, k); err != nil {
			t.Fatal(err)
		}
		all = append(all, k.ID)
	}
	add("a", begin, begin.Add(time.Minute)) // 0: it expires
	add("a", begin.Add(time.Hour), time.Time{})
	add("b", begin, time.Time{})
	add("c", begin, begin.Add(24*time.Hour))
	if _, err := s.RevokeKeys(t.Context(), Asker{}, Revocation{Of: "b", At: begin}); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		working time.Time
		want    []string
	}{
		{time.Time{}, all},
		{begin.Add(time.Hour), []string{all[1], all[3]}},
		{begin.Add(48 * time.Hour), all[1:2]},
	} {
		for limit := 1; limit <= len(all); limit++ {
			var ids []string
			for q, more := (KeyQuery{Working: c.working, Limit: limit}), true; more; {
				var page []Key
				var err error
				page, more, err = s.ListKeys(t.Context(), q)
				if err != nil || len(page) > limit || more && len(page) < limit {
					t.Fatalf("a page of %d has %d, more %t, %v", limit, len(page), more, err)
				}
				for _, k := range page {
					ids, q.After = append(ids, k.ID), k.ID
				}
			}
			equal(t, ids, c.want)
		}
	}
	if _, _, err := s.ListKeys(t.Context(), KeyQuery{After: "key_none", Limit: 1}); !errors.Is(err, ErrKeyCursor) {
		t.Errorf("after a key that is not there: %v", err)
	}
}

// A key that was revoked after its request was let in changes no keys.
func testAnEndedKeyChangesNoKeys(t *testing.T, b backend) {
	s := b.open(t, nil)
	admin, _ := NewKey("admin", []Scope{Admin}, "env", begin)
	shop, _ := NewKey("shop", []Scope{CallsRead}, "env", begin)
	for _, k := range []Key{admin, shop} {
		if err := s.AddKey(t.Context(), Asker{}, k); err != nil {
			t.Fatal(err)
		}
	}
	by := Asker{Name: admin.Name, KeyID: admin.ID}
	if _, err := s.RevokeKeys(t.Context(), by, Revocation{Of: "admin", At: begin}); err != nil {
		t.Fatal(err)
	}
	before, _, err := s.Keys(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	another, _ := NewKey("another", []Scope{Admin}, "admin", begin)
	second, _ := NewKey("shop", nil, "admin", begin)
	_, rotated := s.RotateKey(t.Context(), by, second, begin)
	_, revoked := s.RevokeKeys(t.Context(), by, Revocation{Of: "shop", At: begin})
	for what, err := range map[string]error{
		"adding": s.AddKey(t.Context(), by, another), "rotating": rotated, "revoking": revoked,
	} {
		if !errors.Is(err, ErrKeyEnded) {
			t.Errorf("%s: %v", what, err)
		}
	}
	after, _, err := s.Keys(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	equal(t, after, before)
}

// Whatever the clocks of those who rotate say, a rotation follows on the one before. It may give other scopes and
// another end.
func testRotationsFollowEachOther(t *testing.T, b backend) {
	s := b.open(t, nil)
	first, _ := NewKey("shop", []Scope{CallsRead}, "env", begin)
	first.ExpiresAt = begin.Add(90 * 24 * time.Hour)
	if err := s.AddKey(t.Context(), Asker{}, first); err != nil {
		t.Fatal(err)
	}
	rotate := func(at time.Time, change func(*Key)) Key {
		t.Helper()
		k, _ := NewKey("shop", nil, "env", at)
		change(&k)
		k, err := s.RotateKey(t.Context(), Asker{}, k, at.Add(time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	same := func(*Key) {}
	rotate(begin.Add(time.Second), same)
	late := rotate(begin, same) // by a clock that is behind
	if !late.CreatedAt.After(begin.Add(time.Second)) || !late.ExpiresAt.Equal(first.ExpiresAt) {
		t.Errorf("made at %s, until %s", late.CreatedAt, late.ExpiresAt)
	}
	last := rotate(begin.Add(time.Minute), func(k *Key) {
		k.Scopes, k.ExpiresAt = []Scope{CallsRead, CallsWrite}, begin.Add(1000*time.Hour)
	})
	again := rotate(begin.Add(2*time.Minute), same)
	equal(t, again.Scopes, last.Scopes)
	equal(t, again.ExpiresAt, last.ExpiresAt)
}

// As many keys are kept as there may be: the one that ended the longest ago gives way. One that works never does.
func testOldKeysGiveWay(t *testing.T, b backend) {
	s := b.open(t, nil)
	rows := make([][]column, MaxKeys)
	keys := make([]Key, MaxKeys)
	for i := range keys {
		keys[i], _ = NewKey("many", []Scope{CallsRead}, "env", begin)
		rows[i] = apiKeyColumns(&keys[i])
	}
	keys[17].RevokedAt, keys[40].ExpiresAt = begin.Add(2*time.Second), begin.Add(time.Second)
	if err := s.tx(t.Context(), func(t *tx) error { return t.write(&insertKey, rows, nil) }); err != nil {
		t.Fatal(err)
	}
	var kept []string
	for range 2 {
		k, _ := NewKey("shop"+rand.Text()[:4], []Scope{CallsRead}, "env", begin.Add(time.Minute))
		k.Name = strings.ToLower(k.Name)
		if err := s.AddKey(t.Context(), Asker{}, k); err != nil {
			t.Fatal(err)
		}
		kept = append(kept, k.ID)
	}
	ids := func(id string) int { return count(t, s, "SELECT count(*) FROM api_keys WHERE id = '"+id+"'") }
	equal(t, []int{ids(keys[17].ID), ids(keys[40].ID), ids(kept[0]), ids(kept[1])}, []int{0, 0, 1, 1})
	equal(t, count(t, s, "SELECT count(*) FROM api_keys"), MaxKeys)
	k, _ := NewKey("one-more", []Scope{CallsRead}, "env", begin.Add(time.Minute))
	if err := s.AddKey(t.Context(), Asker{}, k); !errors.Is(err, ErrKeys) {
		t.Errorf("one more than can be: %v", err)
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
	for _, name := range []string{NameOfEnv, NameOfLocal} {
		if CheckNewKeyName(name) == nil || CheckKeyName(name) != nil {
			t.Errorf("a new key may be called %s, or nobody may", name)
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
