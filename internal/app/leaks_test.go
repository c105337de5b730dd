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

// The numbers that the neighbours call, beside alice, whom both call.
const (
	shopsOwn   = "+819055556666"
	shopsFirst = "+819011112222" // the list of shop begins with it
	crmsOwn    = "+819033334444"
)

// neighbours are two names, shop and crm, whose keys create calls and endpoints in one world.
type neighbours struct {
	w         *world
	shop, crm string              // the secrets of their keys, without operate
	hooks     map[string]string   // maps whose an endpoint is to its id; ops: an operator; wide: crm with operate
	calls     map[string][]string // maps names to the ids of their calls
	others    []string            // what is to be hidden from crm
}

// Whatever a key without operate asks, the answer has no id, number, text or name of what another name made, or of what
// only operators see. Every route is asked with the ids of either name, and their beginnings.
func TestNoAnswerTellsOfWhatOthersMade(t *testing.T) {
	inWorld(t, func(c *Config) { c.WebhookSecrets = []string{secretOf("a")} }, func(w *world) {
		n := &neighbours{w: w, hooks: map[string]string{}, calls: map[string][]string{}}
		n.nobodyAnswers()
		n.makeEndpoints()
		stream := w.streams("/v1/webhooks/stream", "", with(n.crm)...)
		n.makeCalls()
		n.pause()
		n.others = n.toBeHidden()
		for _, route := range listedRoutes(t) {
			n.asks(route)
		}
		for _, m := range stream.leave() {
			n.hides("the stream", m.data)
		}
		w.sql("DELETE FROM pauses")
		w.pass(48 * time.Hour)
	})
}

// nobodyAnswers lets every phone ring out, and every server of an endpoint fail.
func (n *neighbours) nobodyAnswers() {
	for _, number := range []string{alice, shopsOwn, shopsFirst, crmsOwn} {
		for p := n.w.phone(number); len(p.steps) < 20; {
			p.noAnswer()
		}
	}
	for _, host := range []string{"marked.example", "operator-marked.example", "crm.example", "own.example"} {
		n.w.hosts.Store(host, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(500) }))
	}
}

// makes creates something at a path, and returns its id.
func (n *neighbours) makes(secret, path, body string, headers ...string) string {
	n.w.t.Helper()
	var it struct{ ID string }
	status, answer := n.w.do("POST", path, body, append(with(secret), headers...)...)
	if err := json.Unmarshal([]byte(answer), &it); err != nil || status != http.StatusCreated {
		n.w.t.Fatalf("%s is answered %d: %s", path, status, answer)
	}
	return it.ID
}

// makeEndpoints creates the keys and their endpoints. The first key of crm has operate; it is revoked after its own.
func (n *neighbours) makeEndpoints() {
	n.w.t.Helper()
	endpoint := func(secret, url string) string {
		n.w.t.Helper()
		return n.makes(secret, "/v1/webhooks", `{"url": "`+url+`", "events": ["*"]}`)
	}
	n.shop = n.w.key("shop", store.CallsWrite, store.CallsRead)
	wide := n.w.key("crm", store.CallsWrite, store.Operate)
	n.hooks["shop"] = endpoint(n.shop, "https://marked.example/hook")
	n.hooks["ops"] = endpoint(apiKey, "https://operator-marked.example/hook")
	n.hooks["wide"] = endpoint(wide, "https://crm.example/wide")
	s := n.w.node.Load().store
	if _, err := s.RevokeKeys(n.w.ctx, store.Asker{}, store.Revocation{Of: "crm", At: s.Now()}); err != nil {
		n.w.t.Fatal(err)
	}
	n.crm = n.w.key("crm", store.CallsWrite, store.CallsRead)
	n.hooks["crm"] = endpoint(n.crm, "https://crm.example/hook")
}

// makeCalls creates calls of either name: some have ended, some are under way, and one of crm is held by one of shop.
func (n *neighbours) makeCalls() {
	n.w.t.Helper()
	call := func(name, secret, key, to, more string) {
		n.w.t.Helper()
		body := `{"to": ` + to + `, "policy": {"max_attempts": 2}` + more + `}`
		n.calls[name] = append(n.calls[name], n.makes(secret, "/v1/calls", body, "Idempotency-Key", key))
	}
	const (
		theirs = `, "say": "text-marked", "metadata": {"order": "order-marked"}`
		ours   = `, "say": "hi", "webhook": "https://own.example/hook"`
	)
	call("shop", n.shop, "key-marked", `"`+shopsOwn+`"`, theirs)
	call("crm", n.crm, "key", `"`+crmsOwn+`"`, ours)
	n.w.pass(10 * time.Minute)
	call("shop", n.shop, "key-2-marked", `"`+alice+`"`, theirs)
	call("shop", n.shop, "key-3-marked", `[{"number": "`+shopsFirst+`", "name": "name-marked"}, "`+shopsOwn+`"]`,
		`, "say": "text-marked", "webhook": "https://marked.example/call"`)
	n.w.pass(5 * time.Second)
	call("crm", n.crm, "key-2", `"`+alice+`"`, ours) // held by shop's
	n.w.pass(time.Second)
}

// pause pauses the account for a reason that names a number of shop.
func (n *neighbours) pause() {
	n.w.t.Helper()
	s := n.w.node.Load().store
	if _, err := s.PauseAccount(n.w.ctx, account, store.Pause{Since: s.Now(), Code: 99999,
		Message: "the number " + shopsOwn + " is marked", NextCheckAt: s.Now().Add(time.Hour)}); err != nil {
		n.w.t.Fatal(err)
	}
}

// told is what the answers about the endpoints and calls of names tell a key.
func (n *neighbours) told(secret string, names ...string) (list []string) {
	n.w.t.Helper()
	for _, name := range names {
		paths := []string{"/v1/webhooks/" + n.hooks[name], "/v1/webhooks/" + n.hooks[name] + "/deliveries"}
		for _, id := range n.calls[name] {
			paths = append(paths, "/v1/calls/"+id, "/v1/calls/"+id+"/events", "/v1/calls/"+id+"/deliveries")
		}
		for _, path := range paths {
			_, answer := n.w.do("GET", path, "", with(secret)...)
			list = append(list, telling.FindAllString(answer, -1)...)
		}
	}
	return list
}

// toBeHidden is what operators are told of everything, without what is crm's or told to crm of its own.
func (n *neighbours) toBeHidden() []string {
	n.w.t.Helper()
	own := n.told(n.crm, "crm")
	others := slices.DeleteFunc(n.told(apiKey, "shop", "ops", "crm"), func(text string) bool {
		ofCRM := slices.ContainsFunc(n.calls["crm"], func(id string) bool { return strings.Contains(text, id) })
		return ofCRM || slices.Contains([]string{caller, alice, crmsOwn, n.hooks["crm"], n.hooks["wide"]}, text) ||
			strings.HasPrefix(text, "CA") && slices.Contains(own, text)
	})
	if len(others) < 50 || !slices.Contains(others, shopsOwn) || !slices.Contains(others, n.hooks["ops"]) {
		n.w.t.Fatalf("what is to be hidden: %q", others)
	}
	return others
}

// hides holds an answer to crm against what is to be hidden.
func (n *neighbours) hides(where, answer string) {
	n.w.t.Helper()
	for _, text := range telling.FindAllString(answer, -1) {
		if slices.Contains(n.others, text) || text == `"shop"` || strings.Contains(text, "marked") {
			n.w.t.Errorf("%s tells of %s: %s", where, text, answer)
			return
		}
	}
}

// asks has crm ask a route with every id, event and query that fit it.
func (n *neighbours) asks(route string) {
	n.w.t.Helper()
	method, path, _ := strings.Cut(route, " ")
	if strings.Contains(path, "/callback") || path == "/openapi.yaml" || strings.HasSuffix(path, "/stream") ||
		method == "DELETE" {
		return
	}
	body := n.body(path)
	for _, id := range n.ids(path) {
		for _, event := range n.events(path) {
			for _, query := range queriesOf(route) {
				at := strings.NewReplacer("{id}", id, "{number}", "1", "{event}", event, "{name}", "shop").
					Replace(path) + query
				_, answer := n.w.do(method, at, body, with(n.crm)...)
				n.hides(method+" "+at, answer)
			}
		}
	}
}

// body is what a path is sent; that of /resolve has the SID of an attempt of shop.
func (n *neighbours) body(path string) string {
	switch {
	case strings.HasSuffix(path, "/resolve"):
		sid := n.others[slices.IndexFunc(n.others, func(text string) bool { return strings.HasPrefix(text, "CA") })]
		return `{"sid": "` + sid + `"}`
	case path == "/v1/calls" || path == "/twilio_api/calls":
		return `{"to": "` + alice + `", "say": "hi"}`
	case path == "/v1/webhooks":
		return `{"url": "https://crm.example/2"}`
	}
	return ""
}

// ids are those that a path is asked with: one that nobody has, those of either name, and their beginnings.
func (n *neighbours) ids(path string) []string {
	ids := []string{"x"}
	switch {
	case strings.HasPrefix(path, "/v1/calls/{id}"):
		for _, id := range slices.Concat(n.calls["shop"], n.calls["crm"]) {
			ids = append(ids, id, id[:8], id[:18])
		}
	case strings.HasPrefix(path, "/v1/webhooks/{id}"):
		for _, id := range n.hooks {
			ids = append(ids, id, id[:8])
		}
		ids = append(ids, store.OfCall)
	}
	return ids
}

// events are the first of every call, for a path that names an event.
func (n *neighbours) events(path string) (list []string) {
	if !strings.Contains(path, "{event}") {
		return []string{""}
	}
	for _, id := range slices.Concat(n.calls["shop"], n.calls["crm"]) {
		list = append(list, "evt_"+id+"_1")
	}
	return list
}

// queriesOf are those that a route is asked with, beside none.
func queriesOf(route string) []string {
	queries := []string{""}
	if route == "GET /v1/calls" {
		for _, number := range []string{alice, shopsOwn, shopsFirst, crmsOwn} {
			queries = append(queries, "?to="+url.QueryEscape(number), "?state=ended&to="+url.QueryEscape(number))
		}
		queries = append(queries, "?state=waiting", "?state=dialing", "?state=ended", "?outcome=reached")
	}
	if strings.HasSuffix(route, "/deliveries") {
		queries = append(queries, "?limit=1", "?state=pending")
	}
	return queries
}
