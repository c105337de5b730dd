package twilio

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	sdk "github.com/twilio/twilio-go/client"
	openapi "github.com/twilio/twilio-go/rest/api/v2010"
)

const bodyLimit = 1 << 20 // bytes of an answer

// exchange is one request and its answer. To the SDK it is the HTTP client; it
// carries what the SDK's methods have no room for.
type exchange struct {
	client *Client
	ctx    context.Context
	gate   *gate // of a create request, else nil

	header http.Header // of a 2xx answer
	body   []byte
}

var _ sdk.BaseClient = (*exchange)(nil)

// api is the SDK over x. The SDK chooses a host, also by the environment's TWILIO_EDGE
// and TWILIO_REGION; target replaces it.
func (x *exchange) api() *openapi.ApiService { return openapi.NewApiServiceWithClient(x) }

// AccountSid returns what the SDK puts into the path.
func (x *exchange) AccountSid() string { return x.client.account }

// SetTimeout does nothing: the context says how long.
func (x *exchange) SetTimeout(time.Duration) {}

// SetOauth does nothing: the account or an API key signs in.
func (x *exchange) SetOauth(sdk.OAuth) {}

// OAuth returns nil.
func (x *exchange) OAuth() sdk.OAuth { return nil }

// SendRequest sends what the SDK has formed. The transport is used without an
// http.Client around it: redirects are not followed, and errors don't quote the
// URL, whose query has phone numbers.
//
// The SDK gets an empty object in place of the answer, because its types fail on
// the numbers that some services send where Twilio sends strings; see decode.
func (x *exchange) SendRequest(
	method, rawURL string, data url.Values, _ map[string]any, _ ...byte,
) (*http.Response, error) {
	req, err := x.request(method, rawURL, data)
	if err != nil {
		return nil, err
	}
	res, err := x.client.transport.RoundTrip(req)
	if err == nil {
		err = x.read(res)
	}
	x.tell(err)
	if err != nil {
		return nil, err
	}
	return &http.Response{StatusCode: res.StatusCode, Header: res.Header, Body: io.NopCloser(strings.NewReader("{}"))}, nil
}

// tell reports whether Twilio has answered. A gateway's 5xx, a redirect and a body that is no JSON are not Twilio's
// answers. A request that was given up here, because it was too late or nobody waits for it, says nothing.
func (x *exchange) tell(err error) {
	status, answered := asStatus(err)
	switch {
	case errors.Is(err, errTooLate), errors.Is(err, context.Canceled):
		return
	case answered && status.Status >= 400 && status.Status < 500:
		err = nil
	case err == nil && !bytes.HasPrefix(bytes.TrimSpace(x.body), []byte("{")): // whether it is whole, decode finds
		err = errors.New("what answered is no Twilio: it sent no JSON")
	}
	x.client.heard(x.gate != nil, err)
}

func (x *exchange) request(method, rawURL string, data url.Values) (*http.Request, error) {
	target, err := x.target(rawURL)
	if err != nil {
		return nil, err
	}
	if method == http.MethodGet && len(data) > 0 {
		target += "?" + data.Encode()
	}
	req, err := http.NewRequestWithContext(x.ctx, method, target, nil)
	if err != nil {
		return nil, errors.New("the request's URL can't be read")
	}
	req.SetBasicAuth(x.client.user, x.client.secret)
	req.Header.Set("User-Agent", "redial")
	req.Header.Set("Accept", "application/json")
	if method == http.MethodPost {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		form := data.Encode()
		req.ContentLength = int64(len(form))
		req.GetBody = func() (io.ReadCloser, error) { return x.gate.body(form), nil }
		req.Body, _ = req.GetBody()
	}
	return req, nil
}

// target puts what begins with "/Accounts" behind the configured prefix, also
// for a next page's URL: the credentials go nowhere else.
func (x *exchange) target(rawURL string) (string, error) {
	u, err := url.Parse(rawURL)
	if err != nil {
		return "", errors.New("the request's URL can't be read")
	}
	if target := x.client.permissionTarget(u); target != "" {
		return target, nil
	}
	path := u.EscapedPath()
	i := strings.Index(path, "/Accounts/")
	if i < 0 {
		return "", errors.New("the request's URL names no account")
	}
	target := x.client.prefix + path[i:]
	if u.RawQuery != "" {
		target += "?" + u.RawQuery
	}
	return target, nil
}

const voiceHost = "https://voice.twilio.com"

// permissionTarget is the URL of a question about dialing permissions, and empty for any other path. Twilio has
// another host for these.
func (c *Client) permissionTarget(u *url.URL) string {
	if !c.HasPermissions() || !strings.HasPrefix(u.EscapedPath(), "/v1/DialingPermissions/") {
		return ""
	}
	return voiceHost + u.EscapedPath()
}

// read keeps a 2xx answer's body; any other answer is a *StatusError.
func (x *exchange) read(res *http.Response) error {
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, bodyLimit+1))
	switch {
	case res.StatusCode < 200 || res.StatusCode > 299:
		return newStatusError(res, body) // what could be read of it will do
	case err != nil:
		return fmt.Errorf("reading the answer: %w", err)
	case len(body) > bodyLimit:
		return fmt.Errorf("the answer is longer than %d bytes", bodyLimit)
	}
	x.header, x.body = res.Header, body
	return nil
}

// decode reads the answer that was kept.
func (x *exchange) decode(v any) error {
	if err := json.Unmarshal(x.body, v); err != nil {
		return fmt.Errorf("reading the answer: %w", err)
	}
	return nil
}
