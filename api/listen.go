package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// Listen tells of every message of the whole installation, of these types or of all, until
// ctx is over or tell returns an error, which is returned as it is. After a break it goes on where it was: a message
// may come twice then. ready is told how the messages may be signed, once, before the first. Body is the message as
// it would have been sent.
func (c *Client) Listen(
	ctx context.Context, types []string, ready func(Endpoint), tell func(m Webhook, body []byte) error,
) error {
	v := url.Values{}
	if len(types) > 0 {
		v.Set("events", strings.Join(types, ","))
	}
	h := hearer{server: c.Address(), ready: ready, tell: tell}
	err := c.persist(ctx, func(l *link) error {
		header := http.Header{}
		if h.last != "" {
			header.Set("Last-Event-ID", h.last)
		}
		hear := func(m message) (bool, error) { return false, h.hear(m) }
		return l.events(ctx, "/v1/webhooks/stream?"+v.Encode(), header, hear)
	})
	if _, passing := errors.AsType[*away](err); passing {
		return fmt.Errorf("listening: %w", err)
	}
	return err
}

// hearer is how far a Listen has come.
type hearer struct {
	server string
	last   string // where to go on
	begun  bool   // ready was told
	ready  func(Endpoint)
	tell   func(Webhook, []byte) error
}

func (h *hearer) hear(m message) (err error) {
	switch {
	case m.data == "":
	case m.kind != "ready":
		var w Webhook
		if err := json.Unmarshal([]byte(m.data), &w); err != nil {
			return fmt.Errorf("a message of %s can't be read: %w", h.server, err)
		}
		err = h.tell(w, []byte(m.data))
	case !h.begun:
		var e Endpoint
		if err := json.Unmarshal([]byte(m.data), &e); err != nil {
			return fmt.Errorf("a message of %s can't be read: %w", h.server, err)
		}
		h.begun = true
		h.ready(e)
	}
	// Another id is a message's own, of a server of the version before.
	if _, bad := strconv.ParseUint(m.id, 10, 63); err == nil && bad == nil {
		h.last = m.id
	}
	return err
}
