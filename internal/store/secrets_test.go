package store

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"
)

// A secret is found by its hash, on every node, and nobody can read it in the database.
func testTriggerSecrets(t *testing.T, b backend) {
	nodes := b.pair(t)
	s := nodes[0]
	x, secret := NewTriggerSecret("alerts", "ops", s.Now().Round(time.Microsecond))
	if !regexp.MustCompile(`^[0-9a-f]{32}$`).MatchString(secret) || HashSecret(secret) != x.Hash ||
		!strings.HasSuffix(secret, x.Hint) || len(x.Hint) != 4 {
		t.Errorf("the secret %q, of %+v", secret, x)
	}
	if found, works, err := s.KeyRing.OfTrigger(t.Context(), x.Hash); found != nil || works || err != nil {
		t.Errorf("before it is made it is %+v, %t, %v", found, works, err)
	}
	if err := s.AddTriggerSecret(t.Context(), Asker{Name: "ops"}, x); err != nil {
		t.Fatal(err)
	}
	list, err := s.TriggerSecrets(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	equal(t, list, []TriggerSecret{x})
	for _, node := range nodes {
		found, works, err := node.KeyRing.OfTrigger(t.Context(), x.Hash)
		if err != nil || !works {
			t.Fatalf("%+v, %t, %v", found, works, err)
		}
		equal(t, *found, x)
	}
	again, _ := NewTriggerSecret("alerts", "ops", s.Now())
	err = s.AddTriggerSecret(t.Context(), Asker{Name: "ops"}, again)
	if has, ok := errors.AsType[*HasSecretError](err); !ok || has.Secret != x {
		t.Errorf("a second secret: %v", err)
	}
	done, err := s.Audit(t.Context(), "ops", "", 9)
	if err != nil || len(done) != 1 || done[0].What != SecretCreate || done[0].Of != "alerts" ||
		done[0].Detail != "…"+x.Hint {
		t.Errorf("the audit has %+v, %v", done, err)
	}
}

// After a rotation the secret before works until its end, and another rotation does not make that later.
func testTriggerSecretsAreRotated(t *testing.T, b backend) {
	s := b.open(t, nil)
	now := s.Now()
	works := func(x TriggerSecret, want bool) {
		t.Helper()
		found, works, err := s.KeyRing.OfTrigger(t.Context(), x.Hash)
		if err != nil || found == nil || works != want {
			t.Errorf("a secret made at %s: %+v, %t, %v", x.MadeAt.Sub(now), found, works, err)
		}
	}
	rotate := func(after, overlap time.Duration) TriggerSecret {
		t.Helper()
		x, _ := NewTriggerSecret("alerts", "ops", now.Add(after))
		if err := s.RotateTriggerSecret(t.Context(), Asker{Name: "ops"}, x, x.MadeAt.Add(overlap)); err != nil {
			t.Fatal(err)
		}
		return x
	}
	other, _ := NewTriggerSecret("form", "ops", now)
	if err := s.AddTriggerSecret(t.Context(), Asker{}, other); err != nil {
		t.Fatal(err)
	}
	first := rotate(0, time.Hour) // there was none
	second := rotate(time.Microsecond, time.Hour)
	works(first, true)
	third := rotate(2*time.Microsecond, 2*time.Hour)
	works(second, true)
	list, err := s.TriggerSecrets(t.Context())
	if err != nil || len(list) != 4 || !list[0].ExpiresAt.Equal(now.Add(time.Hour+time.Microsecond).Truncate(1000)) {
		t.Errorf("%+v, %v", list, err)
	}
	fourth := rotate(3*time.Microsecond, 0)
	for _, old := range []TriggerSecret{first, second, third} {
		works(old, false)
	}
	works(fourth, true)
	works(other, true)
	x, _ := NewTriggerSecret("alerts", "ops", now)
	if err := s.AddTriggerSecret(t.Context(), Asker{}, x); err == nil {
		t.Error("a first secret is added where one works")
	}
}

// Of each trigger the newest are kept, and of all as many as there may be.
func testTriggerSecretsAreBounded(t *testing.T, b backend) {
	s := b.open(t, nil)
	now := s.Now()
	var last TriggerSecret
	for i := range ofTrigger + 2 {
		last, _ = NewTriggerSecret("alerts", "ops", now.Add(time.Duration(i)*time.Microsecond))
		if err := s.RotateTriggerSecret(t.Context(), Asker{}, last, now); err != nil {
			t.Fatal(err)
		}
	}
	list, err := s.TriggerSecrets(t.Context())
	if err != nil || len(list) != ofTrigger || list[ofTrigger-1].Hash != last.Hash {
		t.Errorf("%d are kept, %v", len(list), err)
	}
	var rows [][]column
	for i := range maxTriggerSecrets - ofTrigger {
		x, _ := NewTriggerSecret(fmt.Sprint("other-", i), "ops", now)
		rows = append(rows, triggerSecretColumns(&x))
	}
	err = s.tx(t.Context(), func(t *tx) error { return t.write(&insertTriggerSecret, rows, nil) })
	if err != nil {
		t.Fatal(err)
	}
	x, _ := NewTriggerSecret("one-more", "ops", now)
	if err := s.AddTriggerSecret(t.Context(), Asker{}, x); !errors.Is(err, ErrTriggerSecrets) {
		t.Errorf("one more than there may be: %v", err)
	}
	x, _ = NewTriggerSecret("alerts", "ops", now)
	if err := s.RotateTriggerSecret(t.Context(), Asker{}, x, now); err != nil {
		t.Errorf("another of a trigger that has ten: %v", err)
	}
}

func testAnEndedKeyMakesNoSecret(t *testing.T, b backend) {
	s := b.open(t, nil)
	x, _ := NewTriggerSecret("alerts", "ops", s.Now())
	if err := s.AddTriggerSecret(t.Context(), Asker{Name: "ops", KeyID: "key_1"}, x); !errors.Is(err, ErrKeyEnded) {
		t.Errorf("it is answered %v", err)
	}
	if list, err := s.TriggerSecrets(t.Context()); err != nil || len(list) != 0 {
		t.Errorf("it left %+v, %v", list, err)
	}
}
