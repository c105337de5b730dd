// Package apitest holds what is said over HTTP against the contract, openapi.yaml: each request and each answer that
// passes through a test. It is for tests only, and never changes what passes.
package apitest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"

	"redial/api"
)

const eventStream = "text/event-stream"

// To the contract, TwiML and event streams are text. A form may have TwiML as a file.
func init() {
	openapi3filter.RegisterBodyDecoder("text/xml", openapi3filter.PlainBodyDecoder)
	openapi3filter.RegisterBodyDecoder("application/xml", openapi3filter.PlainBodyDecoder)
}

// Document loads the contract and validates it, with its examples.
var Document = sync.OnceValues(func() (*openapi3.T, error) {
	doc, err := openapi3.NewLoader().LoadFromData(api.OpenAPI)
	if err != nil {
		return nil, fmt.Errorf("loading the contract: %w", err)
	}
	doc.Servers = nil // a test's server may have any address; only the paths count
	return doc, doc.Validate(context.Background())
})

var router = sync.OnceValues(func() (routers.Router, error) {
	doc, err := Document()
	if err != nil {
		return nil, err
	}
	return legacy.NewRouter(doc)
})

// Transport fails the test for every exchange that the contract does not allow. It reads whole answers, but checks an
// event stream when the stream is closed.
func Transport(t testing.TB, base http.RoundTripper) http.RoundTripper {
	return &transport{t, base}
}

type transport struct {
	t    testing.TB
	base http.RoundTripper
}

func (tr *transport) RoundTrip(req *http.Request) (*http.Response, error) {
	tr.t.Helper()
	res, err := tr.base.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	if kind(res) == eventStream {
		res.Body = &stream{ReadCloser: res.Body, check: func(body []byte) { Validate(tr.t, req, res, body) }}
		return res, nil
	}
	body, err := io.ReadAll(res.Body)
	res.Body.Close()
	if err != nil {
		return nil, err
	}
	res.Body = io.NopCloser(bytes.NewReader(body))
	Validate(tr.t, req, res, body)
	return res, nil
}

// stream keeps what is read of a body, and checks it when the body is closed.
type stream struct {
	io.ReadCloser
	read  bytes.Buffer
	check func([]byte)
	once  sync.Once
}

func (s *stream) Read(p []byte) (int, error) {
	n, err := s.ReadCloser.Read(p)
	s.read.Write(p[:n])
	return n, err
}

func (s *stream) Close() error {
	err := s.ReadCloser.Close()
	s.once.Do(func() { s.check(s.read.Bytes()) })
	return err
}

// Validate fails the test when the contract does not know the request's route or the answer's status, headers or
// body. A request that was answered 2xx must also match the contract; any other request may break it.
func Validate(t testing.TB, req *http.Request, res *http.Response, body []byte) {
	t.Helper()
	if err := check(req, res, body); err != nil {
		t.Errorf("%s %s → %d is not in the contract: %v\n%s", req.Method, req.URL.Path, res.StatusCode, err, body)
	}
}

func check(req *http.Request, res *http.Response, body []byte) error {
	r, err := router()
	if err != nil {
		return err
	}
	route, params, err := r.FindRoute(req)
	if err != nil {
		return err
	}
	asked, err := question(req)
	if err != nil {
		return err
	}
	asked.Route, asked.PathParams = route, params
	if res.StatusCode/100 == 2 {
		if err := openapi3filter.ValidateRequest(req.Context(), asked); err != nil {
			return fmt.Errorf("the request was taken: %w", err)
		}
	}
	if err := answer(asked, res, body); err != nil {
		return err
	}
	if kind(res) == eventStream {
		if strings.HasPrefix(req.URL.Path, "/v1/webhooks/") {
			return events(body, webhook)
		}
		return events(body, event)
	}
	return problem(res, body)
}

// question is the request as the validator takes it, with its body if that can be read again.
func question(req *http.Request) (*openapi3filter.RequestValidationInput, error) {
	again := req.Clone(context.WithoutCancel(req.Context()))
	unread := req.Body != nil && req.Body != http.NoBody && req.GetBody == nil
	if req.GetBody != nil {
		body, err := req.GetBody()
		if err != nil {
			return nil, fmt.Errorf("reading the request again: %w", err)
		}
		again.Body = body
	}
	return &openapi3filter.RequestValidationInput{Request: again, Options: &openapi3filter.Options{
		ExcludeRequestBody:  unread,
		SkipSettingDefaults: true,
		// The server decides whether it knows an API key; its answer is validated.
		AuthenticationFunc: openapi3filter.NoopAuthenticationFunc,
	}}, nil
}

func answer(asked *openapi3filter.RequestValidationInput, res *http.Response, body []byte) error {
	in := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: asked,
		Status:                 res.StatusCode,
		Header:                 res.Header,
		Options: &openapi3filter.Options{
			IncludeResponseStatus: true,
			ExcludeResponseBody:   kind(res) == eventStream, // its events are checked one by one
		},
	}
	spec := asked.Route.Operation.Responses.Status(res.StatusCode)
	if spec != nil && len(spec.Value.Content) == 0 && len(body) > 0 {
		return errors.New("there should be no body")
	}
	if in.Options.ExcludeResponseBody && spec != nil && spec.Value.Content[eventStream] == nil {
		return errors.New("there should be no stream")
	}
	return openapi3filter.ValidateResponse(context.Background(), in.SetBodyBytes(body))
}

// checker checks an event of a stream.
type checker func(doc *openapi3.T, fields map[string]string, value map[string]any) error

// events validates each complete event of a stream against the contract.
func events(body []byte, check checker) error {
	doc, err := Document()
	if err != nil {
		return err
	}
	all, _, _ := cutLast(string(body), "\n\n")
	for block := range strings.SplitSeq(all, "\n\n") {
		if block == "" || strings.HasPrefix(block, ":") {
			continue
		}
		if err := whole(doc, block, check); err != nil {
			return fmt.Errorf("the event %q: %w", block, err)
		}
	}
	return nil
}

func whole(doc *openapi3.T, block string, check checker) error {
	fields := map[string]string{}
	for line := range strings.Lines(block) {
		name, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ": ")
		fields[name] = value
	}
	var value map[string]any
	if err := json.Unmarshal([]byte(fields["data"]), &value); err != nil {
		return err
	}
	return check(doc, fields, value)
}

// webhook checks a message of a webhook stream, or the endpoint that the stream begins with.
func webhook(doc *openapi3.T, fields map[string]string, value map[string]any) error {
	name := "Webhook"
	if fields["event"] == "ready" {
		name = "Endpoint"
	} else if fields["event"] != value["type"] {
		return errors.New("the event must be the data's type")
	}
	if _, err := strconv.ParseUint(fields["id"], 10, 63); err != nil {
		return errors.New("the id must be a number at which the stream can go on")
	}
	return doc.Components.Schemas[name].Value.VisitJSON(value)
}

// event checks one event of a call's timeline.
func event(doc *openapi3.T, fields map[string]string, value map[string]any) error {
	if fields["id"] != fmt.Sprint(value["seq"]) || fields["event"] != value["type"] {
		return errors.New("id and event must be the data's seq and type")
	}
	return doc.Components.Schemas["Event"].Value.VisitJSON(value)
}

// problem checks what a schema can't: that the problem's status is the status of the answer.
func problem(res *http.Response, body []byte) error {
	if kind(res) != "application/problem+json" {
		return nil
	}
	var p api.Problem
	if err := json.Unmarshal(body, &p); err != nil {
		return err
	}
	if p.Status != res.StatusCode || p.Detail == "" {
		return fmt.Errorf("the problem must tell the status %d, and a detail", res.StatusCode)
	}
	return nil
}

func kind(res *http.Response) string {
	k, _, err := mime.ParseMediaType(res.Header.Get("Content-Type"))
	if err != nil {
		return ""
	}
	return k
}

func cutLast(s, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(s, sep); i >= 0 {
		return s[:i], s[i+len(sep):], true
	}
	return "", s, false
}
