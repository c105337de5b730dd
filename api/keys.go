package api

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"time"
)

// Key is an API key of the database.
type Key struct {
	ID         string    `json:"id"`
	Name       string    `json:"name"`            // whose it is; after a rotation several keys have it
	Hint       string    `json:"hint"`            // how the secret begins
	Scopes     []string  `json:"scopes"`          // what it may do
	By         string    `json:"by"`              // the name of the key that made it
	Secret     string    `json:"secret,omitzero"` // shown once: when it is made, or rotated
	CreatedAt  time.Time `json:"created_at"`
	ExpiresAt  time.Time `json:"expires_at,omitzero"`
	RevokedAt  time.Time `json:"revoked_at,omitzero"`
	LastUsedAt time.Time `json:"last_used_at,omitzero"`
}

// CreateKey asks for a key. Without ExpiresIn it does not expire.
type CreateKey struct {
	Name      string   `json:"name"`
	Scopes    []string `json:"scopes"`
	ExpiresIn Duration `json:"expires_in,omitzero"`
}

// KeyList is a page of keys.
type KeyList struct {
	Keys       []Key  `json:"keys"`
	NextCursor string `json:"next_cursor,omitzero"` // of the next page; empty on the last
}

// RotateKey asks for a new key of a name.
type RotateKey struct {
	Overlap   *Duration `json:"overlap,omitzero"`    // for which the keys before work; nil: 24 h
	Scopes    []string  `json:"scopes,omitzero"`     // none: those of the key before
	ExpiresIn Duration  `json:"expires_in,omitzero"` // zero: it ends when the key before would have
}

// Revoked is what became of a name's API keys, and of what it made.
type Revoked struct {
	Name          string   `json:"name"`
	Keys          []Key    `json:"keys"`                    // that this request ended
	StillWorks    bool     `json:"still_works,omitzero"`    // another key of the name works
	Canceled      int      `json:"canceled,omitzero"`       // calls that this request canceled
	Removed       []string `json:"removed,omitzero"`        // endpoints that it removed, by id
	CallsLeft     int      `json:"calls_left,omitzero"`     // of the name that have not ended; 1000: or more
	EndpointsLeft []string `json:"endpoints_left,omitzero"` // of the name, by id
	More          bool     `json:"more,omitzero"`           // there is more to be canceled: ask again
}

func keyPath(name string) string { return "/v1/keys/" + url.PathEscape(name) }

// Keys lists the API keys, by name, page by page: all, or only those that work.
func (c *Client) Keys(ctx context.Context, working bool) ([]Key, error) {
	path := "/v1/keys"
	if working {
		path += "?working=true"
	}
	return wholeList(ctx, c, path, func(p KeyList) ([]Key, string) { return p.Keys, p.NextCursor })
}

// CreateKey makes an API key. The answer has its secret.
func (c *Client) CreateKey(ctx context.Context, req CreateKey) (k Key, err error) {
	body, err := json.Marshal(req)
	if err != nil {
		return k, fmt.Errorf("encoding the request: %w", err)
	}
	_, err = c.do(ctx, request{method: http.MethodPost, path: "/v1/keys", body: body}, &k)
	return k, err
}

// RotateKey gives a name a new API key, whose secret is in the answer.
func (c *Client) RotateKey(ctx context.Context, name string, req RotateKey) (k Key, err error) {
	body, err := json.Marshal(req)
	if err != nil {
		return k, fmt.Errorf("encoding the request: %w", err)
	}
	_, err = c.do(ctx, request{method: http.MethodPost, path: keyPath(name) + "/rotate", body: body}, &k)
	return k, err
}

const cancelTime = 10 * time.Second // that the server takes for a part of what it cancels

// RevokeKey ends all API keys of a name, or the one with an id. With cancel it also cancels the calls of the name and
// removes its endpoints; where the answer has More, it is to be asked again.
func (c *Client) RevokeKey(ctx context.Context, nameOrID string, cancel bool) (r Revoked, err error) {
	req := request{method: http.MethodDelete, path: keyPath(nameOrID)}
	if cancel {
		req.path, req.safe, req.wait = req.path+"?cancel=true", true, cancelTime
	}
	_, err = c.do(ctx, req, &r)
	return r, err
}
