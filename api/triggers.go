package api

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"time"
)

// Told is what became of an event that a trigger was told of.
type Told struct {
	Trigger string   `json:"trigger"`
	Calls   []string `json:"calls"`           // that were made about it, by id
	Why     string   `json:"why,omitzero"`    // no phone rings; empty: one does
	Doubts  []string `json:"doubts,omitzero"` // what went wrong on the way
}

// Trigger is a trigger of the file in force.
type Trigger struct {
	Name   string              `json:"name"`
	Source string              `json:"source"`         // what sends its events
	Match  map[string][]string `json:"match,omitzero"` // which alerts ring; omitted: all
	To     []string            `json:"to"`             // names of people and rotas, and templates; numbers are masked
	Secret string              `json:"secret"`         // where that of its senders is: none, environment or database
}

// TriggerList is the file in force.
type TriggerList struct {
	File     TriggerFile `json:"file"`
	Triggers []Trigger   `json:"triggers"`
}

// TriggerFile tells files apart.
type TriggerFile struct {
	Hash      string `json:"hash"`      // SHA-256; empty: there is no file
	Differing int    `json:"differing"` // nodes of the database that have another
}

// TriggerTest is what a trigger would do about an event.
type TriggerTest struct {
	Trigger    string       `json:"trigger"`
	Event      TestedEvent  `json:"event"`
	Recipients []Recipient  `json:"recipients"`       // the first first
	Why        string       `json:"why,omitzero"`     // no phone rings; empty: one does
	Hold       Duration     `json:"hold,omitzero"`    // before the first ring, of an event that is no test
	Explain    *Explanation `json:"explain,omitzero"` // when it would ring; nil: it would not
	Doubts     []string     `json:"doubts,omitzero"`  // what went wrong on the way
	Calls      []string     `json:"calls,omitzero"`   // that ring now, if that was asked for, by id
}

// TestedEvent is how an event was read.
type TestedEvent struct {
	Key      string   `json:"key,omitzero"`
	State    string   `json:"state"`
	Title    string   `json:"title,omitzero"`
	Text     string   `json:"text,omitzero"`
	Severity string   `json:"severity,omitzero"`
	Members  int      `json:"members"`         // of a group of alerts
	Ringing  int      `json:"ringing"`         // of these, those that fire and match
	Doubts   []string `json:"doubts,omitzero"` // what was wrong with what was sent
}

// Recipient is somebody whom an event reaches, and what they hear.
type Recipient struct {
	Name   string `json:"name,omitzero"` // in the file; empty of a number that stands in none
	Number string `json:"number"`
	OnDuty *Duty  `json:"on_duty,omitzero"` // in which rota, and why; nil: they are meant themselves
	Say    Say    `json:"say"`
}

// Triggers lists the triggers of the file in force, by name.
func (c *Client) Triggers(ctx context.Context) (list TriggerList, err error) {
	_, err = c.do(ctx, request{method: http.MethodGet, path: "/v1/triggers", safe: true}, &list)
	return list, err
}

// TestTrigger says what a trigger would do about an event, and with ring has a phone ring, which says that it is a
// test. Without a body it is a sample.
func (c *Client) TestTrigger(ctx context.Context, name string, body []byte, ring bool) (x TriggerTest, err error) {
	path := triggerPath(name) + "/test"
	if ring {
		path += "?ring=true"
	}
	_, err = c.do(ctx, request{method: http.MethodPost, path: path, body: body, header: kindOf(body)}, &x)
	return x, err
}

// Tell tells a trigger what has happened. The call is nil where no phone rings, and told says why.
func (c *Client) Tell(ctx context.Context, name string, body []byte) (call *Call, told Told, err error) {
	var answer json.RawMessage
	r := request{method: http.MethodPost, path: triggerPath(name), body: body, header: kindOf(body)}
	if _, err = c.do(ctx, r, &answer); err != nil {
		return nil, told, err
	}
	var made Call
	if err := json.Unmarshal(answer, &made); err == nil && made.ID != "" {
		return &made, told, nil
	}
	return nil, told, json.Unmarshal(answer, &told)
}

// kindOf is the type of an event's body: JSON, if it begins as JSON does.
func kindOf(body []byte) http.Header {
	kind := "text/plain; charset=utf-8"
	if body = bytes.TrimSpace(body); len(body) > 0 && (body[0] == '{' || body[0] == '[') {
		kind = "application/json"
	}
	return http.Header{"Content-Type": {kind}}
}

// TriggerSecret is a secret by which senders reach a trigger, for whoever has just made it.
type TriggerSecret struct {
	Trigger string    `json:"trigger"`
	Secret  string    `json:"secret"`       // shown once
	URL     string    `json:"url,omitzero"` // where senders post; left out where the server does not know its own
	Path    string    `json:"path"`         // of that URL
	Hint    string    `json:"hint"`         // how the secret ends
	By      string    `json:"by"`           // the name of the key that made it
	MadeAt  time.Time `json:"made_at"`
}

// RotateSecret asks for a new secret of a trigger.
type RotateSecret struct {
	Overlap *Duration `json:"overlap,omitzero"` // for which those before work; nil: 24 h
}

func triggerPath(name string) string { return "/v1/triggers/" + url.PathEscape(name) }

// MakeSecret makes a trigger's first secret, which is in the answer.
func (c *Client) MakeSecret(ctx context.Context, trigger string) (x TriggerSecret, err error) {
	_, err = c.do(ctx, request{method: http.MethodPost, path: triggerPath(trigger) + "/secret"}, &x)
	return x, err
}

// RotateSecret gives a trigger a new secret, which is in the answer.
func (c *Client) RotateSecret(ctx context.Context, trigger string, req RotateSecret) (x TriggerSecret, err error) {
	body, err := json.Marshal(req)
	if err != nil {
		return x, fmt.Errorf("encoding the request: %w", err)
	}
	_, err = c.do(ctx, request{method: http.MethodPost, path: triggerPath(trigger) + "/secret/rotate", body: body}, &x)
	return x, err
}
