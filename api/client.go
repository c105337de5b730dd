package api

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// Client sends requests to a redial server. An error is a *Problem if the server said what is wrong; otherwise it is
// a sentence that names the URL. While the server is unreachable, a request that is safe to repeat is tried a few
// times.
type Client struct {
	URL  string       // of the server, such as http://127.0.0.1:8080
	Key  string       // API key; may be empty where the server needs none
	HTTP *http.Client // nil: http.DefaultClient; redirects are never followed

	Patience time.Duration // how long Follow, Listen and Await retry while the server is away; 0: two minutes

	// Away, if set, gets the error once the server was away for five seconds in one of those, and nil when it is back.
	// A Listen that has not begun calls it at once.
	Away func(error)
}

// ListQuery selects calls; empty fields select all.
type ListQuery struct {
	State, Outcome, To string
	By                 string // the name of the API key that asked for them
	ID                 string // or its beginning
	SID                string // Twilio's, of any attempt
	Trigger            string
	Metadata           map[string]string // all of these entries
	Since, Until       *Moment           // when they were asked for; a duration is one before now
	Cursor             string            // NextCursor of the page before
	Limit              int               // calls in a page; 0: the server's default
}

// Create asks for a call. With an idempotency key it asks again when the answer is lost; replayed says that an
// earlier request has made the call.
func (c *Client) Create(
	ctx context.Context, req CreateCall, idempotencyKey string,
) (call Call, replayed bool, err error) {
	body, err := json.Marshal(req)
	if err != nil {
		return call, false, fmt.Errorf("encoding the request: %w", err)
	}
	r := request{method: http.MethodPost, path: "/v1/calls", body: body, header: http.Header{}}
	if idempotencyKey != "" {
		r.header.Set("Idempotency-Key", idempotencyKey)
		r.safe = true
	}
	header, err := c.do(ctx, r, &call)
	return call, header.Get("Idempotency-Replayed") == "true", err
}

// Get shows a call. With wait it answers when the call has ended, but no later than after that time; the server waits
// 2 minutes at most.
func (c *Client) Get(ctx context.Context, id string, wait time.Duration) (call Call, err error) {
	r := request{method: http.MethodGet, path: callPath(id), safe: true, wait: wait}
	if wait > 0 {
		r.path += "?" + url.Values{"wait": {wait.String()}}.Encode()
	}
	_, err = c.do(ctx, r, &call)
	return call, err
}

// List shows a page of calls, newest first.
func (c *Client) List(ctx context.Context, q ListQuery) (page CallList, err error) {
	_, err = c.do(ctx, request{method: http.MethodGet, path: q.path(), safe: true}, &page)
	return page, err
}

// Table writes all calls that a query finds as CSV, newest first; with a Limit at most so many. If it returns an error,
// what was written is not the whole.
func (c *Client) Table(ctx context.Context, q ListQuery, out io.Writer) error {
	r := request{method: http.MethodGet, path: q.path(), header: http.Header{"Accept": {"text/csv"}}}
	res, err := c.send(ctx, r)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	if kind, _, _ := mime.ParseMediaType(res.Header.Get("Content-Type")); kind != "text/csv" {
		return fmt.Errorf("the answer of redial at %s is no CSV: it is of a version before", c.Address())
	}
	if _, err := io.Copy(out, res.Body); err != nil {
		return fmt.Errorf("the list of redial at %s broke off: %w", c.Address(), err)
	}
	return nil
}

// path is the request for a list.
func (q *ListQuery) path() string {
	v := url.Values{}
	for name, value := range map[string]string{
		"state": q.State, "outcome": q.Outcome, "to": q.To, "by": q.By, "id": q.ID, "sid": q.SID, "trigger": q.Trigger,
		"cursor": q.Cursor,
	} {
		if value != "" {
			v.Set(name, value)
		}
	}
	for name, value := range q.Metadata {
		v.Set("metadata["+name+"]", value)
	}
	for name, m := range map[string]*Moment{"since": q.Since, "until": q.Until} {
		if m != nil {
			v.Set(name, m.String())
		}
	}
	if q.Limit != 0 {
		v.Set("limit", strconv.Itoa(q.Limit))
	}
	return "/v1/calls?" + v.Encode()
}

// Events shows the timeline of a call.
func (c *Client) Events(ctx context.Context, id string) (list []Event, err error) {
	return wholeList(ctx, c, callPath(id)+"/events", func(p EventList) ([]Event, string) { return p.Events, p.NextCursor })
}

// wholeList requests one page after the other. read takes the entries, and the cursor of the next page, out of a
// page.
func wholeList[Page, Entry any](
	ctx context.Context, c *Client, path string, read func(Page) (entries []Entry, next string),
) (list []Entry, err error) {
	list = []Entry{} // an empty list is [] in JSON, as in the server's answer
	path, query, _ := strings.Cut(path, "?")
	v, err := url.ParseQuery(query)
	if err != nil {
		return nil, fmt.Errorf("reading the query: %w", err)
	}
	v.Set("limit", "200")
	for {
		var page Page
		_, err = c.do(ctx, request{method: http.MethodGet, path: path + "?" + v.Encode(), safe: true}, &page)
		entries, next := read(page)
		list = append(list, entries...)
		if err != nil || next == "" || next == v.Get("cursor") {
			return list, err
		}
		v.Set("cursor", next)
	}
}

// Explain says what would become of a call, without making one.
func (c *Client) Explain(ctx context.Context, req CreateCall) (e Explanation, err error) {
	body, err := json.Marshal(req)
	if err != nil {
		return e, fmt.Errorf("encoding the request: %w", err)
	}
	_, err = c.do(ctx, request{method: http.MethodPost, path: "/v1/calls?dry_run=true", body: body, safe: true}, &e)
	return e, err
}

// ExplainCall says what will become of a call.
func (c *Client) ExplainCall(ctx context.Context, id string) (e Explanation, err error) {
	_, err = c.do(ctx, request{method: http.MethodGet, path: callPath(id) + "/explain", safe: true}, &e)
	return e, err
}

// Redial asks for the next dial at once, within the call's rules.
func (c *Client) Redial(ctx context.Context, id string) (call Call, err error) {
	_, err = c.do(ctx, request{method: http.MethodPost, path: callPath(id) + "/redial"}, &call)
	return call, err
}

// Presets shows the presets of the installation.
func (c *Client) Presets(ctx context.Context) (map[string]Policy, error) {
	var list PresetList
	_, err := c.do(ctx, request{method: http.MethodGet, path: "/v1/presets", safe: true}, &list)
	return list.Presets, err
}

// Cancel asks for the call to end; asking again changes nothing.
func (c *Client) Cancel(ctx context.Context, id string) (call Call, err error) {
	_, err = c.do(ctx, request{method: http.MethodPost, path: callPath(id) + "/cancel", safe: true}, &call)
	return call, err
}

// HangUp cancels the call, and also ends a conversation that is under way.
func (c *Client) HangUp(ctx context.Context, id string) (call Call, err error) {
	_, err = c.do(ctx, request{method: http.MethodPost, path: callPath(id) + "/cancel", body: []byte(`{"hangup":true}`),
		safe: true}, &call)
	return call, err
}

// Resolve says what became of an ambiguous attempt. sid is the CallSid under which Twilio knows it; empty: it was
// never placed.
func (c *Client) Resolve(ctx context.Context, id string, attempt int, sid string) (call Call, err error) {
	body, err := json.Marshal(ResolveAttempt{SID: sid, Unplaced: sid == ""})
	if err != nil {
		return call, fmt.Errorf("encoding the request: %w", err)
	}
	path := fmt.Sprintf("%s/attempts/%d/resolve", callPath(id), attempt)
	_, err = c.do(ctx, request{method: http.MethodPost, path: path, body: body}, &call)
	return call, err
}

// Delete scrubs the personal data of a call that has ended.
func (c *Client) Delete(ctx context.Context, id string) error {
	_, err := c.do(ctx, request{method: http.MethodDelete, path: callPath(id), safe: true}, nil)
	return err
}

func callPath(id string) string { return "/v1/calls/" + url.PathEscape(id) }
