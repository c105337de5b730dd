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

// KeyList is all keys.
type KeyList struct {
	Keys []Key `json:"keys"`
}

func keyPath(name string) string { return "/v1/keys/" + url.PathEscape(name) }

// Keys lists the API keys, by name.
func (c *Client) Keys(ctx context.Context) ([]Key, error) {
	var list KeyList
	_, err := c.do(ctx, request{method: http.MethodGet, path: "/v1/keys", safe: true}, &list)
	return list.Keys, err
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

// RotateKey gives a name a new API key, whose secret is in the answer; the one before works for another 24 h.
func (c *Client) RotateKey(ctx context.Context, name string) (k Key, err error) {
	_, err = c.do(ctx, request{method: http.MethodPost, path: keyPath(name) + "/rotate"}, &k)
	return k, err
}

// RevokeKey ends all API keys of a name, or the one with an id.
func (c *Client) RevokeKey(ctx context.Context, nameOrID string) error {
	_, err := c.do(ctx, request{method: http.MethodDelete, path: keyPath(nameOrID)}, nil)
	return err
}
