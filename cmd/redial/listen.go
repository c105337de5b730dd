package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"redial/api"
	"redial/internal/app"
)

type listenCmd struct {
	server  `embed:""`
	printed `embed:""`
	Forward string   `help:"Where to send them on to, signed, such as http://localhost:3000/hook." placeholder:"URL"`
	Secret  string   `help:"What to sign them with, so that it is the same whenever you listen: whsec_ and what openssl rand -base64 32 prints; without, one of the server's." env:"REDIAL_LISTEN_SECRET" secret:"" placeholder:"whsec_…"`
	Events  []string `help:"Types, by commas; without, all." placeholder:"TYPE"`
	Payload bool     `help:"Show each message's body, too."`
}

// forwardTime is how long redial itself waits for an answer to a webhook.
const forwardTime = 15 * time.Second

func (c *listenCmd) Help() string {
	return "Streams the webhooks of a server, of all its nodes, to this machine. Nothing is tried again. " +
		"With --json each " +
		"message is a line on standard output, and what came of sending it on one on standard error."
}

// Validate refuses a URL to which nothing can be sent, and a secret that can't sign.
func (c *listenCmd) Validate() error {
	if u, err := url.Parse(c.Forward); c.Forward != "" && (err != nil || u.Host == "") {
		return errors.New("--forward must be a URL, such as http://localhost:3000/hook")
	}
	if c.Secret != "" {
		if err := app.CheckWebhookSecret(c.Secret); err != nil {
			return fmt.Errorf("--secret %w", err)
		}
	}
	return nil
}

func (c *listenCmd) Run(ctx context.Context, con *console) error {
	con.warnPlain("--forward", c.Forward)
	secret := c.Secret
	ready := func(e api.Endpoint) {
		con.asked = "" // a redial has answered
		if c.Secret == "" {
			secret = e.Secret
		}
		c.listening(con, secret)
	}
	err := con.patient(c.client(), "").Listen(ctx, c.Events, ready, func(m api.Webhook, body []byte) error {
		came := ""
		if c.Forward != "" {
			came = c.forward(ctx, secret, m.ID, body)
		}
		return c.heard(con, m, body, came)
	})
	if ctx.Err() != nil { // Ctrl-C is the normal end
		return nil
	}
	return err
}

// listening says that messages come from now on, and with which secret they are signed. It does not show a secret
// that was given.
func (c *listenCmd) listening(con *console, secret string) {
	signed := map[string]string{"listening": c.client().Address()}
	with := "your secret"
	if c.Secret == "" {
		signed["secret"], with = secret, secret
	}
	if c.JSON {
		_ = printLine(con.err, signed) // a failure can't be reported anywhere else
		return
	}
	printf(con.err, "listening to %s; signed with %s\n", c.client().Address(), with)
}

// heard shows a message, and the result of forwarding it.
func (c *listenCmd) heard(con *console, m api.Webhook, body []byte, came string) error {
	if c.JSON {
		if came != "" {
			_ = printLine(con.err, map[string]string{"forwarded": m.ID, "answer": came})
		}
		return printLine(con.out, json.RawMessage(body))
	}
	printf(con.out, "%s\n",
		strings.TrimSpace(fmt.Sprintf("%s  %-22s %s  %s", zoned(local(m.Timestamp), exactTime), m.Type, m.ID, came)))
	if !c.Payload {
		return nil
	}
	var shown bytes.Buffer
	if err := json.Indent(&shown, body, "  ", "  "); err != nil {
		return err
	}
	_, err := io.WriteString(con.out, "  "+shown.String()+"\n")
	return err
}

// forward sends a message to the program, and says what it answered.
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
	res, err := http.DefaultTransport.RoundTrip(r) // a transport follows no redirect
	if err != nil {
		return "", err
	}
	defer res.Body.Close()
	_, err = io.Copy(io.Discard, io.LimitReader(res.Body, 1<<20))
	return res.Status, err
}
