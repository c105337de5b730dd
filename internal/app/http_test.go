package app

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"redial/api"
	"redial/internal/twilio"
)

// ask sends a wish as JSON; 'A' stands for alice's number.
func (w *world) ask(body string, headers ...string) (int, string) {
	w.t.Helper()
	return w.do("POST", "/v1/calls", strings.ReplaceAll(body, `"A"`, `"`+alice+`"`), headers...)
}

func TestBadWishesAreToldWhatIsWrong(t *testing.T) {
	tests := []struct {
		body   string
		status int
		field  string // that the answer names; empty: none
	}{
		{`{"to": "A", "say": "hi"`, 400, ""},
		{`{"to": "A", "say": "hi"} {}`, 400, ""},
		{``, 400, ""},
		{`[]`, 422, "body"},
		{`{"say": "hi"}`, 422, "to"},
		{`{"to": "", "say": "hi"}`, 422, "to"},
		{`{"to": 5, "say": "hi"}`, 422, "to"},
		{`{"to": "+81901234", "say": "hi"}`, 422, "to"},
		{`{"to": "090-1234-5678", "say": "hi"}`, 422, "to"}, // there is no default region
		{`{"to": "+12125550123", "say": "hi"}`, 422, "to"},  // a foreign region
		{`{"to": "+81990504321", "say": "hi"}`, 422, "to"},  // premium
		{`{"to": "+881612345678", "say": "hi"}`, 422, "to"}, // satellite
		{`{"to": "` + caller + `", "say": "hi"}`, 422, "to"},
		{`{"to": "A", "from": "nobody", "say": "hi"}`, 422, "from"},
		{`{"to": "A"}`, 422, "say"},
		{`{"to": "A", "say": "hi", "twiml": "<Response/>"}`, 422, "say"},
		{`{"to": "A", "say": ""}`, 422, "say.text"},
		{`{"to": "A", "say": {"text": "hi", "colour": "red"}}`, 422, "say.colour"},
		{`{"to": "A", "twiml": "<Response><Say>hi</Response>"}`, 422, "twiml"},
		{`{"to": "A", "twiml": "` + strings.Repeat("x", 4001) + `"}`, 422, "twiml"},
		{`{"to": "A", "url": "not a url"}`, 422, "url"},
		{`{"to": "A", "say": "hi", "policy": {"max_attempts": 0}}`, 422, "policy.max_attempts"},
		{`{"to": "A", "say": "hi", "policy": {"max_attempts": 1000}}`, 422, "policy.max_attempts"},
		{`{"to": "A", "say": "hi", "policy": {"max_attempts": "3"}}`, 422, "policy.max_attempts"},
		{`{"to": "A", "say": "hi", "policy": {"ring_timeout": "1h"}}`, 422, "policy.ring_timeout"},
		{`{"to": "A", "say": "hi", "policy": {"ring_timeout": 30}}`, 422, "policy.ring_timeout"},
		{`{"to": "A", "say": "hi", "policy": {"deadline": "10000h"}}`, 422, "policy.deadline"},
		{`{"to": "A", "say": "hi", "policy": {"redial_after": {"busy": "-1s"}}}`, 422, "policy.redial_after.busy"},
		{`{"to": "A", "say": "hi", "policy": {"redial_after": {"reached": "1s"}}}`, 422, "policy.redial_after.reached"},
		{`{"to": "A", "say": "hi", "policy": {"patience": 1}}`, 422, "policy.patience"},
		{`{"to": "A", "say": "hi", "tone": "soft"}`, 422, "tone"},
		{`{"to": "A", "say": "hi", "options": {"Timeout": 60}}`, 422, "options.Timeout"},
		{`{"to": "A", "say": "hi", "options": {"Colour": "red"}}`, 422, "options.Colour"},
		{`{"to": "A", "say": "hi", "options": {"Record": "yes"}}`, 422, "options.Record"},
		{`{"to": "A", "say": "hi", "metadata": {"order": 42}}`, 422, "metadata.order"},
		{`{"to": "A", "say": "hi", "metadata": {"name": "x", "paid": true}}`, 422, "metadata.paid"},
		{`{"to": "A", "say": "hi", "metadata": {"name": "x", "order": "` + strings.Repeat("x", 1001) + `"}}`, 422,
			"metadata.order"},
		{`{"to": "A", "say": "hi", "metadata": {"` + strings.Repeat("x", 101) + `": ""}}`, 422,
			"metadata." + strings.Repeat("x", 101)},
		{`{"to": "A", "say": "hi", "metadata": ["order"]}`, 422, "metadata"},
		{`{"to": "A", "say": "hi", "policy": {"redial_after": {"busy": ["1s", 30]}}}`, 422, "policy.redial_after.busy[1]"},
		{`{"to": "A", "say": "hi", "policy": {"redial_after": {"busy": "30"}}}`, 422, "policy.redial_after.busy"},
		{`{"to": "A", "say": "hi", "policy": {"max_per_result": {"busy": "2"}}}`, 422, "policy.max_per_result.busy"},
		{`{"to": "A", "say": "hi", "policy": {"window": {"days": ["mon", 2]}}}`, 422, "policy.window.days[1]"},
		{`{"to": "A", "say": "hi", "policy": {"window": {"holidays": [20261225]}}}`, 422, "policy.window.holidays[0]"},
		{`{"to": ["B", {"number": 819012345678}], "say": "hi"}`, 422, "to[1].number"},
		{`{"to": " 819012345678", "say": "hi"}`, 422, "to"},
	}
	inWorld(t, nil, func(w *world) {
		for _, test := range tests {
			status, answer := w.ask(test.body)
			var p api.Problem
			if err := json.Unmarshal([]byte(answer), &p); err != nil {
				t.Errorf("%s: the answer is no problem: %s", test.body, answer)
			}
			field := ""
			if len(p.Errors) > 0 {
				field = p.Errors[0].Field
			}
			if status != test.status || field != test.field || p.Detail == "" {
				t.Errorf("%s\nis answered %d for the field %q, not %d for %q: %s", test.body, status, field, test.status,
					test.field, answer)
			}
		}
		if page, err := w.client.List(w.ctx, api.ListQuery{}); err != nil || len(page.Calls) != 0 {
			t.Errorf("a bad wish left %d calls, %v", len(page.Calls), err)
		}
	})
}

// A fault of a value says how to write it right.
func TestAFaultSaysWhatToWrite(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		for body, want := range map[string]string{
			`{"to": "A", "say": "hi", "metadata": {"order": 42}}`:              `write \"42\"`,
			`{"to": "A", "say": "hi", "policy": {"ring_timeout": "30"}}`:       "write 30s",
			`{"to": "A", "say": "hi", "policy": {"deadline": "1 day"}}`:        "write 24h",
			`{"to": " 819012345678", "say": "hi"}`:                             "%2B",
			`{"to": [" 819012345678", "+819012345679"], "say": "hi"}`:          "%2B",
			`{"to": "A", "from": " 815012345678", "say": "hi"}`:                "%2B",
			`{"to": "A", "say": "hi", "metadata": {"a": 1, "b": 2, "c": "3"}}`: `"metadata.b"`,
		} {
			if status, answer := w.ask(body); status != http.StatusUnprocessableEntity || !strings.Contains(answer, want) {
				t.Errorf("%s is answered %d, and not told of %s: %s", body, status, want, answer)
			}
		}
		for path, want := range map[string]string{
			"/v1/calls?to=+819012345678": "%2B", "/v1/calls?to=+2025550123": "%2B", "/v1/calls/x?wait=30": "write 30s",
			"/v1/calls/x?wait=1h": "from 0s to 2m",
		} {
			status, answer := w.do("GET", path, "")
			if status != http.StatusUnprocessableEntity || !strings.Contains(answer, want) {
				t.Errorf("GET %s is answered %d, and not told of %s: %s", path, status, want, answer)
			}
		}
		if status, answer := w.do("GET", "/v1/calls?to=%2B819012345678", ""); status != http.StatusOK {
			t.Errorf("an escaped + is answered %d: %s", status, answer)
		}
	})
}

func TestBodiesAreBoundedAndTyped(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		if status, _ := w.ask(`{"say": "` + strings.Repeat("x", 2<<20) + `"}`); status != http.StatusRequestEntityTooLarge {
			t.Errorf("a body of 2 MB is answered %d", status)
		}
		if status, _ := w.ask(`{}`, "Content-Type", "text/plain"); status != http.StatusUnsupportedMediaType {
			t.Errorf("a body of text is answered %d", status)
		}
	})
}

func TestTheArticlesRouteAndNumber(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.phone(alice).answers()
		status, answer := w.do("POST", "/twilio_api/calls",
			`{"to": "+8109012345678", "from": "+8105012345678", "twiml": "<Response><Say>Hello world!</Say></Response>"}`)
		var c api.Call
		err := json.Unmarshal([]byte(answer), &c)
		if err != nil || status != http.StatusCreated || c.To != alice || c.From != caller {
			t.Fatalf("answered %d, %v: %s", status, err, answer)
		}
		w.pass(time.Minute)
		(&asked{w, c.ID}).is("reached", "completed")
	})
}

func TestTheCreateRequestIsTheArticles(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.phone(alice).answers()
		w.ask(`{"to": "A", "twiml": "<Response><Say>hi</Say></Response>", "options": {"Record": true}}`)
		w.pass(time.Minute)
		form := w.creates()[0].Form
		callback := form.Get("StatusCallback")
		if !strings.HasPrefix(callback, hostURL+"/twilio_api/callback?attempt=") ||
			!strings.HasSuffix(callback, "#ct=2000&rt=4000&rc=3&rp=5xx,ct,rt") {
			t.Errorf("StatusCallback is %s", callback)
		}
		form.Del("StatusCallback")
		want := url.Values{
			"To": {alice}, "From": {caller}, "Timeout": {"30"}, "TimeLimit": {"600"},
			"Twiml": {"<Response><Say>hi</Say></Response>"}, "Record": {"true"},
			"StatusCallbackMethod": {"POST"}, "StatusCallbackEvent": {"initiated", "ringing", "answered", "completed"},
		}
		if got := form.Encode(); got != want.Encode() {
			t.Errorf("the create request is\n%s\nnot\n%s", got, want.Encode())
		}
	})
}

func TestARepeatWithTheSameIdempotencyKeyMakesNoSecondCall(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.phone(alice).answers()
		_, first := w.ask(`{"to": "A", "say": "hi"}`, "Idempotency-Key", "order-42")
		w.pass(time.Minute)
		status, again := w.ask(`{"to": "A", "say": "hi"}`, "Idempotency-Key", "order-42")
		if status != http.StatusCreated || again != first {
			t.Errorf("the repeat is answered %d, and not as the first time:\n%s%s", status, first, again)
		}
		if status, _ := w.ask(`{"to": "A", "say": "ho"}`, "Idempotency-Key", "order-42"); status != http.StatusConflict {
			t.Errorf("another request with the same Idempotency-Key is answered %d", status)
		}
		for _, bad := range []string{"a b", strings.Repeat("x", 256), "é"} {
			if status, _ := w.ask(`{"to": "A", "say": "hi"}`, "Idempotency-Key", bad); status != http.StatusBadRequest {
				t.Errorf("the Idempotency-Key %q is answered %d", bad, status)
			}
		}
	})
}

func TestWithoutAKeyOnlyThisMachineIsServed(t *testing.T) {
	inWorld(t, func(c *Config) { c.APIKeys, c.HostURL = nil, "http://127.0.0.1:8080" }, func(w *world) {
		try := func(target string, headers ...string) int {
			r := httptest.NewRequestWithContext(w.ctx, "POST", target, strings.NewReader(`{"to": "`+alice+`"}`))
			r.Header.Set("Content-Type", "application/json")
			for i := 0; i+1 < len(headers); i += 2 {
				r.Header.Set(headers[i], headers[i+1])
			}
			out := httptest.NewRecorder()
			w.handler().ServeHTTP(out, r)
			return out.Code
		}
		for _, test := range []struct {
			want int
			got  int
		}{
			{422, try("http://127.0.0.1:8080/v1/calls")},
			{422, try("http://localhost/v1/calls")},
			{422, try("http://[::1]:8080/v1/calls")},
			{403, try("http://evil.example/v1/calls")},
			{403, try("http://127.0.0.1:8080/v1/calls", "Sec-Fetch-Site", "cross-site")},
			{403, try("http://127.0.0.1:8080/v1/calls", "Origin", "http://evil.example")},
		} {
			if test.got != test.want {
				t.Errorf("answered %d, not %d", test.got, test.want)
			}
		}
	})
}

func TestWithKeysOneIsNeeded(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		for _, auth := range []string{"", "Bearer", "Bearer wrong", "Basic a2V5", apiKey, "Bearer " + apiKey[1:]} {
			for _, path := range []string{"/v1/calls", "/metrics"} {
				if status, _ := w.do("GET", path, "", "Authorization", auth); status != http.StatusUnauthorized {
					t.Errorf("%s with %q is answered %d", path, auth, status)
				}
			}
		}
		for _, path := range []string{"/healthz", "/readyz", "/openapi.yaml"} {
			if status, _ := w.do("GET", path, "", "Authorization", ""); status != http.StatusOK {
				t.Errorf("%s without an API key is answered %d", path, status)
			}
		}
	})
}

// Each route serves only those whom it is for: only three routes serve a stranger.
func TestAStrangerIsToldNo(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		twilios := []string{
			"POST /twilio_api/callback", "POST " + twilio.AnswerPath, "POST " + twilio.GatherPath, "POST " + twilio.ProbePath,
		}
		open := []string{"GET /openapi.yaml", "GET /healthz", "GET /readyz"}
		bySecret := regexp.MustCompile(`^[A-Z]+ /(hooks|v2|integrations/v1|api/v2|v1/api)/`) // which a stranger does not have
		for _, route := range append(listedRoutes(t), twilios...) {
			want := http.StatusUnauthorized
			switch {
			case slices.Contains(twilios, route):
				want = http.StatusForbidden
			case slices.Contains(open, route):
				want = http.StatusOK
			case bySecret.MatchString(route):
				want = http.StatusNotFound
			}
			method, path, _ := strings.Cut(route, " ")
			status, answer := w.do(method, strings.NewReplacer("{", "", "}", "").Replace(path), "", "Authorization", "")
			if status != want {
				t.Errorf("%s is answered %d: %s", route, status, answer)
			}
		}
	})
}

// signed posts a callback as Twilio would, with a signature by sim.
func (w *world) signed(path string, form url.Values) int {
	body := form.Encode()
	status, _ := w.do("POST", path, body, "Authorization", "", "Content-Type", "application/x-www-form-urlencoded",
		"X-Twilio-Signature", signature(token, hostURL+path, form))
	return status
}

func TestCallbacksAreTakenFromTwilioOnly(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.phone(alice).does("answer+lost")
		c := w.call(api.CreateCall{To: alice})
		w.pass(2 * time.Second)
		sid := c.now().Attempts[0].SID
		callback, err := url.Parse(w.creates()[0].Form.Get("StatusCallback"))
		if err != nil {
			t.Fatal(err)
		}
		good := "/twilio_api/callback?" + callback.RawQuery
		done := url.Values{"CallSid": {sid}, "CallStatus": {"completed"}, "CallDuration": {"7"}}
		if status, _ := w.do("POST", good, done.Encode(), "Content-Type", "application/x-www-form-urlencoded",
			"X-Twilio-Signature", "Zm9yZ2Vk"); status != http.StatusForbidden {
			t.Errorf("a forged callback is answered %d", status)
		}
		c.is("dialing", "queued")
		for path, want := range map[string]int{
			good[:len(good)-1] + "x":                404, // another attempt key
			"/twilio_api/callback?attempt=nonsense": 404,
		} {
			if status := w.signed(path, done); status != want {
				t.Errorf("%s is answered %d", path, status)
			}
		}
		status := w.signed("/twilio_api/callback", url.Values{"CallSid": {"CAunknown"}, "CallStatus": {"completed"}})
		if status != 404 {
			t.Errorf("an unknown CallSid is answered %d", status)
		}
		if status := w.signed("/twilio_api/callback", done); status != http.StatusNoContent {
			t.Errorf("a callback by CallSid is answered %d", status)
		}
		c.is("reached", "completed")
		w.metric(`redial_callbacks_total{verdict="forged"} 1`)
		w.metric(`redial_callbacks_total{verdict="unknown"} 3`)
	})
}

func TestTheSameFinalCallbackFiveTimesIsOneRedial(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		p := w.phone(alice).does("no-answer+lost").answers()
		c := w.call(api.CreateCall{To: alice})
		w.pass(2 * time.Second)
		form := url.Values{"CallSid": {c.now().Attempts[0].SID}, "CallStatus": {"no-answer"}}
		var all sync.WaitGroup
		for range 5 {
			all.Go(func() {
				if status := w.signed("/twilio_api/callback", form); status != http.StatusNoContent {
					t.Errorf("answered %d", status)
				}
			})
		}
		all.Wait()
		w.pass(3 * time.Minute)
		c.is("reached", "no-answer", "completed")
		p.rangTimes(2)
		w.metric(`redial_callbacks_total{verdict="repeated"} 4`)
	})
}

func TestWaitAnswersAsSoonAsTheCallHasEnded(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.phone(alice).answers()
		w.phone(bob).does("answer:10m")
		started := time.Now()
		c := w.call(api.CreateCall{To: alice})
		got, err := w.client.Get(w.ctx, c.id, time.Minute)
		if took := time.Since(started); err != nil || got.Outcome != "reached" || took > 50*time.Second {
			t.Errorf("after %v: %q, %v", took, got.Outcome, err)
		}
		long := w.call(api.CreateCall{To: bob})
		started = time.Now()
		got, err = w.client.Get(w.ctx, long.id, time.Minute)
		if took := time.Since(started); err != nil || got.State != "dialing" || took != time.Minute {
			t.Errorf("after %v: %q, %v", took, got.State, err)
		}
		w.pass(time.Hour)
	})
}

func TestListsByPagesAndFilters(t *testing.T) {
	inWorld(t, func(c *Config) { c.CallsPerSecond = 10 }, func(w *world) {
		for i := range 5 {
			number := fmt.Sprintf("+8190111100%02d", i)
			w.phone(number).answers()
			w.call(api.CreateCall{To: number})
			w.pass(time.Millisecond)
		}
		w.pass(time.Minute)
		w.phone(bob).busy()
		w.call(api.CreateCall{To: bob, Policy: busyFor(time.Hour)}).now()
		w.pass(time.Minute)
		count := func(q api.ListQuery) (n int) {
			for {
				page, err := w.client.List(w.ctx, q)
				if err != nil {
					t.Fatal(err)
				}
				n += len(page.Calls)
				if q.Cursor = page.NextCursor; q.Cursor == "" {
					return n
				}
			}
		}
		for want, q := range map[int]api.ListQuery{6: {Limit: 2}, 5: {Outcome: "reached", Limit: 3}, 1: {State: "waiting"}} {
			if got := count(q); got != want {
				t.Errorf("%+v finds %d calls, not %d", q, got, want)
			}
		}
		if got := count(api.ListQuery{To: bob}); got != 1 {
			t.Errorf("by number: %d", got)
		}
	})
}

func TestScrubbingAndRetention(t *testing.T) {
	inWorld(t, func(c *Config) { c.RetentionDays = 3 }, func(w *world) {
		w.phone(alice).answers()
		c := w.call(api.CreateCall{To: alice, Metadata: map[string]string{"order": "42"}})
		if status, _ := w.do("DELETE", "/v1/calls/"+c.id, ""); status != http.StatusConflict {
			t.Errorf("scrubbing a call that goes on is answered %d", status)
		}
		w.pass(time.Minute)
		if status, _ := w.do("DELETE", "/v1/calls/"+c.id, ""); status != http.StatusNoContent {
			t.Errorf("scrubbing is answered %d", status)
		}
		if got := c.now(); got.To != "" || got.From != "" || got.Metadata != nil || got.Outcome != "reached" {
			t.Errorf("after scrubbing: %+v", got)
		}
		w.pass(73 * time.Hour)
		if status, _ := w.do("GET", "/v1/calls/"+c.id, ""); status != http.StatusNotFound {
			t.Errorf("after the retention it is answered %d", status)
		}
	})
}

func TestRetentionOfZeroScrubsAtOnceAndKeepsTheKeyFor48Hours(t *testing.T) {
	inWorld(t, func(c *Config) { c.RetentionDays = 0 }, func(w *world) {
		w.phone(alice).answers()
		body := `{"to": "A", "say": "hi"}`
		w.ask(body, "Idempotency-Key", "k")
		w.pass(time.Minute)
		status, answer := w.ask(body, "Idempotency-Key", "k")
		if status != http.StatusCreated || strings.Contains(answer, alice) || !strings.Contains(answer, "reached") {
			t.Errorf("the repeat is answered %d: %s", status, answer)
		}
		w.pass(47 * time.Hour)
		status, again := w.ask(`{"to": "A", "say": "ho"}`, "Idempotency-Key", "k")
		if status != http.StatusCreated || again != answer {
			t.Errorf("before 48 h, when nobody can tell any more what was asked, the Idempotency-Key is answered %d: %s",
				status, again)
		}
	})
}

// A repeat is no new wish: it gets the first answer, even if rules have become stricter or a moment has passed
// meanwhile.
func TestARepeatThatWouldBeRefusedByNowGetsTheFirstAnswer(t *testing.T) {
	loose := func(c *Config) {
		c.TwimlVerbs, c.TwimlHosts = []string{"Dial"}, []string{"*"}
		c.Languages, c.AllowedRegions = []string{"*"}, []string{"JP", "US"}
	}
	inWorld(t, loose, func(w *world) {
		w.phone(alice).answers().answers().answers().answers().answers()
		w.phone("+12125550123").answers()
		at := time.Now().Add(time.Hour).Format(time.RFC3339)
		bodies := []string{
			`{"to": "A", "twiml": "<Response><Dial>+81312345678</Dial></Response>"}`,
			`{"to": "A", "url": "https://app.example.com/x"}`,
			`{"to": "A", "say": {"text": "nuqneH", "language": "tlh"}}`,
			`{"to": "A", "say": {"text": "nuqneH", "language": "tlh"}, "policy": {"max_attempts": 1, "confirm": {"pin": "2468"}}}`,
			`{"to": "+12125550123", "say": "hi"}`,
			`{"to": "A", "say": "hi", "policy": {"deadline": "` + at + `"}}`,
		}
		var firsts []string
		for i, body := range bodies {
			status, first := w.ask(body, "Idempotency-Key", strconv.Itoa(i))
			if firsts = append(firsts, first); status != http.StatusCreated {
				t.Fatalf("%s is answered %d: %s", body, status, first)
			}
		}
		w.conf.TwimlVerbs, w.conf.TwimlHosts, w.conf.Languages, w.conf.AllowedRegions = nil, nil, nil, nil
		w.restart()
		w.pass(2 * time.Hour)
		for i, body := range bodies {
			key := strconv.Itoa(i)
			if status, again := w.ask(body, "Idempotency-Key", key); status != http.StatusCreated || again != firsts[i] {
				t.Errorf("%s, repeated, is answered %d:\n%s%s", body, status, firsts[i], again)
			}
			for _, refused := range [][]string{
				{}, {"Idempotency-Key", "new"}, {"Idempotency-Key", strconv.Itoa((i + 1) % len(bodies))},
			} {
				if status, answer := w.ask(body, refused...); status != http.StatusUnprocessableEntity {
					t.Errorf("%s with %q is answered %d: %s", body, refused, status, answer)
				}
			}
			status, answer := w.do("POST", "/v1/calls?dry_run=true", strings.ReplaceAll(body, `"A"`, `"`+alice+`"`),
				"Idempotency-Key", key)
			if status != http.StatusUnprocessableEntity {
				t.Errorf("%s, as a dry run, is answered %d: %s", body, status, answer)
			}
		}
	})
}

func TestWhatThereIsNotIsSaidAsAProblem(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		for _, test := range []struct {
			method, path string
			status       int
			allow        string
		}{
			{"GET", "/nothing", 404, ""},
			{"PUT", "/", 405, "GET, HEAD"},
			{"GET", "/v2/calls", 404, ""},
			{"PUT", "/v1/calls", 405, "GET, HEAD, POST"},
			{"POST", "/v1/calls/1", 405, "DELETE, GET, HEAD"},
			{"GET", "/twilio_api/callback", 405, "POST"},
		} {
			out := httptest.NewRecorder()
			w.handler().ServeHTTP(out, httptest.NewRequestWithContext(w.ctx, test.method, hostURL+test.path, nil))
			var p api.Problem
			err := json.Unmarshal(out.Body.Bytes(), &p)
			if err != nil || out.Code != test.status || p.Status != test.status || p.Detail == "" {
				t.Errorf("%s %s is answered %d, %v: %s", test.method, test.path, out.Code, err, out.Body)
			}
			if h := out.Header(); h.Get("Allow") != test.allow || h.Get("Content-Type") != "application/problem+json" {
				t.Errorf("%s %s is answered with the headers %v", test.method, test.path, h)
			}
		}
		for query, want := range map[string]int{
			"cursor=zzz": 422, "cursor=01a20d22-fbef-75b9-a55a-a6e87aff5a76": 200, "limit=0": 422, "state=late": 422,
			"stat=waiting": 422,
		} {
			if status, answer := w.do("GET", "/v1/calls?"+query, ""); status != want {
				t.Errorf("?%s is answered %d: %s", query, status, answer)
			}
		}
	})
}
