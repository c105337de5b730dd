package app

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"testing"
	"time"

	"redial/api"
	"redial/internal/store"
)

// oldScope is the scope that versions before gave to the Idempotency-Keys of an API key.
func oldScope(key string) string {
	sum := sha256.Sum256([]byte("scope:" + key))
	return hex.EncodeToString(sum[:8])
}

// retrying asks for a call with the Idempotency-Key order-42, and an API key if there is one.
func (w *world) retrying(secret, number string) (int, string) {
	w.t.Helper()
	body := fmt.Sprintf(`{"to": %q, "say": "hi", "policy": {"not_before": "1h"}}`, number)
	return w.do("POST", "/v1/calls", body, append(with(secret), "Idempotency-Key", "order-42")...)
}

// repeats expects that a retry gets the first answer, and that another request with its Idempotency-Key is refused.
func (w *world) repeats(when, secret, first string) {
	w.t.Helper()
	for range 2 { // the first retry changes nothing for the next one
		if status, answer := w.retrying(secret, alice); status != http.StatusCreated || answer != first {
			w.t.Errorf("%s the retry is answered %d: %s, and not %s", when, status, answer, first)
		}
		if status, answer := w.retrying(secret, bob); status != http.StatusConflict {
			w.t.Errorf("%s another request with the Idempotency-Key is answered %d: %s", when, status, answer)
		}
	}
	if page, err := w.client.List(w.ctx, api.ListQuery{}); err != nil || len(page.Calls) != 1 {
		w.t.Errorf("%s there are %d calls, %v", when, len(page.Calls), err)
	}
}

// A retry after an upgrade, a rotation or both finds the first answer, by any key of the name: no second call is made.
// The version before gave each key of the configuration Idempotency-Keys of its own.
func TestARetryAfterAnUpgradeOrARotationMakesNoSecondCall(t *testing.T) {
	const one, two, secret = "the-first-key-of-all", "the-second-key-of-all", "a-secret-of-the-shop"
	type node struct {
		keys  []string // of the configuration, beside the world's
		sends string   // the key that the client has
	}
	for name, tc := range map[string]struct {
		before string // the key that was sent to the version before; empty: there is none
		nodes  []node // one after another
	}{
		"an upgrade": {one, []node{{[]string{one}, one}}},
		"a rotation": {"",
			[]node{{[]string{one}, one}, {[]string{one, two}, two}, {[]string{two}, two}}},
		"an upgrade and a rotation":       {one, []node{{[]string{one, two}, two}, {[]string{one, two}, one}}},
		"a rotation and an upgrade":       {two, []node{{[]string{one, two}, one}, {[]string{two}, two}}},
		"a name that the key has now":     {secret, []node{{[]string{"shop:" + secret}, secret}}},
		"a key that was one with a colon": {"shop:" + secret, []node{{[]string{"shop:" + secret}, secret}}},
		"the same, as it was sent":        {"shop:" + secret, []node{{[]string{"shop:" + secret}, "shop:" + secret}}},
		"a rotation within a name": {"shop:" + secret, []node{
			{[]string{"shop:" + secret, "shop:" + two}, two}, {[]string{"shop:" + secret, "shop:" + two}, secret},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			use := func(c *Config, n node) { c.APIKeys = append([]string{"crm:" + apiKey}, n.keys...) }
			inWorld(t, func(c *Config) { use(c, tc.nodes[0]) }, func(w *world) {
				_, first := w.retrying(tc.nodes[0].sends, alice)
				if tc.before != "" {
					w.stop()
					w.sql("UPDATE calls SET idem_scope = '" + oldScope(tc.before) + "'")
					w.start()
				}
				for i, n := range tc.nodes {
					if i > 0 {
						use(&w.conf, n)
						w.restart()
					}
					w.repeats(fmt.Sprintf("at node %d", i+1), n.sends, first)
				}
			})
		})
	}
}

// The same without API keys, and with keys of the database: a rotated one, and one whose name a key of the
// configuration had.
func TestARetryByKeysOfOtherKindsMakesNoSecondCall(t *testing.T) {
	t.Run("without keys", func(t *testing.T) {
		inWorld(t, func(c *Config) { c.APIKeys, c.HostURL = nil, localURL }, func(w *world) {
			w.client.URL = localURL
			wish := api.CreateCall{To: alice, Say: &api.Say{Text: "hi"}, Policy: &api.Policy{NotBefore: api.After(time.Hour)}}
			first, _, err := w.client.Create(w.ctx, wish, "order-42")
			if err != nil {
				t.Fatal(err)
			}
			w.stop()
			w.sql("UPDATE calls SET idem_scope = 'local'")
			w.start()
			w.client.URL, w.client.Key = localURL, ""
			again, replayed, err := w.client.Create(w.ctx, wish, "order-42")
			if err != nil || !replayed || again.ID != first.ID {
				t.Errorf("the retry got %s, replayed %t, %v, and not %s", again.ID, replayed, err, first.ID)
			}
		})
	})
	t.Run("rotated in the database", func(t *testing.T) {
		inWorld(t, nil, func(w *world) {
			shop := w.key("shop", store.CallsWrite)
			_, first := w.retrying(shop, alice)
			rotated, err := w.client.RotateKey(w.ctx, "shop", api.RotateKey{Overlap: new(api.Duration(time.Hour))})
			if err != nil {
				t.Fatal(err)
			}
			w.repeats("with the second key", rotated.Secret, first)
			w.repeats("with the first key", shop, first)
			if _, err := w.client.RevokeKey(w.ctx, "shop", false); err != nil {
				t.Fatal(err)
			}
			w.repeats("with a third key", w.key("shop", store.CallsWrite), first)
			if status, answer := w.retrying(shop, alice); status != http.StatusUnauthorized {
				t.Errorf("the retry with a key that was revoked is answered %d: %s", status, answer)
			}
		})
	})
	t.Run("moved to the database", func(t *testing.T) {
		const key = "shop:a-secret-of-the-shop"
		inWorld(t, func(c *Config) { c.APIKeys = append(c.APIKeys, key) }, func(w *world) {
			_, first := w.retrying(key, alice)
			w.stop()
			w.sql("UPDATE calls SET idem_scope = '" + oldScope(key) + "'")
			w.start()
			w.repeats("with a key of the database", w.key("shop", store.CallsWrite, store.Numbers), first)
		})
	})
}

// Two names may use the same Idempotency-Key: these are two calls, and neither name is shown the other's.
func TestTwoNamesShareNoIdempotencyKey(t *testing.T) {
	const secret = "a-secret-of-the-bank"
	inWorld(t, func(c *Config) { c.APIKeys = append(c.APIKeys, "bank:"+secret) }, func(w *world) {
		secrets := map[string]string{
			"shop": w.key("shop", store.CallsWrite, store.CallsRead), "crm": w.key("crm", store.CallsWrite, store.CallsRead),
			"bank": secret, "env": apiKey,
		}
		ids := map[string]string{}
		for round := range 2 {
			for name, secret := range secrets {
				var c struct{ ID, By string }
				status, answer := w.retrying(secret, alice)
				if err := json.Unmarshal([]byte(answer), &c); err != nil || status != http.StatusCreated {
					t.Fatalf("%s is answered %d: %s", name, status, answer)
				}
				if round == 0 {
					ids[name] = c.ID
				}
				if c.ID != ids[name] || c.By != name {
					t.Errorf("%s got the call %s by %s, and had %s", name, c.ID, c.By, ids[name])
				}
			}
		}
		for _, name := range []string{"shop", "crm"} {
			for of, id := range ids {
				want := http.StatusNotFound
				if of == name {
					want = http.StatusOK
				}
				if status, answer := w.do("GET", "/v1/calls/"+id, "", with(secrets[name])...); status != want {
					t.Errorf("%s asks for the call of %s, and is answered %d: %s", name, of, status, answer)
				}
			}
		}
		if calls := w.everyCall(); len(calls) != len(secrets) {
			t.Errorf("%d calls for %d names", len(calls), len(secrets))
		}
	})
}
