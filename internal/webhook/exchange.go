package webhook

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"strconv"
	"time"

	"github.com/google/uuid"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"redial/internal/crashpoint"
	"redial/internal/store"
)

// verdict is what came of a try.
type verdict struct {
	try   store.Try
	after time.Duration // that the answer asks to wait
	over  bool          // no further try makes sense: the endpoint is gone
	sent  bool          // it was sent, or tried to be
}

func (v *verdict) taken() bool { return v.try.Error == "" }

// maxTries of a Delivery are kept.
const maxTries = 30

// settle writes into a Delivery what becomes of it after a try.
func (v *verdict) settle(d *store.Delivery, now time.Time) {
	d.Tries = append(d.Tries, v.try)
	d.Tries = d.Tries[max(0, len(d.Tries)-maxTries):]
	d.WakeAt = time.Time{}
	if v.taken() {
		d.State = store.Delivered
		return
	}
	d.Failures++
	wait, again := delay(d.Failures, v.after)
	if v.over || !again || now.Sub(d.Since) >= GiveUp {
		d.State = store.Dead
		return
	}
	d.WakeAt = now.Add(wait)
}

// send sends a Delivery, unless its endpoint was removed or disabled since.
func (s *Sender) send(d *store.Delivery) verdict {
	e := d.Endpoint
	secrets := s.secrets
	why := ""
	switch {
	case e == nil && d.EndpointID != store.OfCall:
		why = "the endpoint was removed"
	case e != nil && !e.DisabledAt.IsZero():
		why = "the endpoint is disabled: " + e.DisabledWhy
	case e != nil && e.Source == store.FromAPI:
		secrets = e.Secrets
	}
	if why != "" {
		return verdict{try: store.Try{At: s.Store.Now(), Error: why}, over: true}
	}
	crashpoint.Point(crashpoint.DeliverBeforeRequest)
	v := s.post(context.Background(), message{url: d.URL, id: d.EventID(), body: []byte(d.Body), secrets: secrets})
	crashpoint.Point(crashpoint.DeliverAfterRequest)
	return v
}

// Test sends one message without an event, and returns what came of it.
func (s *Sender) Test(ctx context.Context, e *store.Endpoint) (store.Try, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return store.Try{}, err
	}
	m := message{url: e.URL, id: "evt_test_" + id.String(), secrets: e.Secrets}
	if e.Source == store.FromConfig {
		m.secrets = s.secrets
	}
	if m.body, err = testBody(m.id, s.Store.Now()); err != nil {
		return store.Try{}, err
	}
	return s.post(ctx, m).try, nil
}

// message is what is sent.
type message struct {
	url, id string
	body    []byte
	secrets []store.Secret
}

// post makes one exchange.
func (s *Sender) post(ctx context.Context, m message) (v verdict) {
	ctx, cancel := context.WithTimeout(ctx, exchangeTime)
	defer cancel()
	v.try.At, v.sent = s.Store.Now(), true
	started := time.Now()
	res, err := s.exchange(ctx, m)
	v.try.Duration = time.Since(started).Round(time.Microsecond)
	switch {
	case err != nil:
		v.try.Error = s.Text(reason(ctx, err))
		return v
	case res.StatusCode < 200 || res.StatusCode > 299:
		v.try.Error = "it answered " + strconv.Itoa(res.StatusCode) + " " + http.StatusText(res.StatusCode)
	}
	v.try.Status, v.over = res.StatusCode, res.StatusCode == http.StatusGone
	v.after = retryAfter(res.Header.Get("Retry-After"), v.try.At)
	return v
}

func (s *Sender) exchange(ctx context.Context, m message) (_ *http.Response, err error) {
	defer crashpoint.Contain(&err)
	now := s.Store.Now()
	signature, err := sign(m.secrets, m.id, now, m.body)
	if err != nil {
		return nil, err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, m.url, bytes.NewReader(m.body))
	if err != nil {
		return nil, ours("the URL can't be read")
	}
	if r.URL.Scheme != "https" && !s.AllowPrivate {
		return nil, errPlain
	}
	r.Header = http.Header{
		"Content-Type": {"application/json"}, "User-Agent": {"redial"},
		http.CanonicalHeaderKey(standardwebhooks.HeaderWebhookID):        {m.id},
		http.CanonicalHeaderKey(standardwebhooks.HeaderWebhookTimestamp): {strconv.FormatInt(now.Unix(), 10)},
		http.CanonicalHeaderKey(standardwebhooks.HeaderWebhookSignature): {signature},
	}
	res, err := s.client.Do(r)
	if err != nil {
		return nil, err
	}
	defer res.Body.Close()
	// The connection can be used again once its answer was read. An error here changes nothing: the status is known.
	_, _ = io.Copy(io.Discard, io.LimitReader(res.Body, maxAnswer))
	return res, nil
}

// retryAfter reads the header: seconds, or a date.
func retryAfter(text string, now time.Time) time.Duration {
	if seconds, err := strconv.Atoi(text); err == nil {
		return time.Duration(max(0, min(seconds, int(MostRetryAfter/time.Second)))) * time.Second
	}
	at, err := http.ParseTime(text)
	if err != nil {
		return 0
	}
	return max(0, at.Sub(now))
}
