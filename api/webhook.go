package api

import "time"

// Webhook is the body of a message that redial sends, signed as Standard Webhooks says.
type Webhook struct {
	ID        string      `json:"id"`        // the header webhook-id: the same whenever it is sent
	Type      string      `json:"type"`      // of the event, or webhook.test
	Timestamp time.Time   `json:"timestamp"` // when it happened
	Data      WebhookData `json:"data"`
}

// WebhookData is an event, and the call as it then was; a test has neither.
type WebhookData struct {
	Event *Event `json:"event,omitzero"`
	Call  *Call  `json:"call,omitzero"`
}

// Endpoint is where webhooks go.
type Endpoint struct {
	ID             string    `json:"id"`
	Source         string    `json:"source"`               // config, api or stream
	URL            string    `json:"url,omitzero"`         // none of a stream
	Events         []string  `json:"events"`               // the types that it wants: call.ended, call.*, *
	Secret         string    `json:"secret,omitzero"`      // shown once: when it is made, or rotated
	CreatedAt      time.Time `json:"created_at"`           //
	DisabledAt     time.Time `json:"disabled_at,omitzero"` // nothing is sent since
	DisabledReason string    `json:"disabled_reason,omitzero"`
}

// CreateEndpoint asks for an endpoint. Without Events it is told how attempts and calls
// have ended.
type CreateEndpoint struct {
	URL    string   `json:"url"`
	Events []string `json:"events,omitzero"`
}

// EndpointList is all endpoints.
type EndpointList struct {
	Endpoints []Endpoint `json:"endpoints"`
}

// Delivery is an event on its way to an endpoint.
type Delivery struct {
	Event     string    `json:"event"`    // the message's id
	Endpoint  string    `json:"endpoint"` // "call": the webhook that the call brought itself
	Call      string    `json:"call"`
	Seq       int       `json:"seq"`
	Type      string    `json:"type"`
	At        time.Time `json:"at"`                   // when it happened
	State     string    `json:"state"`                // pending, delivered or dead
	NextTryAt time.Time `json:"next_try_at,omitzero"` // of one that is pending, and waits for none before it
	Tries     []Try     `json:"tries"`
}

// Try is one attempt to deliver.
type Try struct {
	At       time.Time `json:"at"`
	Status   int       `json:"status,omitzero"` // of HTTP; none: there was no answer
	Duration Duration  `json:"duration"`
	Error    string    `json:"error,omitzero"` // none: it was taken
}

// DeliveryList is a page of deliveries.
type DeliveryList struct {
	Deliveries []Delivery `json:"deliveries"`
	NextCursor string     `json:"next_cursor,omitzero"` // of the next page; empty on the last
}
