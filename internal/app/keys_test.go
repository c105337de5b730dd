package app

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"redial/internal/store"
)

// key makes an API key of the database, and returns its secret.
func (w *world) key(name string, scopes ...store.Scope) (secret string) {
	w.t.Helper()
	s := w.node.Load().store
	k, secret := store.NewKey(name, scopes, "env", s.Now())
	if err := s.AddKey(w.ctx, k); err != nil {
		w.t.Fatal(err)
	}
	return secret
}

// with is the headers of a request with an API key.
func with(secret string) []string { return []string{"Authorization", "Bearer " + secret} }

// Each route needs one of a few scopes, and a key that has none of them is told which. A route that is not in this
// table fails the test, and so does a row without a route.
func TestEachRouteNeedsAScope(t *testing.T) {
	const asks, reads, steers = "calls:write", "calls:read operate", "calls:write operate"
	needs := map[string]string{
		"POST /v1/calls":                                   asks,
		"POST /twilio_api/calls":                           asks,
		"GET /v1/calls":                                    reads,
		"GET /v1/calls/{id}":                               reads,
		"GET /v1/calls/{id}/events":                        reads,
		"POST /v1/calls/{id}/cancel":                       steers,
		"POST /v1/calls/{id}/redial":                       steers,
		"GET /v1/calls/{id}/explain":                       reads,
		"GET /v1/presets":                                  "calls:write calls:read operate",
		"POST /v1/calls/{id}/attempts/{number}/resolve":    steers,
		"DELETE /v1/calls/{id}":                            steers,
		"GET /v1/calls/{id}/deliveries":                    reads,
		"GET /v1/webhooks":                                 reads,
		"POST /v1/webhooks":                                asks,
		"GET /v1/webhooks/stream":                          reads,
		"GET /v1/webhooks/{id}":                            reads,
		"DELETE /v1/webhooks/{id}":                         steers,
		"POST /v1/webhooks/{id}/rotate":                    steers,
		"POST /v1/webhooks/{id}/enable":                    steers,
		"POST /v1/webhooks/{id}/test":                      steers,
		"GET /v1/webhooks/{id}/deliveries":                 reads,
		"POST /v1/webhooks/{id}/deliveries/{event}/replay": steers,
		"GET /metrics":                                     "operate",
		"GET /openapi.yaml":                                "", "GET /healthz": "", "GET /readyz": "", // open to anybody
	}
	inWorld(t, nil, func(w *world) {
		secrets := map[store.Scope]string{"trigger:alerts": w.key("alerts", "trigger:alerts")}
		for _, scope := range store.Scopes() {
			secrets[scope] = w.key(strings.ReplaceAll(string(scope), ":", "-"), scope)
		}
		routes := slices.DeleteFunc(listedRoutes(t), func(r string) bool { return strings.Contains(r, "/callback") })
		for route := range needs {
			if !slices.Contains(routes, route) {
				t.Errorf("there is no route %s", route)
			}
		}
		for _, route := range routes {
			need, known := needs[route]
			if !known {
				t.Errorf("the route %s is not in the table", route)
			}
			method, path, _ := strings.Cut(route, " ")
			path = strings.NewReplacer("/stream", "/stream?events=none", // which begins no stream
				"{id}", "00000000-0000-0000-0000-000000000000", "{", "", "}", "").Replace(path)
			for scope, secret := range secrets {
				status, answer := w.do(method, path, "", with(secret)...)
				allowed := need == "" || scope == store.Admin || slices.Contains(strings.Fields(need), string(scope))
				if allowed == (status == http.StatusForbidden) || status == http.StatusUnauthorized {
					t.Errorf("%s with %s is answered %d: %s", route, scope, status, answer)
				}
				missing := "lacks the scope " + strings.ReplaceAll(need, " ", " or ")
				if !allowed && !strings.Contains(answer, missing) {
					t.Errorf("%s with %s is not told of %s: %s", route, scope, need, answer)
				}
			}
		}
	})
}

// A key that is revoked or has expired is out, and one that was rotated works for a while.
func TestAKeyOfTheDatabaseEnds(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		s, secret := w.node.Load().store, w.key("shop", store.CallsRead)
		is := func(secret string, want int) {
			t.Helper()
			if status, answer := w.do("GET", "/v1/calls", "", with(secret)...); status != want {
				t.Errorf("answered %d, not %d: %s", status, want, answer)
			}
		}
		is(secret, http.StatusOK)
		is(secret[:len(secret)-1], http.StatusUnauthorized)
		k, second := store.NewKey("shop", nil, "env", s.Now())
		if _, err := s.RotateKey(w.ctx, k, s.Now().Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		is(secret, http.StatusOK)
		is(second, http.StatusOK)
		w.pass(time.Hour)
		is(secret, http.StatusUnauthorized)
		is(second, http.StatusOK)
		stream := w.streams("/v1/webhooks/stream", "", with(second)...)
		w.pass(time.Minute)
		if stream.over() {
			t.Fatal("the stream of a key that works is over")
		}
		if _, err := s.RevokeKeys(w.ctx, "shop", s.Now()); err != nil {
			t.Fatal(err)
		}
		is(second, http.StatusUnauthorized)
		w.pass(time.Second)
		if !stream.over() {
			t.Error("the stream goes on without a key")
		}
	})
}

// Without keys of any kind this machine alone is served; the first key of the database ends that, for good.
func TestTheFirstKeyEndsServingWithout(t *testing.T) {
	inWorld(t, func(c *Config) { c.APIKeys, c.HostURL = nil, localURL }, func(w *world) {
		list := func(secret string) int {
			return w.local("GET", "/v1/calls", func(r *http.Request) {
				if secret != "" {
					r.Header.Set("Authorization", "Bearer "+secret)
				}
			}).Code
		}
		if status := list(""); status != http.StatusOK {
			t.Errorf("without keys it is answered %d", status)
		}
		secret := w.key("shop", store.CallsRead)
		if without, by := list(""), list(secret); without != http.StatusUnauthorized || by != http.StatusOK {
			t.Errorf("with a key it is answered %d without one, and %d with it", without, by)
		}
		s := w.node.Load().store
		if _, err := s.RevokeKeys(w.ctx, "shop", s.Now()); err != nil {
			t.Fatal(err)
		}
		if without, by := list(""), list(secret); without != http.StatusUnauthorized || by != http.StatusUnauthorized {
			t.Errorf("once it is revoked it is answered %d without one, and %d with it", without, by)
		}
	})
}

// A key of the configuration may have a name before it, and a key with a colon is one as it stands.
func TestAKeyOfTheConfigurationMayHaveAName(t *testing.T) {
	const secret = "0123456789abcdef"
	for key, also := range map[string]bool{"shop:" + secret: true, "Shop:" + secret: false, "a-key:of:two:colons": false} {
		inWorld(t, func(c *Config) { c.APIKeys = append(c.APIKeys, key) }, func(w *world) {
			_, last, _ := strings.Cut(key, ":")
			for sent, want := range map[string]bool{key: true, last: also} {
				status, answer := w.do("GET", "/v1/calls", "", with(sent)...)
				if want != (status == http.StatusOK) {
					t.Errorf("%s of %s is answered %d: %s", sent, key, status, answer)
				}
			}
		})
	}
}
