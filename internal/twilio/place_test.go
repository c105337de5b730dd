package twilio

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"redial/internal/call"
)

const created = `{"sid": "` + callSID + `", "status": "queued", "duration": null}`

func TestPlaceSendsThisForm(t *testing.T) {
	// By these the SDK chooses another host.
	t.Setenv("TWILIO_EDGE", "tokyo")
	t.Setenv("TWILIO_REGION", "jp1")
	base, requests := serve(t, reply(201, created))
	cl := wish(t, func(w *call.Wish) {
		w.Options = json.RawMessage(`{"Record": true, "MachineDetectionTimeout": 7, ` +
			`"RecordingStatusCallbackEvent": ["completed", "absent"]}`)
	})
	c := client(t, Config{BaseURL: base, HostURL: "https://example.org/calls/"})
	sid, err := c.Place(t.Context(), cl, 1)
	if err != nil || sid != callSID {
		t.Fatalf("sid %q, error %v", sid, err)
	}
	if len(requests()) != 1 {
		t.Fatalf("%d requests, want 1", len(requests()))
	}
	r := requests()[0]
	want := url.Values{
		"To":        {"+819012345678"},
		"From":      {"+815012345678"},
		"Timeout":   {"30"},
		"TimeLimit": {"600"},
		"Twiml":     {`<Response><Say language="ja-JP">もしもし</Say></Response>`},
		"StatusCallback": {"https://example.org/calls/twilio_api/callback?attempt=" + cl.Key(1) +
			"#ct=2000&rt=4000&rc=3&rp=5xx,ct,rt"},
		"StatusCallbackMethod":         {"POST"},
		"StatusCallbackEvent":          {"initiated", "ringing", "answered", "completed"},
		"Record":                       {"true"},
		"MachineDetectionTimeout":      {"7"},
		"RecordingStatusCallbackEvent": {"completed", "absent"},
	}
	if diff := cmp.Diff(want, r.form); diff != "" {
		t.Errorf("form (-want +got):\n%s", diff)
	}
	if r.method != "POST" || r.path != "/2010-04-01/Accounts/"+accountSID+"/Calls.json" || r.query != "" {
		t.Errorf("%s %s?%s", r.method, r.path, r.query)
	}
	if r.user != accountSID || r.secret != authToken {
		t.Errorf("signed in as %s", r.user)
	}
	if got := r.header.Get("User-Agent"); got != "redial" {
		t.Errorf("User-Agent %q", got)
	}
	if _, ok := r.header["Idempotency-Key"]; ok {
		t.Error("an Idempotency-Key would let the transport send the request again")
	}
}

// Twilio took a call when it answers with any status of the two hundreds, and with no other.
func TestTheTwoHundredsAreTaken(t *testing.T) {
	for status, taken := range map[int]bool{
		200: true, 201: true, 202: true, 299: true, 300: false, 304: false, 400: false, 500: false,
	} {
		base, _ := serve(t, reply(status, created))
		sid, err := client(t, Config{BaseURL: base}).Place(t.Context(), wish(t), 1)
		if (err == nil) != taken || (sid == callSID) != taken {
			t.Errorf("%d: sid %q, %v", status, sid, err)
		}
	}
}

func TestPlaceURLWithoutCallbacks(t *testing.T) {
	base, requests := serve(t, reply(201, created))
	cl := wish(t, func(w *call.Wish) {
		w.Message = call.Message{URL: "https://example.org/twiml"}
		w.Options = json.RawMessage(`{"Method": "GET"}`)
	})
	c := client(t, Config{BaseURL: base + "/api/laml", APIKey: "SK1", APISecret: "s/e?c", AccountSID: "0000-uuid"})
	if _, err := c.Place(t.Context(), cl, 1); err != nil {
		t.Fatal(err)
	}
	r := requests()[0]
	want := url.Values{
		"To": {to}, "From": {from}, "Timeout": {"30"}, "TimeLimit": {"3600"}, "Url": {"https://example.org/twiml"},
		"Method": {"GET"},
	}
	if diff := cmp.Diff(want, r.form); diff != "" {
		t.Errorf("form (-want +got):\n%s", diff)
	}
	if r.path != "/api/laml/Accounts/0000-uuid/Calls.json" || r.user != "SK1" || r.secret != "s/e?c" {
		t.Errorf("path %s, user %s", r.path, r.user)
	}
}

func TestPlaceTakesNumbersForStrings(t *testing.T) {
	base, _ := serve(t, reply(200,
		`{"sid": "0d3c2f80-1a2b-4c3d-8e4f-5a6b7c8d9e0f", "duration": 0, "price": 0.1, "subresource_uris": []}`))
	sid, err := client(t, Config{BaseURL: base}).Place(t.Context(), wish(t), 1)
	if sid != "0d3c2f80-1a2b-4c3d-8e4f-5a6b7c8d9e0f" || err != nil {
		t.Errorf("sid %q, error %v", sid, err)
	}
}

// hijack answers with raw bytes, or none, and hangs up.
func hijack(raw string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		conn, buf, err := http.NewResponseController(w).Hijack()
		if err != nil {
			panic(err)
		}
		defer conn.Close()
		_, _ = buf.WriteString(raw)
		_ = buf.Flush()
	}
}

func twilioError(status, code int) http.HandlerFunc {
	return reply(status, `{"code": `+jsonInt(code)+`, "message": "no, `+to+`", "status": `+jsonInt(status)+`}`,
		"Content-Type", "application/json")
}

func jsonInt(n int) string {
	b, _ := json.Marshal(n)
	return string(b)
}

func TestPlaceFates(t *testing.T) {
	html := "<html><body>Bad gateway</body></html>"
	for name, tc := range map[string]struct {
		answer http.HandlerFunc
		want   call.Fate
		code   int
	}{
		"invalid number":            {twilioError(400, 21211), call.FateRefused, 21211},
		"a code nobody knows":       {twilioError(400, 29999), call.FateUnlisted, 29999},
		"the same as a 403":         {twilioError(403, 29999), call.FateUnlisted, 29999},
		"the same as a 429":         {twilioError(429, 29999), call.FateNotProcessed, 29999},
		"the same as a 500":         {twilioError(500, 29999), call.FateUnknown, 29999},
		"a code that is too large":  {reply(400, `{"code": 99999999999999999999, "message": "no"}`), call.FateUnknown, 0},
		"a negative code":           {reply(400, `{"code": -1, "message": "no"}`), call.FateUnknown, 0},
		"a code as a string":        {reply(422, `{"code": "21212"}`), call.FateRefused, 21212},
		"country not permitted":     {twilioError(403, 21215), call.FateRefused, 21215},
		"wrong credentials":         {twilioError(401, 20003), call.FateAccount, 20003},
		"suspended":                 {twilioError(400, 10001), call.FateAccount, 10001},
		"unknown code under 401":    {twilioError(401, 29999), call.FateAccount, 29999},
		"unknown account":           {twilioError(404, 20404), call.FateAccount, 20404},
		"401 of a proxy":            {reply(401, html), call.FateAccount, 0},
		"403 of a proxy":            {reply(403, html), call.FateAccount, 0},
		"407":                       {reply(407, ""), call.FateAccount, 0},
		"404 page":                  {reply(404, html), call.FateAccount, 0},
		"too many at once":          {twilioError(400, 10004), call.FateFull, 10004},
		"429":                       {twilioError(429, 20429), call.FateNotProcessed, 20429},
		"429 of a proxy":            {reply(429, html), call.FateNotProcessed, 0},
		"400 page":                  {reply(400, html), call.FateUnknown, 0},
		"408":                       {reply(408, ""), call.FateUnknown, 0},
		"internal error as a 4xx":   {twilioError(400, 20500), call.FateUnknown, 20500},
		"500":                       {twilioError(500, 20500), call.FateUnknown, 20500},
		"500 with a refusal's code": {twilioError(500, 21211), call.FateRefused, 21211},
		"502 page":                  {reply(502, html), call.FateUnknown, 0},
		"503 with Retry-After":      {reply(503, html, "Retry-After", "3"), call.FateUnknown, 0},
		"302":                       {reply(302, created, "Location", "/elsewhere"), call.FateUnknown, 0},
		"307":                       {reply(307, created, "Location", "/elsewhere"), call.FateUnknown, 0},
		"307 with a refusal's code": {twilioError(307, 21211), call.FateUnknown, 21211},
		"304":                       {reply(304, ""), call.FateUnknown, 0},
		"204":                       {reply(204, ""), call.FateUnknown, 0},
		"no sid":                    {reply(201, `{"status": "queued"}`), call.FateUnknown, 0},
		"null for a sid":            {reply(201, `{"sid": null}`), call.FateUnknown, 0},
		"a number for a sid":        {reply(201, `{"sid": 5, "status": "queued"}`), call.FateUnknown, 0},
		"a text of one letter":      {reply(201, `{"sid": "5", "status": "queued"}`), call.FateUnknown, 0},
		"the sid of a message":      {reply(201, `{"sid": "SM0123456789abcdef0123456789abcdef"}`), call.FateUnknown, 0},
		"a sid that is too short":   {reply(201, `{"sid": "CA0123456789abcdef0123456789abcde"}`), call.FateUnknown, 0},
		"a path for a sid":          {reply(201, `{"sid": "../x"}`), call.FateUnknown, 0},
		"a list":                    {reply(201, `[]`), call.FateUnknown, 0},
		"a page for a success":      {reply(200, html), call.FateUnknown, 0},
		"cut short":                 {reply(201, `{"sid": "CA1`), call.FateUnknown, 0},
		"shorter than promised": {hijack("HTTP/1.1 201 Created\r\nContent-Length: 999\r\n\r\n" + created),
			call.FateUnknown, 0},
		"an error cut short":        {hijack("HTTP/1.1 429 Slow\r\nContent-Length: 999\r\n\r\n{"), call.FateNotProcessed, 0},
		"hung up without an answer": {hijack(""), call.FateUnknown, 0},
		"no HTTP":                   {hijack("220 smtp\r\n"), call.FateUnknown, 0},
		"an answer that never stops": {reply(201, `{"sid": "`+callSID+`", "x": "`+strings.Repeat("x", 2*bodyLimit)+`"}`),
			call.FateUnknown, 0},
		"an error that never stops": {reply(400, strings.Repeat("x", 2*bodyLimit)), call.FateUnknown, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			base, requests := serve(t, tc.answer)
			p := failed(t, client(t, Config{BaseURL: base}), t.Context(), wish(t))
			if p.Fate != tc.want || p.Refusal.Code != tc.code {
				t.Errorf("%v (code %d), want %s (code %d)", p, p.Refusal.Code, tc.want, tc.code)
			}
			if tc.code != 0 && p.Refusal.Message == "" && name != "a code as a string" {
				t.Error("Twilio's words are lost")
			}
			if strings.Contains(p.Error()+errors.Unwrap(p).Error(), to) {
				t.Errorf("error %v quotes the number", p)
			}
			if len(requests()) != 1 {
				t.Errorf("%d requests, want 1", len(requests()))
			}
		})
	}
}

// A code means the same whatever the HTTP status, which nobody documents.
func TestTheCodeDecides(t *testing.T) {
	classes := map[call.Fate][]int{
		call.FateAccount:      {10001, 10002, 10005, 20003, 20005, 20006, 20008, 20010, 20403, 20404, 70051, 90010},
		call.FateFull:         {10004, 86008},
		call.FateNotProcessed: {20429, 22005},
		call.FateUnknown:      {20500, 20503, 17009, 21204},
		call.FateRefused: {20001, 21201, 21203, 21210, 21211, 21214, 21215, 21216, 21217, 21219, 32009,
			32018, 573002, 573005},
	}
	for want, codes := range classes {
		for _, code := range codes {
			for _, status := range []int{400, 401, 403, 404, 409, 422, 429, 500, 503} {
				e := &StatusError{Status: status, Code: code}
				if got := e.fate(); got != want {
					t.Errorf("%d under HTTP %d: %s, want %s", code, status, got, want)
				}
			}
		}
	}
	for code, fate := range fates {
		if (&StatusError{Status: 302, Code: code}).fate() != call.FateUnknown {
			t.Errorf("a redirect with code %d is believed", code)
		}
		if fate == call.FateUnlisted {
			t.Errorf("%d is listed as not listed", code)
		}
	}
}

// An error over a URL is this call's only where the URL is.
func TestWhoseURLItIs(t *testing.T) {
	detects := func(w *call.Wish) { w.Policy.Machine.Do = call.MachineRedial }
	own := func(w *call.Wish) { w.Message = call.Message{URL: "https://example.org/twiml"} }
	inside := func(w *call.Wish) { w.Message = call.Message{URL: "https://h.example/twilio_api/^"} }
	records := func(w *call.Wish) {
		w.Options = json.RawMessage(`{"RecordingStatusCallback": "https://example.org/rec"}`)
	}
	for name, tc := range map[string]struct {
		host string
		code int
		wish func(*call.Wish)
		ours bool
	}{
		"our callback":                     {"https://h.example", 21609, own, true},
		"no callback was asked for":        {"", 21609, own, false},
		"the call's URL":                   {"https://h.example", 21205, own, false},
		"the call's URL, which leads here": {"https://h.example", 21205, inside, false},
		"some URL, and it leads here":      {"https://h.example", 11100, inside, false},
		"our URL":                          {"https://h.example/phone", 21205, detects, true},
		"no URL at all":                    {"https://h.example", 21205, func(*call.Wish) {}, false},
		"some URL, and all are ours":       {"https://h.example", 11100, detects, true},
		"some URL, and one is the call's":  {"https://h.example", 11100, own, false},
		"some callback, of a recording":    {"https://h.example", 21502, records, false},
		"some callback":                    {"https://h.example", 21502, func(*call.Wish) {}, true},
	} {
		t.Run(name, func(t *testing.T) {
			base, _ := serve(t, twilioError(400, tc.code))
			p := failed(t, client(t, Config{BaseURL: base, HostURL: tc.host}), t.Context(), wish(t, tc.wish))
			want := call.FateRefused
			if tc.ours {
				want = call.FateAccount
			}
			if p.Fate != want || (p.Setup != "") != tc.ours || tc.ours && !strings.Contains(p.Setup, "HOST_URL, "+tc.host) {
				t.Errorf("%v, %q; want %s", p, p.Setup, want)
			}
		})
	}
}

// failed places the Call and returns why it did not work.
func failed(t *testing.T, c *Client, ctx context.Context, cl *call.Call) *call.PlaceError {
	t.Helper()
	sid, err := c.Place(ctx, cl, 1)
	p, ok := err.(*call.PlaceError)
	if !ok || sid != "" {
		t.Fatalf("sid %q, error %v (%T), want a *call.PlaceError", sid, err, err)
	}
	return p
}

func TestLongAnswerIsNamed(t *testing.T) {
	base, _ := serve(t, reply(201, created+strings.Repeat(" ", bodyLimit)))
	p := failed(t, client(t, Config{BaseURL: base}), t.Context(), wish(t))
	if p.Fate != call.FateUnknown || !strings.Contains(p.Error(), "longer than") {
		t.Errorf("error %v", p)
	}
}

func TestRetryAfter(t *testing.T) {
	base, _ := serve(t, reply(429, "", "Retry-After", "17"))
	if p := failed(t, client(t, Config{BaseURL: base}), t.Context(), wish(t)); p.RetryAfter != 17*time.Second {
		t.Errorf("retry after %s, want 17s", p.RetryAfter)
	}
	for v, want := range map[string]time.Duration{
		"": 0, "soon": 0, "-5": 0, "0": 0, "999999999999": time.Hour, "99999999999999999999": 0,
		"Mon, 02 Jan 2006 15:04:05 GMT": 0, "Mon, 02 Jan 2096 15:04:05 GMT": time.Hour,
	} {
		if got := retryAfter(v); got != want {
			t.Errorf("Retry-After %q gives %s, want %s", v, got, want)
		}
	}
}

func TestNoConnectionIsNotProcessed(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed := l.Addr().String()
	l.Close()
	p := failed(t, client(t, Config{BaseURL: "http://" + closed}), t.Context(), wish(t))
	if p.Fate != call.FateNotProcessed {
		t.Errorf("nobody listening: %v", p)
	}
	plain, _ := serve(t, reply(201, created))
	p = failed(t, client(t, Config{BaseURL: strings.Replace(plain, "http:", "https:", 1)}), t.Context(), wish(t))
	if p.Fate != call.FateNotProcessed {
		t.Errorf("no TLS: %v", p)
	}
}

func TestCanceledBeforeSendingIsNotProcessed(t *testing.T) {
	base, requests := serve(t, reply(201, created))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if p := failed(t, client(t, Config{BaseURL: base}), ctx, wish(t)); p.Fate != call.FateNotProcessed {
		t.Errorf("fate %v", p)
	}
	if len(requests()) != 0 {
		t.Errorf("%d requests, want none", len(requests()))
	}
}

func TestCanceledWhileWaitingIsUnknown(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	release := make(chan struct{})
	base, _ := serve(t, func(http.ResponseWriter, *http.Request) {
		cancel()
		<-release
	})
	p := failed(t, client(t, Config{BaseURL: base}), ctx, wish(t))
	close(release)
	if p.Fate != call.FateUnknown || !errors.Is(p, context.Canceled) {
		t.Errorf("fate %v", p)
	}
}

// An idle connection that the server drops at the next request must cost neither
// a second create nor a false "not processed".
func TestReusedConnectionThatBreaksIsNotSentTwice(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	got := make(chan int, 1)
	go func() {
		n := 0
		defer func() { got <- n }()
		for conn, err := l.Accept(); err == nil; conn, err = l.Accept() {
			r := bufio.NewReader(conn)
			for served := 0; ; served++ {
				req, err := http.ReadRequest(r)
				if err != nil {
					break
				}
				_ = req.ParseForm()
				n++
				if served == 1 {
					break
				}
				_, _ = conn.Write([]byte("HTTP/1.1 201 Created\r\nContent-Length: " + jsonInt(len(created)) + "\r\n\r\n" + created))
			}
			conn.Close()
		}
	}()
	c := client(t, Config{BaseURL: "http://" + l.Addr().String()})
	if _, err := c.Place(t.Context(), wish(t), 1); err != nil {
		t.Fatal(err)
	}
	if p := failed(t, c, t.Context(), wish(t)); p.Fate != call.FateUnknown {
		t.Errorf("fate %v", p)
	}
	l.Close()
	if n := <-got; n != 2 {
		t.Errorf("%d create requests for 2 calls", n)
	}
}

func TestPlaceWithUncheckedOptionsIsRefused(t *testing.T) {
	base, requests := serve(t, reply(201, created))
	cl := wish(t, func(w *call.Wish) { w.Options = json.RawMessage(`{"StatusCallback": "https://evil.example"}`) })
	p := failed(t, client(t, Config{BaseURL: base}), t.Context(), cl)
	if p.Fate != call.FateRefused || len(requests()) != 0 {
		t.Errorf("fate %v after %d requests", p, len(requests()))
	}
}
