package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// Webhook is the body of a message that redial sends, signed as Standard Webhooks says.
type Webhook struct {
	ID        string      `json:"id"`        // the header webhook-id: the same in each try
	Type      string      `json:"type"`      // of the event, or webhook.test
	Timestamp time.Time   `json:"timestamp"` // when it happened
	Data      WebhookData `json:"data"`
}

// WebhookData is an event, and the call as it was then. A test message has neither.
type WebhookData struct {
	Event *Event `json:"event,omitzero"`
	Call  *Call  `json:"call,omitzero"`
	// LeftOut names the parts of the call that are missing or shortened, because the message would be too long:
	// attempts, policy, people, metadata. The call itself has them.
	LeftOut []string `json:"left_out,omitzero"`
}

// Endpoint is where webhooks go.
type Endpoint struct {
	ID             string    `json:"id"`
	Source         string    `json:"source"`               // config, api or stream
	URL            string    `json:"url,omitzero"`         // empty for a stream
	Events         []string  `json:"events"`               // the types that it wants: call.ended, call.*, *
	Secret         string    `json:"secret,omitzero"`      // shown only when it is made or rotated
	By             string    `json:"by,omitzero"`          // the name of the API key that made it
	CreatedAt      time.Time `json:"created_at"`           //
	DisabledAt     time.Time `json:"disabled_at,omitzero"` // since then nothing is sent
	DisabledReason string    `json:"disabled_reason,omitzero"`
}

// CreateEndpoint asks for an endpoint. Without Events it gets the ends of attempts and of calls.
type CreateEndpoint struct {
	URL    string   `json:"url"`
	Events []string `json:"events,omitzero"`
}

// EndpointList is all endpoints.
type EndpointList struct {
	Endpoints  []Endpoint `json:"endpoints"`
	NextCursor string     `json:"next_cursor,omitzero"` // of the next page; empty on the last
}

// Delivery is an event on its way to an endpoint.
type Delivery struct {
	Event     string    `json:"event"`    // the message's id
	Endpoint  string    `json:"endpoint"` // "call": the call's own webhook
	Call      string    `json:"call"`
	Seq       int       `json:"seq"`
	Type      string    `json:"type"`
	At        time.Time `json:"at"`                   // when the event happened
	State     string    `json:"state"`                // pending, delivered or dead
	NextTryAt time.Time `json:"next_try_at,omitzero"` // set if it is pending and waits for no earlier one
	Tries     []Try     `json:"tries"`
}

// Try is one attempt to deliver.
type Try struct {
	At       time.Time `json:"at"`
	Status   int       `json:"status,omitzero"` // of HTTP; 0: there was no answer
	Duration Duration  `json:"duration"`
	Error    string    `json:"error,omitzero"` // empty: the message was accepted
}

// DeliveryList is a page of deliveries.
type DeliveryList struct {
	Deliveries []Delivery `json:"deliveries"`
	NextCursor string     `json:"next_cursor,omitzero"` // of the next page; empty on the last
}

// DeliveryQuery selects deliveries; empty fields select all.
type DeliveryQuery struct {
	State  string // pending, delivered or dead
	Cursor string // of the page before
	Limit  int    // deliveries in a page; 0: the server's default
}

// Endpoints lists where webhooks go.
func (c *Client) Endpoints(ctx context.Context) (list []Endpoint, err error) {
	return wholeList(ctx, c, endpointPath(""), func(p EndpointList) ([]Endpoint, string) {
		return p.Endpoints, p.NextCursor
	})
}

// Endpoint shows one of them.
func (c *Client) Endpoint(ctx context.Context, id string) (e Endpoint, err error) {
	_, err = c.do(ctx, request{method: http.MethodGet, path: endpointPath(id), safe: true}, &e)
	return e, err
}

// CreateEndpoint makes an endpoint for events. The answer has the secret that signs them.
func (c *Client) CreateEndpoint(ctx context.Context, req CreateEndpoint) (e Endpoint, err error) {
	body, err := json.Marshal(req)
	if err != nil {
		return e, fmt.Errorf("encoding the request: %w", err)
	}
	_, err = c.do(ctx, request{method: http.MethodPost, path: endpointPath(""), body: body}, &e)
	return e, err
}

// DeleteEndpoint removes an endpoint, and everything that was or will be sent there.
func (c *Client) DeleteEndpoint(ctx context.Context, id string) error {
	_, err := c.do(ctx, request{method: http.MethodDelete, path: endpointPath(id)}, nil)
	return err
}

// RotateEndpoint gives an endpoint a new secret, which the answer contains. The old secret still signs, too, for
// 24 hours.
func (c *Client) RotateEndpoint(ctx context.Context, id string) (e Endpoint, err error) {
	_, err = c.do(ctx, request{method: http.MethodPost, path: endpointPath(id) + "/rotate"}, &e)
	return e, err
}

// EnableEndpoint makes redial send to a disabled endpoint again.
func (c *Client) EnableEndpoint(ctx context.Context, id string) (e Endpoint, err error) {
	_, err = c.do(ctx, request{method: http.MethodPost, path: endpointPath(id) + "/enable", safe: true}, &e)
	return e, err
}

// TestEndpoint sends a webhook.test message, and returns what came of it.
func (c *Client) TestEndpoint(ctx context.Context, id string) (t Try, err error) {
	_, err = c.do(ctx, request{method: http.MethodPost, path: endpointPath(id) + "/test", wait: requestTime}, &t)
	return t, err
}

// Deliveries shows a page of what was sent to an endpoint, of the newest call first. The id "call" stands for the
// calls' own webhooks.
func (c *Client) Deliveries(ctx context.Context, id string, q DeliveryQuery) (page DeliveryList, err error) {
	v := url.Values{}
	for name, value := range map[string]string{"state": q.State, "cursor": q.Cursor} {
		if value != "" {
			v.Set(name, value)
		}
	}
	if q.Limit != 0 {
		v.Set("limit", strconv.Itoa(q.Limit))
	}
	_, err = c.do(ctx, request{method: http.MethodGet, path: endpointPath(id) + "/deliveries?" + v.Encode(), safe: true},
		&page)
	return page, err
}

// CallDeliveries shows to whom a call's events were sent, and with what result.
func (c *Client) CallDeliveries(ctx context.Context, callID string) (list []Delivery, err error) {
	return wholeList(ctx, c, callPath(callID)+"/deliveries", func(p DeliveryList) ([]Delivery, string) {
		return p.Deliveries, p.NextCursor
	})
}

// Replay sends an event to an endpoint again. event is the id of the message.
func (c *Client) Replay(ctx context.Context, endpoint, event string) (d Delivery, err error) {
	path := endpointPath(endpoint) + "/deliveries/" + url.PathEscape(event) + "/replay"
	_, err = c.do(ctx, request{method: http.MethodPost, path: path, safe: true}, &d)
	return d, err
}

func endpointPath(id string) string {
	if id == "" {
		return "/v1/webhooks"
	}
	return "/v1/webhooks/" + url.PathEscape(id)
}
