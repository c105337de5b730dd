package bench

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// client keeps its connections, because the servers are measured and not the opening of connections.
var client = &http.Client{
	Timeout:   30 * time.Second,
	Transport: &http.Transport{MaxIdleConnsPerHost: 256},
}

// together runs do n times on several clients at once, and returns how long that took. Each client goes on as soon
// as its last one is done.
func together(clients, n int, do func(i int) error) (time.Duration, error) {
	var (
		next   atomic.Int64
		all    sync.WaitGroup
		failed atomic.Pointer[error]
	)
	started := time.Now()
	for range clients {
		all.Go(func() {
			for failed.Load() == nil {
				i := int(next.Add(1)) - 1
				if i >= n {
					return
				}
				if err := do(i); err != nil {
					failed.Store(&err)
				}
			}
		})
	}
	all.Wait()
	if err := failed.Load(); err != nil {
		return 0, *err
	}
	return time.Since(started), nil
}

// post sends a body and expects a status.
func post(target, kind string, body []byte, header http.Header, want int) error {
	r, err := http.NewRequest(http.MethodPost, target, bytes.NewReader(body))
	if err != nil {
		return err
	}
	maps.Copy(r.Header, header)
	r.Header.Set("Content-Type", kind)
	answer, err := client.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err == nil && answer.StatusCode != want {
		err = fmt.Errorf("%s: %s: %s", target, answer.Status, text)
	}
	return err
}

// read gets a page, and reads all of it.
func read(target string) error {
	r, err := client.Get(target)
	if err != nil {
		return err
	}
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	if err == nil && r.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s: %s", target, r.Status, text)
	}
	return err
}

// lastNumber counts the phones: each is called once.
var lastNumber atomic.Int64

func number() string { return fmt.Sprintf("+8190%08d", 10_000_000+lastNumber.Add(1)) }

// create asks for a call.
func create(base, policy string) error { return createBy(base, policy, "") }

// createBy asks for a call with an API key; empty: without one.
func createBy(base, policy, key string) error {
	return createOf(base, policy, `, "metadata": {"alert": "4711"}`, key)
}

// createOf asks for a call with further fields of the request.
func createOf(base, policy, more, key string) error {
	body := fmt.Sprintf(`{"to": %q, "say": {"text": "The server is down.", "language": "en-US"}, "policy": {%s}%s}`,
		number(), policy, more)
	header := http.Header{}
	if key != "" {
		header.Set("Authorization", "Bearer "+key)
	}
	return post(base+"/v1/calls", "application/json", []byte(body), header, http.StatusCreated)
}

// report sends a status callback, signed as Twilio signs.
func report(target, sid, status string) error {
	form := url.Values{
		"AccountSid": {account}, "ApiVersion": {"2010-04-01"}, "CallSid": {sid}, "CallStatus": {status},
		"Direction": {"outbound-api"},
		"From":      {"+815012345678"}, "To": {"+819012345678"}, "Timestamp": {"Tue, 24 Nov 2026 12:00:00 +0000"},
		"CallbackSource": {"call-progress-events"}, "SequenceNumber": {"3"}, "CallDuration": {"0"},
		"SipResponseCode": {"486"},
	}
	target, _, _ = strings.Cut(target, "#")
	h := hmac.New(sha1.New, []byte(token))
	_, _ = io.WriteString(h, target)
	for _, name := range slices.Sorted(maps.Keys(form)) {
		_, _ = io.WriteString(h, name+form.Get(name))
	}
	header := http.Header{"X-Twilio-Signature": {base64.StdEncoding.EncodeToString(h.Sum(nil))}}
	return post(target, "application/x-www-form-urlencoded", []byte(form.Encode()), header, http.StatusNoContent)
}

// percentile of durations, p from 0 to 100.
func percentile(list []time.Duration, p float64) time.Duration {
	sorted := slices.Sorted(slices.Values(list))
	return sorted[min(len(sorted)-1, int(float64(len(sorted))*p/100))]
}
