package api

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
	"unicode"
)

const (
	requestTime = 15 * time.Second // for an answer, in addition to the wait that was asked for
	maxAnswer   = 64 << 20         // bytes; a page of 200 calls with all their metadata fits
	maxProblem  = 1 << 20          // bytes
	tries       = 4                // of a request that is safe to repeat
	firstPause  = 200 * time.Millisecond
	longPause   = 5 * time.Second // the most between two tries
)

// request is what is sent, once or several times.
type request struct {
	method, path string
	body         []byte
	header       http.Header
	wait         time.Duration // how long the server is asked to wait
	safe         bool          // it may be repeated
}

// away is why a request got no valid answer: the server, or the way to it, is out of order, and the same request may
// succeed later.
type away struct {
	error
	pause time.Duration // that the server asks for before the next try
}

func (e *away) Unwrap() error { return e.error }

// do sends a request, repeats it if that is safe, and decodes the answer.
func (c *Client) do(ctx context.Context, r request, into any) (http.Header, error) {
	for try := 1; ; try++ {
		header, err := c.once(ctx, r, into)
		a, passing := errors.AsType[*away](err)
		if !passing {
			return header, err
		}
		if !r.safe || try == tries || !pause(ctx, try, a.pause) {
			return nil, a.error
		}
	}
}

func (c *Client) once(ctx context.Context, r request, into any) (http.Header, error) {
	ctx, cancel := context.WithTimeout(ctx, requestTime+r.wait)
	defer cancel()
	res, err := c.send(ctx, r)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err != nil {
		return nil, &away{error: fmt.Errorf("the answer of redial at %s broke off: %w", c.Address(), err)}
	}
	if into == nil {
		return res.Header, nil
	}
	if err := json.Unmarshal(body, into); err != nil {
		return nil, fmt.Errorf("the answer of redial at %s can't be read: %w", c.Address(), err)
	}
	if foreign(into) {
		return nil, fmt.Errorf("the answer of %s is none of redial's, which is perhaps somewhere else", c.Address())
	}
	return res.Header, nil
}

// foreign says that the answer comes from another program: {"status": "ok"}, for example, is no call.
func foreign(answer any) bool {
	switch a := answer.(type) {
	case *Call:
		return a.ID == ""
	case *CallList:
		return a.Calls == nil
	case *PresetList:
		return a.Presets == nil
	case *EventList:
		return a.Events == nil
	case *EndpointList:
		return a.Endpoints == nil
	case *Explanation:
		return a.EndsBy.IsZero() && a.State == ""
	}
	return false
}

// These are faults of a Client: no request was made.
var (
	ErrURL = errors.New("not the URL of a redial")
	ErrKey = errors.New("the API key has a newline or the like in it, which no request can bring")
)

// send returns an answer with a status of 2xx. The caller closes its body.
func (c *Client) send(ctx context.Context, r request) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, r.method, strings.TrimRight(c.URL, "/")+r.path, bytes.NewReader(r.body))
	if err != nil || req.URL.Host == "" || req.URL.Scheme != "http" && req.URL.Scheme != "https" {
		return nil, fmt.Errorf("%q is %w, such as http://127.0.0.1:8080", c.Address(), ErrURL)
	}
	maps.Copy(req.Header, r.header)
	if r.body != nil && req.Header.Get("Content-Type") == "" {
		req.Header.Set("Content-Type", "application/json")
	}
	if strings.ContainsFunc(c.Key, unicode.IsControl) {
		return nil, ErrKey
	}
	if c.Key != "" {
		req.Header.Set("Authorization", "Bearer "+c.Key)
	}
	res, err := c.http().Do(req)
	if err != nil {
		return nil, &away{error: fmt.Errorf("redial at %s can't be reached: %w", c.Address(), cause(err))}
	}
	if res.StatusCode >= 200 && res.StatusCode <= 299 {
		return res, nil
	}
	defer res.Body.Close()
	return nil, c.failure(res)
}

// Address is the URL without its user and password, so that it may be shown. It also cuts them off a URL that can't
// be parsed.
func (c *Client) Address() string {
	at := strings.LastIndexByte(c.URL, '@')
	if at < 0 {
		return c.URL
	}
	scheme, _, found := strings.Cut(c.URL, "//")
	if !found {
		return "…" + c.URL[at:]
	}
	return scheme + "//…" + c.URL[at:]
}

// http follows no redirect: a redirect that turns a POST into a GET would look like success.
func (c *Client) http() *http.Client {
	own := *cmp.Or(c.HTTP, http.DefaultClient)
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &own
}

// failure turns an answer whose status is not 2xx into an error.
func (c *Client) failure(res *http.Response) error {
	var err error
	p := &Problem{}
	switch broken := json.NewDecoder(io.LimitReader(res.Body, maxProblem)).Decode(p); {
	case broken == nil && p.Title != "":
		p.Status = res.StatusCode
		err = p
	case res.Header.Get("Location") != "":
		err = fmt.Errorf("%s sends on to %s: use the URL of redial itself", c.Address(), res.Header.Get("Location"))
	default:
		err = fmt.Errorf("%s answered %s, and is perhaps no redial", c.Address(), res.Status)
	}
	switch res.StatusCode {
	case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		seconds, _ := strconv.Atoi(res.Header.Get("Retry-After")) // 0 for none, or a date: our pause decides
		return &away{err, time.Duration(max(0, min(seconds, int(longPause/time.Second)))) * time.Second}
	}
	return err
}

// cause removes the URL that net/http puts before an error.
func cause(err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		return e.Err
	}
	return err
}

// pause waits before the next try: longer with each try, at least as long as the server asks, but at most longPause.
// It returns false when ctx is done.
func pause(ctx context.Context, try int, asked time.Duration) bool {
	t := time.NewTimer(min(max(firstPause<<min(try-1, 10), asked), longPause))
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}
