package app

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"redial/api"
	"redial/internal/store"
)

// audited is the audit of a name, or all of it, in words, the oldest first: who, what, of what, and the detail.
func (w *world) audited(by string) (words []string) {
	w.t.Helper()
	for cursor := ""; ; {
		page, err := w.client.Audit(w.ctx, api.AuditQuery{By: by, Limit: 7, Cursor: cursor})
		if err != nil {
			w.t.Fatal(err)
		}
		for _, e := range page.Entries {
			words = append(words, strings.TrimSpace(fmt.Sprintf("%s %s %s %s", e.By, e.What, e.Of, e.Detail)))
		}
		if cursor = page.NextCursor; cursor == "" {
			slices.Reverse(words)
			return words
		}
	}
}

// Each route that changes something leaves an entry of its own kind, or says why it leaves none. A route that is not in
// this table fails the test.
func TestEachRouteThatChangesSomethingIsAudited(t *testing.T) {
	const nothing = ""
	deeds := map[string]store.Deed{
		"POST /v1/calls":                                   store.CallCreate,
		"POST /twilio_api/calls":                           store.CallCreate,
		"POST /v1/calls/{id}/redial":                       store.CallRedial,
		"POST /v1/calls/{id}/attempts/{number}/resolve":    store.CallResolve,
		"POST /v1/calls/{id}/cancel":                       store.CallCancel,
		"DELETE /v1/calls/{id}":                            store.CallDelete,
		"POST /v1/webhooks":                                store.EndpointCreate,
		"POST /v1/webhooks/{id}/test":                      store.EndpointTest,
		"POST /v1/webhooks/{id}/rotate":                    store.EndpointRotate,
		"POST /v1/webhooks/{id}/enable":                    store.EndpointEnable,
		"POST /v1/webhooks/{id}/deliveries/{event}/replay": store.EndpointReplay,
		"DELETE /v1/webhooks/{id}":                         store.EndpointDelete,
		"POST /v1/rotas/{name}/overrides":                  store.OverrideCreate,
		"DELETE /v1/rotas/{name}/overrides/{id}":           store.OverrideEnd,
		"POST /v1/keys":                                    store.KeyCreate,
		"POST /v1/keys/{name}/rotate":                      store.KeyRotate,
		"DELETE /v1/keys/{name}":                           store.KeyRevoke,
		"POST /v1/triggers/{name}":                         store.CallCreate,
		"POST /v1/triggers/{name}/test":                    store.CallCreate, // with ring=true; else it does nothing
		"POST /v1/incidents/{id}/close":                    store.IncidentClose,
		"POST /v1/incidents/{id}/acknowledge":              store.IncidentAcknowledge,
		"POST /v1/triggers/{name}/secret":                  store.SecretCreate,
		"POST /v1/triggers/{name}/secret/rotate":           store.SecretRotate,
		// A trigger's secret lets in: by trigger:NAME.
		"POST /hooks/{secret}":                         store.CallCreate,
		"PUT /hooks/{secret}":                          store.CallCreate,
		"POST /v2/alerts":                              store.CallCreate,
		"POST /v2/alerts/{alert}/{action}":             store.CallCreate,
		"PUT /v2/alerts/{alert}/{action}":              store.CallCreate,
		"DELETE /v2/alerts/{alert}":                    store.CallCreate,
		"POST /v2/enqueue":                             store.CallCreate,
		"POST /integrations/v1/{kind}/{token}":         store.CallCreate,
		"POST /api/v2/generic/incoming":                store.CallCreate,
		"POST /v1/api/alerts":                          store.CallCreate,
		"POST /api/v2/grafana/incoming":                store.CallCreate,
		"POST /api/v2/prometheusalertmanager/incoming": store.CallCreate,
		"POST /twilio_api/callback":                    nothing, // Twilio says it, and nobody's API key
	}
	inWorld(t, func(c *Config) { c.WebhookAllowPrivate = true }, func(w *world) {
		for _, route := range listedRoutes(t) {
			if _, known := deeds[route]; !known && !strings.HasPrefix(route, "GET ") {
				t.Errorf("the route %s is not in the table", route)
			}
		}
		w.phone(alice).noAnswer().answers()
		desk := w.key("desk", store.Admin)
		w.useTriggers(duties)
		tried := map[store.Deed]bool{}
		// does makes a request, which leaves one entry, of what is expected.
		does := func(route string, of string, body string) (answer struct{ ID string }) {
			t.Helper()
			what := deeds[route]
			method, path, _ := strings.Cut(strings.NewReplacer("{id}", of, "{name}", of, "{number}", "1").Replace(route), " ")
			before := w.audited("")
			status, text := w.do(method, path, body, with(desk)...)
			if status >= 300 {
				t.Fatalf("%s is answered %d: %s", route, status, text)
			}
			if text != "" {
				if err := json.Unmarshal([]byte(text), &answer); err != nil {
					t.Fatal(err)
				}
			}
			after := w.audited("")[len(before):]
			if len(after) != 1 || !strings.HasPrefix(after[0], "desk "+string(what)+" ") {
				t.Errorf("%s leaves %q", route, after)
			}
			tried[what] = true
			return answer
		}
		gone := http.HandlerFunc(func(out http.ResponseWriter, _ *http.Request) { out.WriteHeader(http.StatusGone) })
		w.hosts.Store("hook.example", http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
		hook := does("POST /v1/webhooks", "",
			`{"url": "https://hook.example/s3cret?token=s3cret", "events": ["call.created"]}`)
		does("POST /v1/webhooks/{id}/test", hook.ID, "")
		does("POST /v1/webhooks/{id}/rotate", hook.ID, "")
		w.hosts.Store("hook.example", gone) // which disables it
		c := does("POST /v1/calls", "", `{"to": "`+alice+`", "say": "hi", "policy": {"redial_after": {"no-answer": "1h"}}}`)
		w.pass(time.Minute)
		does("POST /v1/webhooks/{id}/enable", hook.ID, "")
		replay := "POST /v1/webhooks/{id}/deliveries/{event}/replay"
		deeds[strings.Replace(replay, "{event}", "evt_"+c.ID+"_1", 1)] = deeds[replay]
		does(strings.Replace(replay, "{event}", "evt_"+c.ID+"_1", 1), hook.ID, "")
		does("POST /v1/calls/{id}/redial", c.ID, "")
		w.pass(time.Minute)
		does("DELETE /v1/calls/{id}", c.ID, "")
		later := `{"to": "` + bob + `", "say": "hi", "policy": {"not_before": "1h"}}`
		c = does("POST /twilio_api/calls", "", later)
		w.sql("INSERT INTO attempts (call_id, n, to_number, person, needs_key, detects, status, result, dialed_at, " +
			"send_by, " +
			"postponements, talk_limit, finals, duration, sip_code, heard, unanswered, absent, ambiguous, lost, unplaced, " +
			"asks, stuck, hang_ups, interrupts, instructed, wrong_keys) VALUES ('" + c.ID + "', 1, '" + bob + "', 0, 0, 0, " +
			"'ambiguous', 'ambiguous', 1, 1, 0, 60, '', 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0)")
		does("POST /v1/calls/{id}/attempts/{number}/resolve", c.ID, `{"unplaced": true}`)
		does("POST /v1/calls/{id}/cancel", c.ID, "")
		does("DELETE /v1/webhooks/{id}", hook.ID, "")
		does("POST /v1/keys", "", `{"name": "crm", "scopes": ["operate"]}`)
		o := does("POST /v1/rotas/{name}/overrides", "primary", `{"person": "ben", "until": "1h"}`)
		end := "DELETE /v1/rotas/{name}/overrides/{id}"
		deeds[strings.Replace(end, "{name}", "primary", 1)] = deeds[end]
		does(strings.Replace(end, "{name}", "primary", 1), o.ID, "")
		k := does("POST /v1/keys/{name}/rotate", "crm", "")
		does("DELETE /v1/keys/{name}", k.ID, "")
		w.useTriggers(`{people: {ann: {number: "` + bob + `"}}, triggers: {alerts: {to: [ann], policy: {not_before: 1h}}}}`)
		does("POST /v1/triggers/{name}/secret", "alerts", "")
		does("POST /v1/triggers/{name}/secret/rotate", "alerts", "")
		does("POST /v1/triggers/{name}", "alerts", `{"title": "Disk full"}`)
		ring := "POST /v1/triggers/{name}/test?ring=true"
		deeds[ring] = deeds["POST /v1/triggers/{name}/test"]
		does(ring, "alerts", "")
		open, err := w.client.Incidents(w.ctx, api.IncidentQuery{State: "open"})
		if err != nil || len(open.Incidents) != 1 {
			t.Fatal(open, err)
		}
		does("POST /v1/incidents/{id}/acknowledge", open.Incidents[0].ID, "")
		does("POST /v1/incidents/{id}/close", open.Incidents[0].ID, "")
		b := w.browser()
		b.signIn(desk)
		b.do("POST", "/sign-out", nil)
		both := []string{"desk session.create desk", "desk session.end desk"}
		if got := w.audited("desk"); !slices.Equal(got[len(got)-2:], both) {
			t.Errorf("signing in and out leaves %q", got)
		}
		tried[store.SessionCreate], tried[store.SessionEnd] = true, true
		for _, what := range store.Deeds() {
			if !tried[what] {
				t.Errorf("%s was not tried", what)
			}
		}
		page, err := w.client.Audit(w.ctx, api.AuditQuery{By: "desk"})
		if err != nil || len(page.Entries) < len(store.Deeds()) {
			t.Fatalf("%+v, %v", page, err)
		}
		for _, e := range page.Entries {
			if !strings.HasPrefix(e.Key, "key_") || e.From != "192.0.2.1" || time.Since(e.At) > time.Hour {
				t.Errorf("an entry is %+v", e)
			}
		}
		all, _ := json.Marshal(page)
		for _, personal := range []string{alice[1:], bob[1:], desk, "https", "hi"} {
			if strings.Contains(string(all), `"`+personal) || strings.Contains(string(all), personal+`"`) {
				t.Errorf("the audit has %q: %s", personal, all)
			}
		}
		if strings.Contains(string(all), "s3cret") || strings.Count(string(all), `"hook.example:443"`) != 2 {
			t.Errorf("of an endpoint's URL the audit has not the host alone: %s", all)
		}
	})
}

// Whatever several names ask for, one request after the other, the audit has exactly what was answered as done, in that
// order, with the right names, also after a restart.
func TestTheAuditIsWhatWasAnsweredAsDone(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		names := []string{"shop", "crm", "desk"}
		secrets := map[string]string{
			"shop": w.key("shop", store.CallsWrite), "crm": w.key("crm", store.CallsWrite), "desk": w.key("desk", store.Operate),
		}
		var want, calls []string
		over, gone := map[string]bool{}, map[string]bool{}
		for i := range 150 {
			if i == 75 {
				w.pass(time.Second)
				w.restart()
			}
			name := names[rand.N(len(names))]
			ask := func(method, path, body string, headers ...string) (int, string) {
				return w.do(method, path, body, append(with(secrets[name]), headers...)...)
			}
			did := func(what store.Deed, of, detail string) {
				want = append(want, strings.TrimSpace(fmt.Sprintf("%s %s %s %s", name, what, of, detail)))
			}
			if len(calls) == 0 || rand.N(3) == 0 {
				path := []string{"/v1/calls", "/v1/calls?dry_run=true"}[min(rand.N(4), 1)]
				body := []string{`{"to": "` + bob + `", "say": "hi", "policy": {"not_before": "1h"}}`, `{"to": "12"}`}[rand.N(4)/3]
				status, answer := ask("POST", path, body, "Idempotency-Key", fmt.Sprint("order-", rand.N(40)))
				var c struct{ ID string }
				_ = json.Unmarshal([]byte(answer), &c)
				if status == http.StatusCreated && !slices.Contains(calls, c.ID) {
					calls = append(calls, c.ID)
					did(store.CallCreate, c.ID, "")
				}
				continue
			}
			id := calls[rand.N(len(calls))]
			switch rand.N(3) {
			case 0:
				body, detail := "", ""
				if rand.N(2) == 0 {
					body, detail = `{"hangup": true}`, "hang up"
				}
				if status, _ := ask("POST", "/v1/calls/"+id+"/cancel", body); status == http.StatusOK && !over[id] {
					over[id] = true
					did(store.CallCancel, id, detail)
				}
			case 1:
				if status, _ := ask("DELETE", "/v1/calls/"+id, ""); status == http.StatusNoContent && !gone[id] {
					gone[id] = true
					did(store.CallDelete, id, "")
				}
			case 2: // before its time it can't be rung
				if status, _ := ask("POST", "/v1/calls/"+id+"/redial", ""); status == http.StatusOK {
					t.Errorf("%s is rung again", id)
				}
			}
		}
		if len(over) == 0 || len(gone) == 0 {
			t.Errorf("nothing was canceled, or deleted: %q", want)
		}
		for _, by := range append(names, "") {
			others := func(e string) bool { return by != "" && !strings.HasPrefix(e, by+" ") }
			want := slices.DeleteFunc(slices.Clone(want), others)
			if got := w.audited(by); !slices.Equal(got, want) {
				t.Errorf("the audit of %q has\n%s\nand was done\n%s", by, strings.Join(got, "\n"), strings.Join(want, "\n"))
			}
		}
		for _, bad := range []string{"?by=No!", "?cursor=x", "?limit=0", "?what=call.create"} {
			if status, answer := w.do("GET", "/v1/audit"+bad, ""); status != http.StatusUnprocessableEntity {
				t.Errorf("%s is answered %d: %s", bad, status, answer)
			}
		}
	})
}

// The contract and the page for operators know each deed, and no other.
func TestDeedsAreThoseOfThePages(t *testing.T) {
	page, err := os.ReadFile("../../docs/operations.md")
	if err != nil {
		t.Fatal(err)
	}
	for name, part := range map[string][3]string{
		"openapi.yaml":  {string(api.OpenAPI), "    AuditEntry:\n", "    Scopes:\n"},
		"operations.md": {string(page), "## Who did it", "## Rotating secrets"},
	} {
		_, rest, _ := strings.Cut(part[0], part[1])
		text, _, _ := strings.Cut(rest, part[2])
		var words []store.Deed
		deed := regexp.MustCompile(`\b(?:call|endpoint|key|secret|override|session|incident)\.[a-z]+\b`)
		for _, w := range deed.FindAllString(text, -1) {
			words = append(words, store.Deed(w))
		}
		if !slices.Equal(words, store.Deeds()) {
			t.Errorf("%s has the deeds %q", name, words)
		}
	}
}

// What is done in the database itself is kept, too: nobody asked over the network.
func TestAKeyMadeInTheDatabaseIsAudited(t *testing.T) {
	link := "sqlite:" + filepath.Join(t.TempDir(), "redial.db")
	k, _, err := CreateKey(t.Context(), link, "ops", []string{"admin"}, 0, nil)
	if err != nil {
		t.Fatal(err)
	}
	s, err := store.Open(t.Context(), link, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	list, err := s.Audit(t.Context(), "", "", 9)
	if err != nil || len(list) != 1 {
		t.Fatalf("%+v, %v", list, err)
	}
	if e := list[0]; e.By != "local" || e.From != "" || e.What != store.KeyCreate || e.Of != k.ID || e.Detail != "ops" {
		t.Errorf("the entry is %+v", e)
	}
}
