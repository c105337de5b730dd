package app

import (
	"errors"
	"log/slog"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"redial/internal/store"
)

// Where others can reach redial, it starts with API keys of either kind, and says which there may be where it does not.
// The check says the same before. Both warn of keys none of which works, or may manage keys.
func TestBeyondThisMachineItTakesAPIKeysOfEitherKind(t *testing.T) {
	open := map[string]func(*Config){
		"loopback":  func(*Config) {},
		"listening": func(c *Config) { c.Listen = "0.0.0.0:0" },
		"published": func(c *Config) { c.HostURL = "https://redial.example.com" },
	}
	databases := map[string]struct {
		make              func(t *testing.T, link string)
		any, works, admin bool
	}{
		"new": {func(*testing.T, string) {}, false, false, false},
		"no keys": {func(t *testing.T, link string) {
			withKeys(t, link, func(*store.Store) error { return nil })
		}, false, false, false},
		"a key": {func(t *testing.T, link string) {
			if _, _, err := CreateKey(t.Context(), link, "ops", []string{"admin"}, 0, nil); err != nil {
				t.Fatal(err)
			}
		}, true, true, true},
		"a key without admin": {func(t *testing.T, link string) {
			withKeys(t, link, func(s *store.Store) error {
				k, _ := store.NewKey("shop", []store.Scope{store.CallsRead}, "env", s.Now())
				return s.AddKey(t.Context(), store.Asker{}, k)
			})
		}, true, true, false},
		"a revoked key": {func(t *testing.T, link string) {
			withKeys(t, link, func(s *store.Store) error {
				k, _ := store.NewKey("shop", []store.Scope{store.Admin}, "env", s.Now())
				if err := s.AddKey(t.Context(), store.Asker{}, k); err != nil {
					return err
				}
				_, err := s.RevokeKeys(t.Context(), store.Asker{}, store.Revocation{Of: "shop", At: s.Now()})
				return err
			})
		}, true, false, false},
		"an expired key": {func(t *testing.T, link string) {
			withKeys(t, link, func(s *store.Store) error {
				k, _ := store.NewKey("shop", []store.Scope{store.Admin}, "env", s.Now().Add(-time.Hour))
				k.ExpiresAt = k.CreatedAt.Add(time.Minute)
				return s.AddKey(t.Context(), store.Asker{}, k)
			})
		}, true, false, false},
	}
	for way, expose := range open {
		for name, database := range databases {
			for _, env := range [][]string{nil, {apiKey}} {
				c := Config{
					Listen: "127.0.0.1:0", DatabaseURL: "sqlite:" + filepath.Join(t.TempDir(), "redial.db"), Migrate: true,
					APIKeys: env, AccountSID: account, AuthTokens: []string{token}, From: caller, CallsPerSecond: 1,
					MaxWaiting: 100000, MaxPerNumber: 200,
				}
				expose(&c)
				database.make(t, c.DatabaseURL)
				e := &Examination{Config: c}
				found := lines(append(e.settings(), e.apiKeys(t.Context())...))
				refused := way != "loopback" && !database.any && env == nil
				useless := database.any && !database.works && env == nil
				alone := database.works && !database.admin && env == nil
				warned := func(text string) bool {
					return strings.Contains(text, "none of them works") == useless &&
						strings.Contains(text, "has the scope admin") == alone &&
						strings.Contains(text, "--in-database makes one") == (useless || alone)
				}
				if strings.Contains(found, "Stops:true") != refused || !warned(found) {
					t.Errorf("%s, %s, %q: found was %s", way, name, env, found)
				}
				var log strings.Builder
				c.Log = slog.New(slog.NewTextHandler(&log, nil))
				a, err := New(t.Context(), c)
				_, wrong := errors.AsType[*ConfigError](err)
				if wrong != refused || (err != nil) != refused {
					t.Errorf("%s, %s, %q: it starts with %v", way, name, env, err)
				}
				if !warned(log.String()) || strings.Count(log.String(), "in-database") > 1 {
					t.Errorf("%s, %s, %q: its log is %s", way, name, env, log.String())
				}
				for _, words := range []string{"REDIAL_API_KEYS is missing", "redial keys create"} {
					if refused && !(strings.Contains(err.Error(), words) && strings.Contains(found, words)) {
						t.Errorf("%s, %s: nothing is said of %s: %v, %s", way, name, words, err, found)
					}
				}
				if a != nil {
					if err := a.Close(); err != nil {
						t.Error(err)
					}
				}
			}
		}
	}
}

// A key without admin is not made in a database where none works that has it: nobody could make another.
func TestTheFirstKeyInADatabaseMayManageKeys(t *testing.T) {
	link := "sqlite:" + filepath.Join(t.TempDir(), "redial.db")
	shop := func() error {
		_, _, err := CreateKey(t.Context(), link, "shop", []string{"calls:write", "operate"}, 0, nil)
		return err
	}
	refused := func(when string) {
		t.Helper()
		if err := shop(); err == nil || !strings.Contains(err.Error(), "must have admin") ||
			!strings.Contains(err.Error(), makeAdmin+" --in-database") {
			t.Errorf("%s it is answered %v", when, err)
		}
	}
	refused("as the first,")
	if _, _, err := CreateKey(t.Context(), link, "ops", []string{"calls:read", "admin"}, 0, nil); err != nil {
		t.Fatal(err)
	}
	if err := shop(); err != nil {
		t.Errorf("where a key has admin: %v", err)
	}
	withKeys(t, link, func(s *store.Store) error {
		for _, name := range []string{"ops", "shop"} {
			if _, err := s.RevokeKeys(t.Context(), store.Asker{}, store.Revocation{Of: name, At: s.Now()}); err != nil {
				return err
			}
		}
		return nil
	})
	refused("where that one was revoked,")
}

// withKeys changes the keys of a database that nobody serves.
func withKeys(t *testing.T, link string, change func(*store.Store) error) {
	t.Helper()
	s, err := store.Open(t.Context(), link, store.Options{Migrate: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(change(s), s.Close()); err != nil {
		t.Fatal(err)
	}
}
