package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"redial/api"
)

type listenCmd struct {
	server  `embed:""`
	Forward string   `help:"Where to send them on to, signed, such as http://localhost:3000/hook." placeholder:"URL"`
	Events  []string `help:"Types, by commas; without, all." placeholder:"TYPE"`
}

// forwardTime is as long as redial itself waits for an answer.
const forwardTime = 15 * time.Second

func (c *listenCmd) Help() string {
	return "Streams the webhooks of a server, of all its nodes, to this machine. Nothing is tried again."
}

func (c *listenCmd) Run(ctx context.Context, con *console) error {
	if u, err := url.Parse(c.Forward); c.Forward != "" && (err != nil || u.Host == "") {
		return fmt.Errorf("--forward must be a URL, such as http://localhost:3000/hook")
	}
	con.warnPlain("--forward", c.Forward)
	var secret string
	ready := func(e api.Endpoint) {
		secret = e.Secret
		printf(con.err, "listening to %s; signed with %s\n", c.client().Address(), secret)
	}
	err := c.client().Listen(ctx, c.Events, ready, func(m api.Webhook, body []byte) error {
		came := ""
		if c.Forward != "" {
			came = "  " + c.forward(ctx, secret, m.ID, body)
		}
		printf(con.out, "%s  %-22s %s%s\n", m.Timestamp.Local().Format("15:04:05.000"), m.Type, m.ID, came)
		return nil
	})
	if ctx.Err() != nil { // Ctrl-C is how this ends
		return nil
	}
	return err
}

// forward sends a message on, and says what came back.
func (c *listenCmd) forward(ctx context.Context, secret, id string, body []byte) string {
	ctx, cancel := context.WithTimeout(ctx, forwardTime)
	defer cancel()
	status, err := post(ctx, c.Forward, secret, id, body)
	if e, ok := errors.AsType[*url.Error](err); ok {
		err = e.Err
	}
	if err != nil {
		return err.Error()
	}
	return status
}

func post(ctx context.Context, to, secret, id string, body []byte) (status string, err error) {
	w, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		return "", err
	}
	now := time.Now()
	signature, err := w.Sign(id, now, body)
	if err != nil {
		return "", err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, to, bytes.NewReader(body))
	if err != nil {
		return "", err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set(standardwebhooks.HeaderWebhookID, id)
	r.Header.Set(standardwebhooks.HeaderWebhookTimestamp, strconv.FormatInt(now.Unix(), 10))
	r.Header.Set(standardwebhooks.HeaderWebhookSignature, signature)
	res, err := http.DefaultTransport.RoundTrip(r) // which follows no redirect
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	_, err = io.Copy(io.Discard, io.LimitReader(res.Body, 1<<20))
	return res.Status, err
}
