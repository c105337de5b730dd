package app

import (
	"encoding/json"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"redial/internal/store"
)

// telling finds in answers what tells whose something is: ids, numbers, and whatever the test has marked.
var telling = regexp.MustCompile(
	`[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f-]{22}|(?:we|key)_\w+|CA[0-9a-f]{32}|\+\d{8,}|[\w.-]*marked[\w.-]*|"shop"`)

// Whatever a key without operate asks, the answer has no id, number, text or name of what another name made, or of what
// only operators see. Every route is asked with the ids of either name, and their beginnings.
func TestNoAnswerTellsOfWhatOthersMade(t *testing.T) {
	inWorld(t, func(c *Config) { c.WebhookSecrets = []string{secretOf("a")} }, func(w *world) {
		const bob, carol, dave = "+819055556666", "+819011112222", "+819033334444"
		for _, number := range []string{alice, bob, carol, dave} {
			for p := w.phone(number); len(p.steps) < 20; {
				p.noAnswer()
			}
		}
		shop := w.key("shop", store.CallsWrite, store.CallsRead)
		wide := w.key("crm", store.CallsWrite, store.Operate)
		made := func(secret, path, body string, headers ...string) string {
			t.Helper()
			var it struct{ ID string }
			status, answer := w.do("POST", path, body, append(with(secret), headers...)...)
			if err := json.Unmarshal([]byte(answer), &it); err != nil || status != http.StatusCreated {
				t.Fatalf("%s is answered %d: %s", path, status, answer)
			}
			return it.ID
		}
		for _, host := range []string{"marked.example", "operator-marked.example", "crm.example", "own.example"} {
			w.hosts.Store(host, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) }))
		}
		const all = `, "events": ["*"]}`
		hooks := map[string]string{
			"shop": made(shop, "/v1/webhooks", `{"url": "https://marked.example/hook"`+all),
			"ops":  made(apiKey, "/v1/webhooks", `{"url": "https://operator-marked.example/hook"`+all),
			"wide": made(wide, "/v1/webhooks", `{"url": "https://crm.example/wide"`+all),
		}
		s := w.node.Load().store
		if _, err := s.RevokeKeys(w.ctx, store.Asker{}, store.Revocation{Of: "crm", At: s.Now()}); err != nil {
			t.Fatal(err)
		}
		crm := w.key("crm", store.CallsWrite, store.CallsRead)
		hooks["crm"] = made(crm, "/v1/webhooks", `{"url": "https://crm.example/hook"`+all)
		stream := w.streams("/v1/webhooks/stream", "", with(crm)...)
		ask := func(secret, key, to, more string) string {
			return made(secret, "/v1/calls", `{"to": `+to+`, "policy": {"max_attempts": 2}`+more+`}`, "Idempotency-Key", key)
		}
		theirs := `, "say": "text-marked", "metadata": {"order": "order-marked"}`
		ours := `, "say": "hi", "webhook": "https://own.example/hook"`
		calls := map[string][]string{
			"shop": {ask(shop, "key-marked", `"`+bob+`"`, theirs)},
			"crm":  {ask(crm, "key", `"`+dave+`"`, ours)},
		}
		w.pass(10 * time.Minute)
		calls["shop"] = append(calls["shop"], ask(shop, "key-2-marked", `"`+alice+`"`, theirs),
			ask(shop, "key-3-marked", `[{"number": "`+carol+`", "name": "name-marked"}, "`+bob+`"]`,
				`, "say": "text-marked", "webhook": "https://marked.example/call"`))
		w.pass(5 * time.Second)
		calls["crm"] = append(calls["crm"], ask(crm, "key-2", `"`+alice+`"`, ours)) // held by shop's
		w.pass(time.Second)
		if _, err := s.PauseAccount(w.ctx, account, store.Pause{Since: s.Now(), Code: 99999,
			Message: "the number " + bob + " is marked", NextCheckAt: s.Now().Add(time.Hour)}); err != nil {
			t.Fatal(err)
		}

		// What is told to each name of its own, and to operators of everything.
		told := func(secret string, names ...string) (list []string) {
			for _, name := range names {
				paths := []string{"/v1/webhooks/" + hooks[name], "/v1/webhooks/" + hooks[name] + "/deliveries"}
				for _, id := range calls[name] {
					for _, of := range []string{"", "/events", "/deliveries"} {
						paths = append(paths, "/v1/calls/"+id+of)
					}
				}
				for _, path := range paths {
					_, answer := w.do("GET", path, "", with(secret)...)
					list = append(list, telling.FindAllString(answer, -1)...)
				}
			}
			return list
		}
		own := told(crm, "crm")
		others := slices.DeleteFunc(told(apiKey, "shop", "ops", "crm"), func(text string) bool {
			ofCRM := slices.ContainsFunc(calls["crm"], func(id string) bool { return strings.Contains(text, id) })
			return ofCRM || text == caller || text == alice || text == dave || text == hooks["crm"] || text == hooks["wide"] ||
				strings.HasPrefix(text, "CA") && slices.Contains(own, text)
		})
		if len(others) < 50 || !slices.Contains(others, bob) || !slices.Contains(others, hooks["ops"]) {
			t.Fatalf("what is to be hidden: %q", others)
		}
		hidden := func(where, answer string) {
			t.Helper()
			for _, text := range telling.FindAllString(answer, -1) {
				if slices.Contains(others, text) || text == `"shop"` || strings.Contains(text, "marked") {
					t.Errorf("%s tells of %s: %s", where, text, answer)
					return
				}
			}
		}
		sid := others[slices.IndexFunc(others, func(text string) bool { return strings.HasPrefix(text, "CA") })]
		bodies := map[string]string{
			"/resolve": `{"sid": "` + sid + `"}`, "/v1/calls": `{"to": "` + alice + `", "say": "hi"}`,
			"/twilio_api/calls": `{"to": "` + alice + `", "say": "hi"}`,
			"/v1/webhooks":      `{"url": "https://crm.example/2"}`,
		}
		for _, route := range listedRoutes(t) {
			method, path, _ := strings.Cut(route, " ")
			if strings.Contains(path, "/callback") || path == "/openapi.yaml" || strings.HasSuffix(path, "/stream") ||
				method == "DELETE" {
				continue
			}
			ids := []string{"x"}
			switch {
			case strings.HasPrefix(path, "/v1/calls/{id}"):
				for _, id := range slices.Concat(calls["shop"], calls["crm"]) {
					ids = append(ids, id, id[:8], id[:18])
				}
			case strings.HasPrefix(path, "/v1/webhooks/{id}"):
				for _, id := range hooks {
					ids = append(ids, id, id[:8])
				}
				ids = append(ids, store.OfCall)
			}
			queries := []string{""}
			if route == "GET /v1/calls" {
				for _, number := range []string{alice, bob, carol, dave} {
					queries = append(queries, "?to="+url.QueryEscape(number), "?state=ended&to="+url.QueryEscape(number))
				}
				queries = append(queries, "?state=waiting", "?state=dialing", "?state=ended", "?outcome=reached")
			}
			if strings.HasSuffix(path, "/deliveries") {
				queries = append(queries, "?limit=1", "?state=pending")
			}
			for _, id := range ids {
				for _, event := range slices.Concat(calls["shop"], calls["crm"]) {
					for _, query := range queries {
						at := strings.NewReplacer("{id}", id, "{number}", "1", "{event}", "evt_"+event+"_1", "{name}", "shop").
							Replace(path) + query
						_, answer := w.do(method, at, bodies[path[max(0, strings.LastIndex(path, "/resolve")):]], with(crm)...)
						hidden(method+" "+at, answer)
					}
					if !strings.Contains(path, "{event}") {
						break
					}
				}
			}
		}
		for _, m := range stream.leave() {
			hidden("the stream", m.data)
		}
		w.sql("DELETE FROM pauses")
		w.pass(48 * time.Hour)
	})
}
