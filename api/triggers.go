package api

import (
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
