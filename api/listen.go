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

// Listen calls tell for every message of the installation, of these types or of all, until ctx is done or tell
// returns an error, which Listen returns unchanged. After a break it resumes where it was; a message may then come
// twice. Before the first message it calls ready once, with the secret that may sign the messages. body is the
// message as it would have been sent.
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
		err := l.events(ctx, "/v1/webhooks/stream?"+v.Encode(), header, hear)
		l.early = !h.begun
		return err
	})
	if _, passing := errors.AsType[*away](err); passing {
		return fmt.Errorf("listening: %w", err)
	}
	return err
}

// hearer is the position of a Listen.
type hearer struct {
	server string
	last   string // the id at which to resume
	begun  bool   // ready was called
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
	// Any other id is that of a message, from a server of the version before; a stream can't resume there.
	if _, bad := strconv.ParseUint(m.id, 10, 63); err == nil && bad == nil {
		h.last = m.id
	}
	return err
}
