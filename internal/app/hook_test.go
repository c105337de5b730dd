package app

import (
	"encoding/base64"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"redial/api"
	"redial/internal/source"
	"redial/internal/store"
)

// triggerOfHooks is a file of a trigger whose calls wait.
const triggerOfHooks = `{people: {ann: {number: "` + alice +
	`", name: Ann}}, triggers: {ops: {to: [ann], once: false, policy: {not_before: 1h}}}}`

// secretOfTrigger makes a trigger's secret.
func (w *world) secretOfTrigger(name string) string {
	w.t.Helper()
	x, err := w.client.MakeSecret(w.ctx, name)
	if err != nil {
		w.t.Fatal(err)
	}
	return x.Secret
}

// newest is the call that was made last; none: there is no more than before.
func (w *world) newest(before *int) (c store.Asked) {
	w.t.Helper()
	list, _, err := w.node.Load().store.List(w.ctx, store.Query{Limit: 200})
	if err != nil {
		w.t.Fatal(err)
	}
	if len(list) > *before {
		c = list[0]
	}
	*before = len(list)
	return c
}

func testdata(t *testing.T, name string) string {
	t.Helper()
	body, err := os.ReadFile("../source/testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

// Each sender is answered as it expects, and its own path says how it is read, whatever the trigger's source is.
func TestEachSenderIsAnsweredAsItExpects(t *testing.T) {
	const (
		form    = "application/x-www-form-urlencoded"
		genie   = `^{"result":"Request will be processed","took":0.1,"requestId":"[\w-]+"}\n$`
		aCall   = `^{"trigger":"ops","calls":\["[0-9a-f-]{36}"\]}\n$`
		noCall  = `^{"trigger":"ops","calls":\[\],"why":".+"}\n$`
		success = `^{"status":"success","message":"Event processed","dedup_key":"%s"}\n$`
	)
	inWorld(t, nil, func(w *world) {
		w.useTriggers(triggerOfHooks)
		secret := w.secretOfTrigger("ops")
		kuma := "--x\r\nContent-Disposition: form-data; name=\"summary\"\r\n\r\n[Shop] is DOWN\r\n" +
			"--x\r\nContent-Disposition: form-data; name=\"%s\"\r\n\r\n%s\r\n--x--\r\n"
		opsgenie := []string{"Authorization", "GenieKey " + secret}
		pagerduty := strings.ReplaceAll(testdata(t, "pagerduty.json"), "0123456789abcdef0123456789abcdef", secret)
		alerts := `{"version":"4","groupKey":"{}:{}","status":"firing","alerts":[{"status":"firing","fingerprint":"%s",` +
			`"labels":{"alertname":"DiskFull"},"annotations":{"summary":"Disk %[1]s is full"}}]}`
		calls := 0
		for _, tc := range []struct {
			what, method, path, kind, body string
			headers                        []string
			status                         int
			answer                         string // a pattern
			said                           string // a part of it; empty: no call
		}{
			{"a JSON object", "POST", "/hooks/" + secret, "", `{"title": "Disk A is full"}`, nil, 201, aCall, "Disk A is full"},
			{"an Alertmanager", "POST", "/hooks/" + secret, "", fmt.Sprintf(alerts, "B"), nil, 201, aCall, "Disk B is full"},
			{"what is over", "POST", "/hooks/" + secret, "", `{"title": "Disk C is full", "status": "resolved"}`, nil, 200,
				noCall, ""},
			{"a form", "POST", "/hooks/" + secret, form, "title=Disk+D+is+full", nil, 201, aCall, "Disk D is full"},
			{"ntfy's PUT", "PUT", "/hooks/" + secret, "text/plain", "E is full", []string{"Title", "Disk"}, 201, aCall,
				"E is full"},
			{"a GET", "GET", "/hooks/" + secret + "?title=Disk+F+is+full", "", "", nil, 201, aCall, "Disk F is full"},
			{"a GET that says nothing", "GET", "/hooks/" + secret, "", "", nil, 400, `nobody was rung`, ""},
			{"nothing", "POST", "/hooks/" + secret, "", "", nil, 201, aCall, "Alert"},
			{"escapes in the URL", "POST", "/hooks/%" + fmt.Sprintf("%x", secret[0]) + secret[1:], "",
				`{"title": "Disk G is full"}`,
				nil, 201, aCall, "Disk G is full"},
			{"Opsgenie", "POST", "/v2/alerts", "", testdata(t, "opsgenie.json"), opsgenie, 202, genie, "Checkout is down"},
			{"Alertmanager's Opsgenie", "POST", "/v2/alerts", "", testdata(t, "opsgenie_alertmanager.json"), opsgenie, 202,
				genie, "Disk on db 01"},
			{"update_alerts", "PUT", "/v2/alerts/checkout/message?identifierType=alias", "", `{"message": "[FIRING:2] "}`,
				opsgenie, 202,
				genie, ""},
			{"its acknowledge", "POST", "/v2/alerts/checkout/acknowledge", "", `{}`, opsgenie, 202, genie, ""},
			{"its close", "POST", "/v2/alerts/checkout/close?identifierType=alias", "", `{}`, opsgenie, 202, genie, ""},
			{"a close of what nobody knows", "POST", "/v2/alerts/nobodys/close", "", `{}`, opsgenie, 202, genie, ""},
			{"a delete", "DELETE", "/v2/alerts/checkout?identifierType=alias", "", ``, opsgenie, 202, genie, ""},
			{"its question", "GET", "/v2/alerts/requests/Y2hlY2tvdXQ", "", "", opsgenie, 200,
				`^{"data":{"success":true,.*"alertId":"checkout","alias":"checkout"},"took":0.1,"requestId":"Y2hlY2tvdXQ"}\n$`, ""},
			{"a question of nothing", "GET", "/v2/alerts/requests/x!", "", "", opsgenie, 404,
				`^{"message":"there is no such request"`, ""},
			{"PagerDuty", "POST", "/v2/enqueue", "", pagerduty, nil, 202, fmt.Sprintf(success, "Uptime Kuma/7"), "timeout"},
			{"its resolve", "POST", "/v2/enqueue", "", `{"routing_key":"` + secret +
				`","event_action":"resolve","dedup_key":"Uptime Kuma/7"}`,
				nil, 202, fmt.Sprintf(success, "Uptime Kuma/7"), ""},
			{"PagerDuty without a key", "POST", "/v2/enqueue", "", `{"routing_key":"` + secret + `","event_action":"trigger",` +
				`"payload":{"summary":"Disk H is full","source":"x","severity":"critical"}}`, nil, 202,
				fmt.Sprintf(success, "[0-9a-f-]{36}"), "Disk H is full"},
			{"OnCall", "POST", "/integrations/v1/formatted_webhook/" + secret + "/", "",
				`{"alert_uid": "1", "title": "Disk I is full", "state": "alerting"}`, nil, 200, `^"Ok."\n$`, "Disk I is full"},
			{"OnCall without a slash", "POST", "/integrations/v1/alertmanager/" + secret, "", fmt.Sprintf(alerts, "J"), nil, 200,
				`^"Ok."\n$`, "Disk J is full"},
			{"GoAlert's form with a token in the URL", "POST", "/api/v2/generic/incoming?token=" + secret,
				"multipart/form-data; boundary=x",
				fmt.Sprintf(kuma, "details", "Disk K"), nil, 204, `^$`, "Shop"},
			{"GoAlert's token in the form", "POST", "/api/v2/generic/incoming", "multipart/form-data; boundary=x",
				fmt.Sprintf(strings.Replace(kuma, "Shop", "Shop L", 1), "token", secret), nil, 204, `^$`, "Shop L"},
			{"GoAlert's older path", "POST", "/v1/api/alerts?integrationKey=" + secret, form, "summary=Disk+M+is+full", nil,
				204, `^$`,
				"Disk M is full"},
			{"GoAlert's integration_key", "POST", "/v1/api/alerts", form, "summary=Disk+N+is+full&integration_key=" + secret,
				nil, 204, `^$`,
				"Disk N is full"},
			{"GoAlert's bearer", "POST", "/api/v2/grafana/incoming", "", fmt.Sprintf(alerts, "O"), []string{"Authorization",
				"Bearer " + secret},
				204, `^$`, "Disk O is full"},
			{"GoAlert's password", "POST", "/api/v2/prometheusalertmanager/incoming", "", fmt.Sprintf(alerts, "P"),
				[]string{"Authorization",
					"Basic " + base64.StdEncoding.EncodeToString([]byte("x:"+secret)), "Accept", "application/json"}, 200, aCall,
				"Disk P is full"},
			{"GoAlert's key", "POST", "/api/v2/generic/incoming?key=" + secret, "", `{"summary": "Disk Q is full"}`, nil, 204,
				`^$`,
				"Disk Q is full"},
			{"GoAlert's close", "POST", "/api/v2/generic/incoming?key=" + secret, "",
				`{"summary": "Disk Q", "action": "close"}`, nil, 204,
				`^$`, ""},
		} {
			status, answer := w.do(tc.method, tc.path, tc.body,
				append([]string{"Authorization", "", "Content-Type", tc.kind}, tc.headers...)...)
			if status != tc.status || !regexp.MustCompile(tc.answer).MatchString(answer) {
				t.Errorf("%s is answered %d: %q", tc.what, status, answer)
			}
			c := w.newest(&calls)
			said := ""
			if c.Message.Say != nil {
				said = c.Message.Say.Text
			}
			if c.ID != "" && (c.By != "trigger:ops" || c.To != alice) || (tc.said == "") != (c.ID == "") ||
				!strings.Contains(said, tc.said) {
				t.Errorf("%s makes a call by %q that says %q", tc.what, c.By, said)
			}
			if strings.Contains(answer, alice) || strings.Contains(said, secret) {
				t.Errorf("%s tells too much: %s, %q", tc.what, answer, said)
			}
		}
		if page, err := w.client.Audit(w.ctx, api.AuditQuery{By: "trigger:ops"}); err != nil || len(page.Entries) < 10 ||
			page.Entries[0].What != string(store.CallCreate) || page.Entries[0].From != "192.0.2.1" {
			t.Errorf("the audit has %+v, %v", page, err)
		}
		if status, answer := w.do("GET", "/v1/calls?by=trigger:ops&limit=1", ""); status != http.StatusOK ||
			!strings.Contains(answer, `"by":"trigger:ops"`) {
			t.Errorf("the calls of a trigger are listed as %d: %s", status, answer)
		}
	})
}

// knocks are requests with a secret, in each place where one may stand.
func knocks(secret string) []*http.Request {
	var list []*http.Request
	add := func(method, path, kind, body, auth string) {
		r := httptest.NewRequest(method, hostURL+path, strings.NewReader(body)) //nolint:noctx // a test's
		r.Header.Set("Content-Type", kind)
		if auth != "" {
			r.Header.Set("Authorization", auth)
		}
		list = append(list, r)
	}
	const form = "application/x-www-form-urlencoded"
	escaped := url.PathEscape(secret)
	title := `{"title": "Disk full", "url": "` + hostURL + "/hooks/" + secret + `"}`
	add("POST", "/hooks/"+escaped, "application/json", title, "")
	add("PUT", "/hooks/"+escaped, "text/plain", secret, "")
	add("GET", "/hooks/"+escaped+"?title=x&"+url.QueryEscape(secret)+"=1&y="+url.QueryEscape(secret), "", "", "")
	add("POST", "/v2/alerts", "application/json", title, "GenieKey "+secret)
	add("POST", "/v2/alerts/"+escaped+"/close", "application/json", "{}", "GenieKey "+secret)
	add("GET", "/v2/alerts/requests/x", "", "", "GenieKey "+secret)
	add("POST", "/v2/enqueue", "application/json", `{"routing_key": "`+secret+`", "payload": {"summary": "x"}}`, "")
	add("POST", "/v2/enqueue", "application/json", `{"routing_key": "`+secret+`"}`, "")
	add("POST", "/integrations/v1/webhook/"+escaped+"/", "application/json", title, "")
	add("POST", "/integrations/v1/webhook/"+escaped+"/heartbeat/", "application/json", "", "")
	add("POST", "/api/v2/heartbeat/"+escaped, "", "", "")
	add("POST", "/api/v2/generic/incoming?token="+url.QueryEscape(secret), form, "summary=x", "")
	add("POST", "/api/v2/generic/incoming", form, "summary=x&key="+url.QueryEscape(secret), "")
	add("POST", "/v1/api/alerts", "application/json", title, "Bearer "+secret)
	add("POST", "/api/v2/grafana/incoming", "application/json", title,
		"Basic "+base64.StdEncoding.EncodeToString([]byte("user:"+secret)))
	return list
}

func (w *world) knock(r *http.Request) *httptest.ResponseRecorder {
	out := httptest.NewRecorder()
	w.handler().ServeHTTP(out, r.WithContext(w.ctx))
	return out
}

// Whoever has no secret, a wrong one or an old one gets in nowhere: 404, counted, one line a minute in the log.
func TestAWrongSecretGetsInNowhere(t *testing.T) {
	var out lockedBuffer
	change := func(c *Config) { c.Log = slog.New(slog.NewTextHandler(&out, nil)) }
	inWorld(t, change, func(w *world) {
		w.useTriggers(triggerOfHooks)
		old := w.secretOfTrigger("ops")
		now := api.Duration(0)
		if _, err := w.client.RotateSecret(w.ctx, "ops", api.RotateSecret{Overlap: &now}); err != nil {
			t.Fatal(err)
		}
		calls := 0
		tried := map[string]int{}
		for kind, secret := range map[string]string{
			"wrong": strings.Repeat("0123456789abcdef", 2), "wrong: no secret": "", "wrong: of an API key": apiKey,
			"wrong: longer": old + "0", "wrong: with a slash": old[:16] + "/" + old[16:],
			"wrong: in capitals": strings.ToUpper(old) + "A",
			"ended":              old,
		} {
			for _, r := range knocks(secret) {
				if secret == "" && strings.Contains(r.URL.Path, "//") || strings.HasSuffix(r.URL.Path, "/hooks/") {
					continue // another path
				}
				answer := w.knock(r)
				if answer.Code != http.StatusNotFound {
					t.Errorf("%s: %s is answered %d: %s", kind, r.URL.Path, answer.Code, answer.Body)
				}
				if !strings.Contains(r.URL.Path, "heartbeat") {
					tried[kind[:5]]++
				}
			}
		}
		if c := w.newest(&calls); c.ID != "" {
			t.Errorf("there is a call: %+v", c)
		}
		w.pass(2 * time.Minute)
		_, page := w.do("GET", "/metrics", "")
		counted := map[string]int{}
		lines := regexp.MustCompile(`redial_hook_requests_total\{.*verdict="(\w+)"\} (\d+)`)
		for _, m := range lines.FindAllStringSubmatch(page, -1) {
			var n int
			fmt.Sscan(m[2], &n)
			counted[m[1]] += n
		}
		if counted["wrong_secret"] != tried["wrong"] || counted["ended_secret"] != tried["ended"] || counted["taken"] != 0 {
			t.Errorf("of %v are counted %v", tried, counted)
		}
	})
	log := out.b.String()
	if n := strings.Count(log, "events with no secret of a trigger, or a wrong one, were refused"); n != 2 {
		t.Errorf("the log has %d lines of wrong secrets:\n%s", n, log)
	}
	if !strings.Contains(log, "a secret that has ended") || !strings.Contains(log, "the trigger ops works no longer") {
		t.Errorf("the log has nothing of the old one:\n%s", log)
	}
}

// The secret of a trigger is nowhere but in the answer that shows it: not in the log at any level, in other answers,
// metrics, the database, what is said or what templates see, wherever its sender puts it.
func TestSecretsOfTriggersAreNowhere(t *testing.T) {
	var out lockedBuffer
	change := func(c *Config) {
		c.Log = slog.New(slog.NewJSONHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	places, secrets := map[string]string{}, map[string]string{}
	inWorld(t, change, func(w *world) {
		file := `{people: {ann: {number: "` + alice + `"}}, triggers: {ops: {to: [ann], once: false,
			policy: {not_before: 1h}, say: "{{ .title }}, {{ .text }}, {{ .link }}",
			metadata: {raw: "{{ .raw }}", url: "{{ .raw.url }}", key: "{{ .raw.routing_key }}", token: "{{ .raw.key }}"}}}}`
		w.useTriggers(file)
		secrets["old"] = w.secretOfTrigger("ops")
		x, err := w.client.RotateSecret(w.ctx, "ops", api.RotateSecret{})
		if err != nil {
			t.Fatal(err)
		}
		secrets["new"], secrets["wrong"] = x.Secret, strings.Repeat("fedcba9876543210", 2)
		knockAll := func() (all string) {
			for _, secret := range secrets {
				for _, r := range knocks(secret) {
					answer := w.knock(r)
					all += fmt.Sprint(answer.Code, answer.Header(), answer.Body)
				}
			}
			return all
		}
		places["answers"] = knockAll()
		if n := strings.Count(places["answers"], `"calls":["`); n < 6 {
			t.Errorf("%d made a call: %s", n, places["answers"])
		}
		w.useTriggers(strings.Replace(file, "once: false,", "", 1)) // incidents are kept
		places["answers about incidents"] = knockAll()
		room := w.fullDisk()
		places["answers while the disk is full"] = knockAll()
		room()
		w.useTriggers(`{people: {ann: {number: "` + alice + `"}}, triggers: {}}`)
		places["answers where the trigger is gone"] = knockAll()
		w.pass(2 * time.Minute)
		_, places["metrics"] = w.do("GET", "/metrics", "")
		_, list := w.do("GET", "/v1/calls?limit=200", "")
		_, audit := w.do("GET", "/v1/audit", "")
		places["lists"] = list + audit
		rows := strings.TrimPrefix(w.conf.DatabaseURL, "sqlite:")
		for _, name := range []string{rows, rows + "-wal"} {
			b, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			places["the database"] += string(b)
		}
	})
	places["the log"] = out.b.String()
	if !strings.Contains(places["the database"], store.HashSecret(secrets["new"])) ||
		!strings.Contains(places["the log"], "a trigger's secret made") {
		t.Error("what happened is not told, or not kept")
	}
	for place, text := range places {
		if text == "" {
			t.Errorf("nothing was found of %s", place)
		}
		for which, secret := range secrets {
			for form, sought := range map[string]string{
				"": secret, "base64 of the ": base64.StdEncoding.EncodeToString([]byte(secret)),
			} {
				if i := strings.Index(text, sought); i >= 0 {
					t.Errorf("%s has the %s%s secret: …%q", place, form, which, text[max(0, i-200):i])
				}
			}
		}
	}
}

// Whatever a sender sends is bounded, and answered; a body that is not what its type says rings all the same.
func TestHostileEvents(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.useTriggers(triggerOfHooks)
		secret := w.secretOfTrigger("ops")
		var escapes strings.Builder
		for _, r := range secret {
			escapes.WriteString(fmt.Sprintf(`\u%04x`, r))
		}
		key := `{"routing_key":"` + secret + `","event_action":"trigger","dedup_key":"%s","payload":{"summary":"%s"}}`
		for what, tc := range map[string]struct {
			method, path, kind, body string
			status                   int
		}{
			"one byte too many": {"POST", "/hooks/" + secret, "text/plain", repeat(source.MaxBody+1, "x"), 413},
			"as long as may be": {"POST", "/hooks/" + secret, "text/plain", repeat(source.MaxBody, "x"), 201},
			"deep JSON":         {"POST", "/hooks/" + secret, "application/json", repeat(2_000_000, "["), 201},
			"deep objects":      {"POST", "/hooks/" + secret, "application/json", repeat(500_000, `{"a":`), 201},
			"no JSON":           {"POST", "/hooks/" + secret, "application/json", `{"title": "Disk " full"}`, 201},
			"no UTF-8":          {"POST", "/hooks/" + secret, "text/plain", "Disk \xff full", 201},
			"no form":           {"POST", "/hooks/" + secret, "multipart/form-data", "Disk full", 201},
			"a strange type":    {"POST", "/hooks/" + secret, "image/png; q=\"", "Disk B full", 201},
			"a key that is too long": {"POST", "/v2/enqueue", "application/json", fmt.Sprintf(key, repeat(500_000, "k"),
				"x"), 202},
			"too long for strangers": {"POST", "/v2/enqueue", "application/json", fmt.Sprintf(key, "k", repeat(512<<10,
				"x")), 413},
			"a deep stranger":  {"POST", "/v2/enqueue", "application/json", repeat(100_000, `{"a":`), 404},
			"a key in escapes": {"POST", "/v2/enqueue", "application/json", `{"routing_key":"` + escapes.String() + `"}`, 404},
			"no object":        {"POST", "/v2/enqueue", "application/json", `["` + secret + `"]`, 404},
			"a list for the key": {"POST", "/v2/enqueue", "application/json", `{"routing_key":["` + secret + `"]}`,
				404},
			"a path that goes up":         {"POST", "/hooks/" + secret + "/../../v1/calls", "application/json", "{}", 307},
			"two slashes":                 {"POST", "/hooks//" + secret, "application/json", "{}", 307},
			"a path below":                {"POST", "/hooks/" + secret + "/x", "application/json", "{}", 404},
			"a slash in escapes":          {"POST", "/hooks/" + secret + "%2F", "application/json", "{}", 404},
			"a NUL":                       {"POST", "/hooks/" + secret + "%00", "application/json", "{}", 404},
			"DELETE":                      {"DELETE", "/hooks/" + secret, "", "", 405},
			"HEAD":                        {"HEAD", "/hooks/" + secret + "?title=x", "", "", 400},
			"PATCH":                       {"PATCH", "/v2/enqueue", "", "", 405},
			"a long URL":                  {"GET", "/hooks/" + secret + "?title=" + repeat(9000, "x"), "", "", 414},
			"a heartbeat of Opsgenie":     {"POST", "/v2/heartbeats/nightly/ping", "", "", 404},
			"its GET":                     {"GET", "/v2/heartbeats/nightly/ping", "", "", 404},
			"a heartbeat of OnCall":       {"POST", "/integrations/v1/alertmanager/" + secret + "/heartbeat/", "", "", 404},
			"its path without the slash":  {"GET", "/integrations/v1/alertmanager/" + secret + "/heartbeat", "", "", 404},
			"a heartbeat of GoAlert":      {"POST", "/api/v2/heartbeat/" + secret, "", "", 404},
			"a heartbeat of Healthchecks": {"GET", "/ping/" + secret, "", "", 404},
		} {
			r := httptest.NewRequestWithContext(w.ctx, tc.method, hostURL+tc.path, strings.NewReader(tc.body))
			r.Header.Set("Content-Type", tc.kind)
			out := w.knock(r)
			if out.Code != tc.status {
				t.Errorf("%s is answered %d, not %d: %.300s", what, out.Code, tc.status, out.Body)
			}
			if strings.Contains(what, "heartbeat") && !strings.Contains(out.Body.String(), "heartbeats") {
				t.Errorf("%s is not told why: %s", what, out.Body)
			}
		}
	})
}

// A sender that is slow keeps nobody out, and is not read before its secret is right. The trigger's own door is open to
// proxies and pages, also where there are no API keys: the secret is what counts.
func TestASlowSenderKeepsNobodyOut(t *testing.T) {
	inKeylessWorld(t, func(w *world) {
		w.useTriggers(triggerOfHooks)
		secret := w.secretOfTrigger("ops")
		gone := make(chan struct{})
		for range 50 {
			r := httptest.NewRequestWithContext(w.ctx, "POST", hostURL+"/hooks/"+secret, io.NopCloser(&slow{text: []byte("x"),
				gone: gone}))
			go w.knock(r)
		}
		synctest.Wait()
		r := httptest.NewRequestWithContext(w.ctx, "POST", "http://redial.internal/hooks/"+secret,
			strings.NewReader("Disk full"))
		r.Header.Set("X-Forwarded-For", "203.0.113.5")
		r.Header.Set("Sec-Fetch-Site", "cross-site")
		if out := w.knock(r); out.Code != http.StatusCreated {
			t.Errorf("beside them it is answered %d: %s", out.Code, out.Body)
		}
		unread := &slow{gone: gone}
		r = httptest.NewRequestWithContext(w.ctx, "POST", hostURL+"/hooks/"+secret[1:], io.NopCloser(unread))
		if out := w.knock(r); out.Code != http.StatusNotFound {
			t.Errorf("a wrong secret is answered %d: %s", out.Code, out.Body)
		}
		close(gone)
		synctest.Wait()
	})
}

// Trouble is a 503, whatever it is: a 4xx is dropped for good.
func TestTroubleOfSendersIsTemporary(t *testing.T) {
	inWorld(t, func(c *Config) { c.MaxWaiting = 1 }, func(w *world) {
		w.useTriggers(triggerOfHooks)
		secret := w.secretOfTrigger("ops")
		tell := func(want int, part string) {
			t.Helper()
			r := httptest.NewRequestWithContext(w.ctx, "POST", hostURL+"/hooks/"+secret,
				strings.NewReader(`{"key": "`+part+`"}`))
			out := w.knock(r)
			if out.Code != want || !strings.Contains(out.Body.String(), part) ||
				want == 503 && out.Header().Get("Retry-After") == "" {
				t.Errorf("it is answered %d, %v: %s", out.Code, out.Header(), out.Body)
			}
		}
		room := w.fullDisk()
		tell(503, "nothing was changed")
		for _, r := range knocks(secret) {
			if rings := r.Method != "GET" && !strings.Contains(r.URL.Path+r.URL.RawQuery, "/close"); rings &&
				!strings.Contains(r.URL.Path, "heartbeat") {
				if out := w.knock(r); out.Code != 503 || !strings.Contains(out.Body.String(), "nothing was changed") {
					t.Errorf("%s is answered %d: %s", r.URL.Path, out.Code, out.Body)
				}
			}
		}
		room()
		tell(201, `"calls"`)
		tell(503, "REDIAL_MAX_WAITING permits (1)")
		w.useTriggers(strings.Replace(triggerOfHooks, "ops:", "others:", 1))
		tell(503, "is no trigger; there are: others")
		w.useTriggers(strings.Replace(triggerOfHooks, "[ann]", `["{{ .raw.who }}"]`, 1))
		tell(422, "nobody to ring")
	})
}
