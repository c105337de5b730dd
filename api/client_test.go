package api_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"redial/api"
	"redial/api/apitest"
)

// server answers the n-th request, from 1, in memory, so that it works in a synctest bubble. Every exchange is
// validated against the contract.
type server struct {
	answer func(w http.ResponseWriter, r *http.Request, n int)
	asked  []*http.Request
}

func (s *server) RoundTrip(req *http.Request) (*http.Response, error) {
	if err := req.Context().Err(); err != nil {
		return nil, err
	}
	s.asked = append(s.asked, req)
	w := httptest.NewRecorder()
	s.answer(w, req, len(s.asked))
	if w.Code == down {
		return nil, errors.New("connection refused")
	}
	res := w.Result()
	res.Request = req
	return res, nil
}

const down = 999 // instead of a status: there is no answer at all

func (s *server) client(t *testing.T) *api.Client {
	return &api.Client{URL: "http://redial.test/", Key: "secret", HTTP: &http.Client{Transport: apitest.Transport(t, s)}}
}

var theCall = api.Call{
	ID: "1", State: "waiting", To: "+819012345678", From: "+815012345678", Attempts: []api.Attempt{},
	Policy: api.Policy{Confirm: new(api.Confirm), Machine: &api.Machine{Do: "ignore"}, Ladder: "sequence",
		MaxAttempts: new(3), RingTimeout: new(api.Duration(30 * time.Second)), Deadline: api.After(24 * time.Hour),
		RedialAfter: map[string]api.Delays{"busy": {api.Duration(30 * time.Second)}}},
	CreatedAt:  time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC),
	DeadlineAt: time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC),
}

func give(w http.ResponseWriter, status int, kind string, v any) {
	w.Header().Set("Content-Type", kind)
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}

func giveCall(w http.ResponseWriter, status int) {
	w.Header().Set("Location", "/v1/calls/1")
	give(w, status, "application/json", theCall)
}

func giveProblem(w http.ResponseWriter, status int, errs ...api.FieldError) {
	w.Header().Set("WWW-Authenticate", "Bearer")
	w.Header().Set("Retry-After", "3")
	give(w, status, "application/problem+json",
		api.Problem{Type: "about:blank", Title: http.StatusText(status), Status: status, Detail: "it is so", Errors: errs})
}

func TestCreate(t *testing.T) {
	var sent map[string]any
	s := &server{answer: func(w http.ResponseWriter, r *http.Request, _ int) {
		if err := json.NewDecoder(r.Body).Decode(&sent); err != nil {
			t.Error(err)
		}
		w.Header().Set("Idempotency-Replayed", "true")
		giveCall(w, http.StatusCreated)
	}}
	req := api.CreateCall{To: "+819012345678", Say: &api.Say{Text: "hi"}, Options: json.RawMessage(`{"Record":true}`),
		Policy: &api.Policy{MaxAttempts: new(2), RingTimeout: new(api.Duration(20 * time.Second))}}
	call, replayed, err := s.client(t).Create(t.Context(), req, "key")
	if err != nil || !replayed {
		t.Errorf("replayed %t, error %v", replayed, err)
	}
	if diff := cmp.Diff(theCall, call); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	want := map[string]any{"to": "+819012345678", "say": map[string]any{"text": "hi"},
		"options": map[string]any{"Record": true},
		"policy":  map[string]any{"max_attempts": 2.0, "ring_timeout": "20s"}}
	if diff := cmp.Diff(want, sent); diff != "" {
		t.Errorf("what was sent, -want +got:\n%s", diff)
	}
	h := s.asked[0].Header
	if h.Get("Authorization") != "Bearer secret" || h.Get("Idempotency-Key") != "key" ||
		h.Get("Content-Type") != "application/json" {
		t.Errorf("the headers were %v", h)
	}
}

func TestRequestsGoWhereTheContractSays(t *testing.T) {
	tests := []struct {
		want string
		do   func(*api.Client) error
	}{
		{"GET /v1/calls/1", func(c *api.Client) error { _, err := c.Get(t.Context(), "1", 0); return err }},
		{"GET /v1/calls/1?wait=1m0s", func(c *api.Client) error {
			_, err := c.Get(t.Context(), "1", time.Minute)
			return err
		}},
		{"GET /v1/calls/a%2Fb", func(c *api.Client) error { _, err := c.Get(t.Context(), "a/b", 0); return err }},
		{"GET /v1/calls/1/events?limit=200", func(c *api.Client) error { _, err := c.Events(t.Context(), "1"); return err }},
		{"POST /v1/calls/1/cancel", func(c *api.Client) error { _, err := c.Cancel(t.Context(), "1"); return err }},
		{"DELETE /v1/calls/1", func(c *api.Client) error { return c.Delete(t.Context(), "1") }},
		{"GET /v1/calls?", func(c *api.Client) error { _, err := c.List(t.Context(), api.ListQuery{}); return err }},
		{"GET /v1/calls?cursor=c&limit=7&outcome=reached&state=ended&to=%2B81", func(c *api.Client) error {
			_, err := c.List(t.Context(), api.ListQuery{State: "ended", Outcome: "reached", To: "+81", Cursor: "c", Limit: 7})
			return err
		}},
	}
	for _, test := range tests {
		s := &server{answer: func(w http.ResponseWriter, r *http.Request, _ int) {
			switch {
			case r.Method == http.MethodDelete:
				w.WriteHeader(http.StatusNoContent)
			case strings.HasSuffix(r.URL.Path, "/events"):
				give(w, 200, "application/json", api.EventList{Events: []api.Event{}})
			case strings.HasSuffix(r.URL.Path, "/calls"):
				give(w, 200, "application/json", api.CallList{Calls: []api.Call{theCall}})
			default:
				giveCall(w, 200)
			}
		}}
		client := s.client(t)
		if strings.Contains(test.want, "%2F") { // the contract's router takes the path apart before the id is unescaped
			client.HTTP.Transport = s
		}
		if err := test.do(client); err != nil {
			t.Errorf("%s: %v", test.want, err)
		}
		if got := s.asked[0].Method + " " + s.asked[0].URL.RequestURI(); got != test.want {
			t.Errorf("asked %s, want %s", got, test.want)
		}
	}
}

func TestProblemsComeThrough(t *testing.T) {
	for _, status := range []int{400, 401, 403, 409, 413, 415, 422} {
		s := &server{answer: func(w http.ResponseWriter, _ *http.Request, _ int) {
			giveProblem(w, status, api.FieldError{Field: "to", Detail: "is no number"})
		}}
		_, _, err := s.client(t).Create(t.Context(), api.CreateCall{To: "x"}, "key")
		p, ok := errors.AsType[*api.Problem](err)
		if !ok || p.Status != status || err.Error() != "to: is no number" {
			t.Errorf("%d came through as %v", status, err)
		}
		if len(s.asked) != 1 {
			t.Errorf("%d was asked for %d times", status, len(s.asked))
		}
	}
}

// A request that is safe to repeat is repeated, with growing pauses that respect Retry-After. Other requests are not.
func TestTriesAgainWhereThatDoesNoHarm(t *testing.T) {
	get := func(ctx context.Context, c *api.Client) error { _, err := c.Get(ctx, "1", 0); return err }
	create := func(key string) func(context.Context, *api.Client) error {
		return func(ctx context.Context, c *api.Client) error {
			_, _, err := c.Create(ctx, api.CreateCall{To: "1", URL: "http://x"}, key)
			return err
		}
	}
	tests := []struct {
		name     string
		do       func(context.Context, *api.Client) error
		failures int
		status   int // of a failure
		asked    int
		takes    time.Duration
		fails    string
	}{
		{"get, soon back", get, 2, down, 3, 600 * time.Millisecond, ""},
		{"get, never back", get, 99, down, 4, 1400 * time.Millisecond,
			"redial at http://redial.test/ can't be reached: connection refused"},
		{"get, the database is away", get, 1, 503, 2, 3 * time.Second, ""},
		{"get, the database stays away", get, 99, 503, 4, 9 * time.Second, "it is so"},
		{"create with a key", create("key"), 1, down, 2, 200 * time.Millisecond, ""},
		{"create without", create(""), 1, down, 1, 0, "can't be reached"},
		{"create with a key, too many calls have not ended", create("key"), 99, 429, 1, 0, "it is so"},
		{"create without, the database is away", create(""), 1, 503, 1, 0, "it is so"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := &server{answer: func(w http.ResponseWriter, r *http.Request, n int) {
					switch {
					case n <= test.failures && test.status == down:
						w.WriteHeader(down)
					case n <= test.failures:
						giveProblem(w, test.status)
					case r.Method == http.MethodPost:
						giveCall(w, http.StatusCreated)
					default:
						giveCall(w, http.StatusOK)
					}
				}}
				begin := time.Now()
				err := test.do(t.Context(), s.client(t))
				if (err == nil) != (test.fails == "") || err != nil && !strings.Contains(err.Error(), test.fails) {
					t.Errorf("got %v, want %q", err, test.fails)
				}
				if took := time.Since(begin); len(s.asked) != test.asked || took != test.takes {
					t.Errorf("asked %d times in %s, want %d in %s", len(s.asked), took, test.asked, test.takes)
				}
			})
		})
	}
}

func TestAnswersThatAreNoneNameTheURL(t *testing.T) {
	tests := []struct {
		name, want string
		handler    http.HandlerFunc
	}{
		{"another server", "answered 404 Not Found, and is perhaps no redial", func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(404)
		}},
		{"a page", "can't be read", func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<html>") }},
		{"a redirect", "sends on to https://elsewhere.test/: use the URL of redial itself",
			func(w http.ResponseWriter, r *http.Request) {
				http.Redirect(w, r, "https://elsewhere.test/", http.StatusMovedPermanently)
			}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			ts := httptest.NewServer(test.handler)
			defer ts.Close()
			_, _, err := (&api.Client{URL: ts.URL}).Create(t.Context(), api.CreateCall{To: "1"}, "")
			if err == nil || !strings.Contains(err.Error(), ts.URL) || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %v, want the URL and %q", err, test.want)
			}
		})
	}
	ok := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"status": "ok"}`)
	}))
	defer ok.Close()
	c := &api.Client{URL: ok.URL}
	for name, ask := range map[string]func() error{
		"Create":    func() error { _, _, err := c.Create(t.Context(), api.CreateCall{To: "1"}, ""); return err },
		"Get":       func() error { _, err := c.Get(t.Context(), "1", 0); return err },
		"Cancel":    func() error { _, err := c.Cancel(t.Context(), "1"); return err },
		"List":      func() error { _, err := c.List(t.Context(), api.ListQuery{}); return err },
		"Presets":   func() error { _, err := c.Presets(t.Context()); return err },
		"Explain":   func() error { _, err := c.Explain(t.Context(), api.CreateCall{To: "1"}); return err },
		"Events":    func() error { _, err := c.Events(t.Context(), "1"); return err },
		"Endpoints": func() error { _, err := c.Endpoints(t.Context()); return err },
	} {
		err := ask()
		if err == nil || !strings.Contains(err.Error(), ok.URL) || !strings.Contains(err.Error(), "none of redial's") {
			t.Errorf("%s of a program that says ok: %v", name, err)
		}
	}
	err := (&api.Client{URL: ":"}).Delete(t.Context(), "1")
	if err == nil || !strings.Contains(err.Error(), `":" is not the URL of a redial`) {
		t.Errorf("got %v", err)
	}
}

// No error contains the client's credentials, not even when the request can't be sent.
func TestErrorsHoldNoSecret(t *testing.T) {
	ts := httptest.NewServer(http.NotFoundHandler())
	defer ts.Close()
	_, host, _ := strings.Cut(ts.URL, "//")
	for _, client := range []api.Client{
		{URL: "http://user:secret@" + host}, {URL: "http://user:secret@127.0.0.1:1"}, {URL: "http://user:%zz/secret@" + host},
		{URL: ts.URL, Key: "secret\nsecret"},
	} {
		err := client.Delete(t.Context(), "1")
		if err == nil || strings.Contains(err.Error(), "secret") || strings.Contains(err.Error(), "user") {
			t.Errorf("%s: %v", client.URL, err)
		}
		_, err = client.Get(t.Context(), "1", 0)
		if client.Key != "" && (err == nil || !strings.Contains(err.Error(), "API key")) {
			t.Errorf("a key of two lines: %v", err)
		}
	}
}

// A client does not wait for ever for a server that takes a request and never answers.
func TestSilentServerIsNotWaitedForForEver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := &api.Client{URL: "http://redial.test", HTTP: &http.Client{Transport: silent{}}}
		begin := time.Now()
		_, _, err := client.Create(t.Context(), api.CreateCall{To: "1"}, "")
		if took := time.Since(begin); !errors.Is(err, context.DeadlineExceeded) || took != 15*time.Second {
			t.Errorf("after %s: %v", took, err)
		}
	})
}

// silent takes requests and answers none.
type silent struct{}

func (silent) RoundTrip(req *http.Request) (*http.Response, error) {
	<-req.Context().Done()
	return nil, req.Context().Err()
}

// An answer that breaks off half-way does not count: the client asks again.
func TestAnswerThatBreaksOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		tries := 0
		broken := transportFunc(func(req *http.Request) (*http.Response, error) {
			tries++
			body := io.Reader(strings.NewReader(`{"id":"1","state":"ended"}`))
			if tries == 1 {
				body = io.MultiReader(strings.NewReader(`{"id":"1"`), failing{})
			}
			return &http.Response{StatusCode: 200, Header: http.Header{}, Body: io.NopCloser(body), Request: req}, nil
		})
		call, err := (&api.Client{URL: "http://redial.test", HTTP: &http.Client{Transport: broken}}).Get(t.Context(), "1", 0)
		if err != nil || call.State != "ended" || tries != 2 {
			t.Errorf("got %+v, %v after %d tries", call, err, tries)
		}
	})
}

type transportFunc func(*http.Request) (*http.Response, error)

func (f transportFunc) RoundTrip(req *http.Request) (*http.Response, error) { return f(req) }

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
