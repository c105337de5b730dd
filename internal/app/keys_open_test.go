package app

import (
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"redial/internal/store"
)

// Where others can reach redial, it starts with API keys of either kind, and says which there may be where it does not.
// The check says the same before, and warns of keys none of which works.
func TestBeyondThisMachineItTakesAPIKeysOfEitherKind(t *testing.T) {
	open := map[string]func(*Config){
		"loopback":  func(*Config) {},
		"listening": func(c *Config) { c.Listen = "0.0.0.0:0" },
		"published": func(c *Config) { c.HostURL = "https://redial.example.com" },
	}
	databases := map[string]struct {
		make       func(t *testing.T, link string)
		any, works bool
	}{
		"new":     {func(*testing.T, string) {}, false, false},
		"no keys": {func(t *testing.T, link string) { withKeys(t, link, func(*store.Store) error { return nil }) }, false, false},
		"a key": {func(t *testing.T, link string) {
			if _, _, err := CreateKey(t.Context(), link, "shop", []string{"calls:read"}, 0, nil); err != nil {
				t.Fatal(err)
			}
		}, true, true},
		"a revoked key": {func(t *testing.T, link string) {
			withKeys(t, link, func(s *store.Store) error {
				k, _ := store.NewKey("shop", []store.Scope{store.Admin}, "env", s.Now())
				if err := s.AddKey(t.Context(), store.Asker{}, k); err != nil {
					return err
				}
				_, err := s.RevokeKeys(t.Context(), store.Asker{}, store.Revocation{Of: "shop", At: s.Now()})
				return err
			})
		}, true, false},
		"an expired key": {func(t *testing.T, link string) {
			withKeys(t, link, func(s *store.Store) error {
				k, _ := store.NewKey("shop", []store.Scope{store.Admin}, "env", s.Now().Add(-time.Hour))
				k.ExpiresAt = k.CreatedAt.Add(time.Minute)
				return s.AddKey(t.Context(), store.Asker{}, k)
			})
		}, true, false},
	}
	for way, expose := range open {
		for name, database := range databases {
			for _, env := range [][]string{nil, {apiKey}} {
				c := Config{
					Listen: "127.0.0.1:0", DatabaseURL: "sqlite:" + filepath.Join(t.TempDir(), "redial.db"), Migrate: true,
					APIKeys: env, AccountSID: account, AuthTokens: []string{token}, From: caller, CallsPerSecond: 1, MaxWaiting: 100000, MaxPerNumber: 200,
				}
				expose(&c)
				database.make(t, c.DatabaseURL)
				e := &Examination{Config: c}
				found := lines(append(e.settings(), e.apiKeys(t.Context())...))
				refused := way != "loopback" && !database.any && env == nil
				useless := database.any && !database.works && env == nil
				if strings.Contains(found, "Stops:true") != refused || strings.Contains(found, "none of them works") != useless {
					t.Errorf("%s, %s, %q: found was %s", way, name, env, found)
				}
				a, err := New(t.Context(), c)
				_, wrong := errors.AsType[*ConfigError](err)
				if wrong != refused || (err != nil) != refused {
					t.Errorf("%s, %s, %q: it starts with %v", way, name, env, err)
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
