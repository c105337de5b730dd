package app

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"redial/api"
	"redial/internal/store"
)

// key makes an API key of the database, and returns its secret.
func (w *world) key(name string, scopes ...store.Scope) (secret string) {
	w.t.Helper()
	s := w.node.Load().store
	k, secret := store.NewKey(name, scopes, "env", s.Now())
	if err := s.AddKey(w.ctx, store.Asker{}, k); err != nil {
		w.t.Fatal(err)
	}
	return secret
}

// with is the headers of a request with an API key.
func with(secret string) []string { return []string{"Authorization", "Bearer " + secret} }

const toAsk, toRead, toSteer = "calls:write", "calls:read operate", "calls:write operate"

// scopesOfRoutes are the scopes of which a key needs one, by route. Where there is none, anybody may come.
var scopesOfRoutes = map[string]string{
	"POST /v1/calls":                                   toAsk,
	"POST /twilio_api/calls":                           "calls:write trigger:default",
	"GET /v1/calls":                                    toRead,
	"GET /v1/calls/{id}":                               toRead,
	"GET /v1/calls/{id}/events":                        toRead,
	"POST /v1/calls/{id}/cancel":                       toSteer,
	"POST /v1/calls/{id}/redial":                       toSteer,
	"GET /v1/calls/{id}/explain":                       toRead,
	"GET /v1/presets":                                  "calls:write calls:read operate",
	"POST /v1/calls/{id}/attempts/{number}/resolve":    toSteer,
	"DELETE /v1/calls/{id}":                            toSteer,
	"GET /v1/calls/{id}/deliveries":                    toRead,
	"GET /v1/webhooks":                                 toRead,
	"POST /v1/webhooks":                                toAsk,
	"GET /v1/webhooks/stream":                          toRead,
	"GET /v1/webhooks/{id}":                            toRead,
	"DELETE /v1/webhooks/{id}":                         toSteer,
	"POST /v1/webhooks/{id}/rotate":                    toSteer,
	"POST /v1/webhooks/{id}/enable":                    toSteer,
	"POST /v1/webhooks/{id}/test":                      toSteer,
	"GET /v1/webhooks/{id}/deliveries":                 toRead,
	"POST /v1/webhooks/{id}/deliveries/{event}/replay": toSteer,
	"POST /v1/triggers/{name}":                         "trigger:NAME",
	"POST /v1/triggers/{name}/test":                    "trigger:NAME",
	"GET /v1/triggers":                                 toRead,
	"POST /v1/triggers/{name}/secret":                  "admin",
	"POST /v1/triggers/{name}/secret/rotate":           "admin",
	"GET /v1/rotas":                                    toRead,
	"GET /v1/rotas/{name}":                             toRead,
	"POST /v1/rotas/{name}/overrides":                  "operate",
	"DELETE /v1/rotas/{name}/overrides/{id}":           "operate",
	"GET /v1/incidents":                                "operate",
	"GET /v1/incidents/{id}":                           "operate",
	"POST /v1/incidents/{id}/close":                    "operate",
	"POST /v1/incidents/{id}/acknowledge":              "operate",
	"GET /v1/audit":                                    "operate",
	"GET /v1/keys":                                     "admin",
	"POST /v1/keys":                                    "admin",
	"DELETE /v1/keys/{name}":                           "admin",
	"POST /v1/keys/{name}/rotate":                      "admin",
	"GET /metrics":                                     "metrics operate",
	// A trigger's secret lets in, and no key.
	"POST /hooks/{secret}":                         "",
	"PUT /hooks/{secret}":                          "",
	"GET /hooks/{secret}":                          "",
	"POST /v2/alerts":                              "",
	"POST /v2/alerts/{alert}/{action}":             "",
	"PUT /v2/alerts/{alert}/{action}":              "",
	"DELETE /v2/alerts/{alert}":                    "",
	"GET /v2/alerts/requests/{id}":                 "",
	"POST /v2/enqueue":                             "",
	"POST /integrations/v1/{kind}/{token}":         "",
	"POST /api/v2/generic/incoming":                "",
	"POST /v1/api/alerts":                          "",
	"POST /api/v2/grafana/incoming":                "",
	"POST /api/v2/prometheusalertmanager/incoming": "",
	"GET /openapi.yaml":                            "", "GET /healthz": "", "GET /readyz": "", // open to anybody
}

// Each route needs one of a few scopes, and a key that has none of them is told which. A route that is not in this
// table fails the test, and so does a row without a route.
func TestEachRouteNeedsAScope(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		secrets := map[store.Scope]string{
			"trigger:name": w.key("alerts", "trigger:name"), "trigger:form": w.key("form", "trigger:form"),
			"trigger:default": w.key("door", "trigger:default"),
		}
		for _, scope := range store.Scopes() {
			secrets[scope] = w.key(strings.ReplaceAll(string(scope), ":", "-"), scope)
		}
		routes := slices.DeleteFunc(listedRoutes(t), func(r string) bool { return strings.Contains(r, "/callback") })
		for route := range scopesOfRoutes {
			if !slices.Contains(routes, route) {
				t.Errorf("there is no route %s", route)
			}
		}
		for _, route := range routes {
			need, known := scopesOfRoutes[route]
			need = strings.ReplaceAll(need, "NAME", "name")
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

// The page about the API lists the same scopes.
func TestThePageListsTheScopesOfRoutes(t *testing.T) {
	page, err := os.ReadFile("../../docs/api.md")
	if err != nil {
		t.Fatal(err)
	}
	code := regexp.MustCompile("`([^`]+)`")
	words := func(cell string) (list []string) {
		for _, m := range code.FindAllStringSubmatch(cell, -1) {
			list = append(list, m[1])
		}
		return list
	}
	listed := map[string]string{}
	rows := regexp.MustCompile("(?m)^\\| (`[a-z]+[^|]*) \\| (.*) \\|$")
	for _, row := range rows.FindAllStringSubmatch(string(page), -1) {
		for _, route := range words(row[2]) {
			if strings.Contains(route, " /") {
				listed[route] = strings.Join(words(row[1]), " ")
			}
		}
	}
	want := maps.Clone(scopesOfRoutes)
	maps.DeleteFunc(want, func(_, need string) bool { return need == "" })
	if diff := cmp.Diff(want, listed); diff != "" {
		t.Errorf("-routes +page:\n%s", diff)
	}
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
		if _, err := s.RotateKey(w.ctx, store.Asker{}, k, s.Now().Add(time.Hour)); err != nil {
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
		if _, err := s.RevokeKeys(w.ctx, store.Asker{}, store.Revocation{Of: "shop", At: s.Now()}); err != nil {
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
		if _, err := s.RevokeKeys(w.ctx, store.Asker{}, store.Revocation{Of: "shop", At: s.Now()}); err != nil {
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

// A name sees, follows and steers what it made itself; all else is not there for it. Who operates sees everything.
func TestANameSeesOnlyWhatItMade(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.phone(alice).noAnswer().noAnswer().noAnswer()
		shop, crm := w.key("shop", store.CallsWrite, store.CallsRead), w.key("crm", store.CallsWrite, store.CallsRead)
		operator := w.key("desk", store.Operate)
		var call, endpoint struct{ ID, By string }
		made := func(path, body string, into any) {
			t.Helper()
			status, answer := w.do("POST", path, body, with(shop)...)
			if err := json.Unmarshal([]byte(answer), into); err != nil || status != http.StatusCreated {
				t.Fatalf("%s is answered %d: %s", path, status, answer)
			}
		}
		own := w.streams("/v1/webhooks/stream?events=call.created", "", with(shop)...)
		others := w.streams("/v1/webhooks/stream?events=call.created", "", with(crm)...)
		all := w.streams("/v1/webhooks/stream?events=call.created", "", with(operator)...)
		w.pass(time.Second)
		made("/v1/webhooks", `{"url": "https://shop.example.com/hook", "events": ["attempt.answered"]}`, &endpoint)
		made("/v1/calls", `{"to": "`+alice+`", "say": "hi"}`, &call)
		if call.By != "shop" || endpoint.By != "shop" {
			t.Errorf("a call by %q, an endpoint by %q", call.By, endpoint.By)
		}
		for _, path := range []string{
			"GET /v1/calls/" + call.ID, "GET /v1/calls/" + call.ID[:13], "GET /v1/calls/" + call.ID + "/events",
			"GET /v1/calls/" + call.ID + "/explain", "GET /v1/calls/" + call.ID + "/deliveries",
			"GET /v1/webhooks/" + endpoint.ID, "GET /v1/webhooks/" + endpoint.ID + "/deliveries",
			"POST /v1/calls/" + call.ID + "/cancel", "DELETE /v1/webhooks/" + endpoint.ID,
		} {
			method, path, _ := strings.Cut(path, " ")
			if status, answer := w.do(method, path, "", with(crm)...); status != http.StatusNotFound {
				t.Errorf("%s of another name is answered %d: %s", path, status, answer)
			}
			if method == http.MethodGet {
				for _, secret := range []string{shop, operator, apiKey} {
					if status, answer := w.do(method, path, "", with(secret)...); status != http.StatusOK {
						t.Errorf("%s is answered %d: %s", path, status, answer)
					}
				}
			}
		}
		lists := func(path, secret string) bool {
			_, answer := w.do("GET", path, "", with(secret)...)
			return strings.Contains(answer, `"by":"shop"`)
		}
		to := strings.Replace(alice, "+", "%2B", 1)
		for _, path := range []string{
			"/v1/calls", "/v1/calls?state=dialing", "/v1/calls?to=" + to, "/v1/calls?state=dialing&to=" + to, "/v1/webhooks",
		} {
			if !lists(path, shop) || !lists(path, operator) || lists(path, crm) {
				t.Errorf("%s lists it to shop: %t, to the operator: %t, to crm: %t", path, lists(path, shop),
					lists(path, operator), lists(path, crm))
			}
		}
		w.pass(time.Second)
		for s, want := range map[*streaming]int{own: 2, all: 2, others: 1} { // the first is ready
			if list := slices.DeleteFunc(s.leave(), func(m streamed) bool { return m.kind == "" }); len(list) != want {
				t.Errorf("%d messages, and not %d: %v", len(list), want, list)
			}
		}
		if status, answer := w.do("POST", "/v1/calls/"+call.ID+"/cancel", "", with(operator)...); status != http.StatusOK {
			t.Errorf("canceling by an operator is answered %d: %s", status, answer)
		}
		w.pass(time.Minute)
	})
}

// Webhooks of an endpoint that a name made bring the calls that this name made.
func TestAnEndpointHearsOnlyOfItsName(t *testing.T) {
	inWorld(t, func(c *Config) { c.WebhookAllowPrivate = true }, func(w *world) {
		w.phone(alice).answers()
		shop, crm := w.key("shop", store.CallsWrite), w.key("crm", store.CallsWrite)
		heard := map[string]*receiver{}
		for name, secret := range map[string]string{"shop": shop, "crm": crm} {
			var endpoint struct{ Secret string }
			status, answer := w.do("POST", "/v1/webhooks", `{"url": "https://`+name+`.example/hook"}`, with(secret)...)
			if err := json.Unmarshal([]byte(answer), &endpoint); err != nil || status != http.StatusCreated {
				t.Fatalf("an endpoint is answered %d: %s", status, answer)
			}
			heard[name] = w.receiver(name+".example", endpoint.Secret)
		}
		status, answer := w.do("POST", "/v1/calls", `{"to": "`+alice+`", "say": "hi"}`, with(shop)...)
		if status != http.StatusCreated {
			t.Fatalf("a call is answered %d: %s", status, answer)
		}
		w.pass(10 * time.Minute)
		if own, other := heard["shop"].heard(), heard["crm"].heard(); len(own) == 0 || len(other) > 0 {
			t.Errorf("the endpoint of its name heard %q, the other one %q", own, other)
		}
	})
}

// Who sees all calls can list those of a name. Who sees its own name's is told that it may not list another's.
func TestCallsAreListedByName(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		shop, ops := w.key("shop", store.CallsWrite, store.CallsRead), w.key("ops", store.Operate)
		made := map[string][]string{}
		for i := range 6 {
			secret, name := apiKey, "env"
			if i%2 == 0 {
				secret, name = shop, "shop"
			}
			_, answer := w.do("POST", "/v1/calls", `{"to": "`+alice+`", "say": {"text": "Hello."}, "policy": {"not_before": "`+
				time.Now().Add(time.Hour).Format(time.RFC3339)+`"}}`, with(secret)...)
			var c api.Call
			if err := json.Unmarshal([]byte(answer), &c); err != nil || c.By != name {
				t.Fatalf("a call is answered %s", answer)
			}
			made[name] = append([]string{c.ID}, made[name]...)
		}
		listed := func(query, secret string) (ids []string, next string) {
			t.Helper()
			status, answer := w.do("GET", "/v1/calls"+query, "", with(secret)...)
			var page api.CallList
			if err := json.Unmarshal([]byte(answer), &page); err != nil || status != http.StatusOK {
				t.Fatalf("%s is answered %d: %s", query, status, answer)
			}
			for _, c := range page.Calls {
				ids = append(ids, c.ID)
			}
			return ids, page.NextCursor
		}
		for _, secret := range []string{apiKey, ops} {
			for name, want := range made {
				for _, q := range []string{"", "&state=waiting", "&to=" + url.QueryEscape(alice)} {
					first, next := listed("?limit=2&by="+name+q, secret)
					rest, _ := listed("?by="+name+q+"&cursor="+next, secret)
					if got := append(first, rest...); len(first) != 2 || !slices.Equal(got, want) {
						t.Errorf("%s%s lists %v, not %v", name, q, got, want)
					}
				}
			}
			if ids, _ := listed("?by=nobody", secret); len(ids) != 0 {
				t.Errorf("nobody has made %v", ids)
			}
		}
		if ids, _ := listed("?by=shop", shop); !slices.Equal(ids, made["shop"]) {
			t.Errorf("its own are %v", ids)
		}
		for query, want := range map[string]struct {
			status int
			says   string
		}{
			"?by=env": {http.StatusForbidden, "scope operate"}, "?by=nobody": {http.StatusForbidden, "scope operate"},
			"?by=No!": {http.StatusUnprocessableEntity, "by"}, "?by=key_A1": {http.StatusUnprocessableEntity, "not its id"},
		} {
			if status, answer := w.do("GET", "/v1/calls"+query, "", with(shop)...); status != want.status ||
				!strings.Contains(answer, want.says) {
				t.Errorf("%s is answered %d: %s", query, status, answer)
			}
		}
	})
}

// Who manages makes, rotates and revokes keys; the secret is shown once, and is nowhere else.
func TestKeysAreManagedThroughTheAPI(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		_, err := w.client.CreateKey(w.ctx, api.CreateKey{Name: "No", Scopes: []string{"calls:all"}})
		if err == nil || !strings.Contains(err.Error(), "is no scope") {
			t.Errorf("a wrong key: %v", err)
		}
		wish := api.CreateKey{Name: "shop", Scopes: []string{"calls:read"}, ExpiresIn: api.Duration(48 * time.Hour)}
		k, err := w.client.CreateKey(w.ctx, wish)
		if err != nil || k.By != "env" || k.ExpiresAt.Sub(k.CreatedAt) != 48*time.Hour {
			t.Fatalf("%+v, %v", k, err)
		}
		if _, err := w.client.CreateKey(w.ctx, wish); err == nil || !strings.Contains(err.Error(), "of this name") {
			t.Errorf("another key of the name: %v", err)
		}
		second, err := w.client.RotateKey(w.ctx, "shop", api.RotateKey{Overlap: new(api.Duration(time.Hour))})
		if err != nil || second.ID == k.ID || second.ExpiresAt != k.ExpiresAt {
			t.Fatalf("%+v, %v", second, err)
		}
		list, err := w.client.Keys(w.ctx, false)
		if err != nil || len(list) != 2 || list[0].Secret+list[1].Secret != "" {
			t.Errorf("%+v, %v", list, err)
		}
		works := func(secret string) bool {
			status, _ := w.do("GET", "/v1/calls", "", with(secret)...)
			return status == http.StatusOK
		}
		if !works(k.Secret) || !works(second.Secret) {
			t.Error("after the rotation one of the keys does not work")
		}
		if _, err := w.client.RevokeKey(w.ctx, second.ID, false); err != nil || !works(k.Secret) || works(second.Secret) {
			t.Errorf("a key is revoked by its id: %v", err)
		}
		if _, err := w.client.RevokeKey(w.ctx, "shop", false); err != nil || works(k.Secret) {
			t.Errorf("all keys of the name are revoked: %v", err)
		}
		for _, of := range []string{"shop", k.ID, "nobody"} {
			_, revoked := w.client.RevokeKey(w.ctx, of, false)
			_, rotated := w.client.RotateKey(w.ctx, of, api.RotateKey{Overlap: new(api.Duration)})
			if revoked == nil || !strings.Contains(revoked.Error(), "there is no such API key") ||
				strings.Contains(revoked.Error(), "was revoked or has expired") != (of != "nobody") {
				t.Errorf("%s is revoked again: %v", of, revoked)
			}
			if rotated == nil || strings.Contains(rotated.Error(), "was revoked or has expired") != (of == "shop") {
				t.Errorf("%s is rotated: %v", of, rotated)
			}
		}
	})
}

// Whoever has the secret of a key that has ended is told when and how, and nobody else.
func TestWhoeverHasAnEndedKeyIsToldSo(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		first, second := w.key("shop", store.CallsRead), w.key("crm", store.CallsRead)
		says := func(secret string) string {
			status, answer := w.do("GET", "/v1/calls", "", with(secret)...)
			if status != http.StatusUnauthorized {
				t.Errorf("it is answered %d: %s", status, answer)
			}
			return answer
		}
		on := w.node.Load().store.Now().UTC().Format("2006-01-02T")
		if _, err := w.client.RevokeKey(w.ctx, "shop", false); err != nil {
			t.Fatal(err)
		}
		if answer := says(first); !strings.Contains(answer, "this API key was revoked on "+on) {
			t.Errorf("revoked: %s", answer)
		}
		if _, err := w.client.RotateKey(w.ctx, "crm", api.RotateKey{Overlap: new(api.Duration)}); err != nil {
			t.Fatal(err)
		}
		if answer := says(second); !strings.Contains(answer, "this API key expired on "+on) {
			t.Errorf("expired: %s", answer)
		}
		if _, err := w.client.RevokeKey(w.ctx, "crm", false); err != nil {
			t.Fatal(err)
		}
		if answer := says(second); !strings.Contains(answer, "this API key expired on "+on) {
			t.Errorf("expired, and revoked then: %s", answer)
		}
		for _, hash := range []string{store.HashSecret(first), first + "A", first[:12]} {
			if answer := says(hash); !strings.Contains(answer, "this API key is not known") {
				t.Errorf("another secret: %s", answer)
			}
		}
	})
}
