package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
)

// Listen tells of every message of the whole installation, of these types or of all, until
// ctx is over or tell returns an error, which is returned as it is. ready is told how the
// messages are to be signed: first, and again after a break so long that the server has
// forgotten the stream. Body is the message as it would have been sent.
func (c *Client) Listen(
	ctx context.Context, types []string, ready func(Endpoint), tell func(m Webhook, body []byte) error,
) error {
	v := url.Values{}
	if len(types) > 0 {
		v.Set("events", strings.Join(types, ","))
	}
	err := c.persist(ctx, func(l *link) error {
		return l.events(ctx, "/v1/webhooks/stream?"+v.Encode(), http.Header{}, func(kind, data string) (bool, error) {
			if kind != "ready" {
				var m Webhook
				if err := json.Unmarshal([]byte(data), &m); err != nil {
					return false, fmt.Errorf("a message of %s can't be read: %w", c.Address(), err)
				}
				return false, tell(m, []byte(data))
			}
			var e Endpoint
			if err := json.Unmarshal([]byte(data), &e); err != nil {
				return false, fmt.Errorf("a message of %s can't be read: %w", c.Address(), err)
			}
			if e.ID != v.Get("resume") {
				v.Set("resume", e.ID)
				ready(e)
			}
			return false, nil
		})
	})
	if _, passing := errors.AsType[*away](err); passing {
		return fmt.Errorf("listening: %w", err)
	}
	return err
}
