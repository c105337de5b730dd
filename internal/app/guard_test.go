package app

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"redial/api"
	"redial/internal/bodies"
	"redial/internal/hook"
	"redial/internal/web"
)

const localURL = "http://127.0.0.1:8080"

// inKeylessWorld runs a story with a redial that has no API keys.
func inKeylessWorld(t *testing.T, story func(*world)) {
	t.Helper()
	inWorld(t, func(c *Config) { c.APIKeys, c.HostURL = nil, localURL }, func(w *world) {
		w.client.URL = localURL
		story(w)
	})
}

// local sends a request to redial under a loopback name, without an API key, and returns the answer. change may alter
// the request.
func (w *world) local(method, path string, change func(*http.Request)) *httptest.ResponseRecorder {
	w.t.Helper()
	r := httptest.NewRequestWithContext(w.ctx, method, localURL+path, strings.NewReader(""))
	if change != nil {
		change(r)
	}
	out := httptest.NewRecorder()
	w.handler().ServeHTTP(out, r)
	return out
}

func (w *world) endpoints() int {
	w.t.Helper()
	list, err := w.node.Load().store.Endpoints(w.ctx)
	if err != nil {
		w.t.Fatal(err)
	}
	return len(list)
}

// apiRoutes are the routes that, without API keys, neither a page in the browser nor a stranger behind a proxy may
// reach, with any method.
var apiRoutes = []string{
	"POST /v1/calls", "POST /twilio_api/calls", "GET /v1/calls", "GET /v1/calls/x", "GET /v1/calls/x?wait=1s",
	"GET /v1/calls/x/events",
	"POST /v1/calls/x/cancel", "POST /v1/calls/x/redial", "GET /v1/calls/x/explain", "GET /v1/presets",
	"POST /v1/calls/x/attempts/1/resolve", "DELETE /v1/calls/x", "GET /v1/calls/x/deliveries", "GET /v1/webhooks",
	"POST /v1/webhooks", "GET /v1/webhooks/stream", "GET /v1/webhooks/x", "DELETE /v1/webhooks/x",
	"POST /v1/webhooks/x/rotate", "POST /v1/webhooks/x/enable", "POST /v1/webhooks/x/test",
	"GET /v1/webhooks/x/deliveries", "POST /v1/webhooks/x/deliveries/evt/replay", "HEAD /v1/calls",
	"HEAD /v1/webhooks/stream",
	"GET /v1/triggers", "POST /v1/triggers/x/test",
	"POST /v1/triggers/x", "POST /v1/triggers/x/secret", "POST /v1/triggers/x/secret/rotate",
	"GET /v1/rotas", "GET /v1/rotas/x", "POST /v1/rotas/x/overrides", "DELETE /v1/rotas/x/overrides/ovr_x",
	"GET /v1/incidents", "GET /v1/incidents/x", "POST /v1/incidents/x/close", "POST /v1/incidents/x/acknowledge",
	"GET /v1/audit", "GET /v1/keys", "POST /v1/keys", "DELETE /v1/keys/x", "POST /v1/keys/x/rotate",
}

// Without API keys only programs of this machine are served: no page of another site, and nobody who comes through a
// proxy on this machine.
func TestWithoutAPIKeysNeitherPagesNorProxiesGetIn(t *testing.T) {
	header := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	refused := map[string]func(*http.Request){
		"a page of another site":      header("Sec-Fetch-Site", "cross-site"),
		"a page of another port":      header("Sec-Fetch-Site", "same-site"),
		"an unknown relation":         header("Sec-Fetch-Site", "nearby"),
		"an origin elsewhere":         header("Origin", "http://evil.example"),
		"an origin on another port":   header("Origin", "http://127.0.0.1:3000"),
		"an origin over https":        header("Origin", "https://127.0.0.1:8080"),
		"an origin that says nothing": header("Origin", "null"),
		"two origins": func(r *http.Request) {
			r.Header["Origin"] = []string{localURL, "http://evil.example"}
		},
		"another name (DNS rebinding)":   func(r *http.Request) { r.Host = "evil.example:8080" },
		"a name that begins as loopback": func(r *http.Request) { r.Host = "127.0.0.1.evil.example" },
		"no name":                        func(r *http.Request) { r.Host = "" },
		"HTTP/1.0, as nginx speaks":      func(r *http.Request) { r.Proto, r.ProtoMajor, r.ProtoMinor = "HTTP/1.0", 1, 0 },
		"an empty header of a proxy":     header("X-Forwarded-For", ""),
		"a header with lines underneath": func(r *http.Request) { r.Header["x_forwarded_for"] = []string{"203.0.113.5"} },
		"a header in capitals":           func(r *http.Request) { r.Header["X-REAL-IP"] = []string{"203.0.113.5"} },
		"two relations, of which one bad": func(r *http.Request) {
			r.Header["Sec-Fetch-Site"] = []string{"same-origin", "cross-site"}
		},
	}
	for _, name := range []string{
		"Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Port", "X-Forwarded-Server",
		"X-Forwarded-Prefix",
		"X-Forwarded", "X-Real-IP", "Via", "CF-Connecting-IP", "CF-Ray", "CF-Visitor", "CDN-Loop", "True-Client-IP",
		"X-Client-IP", "X-Cluster-Client-IP",
		"Fastly-Client-IP", "Fly-Client-IP", "X-Original-For", "X-Original-URL", "X-Envoy-External-Address",
		"X-Azure-ClientIP", "X-AppEngine-User-IP",
		"X-ProxyUser-Ip", "X-Remote-Addr", "Tailscale-User-Login", "Proxy-Connection", "X-Vercel-Forwarded-For",
	} {
		refused["the header "+name] = header(name, "203.0.113.5")
	}
	inKeylessWorld(t, func(w *world) {
		for what, change := range refused {
			for _, route := range apiRoutes {
				method, path, _ := strings.Cut(route, " ")
				out := w.local(method, path, change)
				if out.Code != http.StatusForbidden || !strings.Contains(out.Body.String(), "REDIAL_API_KEYS") {
					t.Errorf("%s with %s is answered %d: %s", route, what, out.Code, out.Body)
				}
			}
		}
		if n := w.endpoints(); n != 0 {
			t.Errorf("they left %d endpoints", n)
		}
		for what, change := range map[string]func(*http.Request){
			"a program":                      nil,
			"the page of redial itself":      header("Sec-Fetch-Site", "same-origin"),
			"an address that was typed":      header("Sec-Fetch-Site", "none"),
			"redial's own origin":            header("Origin", localURL),
			"localhost":                      func(r *http.Request) { r.Host = "localhost:8080" },
			"an IPv6 address":                func(r *http.Request) { r.Host = "[::1]:8080" },
			"a trace that a program goes on": header("Traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
		} {
			if out := w.local("GET", "/v1/calls", change); out.Code != http.StatusOK {
				t.Errorf("%s is answered %d: %s", what, out.Code, out.Body)
			}
		}
		w.refused("not_local", len(refused)*len(apiRoutes))
	})
}

// refused expects this value of the metric that counts requests without the right to use the API.
func (w *world) refused(reason string, want int) {
	w.t.Helper()
	out := w.local("GET", "/metrics", func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+apiKey) })
	line := fmt.Sprintf("\nredial_refused_requests_total{reason=%q} %d\n", reason, want)
	if !strings.Contains(out.Body.String(), line) {
		w.t.Errorf("/metrics has no %q", line)
	}
}

// Routes that are not the API's stay open to proxies: Twilio comes through one.
func TestProxiesReachWhatIsNotTheAPI(t *testing.T) {
	inKeylessWorld(t, func(w *world) {
		proxied := func(r *http.Request) {
			r.Proto, r.ProtoMajor, r.ProtoMinor = "HTTP/1.0", 1, 0
			r.Header.Set("X-Forwarded-For", "203.0.113.5")
		}
		for path, want := range map[string]int{"/healthz": 200, "/readyz": 200, "/openapi.yaml": 200, "/metrics": 200} {
			if out := w.local("GET", path, proxied); out.Code != want {
				t.Errorf("%s is answered %d", path, out.Code)
			}
		}
		w.phone(alice).does("answer+lost")
		c := w.call(api.CreateCall{To: alice})
		w.pass(2 * time.Second)
		form := "CallSid=" + c.now().Attempts[0].SID + "&CallStatus=completed"
		out := w.local("POST", "/twilio_api/callback", func(r *http.Request) {
			proxied(r)
			r.Host = "redial.internal"
			r.Body = io.NopCloser(strings.NewReader(form))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Header.Set("X-Twilio-Signature", signature(token, localURL+"/twilio_api/callback", map[string][]string{
				"CallSid": {c.now().Attempts[0].SID}, "CallStatus": {"completed"}}))
		})
		if out.Code != http.StatusNoContent {
			t.Errorf("Twilio's callback through a proxy is answered %d: %s", out.Code, out.Body)
		}
		c.is("reached", "completed")
	})
}

// HEAD gets the headers of GET, but opens no stream and writes nothing.
func TestHeadOpensNoStream(t *testing.T) {
	inKeylessWorld(t, func(w *world) {
		w.phone(alice).busy()
		c := w.call(api.CreateCall{To: alice, Policy: busyFor(time.Hour)})
		for _, path := range []string{
			"/v1/webhooks/stream", "/v1/webhooks/stream?events=call.ended", "/v1/calls/" + c.id + "/events",
		} {
			out := w.local("HEAD", path, func(r *http.Request) { r.Header.Set("Accept", "text/event-stream") })
			if out.Code != http.StatusOK || out.Header().Get("Content-Type") != "text/event-stream" || out.Body.Len() != 0 {
				t.Errorf("HEAD %s is answered %d, %v: %s", path, out.Code, out.Header(), out.Body)
			}
		}
		for path, want := range map[string]int{"/v1/webhooks/stream?events=nonsense": 422, "/v1/calls/none/events": 404} {
			if out := w.local("HEAD", path, nil); out.Code != want {
				t.Errorf("HEAD %s is answered %d", path, out.Code)
			}
		}
		if n := w.endpoints(); n != 0 {
			t.Errorf("HEAD left %d endpoints", n)
		}
		c.cancel()
		w.pass(time.Minute)
	})
}

// The number of streams and waits is bounded, and other requests go on beside them.
func TestStreamsAreBounded(t *testing.T) {
	const bound = 1000
	inWorld(t, nil, func(w *world) {
		w.phone(alice).busy()
		c := w.call(api.CreateCall{To: alice, Policy: busyFor(time.Hour)})
		w.pass(time.Minute)
		var all sync.WaitGroup
		open := func(headers ...string) (status int) {
			status, _ = w.do("GET", "/v1/calls/"+c.id+"/events", "", headers...)
			return status
		}
		for range bound {
			all.Go(func() {
				if status := open("Accept", "text/event-stream"); status != http.StatusOK {
					t.Errorf("a stream is answered %d", status)
				}
			})
		}
		w.pass(time.Second)
		for _, path := range []string{
			"/v1/calls/" + c.id + "/events", "/v1/webhooks/stream", "/v1/calls/" + c.id + "?wait=1m",
		} {
			if status, answer := w.do("GET", path, "", "Accept", "text/event-stream"); status != http.StatusServiceUnavailable {
				t.Errorf("one more, %s, is answered %d: %s", path, status, answer)
			}
		}
		if status := open(); status != http.StatusOK {
			t.Errorf("the timeline as a list is answered %d", status)
		}
		if n := w.endpoints(); n != 0 {
			t.Errorf("a stream that was refused left %d endpoints", n)
		}
		c.cancel()
		all.Wait() // the streams end with the call
		if status, _ := w.do("GET", "/v1/calls/"+c.id+"?wait=1s", ""); status != http.StatusOK {
			t.Errorf("once they are over, a wait is answered %d", status)
		}
	})
}

// The answer that names a request's faults can be read, however many there are.
func TestFaultsAreCounted(t *testing.T) {
	many := func(n int, one string) string {
		fields := make([]string, n)
		for i := range fields {
			fields[i] = fmt.Sprintf(one, i)
		}
		return strings.Join(fields, ",")
	}
	long := strings.Repeat("x", 500_000)
	tests := map[string]struct {
		body string
		more int
	}{
		"100,000 fields":       {`{` + many(90_000, `"f%d":1`) + `}`, 90_000 + 2 - 20}, // plus to and say, which are missing
		"fields of the policy": {`{"to": "A", "say": "hi", "policy": {` + many(50_000, `"f%d":1`) + `}}`, 50_000 - 20},
		"fields of the redials": {`{"to": "A", "say": "hi", "policy": {"redial_after": {` + many(50_000, `"f%d":1`) +
			`}}}`, 50_000 - 20},
		"fields of the window": {`{"to": "A", "say": "hi", "policy": {"window": {` + many(50_000, `"f%d":1`) + `}}}`,
			50_000 - 20},
		"fields of what is said": {`{"to": "A", "say": {"text": "hi",` + many(50_000, `"f%d":1`) + `}}`, 50_000 - 20},
		"fields of a person":     {`{"to": [{"number": "A",` + many(50_000, `"f%d":1`) + `}], "say": "hi"}`, 50_000 - 20},
		"people":                 {`{"to": [` + many(50_000, `"+8190%08d"`) + `], "say": "hi"}`, 0},
		"people who are none":    {`{"to": [` + many(50_000, `%d`) + `], "say": "hi"}`, 1},
		"a list as the number":   {`{"to": "` + long + `", "say": "hi"}`, 0},
		"a field's long name":    {`{"to": "A", "say": "hi", "` + long + `": 1}`, 0},
		"a number of many digits": {`{"to": "A", "say": "hi", "policy": {"max_attempts": ` +
			strings.Repeat("9", 500_000) + `}}`, 0},
		"a long duration": {`{"to": "A", "say": "hi", "policy": {"jitter": "` + long + `"}}`, 0},
		"many delays": {`{"to": "A", "say": "hi", "policy": {"redial_after": {"busy": [` +
			many(100_000, `"%ds"`) + `]}}}`, 0},
		"many holidays": {`{"to": "A", "say": "hi", "policy": {"window": {"holidays": [` +
			many(50_000, `"2026-%d"`) + `]}}}`, 0},
		"much metadata":            {`{"to": "A", "say": "hi", "metadata": {` + many(50_000, `"m%d":"1"`) + `}}`, 0},
		"many options":             {`{"to": "A", "say": "hi", "options": {` + many(50_000, `"o%d":"1"`) + `}}`, 0},
		"an unknown preset's name": {`{"to": "A", "say": "hi", "policy": {"preset": "` + long + `"}}`, 0},
	}
	inWorld(t, nil, func(w *world) {
		for what, test := range tests {
			status, answer := w.ask(test.body)
			var p api.Problem
			if err := json.Unmarshal([]byte(answer), &p); err != nil || status != http.StatusUnprocessableEntity {
				t.Errorf("%s: answered %d, %v: %.300s", what, status, err, answer)
			}
			if len(answer) > 20_000 || len(p.Errors) == 0 || len(p.Errors) > 20 || p.MoreErrors != test.more {
				t.Errorf("%s: %d bytes with %d faults and %d more, not %d: %.300s", what, len(answer), len(p.Errors),
					p.MoreErrors, test.more, answer)
			}
			if test.more > 0 && !strings.Contains(p.Detail, fmt.Sprint(test.more+20)) {
				t.Errorf("%s: the detail does not count them: %s", what, p.Detail)
			}
		}
		query := "/v1/calls?" + many(400, "q%d=1")
		status, answer := w.do("GET", strings.ReplaceAll(query, ",", "&"), "")
		if status != http.StatusUnprocessableEntity || !strings.Contains(answer, `"more_errors":380`) {
			t.Errorf("400 parameters are answered %d: %.300s", status, answer)
		}
		if out := w.local("GET", "/v1/calls?"+strings.Repeat("a&", 5000), nil); out.Code != http.StatusRequestURITooLong {
			t.Errorf("a URL of 10 kB is answered %d", out.Code)
		}
	})
}

// Requests that are handled at once are bounded by what was read of them, not by what they announce. A slow sender
// keeps nobody out, and strangers keep nobody from the API.
func TestWhatIsInFlightIsBounded(t *testing.T) {
	for limit, want := range map[int64]int64{
		math.MaxInt64: 64 << 20, 0: 64 << 20, 256 << 20: 8 << 20, 1 << 30: 32 << 20, 1 << 20: 6 << 20,
	} {
		if got := bodies.Within(limit); got != want {
			t.Errorf("within %d bytes of memory %d of bodies are handled at once, not %d", limit, got, want)
		}
	}
	inWorld(t, nil, func(w *world) {
		a := w.node.Load()
		conf := a.web.Config
		conf.Bodies, conf.Metrics = bodies.New(4<<20), nil
		node := routes(web.New(conf), hook.New(hook.Config{Bodies: conf.Bodies, Log: conf.Log}), nil)
		post := func(path string, body io.Reader) *httptest.ResponseRecorder {
			r := httptest.NewRequestWithContext(w.ctx, "POST", hostURL+path, body)
			r.Header.Set("Content-Type", "application/json")
			r.Header.Set("Authorization", "Bearer "+apiKey)
			r.Header.Set("X-Twilio-Signature", "eA==")
			out := httptest.NewRecorder()
			node.ServeHTTP(out, r)
			return out
		}
		fill := func(path string, n, size int) (end func()) {
			var all sync.WaitGroup
			gone := make(chan struct{})
			for range n { // one after the other: requests at the same time could refuse each other
				all.Go(func() { post(path, &slow{text: bytes.Repeat([]byte(" "), size), gone: gone}) })
				synctest.Wait()
			}
			return func() { close(gone); all.Wait() }
		}
		const wrong = `{"to": "x"}`
		end := fill("/twilio_api/callback", 20, 60<<10) // more than callbacks may have together: the last ones are refused
		if out := post("/v1/calls", strings.NewReader(wrong)); out.Code != http.StatusUnprocessableEntity {
			t.Errorf("while strangers send forms, the API answers %d: %s", out.Code, out.Body)
		}
		out := post("/twilio_api/callback", strings.NewReader(strings.Repeat("a", 60<<10)))
		if out.Code != http.StatusServiceUnavailable || out.Header().Get("Retry-After") == "" {
			t.Errorf("one form too many is answered %d, %v: %s", out.Code, out.Header(), out.Body)
		}
		end()
		end = fill("/v1/calls", 3, 1000<<10)
		out = post("/v1/calls", strings.NewReader(strings.Repeat(" ", 200<<10)+wrong))
		if out.Code != http.StatusServiceUnavailable || out.Header().Get("Retry-After") == "" {
			t.Errorf("one request too many is answered %d, %v: %s", out.Code, out.Header(), out.Body)
		}
		if out := post("/v1/calls", strings.NewReader(wrong)); out.Code != http.StatusUnprocessableEntity {
			t.Errorf("a small request beside them is answered %d: %s", out.Code, out.Body)
		}
		end()
		out = post("/v1/calls", strings.NewReader(strings.Repeat(" ", 1000<<10)+wrong))
		if out.Code != http.StatusUnprocessableEntity {
			t.Errorf("once they are over, a large request is answered %d: %s", out.Code, out.Body)
		}
	})
}

// slow is a body that does not end until its sender is gone.
type slow struct {
	text []byte
	gone chan struct{}
}

func (s *slow) Read(p []byte) (int, error) {
	if len(s.text) == 0 {
		<-s.gone
		return 0, io.ErrUnexpectedEOF
	}
	n := copy(p, s.text)
	s.text = s.text[n:]
	return n, nil
}

// What strangers can cause is counted, and logged at most once a minute.
func TestStrangersDoNotFillTheLog(t *testing.T) {
	var out lockedBuffer
	change := func(c *Config) { c.Log = slog.New(slog.NewTextHandler(&out, nil)) }
	inWorld(t, change, func(w *world) {
		for range 500 {
			w.do("GET", "/v1/calls", "", "Authorization", "Bearer wrong")
			w.do("GET", "/v1/calls", "", "Authorization", "")
			w.do("POST", "/twilio_api/callback?attempt=x", "CallSid=x", "X-Twilio-Signature", "eA==")
			w.do("POST", "/twilio_api/gather?attempt=x", "CallSid=x")
			w.pass(time.Second)
		}
		w.pass(10 * time.Minute)
		w.do("GET", "/v1/calls", "", "Authorization", "Bearer wrong")
		w.refused("wrong_key", 501)
		w.refused("no_key", 500)
		w.metric(`redial_callbacks_total{verdict="forged"} 1000`)
	})
	log := out.b.String()
	for part, want := range map[string][]int{
		"reason=wrong_key": {11, 501}, "reason=no_key": {10, 500}, "without Twilio's signature": {10, 1000},
	} {
		lines, sum := 0, 0
		for line := range strings.Lines(log) {
			if strings.Contains(line, part) {
				var n int
				if _, err := fmt.Sscanf(line[strings.Index(line, "count="):], "count=%d", &n); err != nil {
					t.Errorf("%v: %s", err, line)
				}
				lines, sum = lines+1, sum+n
			}
		}
		if lines != want[0] || sum != want[1] {
			t.Errorf("%s: %d lines that count %d, not %v", part, lines, sum, want)
		}
	}
}

// An API key that can be guessed is refused.
func TestShortAPIKeysAreRefused(t *testing.T) {
	for key, ok := range map[string]bool{
		"": false, "secret": false, "fifteen-letters": false, "sixteen-letters!": true, "  short key     ": false,
		"名名名名名名": false, "one-key-a-line\nof-a-file": false, "some words that are long": true,
	} {
		c := Config{
			Listen: "127.0.0.1:0", DatabaseURL: "sqlite:x.db", APIKeys: []string{apiKey, key}, AccountSID: account,
			AuthTokens: []string{token}, From: caller, CallsPerSecond: 1, MaxWaiting: 100000, MaxPerNumber: 200,
		}
		if err := c.Check(); (err == nil) != ok || err != nil && !strings.HasPrefix(err.Error(), "REDIAL_API_KEYS ") {
			t.Errorf("%q: %v", key, err)
		}
	}
}

// Settings that work, but lay something open, are warned of at the start.
func TestSettingsThatLaySomethingOpenAreWarnedOf(t *testing.T) {
	for _, test := range []struct {
		conf Config
		want string
	}{
		{Config{HostURL: "http://redial.example.com"}, "HOST_URL"},
		{Config{HostURL: "http://192.0.2.1:8080"}, "HOST_URL"},
		{Config{HostURL: "https://redial.example.com"}, ""},
		{Config{HostURL: "http://127.0.0.1:8080", TwilioBaseURL: "http://localhost:4010"}, ""},
		{Config{TwilioBaseURL: "http://twilio.example.com"}, "REDIAL_TWILIO_BASE_URL"},
		{Config{WebhookURLs: []string{"https://a.example", "HTTP://b.example"}}, "REDIAL_WEBHOOK_URLS"},
	} {
		got := strings.Join(test.conf.warnings(), "\n")
		if (got == "") != (test.want == "") || !strings.HasPrefix(got, test.want) {
			t.Errorf("%+v: %q", test.conf, got)
		}
	}
}

// Every list has pages, which together give the whole list.
func TestAllListsHavePages(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		var endpoints []string
		for i := range 5 {
			e, err := w.client.CreateEndpoint(w.ctx, api.CreateEndpoint{
				URL: fmt.Sprintf("https://h%d.example/hook", i), Events: []string{"*"},
			})
			if err != nil {
				t.Fatal(err)
			}
			endpoints = append(endpoints, e.ID)
		}
		w.phone(alice).busy().answers()
		w.phone(bob).answers()
		c := w.call(api.CreateCall{To: alice})
		w.call(api.CreateCall{To: bob})
		w.pass(10 * time.Minute)
		for path, list := range map[string]struct {
			field, id string
			least     int
		}{
			"/v1/calls":                                    {"calls", "id", 2},
			"/v1/calls/" + c.id + "/events":                {"events", "seq", 10},
			"/v1/calls/" + c.id + "/deliveries":            {"deliveries", "endpoint,event", 50},
			"/v1/webhooks":                                 {"endpoints", "id", 5},
			"/v1/webhooks/" + endpoints[0] + "/deliveries": {"deliveries", "event", 10},
		} {
			read := func(limit int) (all []string, pages int) {
				for cursor := ""; ; pages++ {
					status, answer := w.do("GET", path+"?"+url.Values{"limit": {fmt.Sprint(limit)}, "cursor": {cursor}}.Encode(), "")
					var page map[string]json.RawMessage
					if err := json.Unmarshal([]byte(answer), &page); err != nil || status != http.StatusOK {
						t.Fatalf("%s is answered %d, %v: %s", path, status, err, answer)
					}
					var some []map[string]any
					json.Unmarshal(page[list.field], &some)
					if len(some) > limit {
						t.Errorf("%s: %d of a limit of %d", path, len(some), limit)
					}
					for _, one := range some {
						var id strings.Builder
						for name := range strings.SplitSeq(list.id, ",") {
							id.WriteString(fmt.Sprint(one[name]) + " ")
						}
						all = append(all, id.String())
					}
					cursor = ""
					if json.Unmarshal(page["next_cursor"], &cursor); cursor == "" {
						return all, pages + 1
					}
				}
			}
			whole, _ := read(200)
			ones, pages := read(1)
			if len(whole) < list.least || !slices.Equal(whole, ones) || pages != len(whole) ||
				len(slices.Compact(slices.Sorted(slices.Values(ones)))) != len(ones) {
				t.Errorf("%s: %d at once, %d one by one in %d pages\n%q\n%q", path, len(whole), len(ones), pages, whole, ones)
			}
			for _, query := range []string{"limit=0", "limit=201", "limit=x", "limi=1"} {
				if status, _ := w.do("GET", path+"?"+query, ""); status != http.StatusUnprocessableEntity {
					t.Errorf("%s?%s is answered %d", path, query, status)
				}
			}
		}
		for path, cursor := range map[string]string{
			"/v1/calls/" + c.id + "/events": "x", "/v1/calls/" + c.id + "/deliveries": "x", "/v1/calls": "x",
		} {
			if status, _ := w.do("GET", path+"?cursor="+cursor, ""); status != http.StatusUnprocessableEntity {
				t.Errorf("%s from a strange cursor is answered %d", path, status)
			}
		}
		if all, err := w.client.CallDeliveries(w.ctx, c.id); err != nil || len(all) < 50 {
			t.Errorf("the client finds %d deliveries, %v", len(all), err)
		}
	})
}
