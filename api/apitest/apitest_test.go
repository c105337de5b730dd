package apitest

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
)

const (
	call = `{"id":"1","state":"waiting","policy":{"max_attempts":3,"ring_timeout":"30s","deadline":"24h",` +
		`"redial_after":{},"confirm":"none","machine":"ignore","ladder":"sequence"},"attempts":[],` +
		`"deadline_at":"2026-11-24T09:00:00Z","created_at":"2026-11-23T09:00:00.123456Z"}`
	unknown = `{"type":"about:blank","title":"Not Found","status":404,"detail":"there is no such call"}`
	form    = "CallSid=CA1&CallStatus=in-progress&AnsweredBy=human"
	wish    = `{"to":"+819012345678","say":"hi"}`
)

func TestExchangesAreHeldAgainstTheContract(t *testing.T) {
	tests := []struct {
		name, request, body string // METHOD PATH
		status              int
		header              string // name: value, one a line
		answer              string
		in                  bool
	}{
		{"a call", "GET /v1/calls/1", "", 200, "Content-Type: application/json", call, true},
		{"an answer with more", "GET /v1/calls/1", "", 200, "Content-Type: application/json",
			`{"color":1,` + call[1:], false},
		{"a time of nanoseconds", "GET /v1/calls/1", "", 200, "Content-Type: application/json",
			strings.Replace(call, ".123456Z", ".123456789Z", 1), false},
		{"a time elsewhere", "GET /v1/calls/1", "", 200, "Content-Type: application/json",
			strings.Replace(call, ".123456Z", "+09:00", 1), false},
		{"an unknown state", "GET /v1/calls/1", "", 200, "Content-Type: application/json",
			strings.Replace(call, "waiting", "asleep", 1), false},
		{"another type", "GET /v1/calls/1", "", 200, "Content-Type: text/html", call, false},
		{"another status", "GET /v1/calls/1", "", 202, "Content-Type: application/json", call, false},
		{"another route", "GET /v2/calls/1", "", 200, "Content-Type: application/json", call, false},
		{"another method", "PUT /v1/calls/1", "", 200, "Content-Type: application/json", call, false},
		{"a wish", "POST /v1/calls", wish, 201, "Content-Type: application/json\nLocation: /v1/calls/1", call, true},
		{"a replay", "POST /twilio_api/calls", wish, 201,
			"Content-Type: application/json\nLocation: /v1/calls/1\nIdempotency-Replayed: true", call, true},
		{"no Location", "POST /v1/calls", wish, 201, "Content-Type: application/json", call, false},
		{"two messages taken", "POST /v1/calls", `{"to":"1","say":"hi","url":"http://x"}`, 201,
			"Content-Type: application/json\nLocation: /v1/calls/1", call, false},
		{"an unknown field taken", "POST /v1/calls", `{"to":"1","say":"hi","x":1}`, 201,
			"Content-Type: application/json\nLocation: /v1/calls/1", call, false},
		{"a problem", "GET /v1/calls/1", "", 404, "Content-Type: application/problem+json", unknown, true},
		{"a problem of another status", "DELETE /v1/calls/1", "", 409,
			"Content-Type: application/problem+json", unknown, false},
		{"a problem as JSON", "GET /v1/calls/1", "", 404, "Content-Type: application/json", unknown, false},
		{"later, but when", "GET /v1/calls/1", "", 503, "Content-Type: application/problem+json",
			strings.Replace(unknown, "404", "503", 1), false},
		{"later", "GET /v1/calls/1", "", 503, "Content-Type: application/problem+json\nRetry-After: 5",
			strings.Replace(unknown, "404", "503", 1), true},
		{"nothing", "DELETE /v1/calls/1", "", 204, "", "", true},
		{"more than nothing", "DELETE /v1/calls/1", "", 204, "", "gone", false},
		{"the contract", "GET /openapi.yaml", "", 200, "Content-Type: application/yaml", "openapi: 3.0.3", true},
		{"what to say", "POST /twilio_api/twiml?attempt=k", form, 200, "Content-Type: text/xml; charset=utf-8",
			"<Response/>", true},
		{"what to say, as HTML", "POST /twilio_api/twiml?attempt=k", form, 200, "Content-Type: text/html",
			"<Response/>", false},
		{"metrics", "GET /metrics", "", 200, "Content-Type: text/plain; version=0.0.4; charset=utf-8", "up 1\n", true},
		{"a stream", "GET /v1/calls/1/events", "", 200, "Content-Type: text/event-stream",
			stream1(1, "call.created") + ": still here\n\ndata: {", true},
		{"a stream of something", "GET /v1/calls/1/events", "", 200, "Content-Type: text/event-stream",
			stream1(1, "call.exploded"), false},
		{"a stream with other ids", "GET /v1/calls/1/events", "", 200, "Content-Type: text/event-stream",
			"id: 7" + stream1(1, "call.created")[5:], false},
		{"a stream elsewhere", "GET /v1/calls/1", "", 200, "Content-Type: text/event-stream", "", false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			method, path, _ := strings.Cut(test.request, " ")
			req, err := http.NewRequestWithContext(t.Context(), method, "http://redial.test"+path, strings.NewReader(test.body))
			if err != nil {
				t.Fatal(err)
			}
			switch test.body {
			case "":
			case form:
				req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			default:
				req.Header.Set("Content-Type", "application/json")
			}
			witness := &witness{TB: t}
			res, err := Transport(witness, canned{test.status, test.header, test.answer}).RoundTrip(req)
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(res.Body)
			res.Body.Close()
			if err != nil || string(body) != test.answer {
				t.Errorf("the answer came through as %q, %v", body, err)
			}
			if in := witness.said == ""; in != test.in {
				t.Errorf("in the contract: %t, want %t: %s", in, test.in, witness.said)
			}
		})
	}
}

func stream1(seq int, kind string) string {
	return fmt.Sprintf("id: %d\nevent: %s\ndata: {\"seq\":%d,\"type\":\"%s\",\"at\":\"2026-11-23T09:00:00Z\"}\n\n",
		seq, kind, seq, kind)
}

// witness records the messages with which a test would fail.
type witness struct {
	testing.TB
	said string
}

func (w *witness) Errorf(format string, args ...any) { w.said += fmt.Sprintf(format, args...) }

// canned gives the same answer to every request.
type canned struct {
	status         int
	header, answer string
}

func (c canned) RoundTrip(req *http.Request) (*http.Response, error) {
	header := http.Header{}
	for line := range strings.SplitSeq(c.header, "\n") {
		if name, value, ok := strings.Cut(line, ": "); ok {
			header.Set(name, value)
		}
	}
	return &http.Response{StatusCode: c.status, Header: header, Body: io.NopCloser(strings.NewReader(c.answer)),
		Request: req}, nil
}
