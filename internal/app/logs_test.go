package app

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base64"
	"log/slog"
	"maps"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"redial/api"
)

// signature signs a callback as Twilio documents it. It is written independently, so that it can check redial's own.
func signature(token, url string, form url.Values) string {
	h := hmac.New(sha1.New, []byte(token))
	h.Write([]byte(url))
	for _, name := range slices.Sorted(maps.Keys(form)) {
		for _, v := range slices.Compact(slices.Sorted(slices.Values(form[name]))) {
			h.Write([]byte(name + v))
		}
	}
	return base64.StdEncoding.EncodeToString(h.Sum(nil))
}

type lockedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

// TestLogsKeepSecrets makes everything happen that is logged, at every level, and searches the log for secrets and
// whole numbers.
func TestLogsKeepSecrets(t *testing.T) {
	var out lockedBuffer
	change := func(c *Config) {
		hooks(shop)(c)
		c.Log = slog.New(slog.NewJSONHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	var keys []string
	inWorld(t, change, func(w *world) {
		w.receiver(shop, secretOf("a")).fails(410)
		e, err := w.client.CreateEndpoint(w.ctx, api.CreateEndpoint{URL: "https://nobody.example.com/?key=hush"})
		if err != nil {
			t.Fatal(err)
		}
		keys = append(keys, e.Secret, secretOf("a"), "hush")
		w.phone(alice).noAnswer().does("answer+dropped")
		w.phone(bob).does("answer+429").does("refuse:21211")
		w.call(api.CreateCall{To: alice})
		w.call(api.CreateCall{To: bob})
		w.do("POST", "/twilio_api/callback?attempt=x", "To="+url.QueryEscape(alice), "X-Twilio-Signature", "eA==")
		w.pass(10 * time.Minute)
		w.sim.Suspend(20003)
		w.phone("+819055556666").answers()
		w.call(api.CreateCall{To: "+819055556666"})
		w.pass(10 * time.Minute)
		w.sim.Suspend(0)
		w.pass(100 * time.Hour)
		if _, page := w.do("GET", "/metrics", ""); strings.Contains(page, "hush") {
			t.Error("a URL's key is in the metrics")
		}
		for _, r := range w.creates() {
			if u, err := url.Parse(r.Form.Get("StatusCallback")); err == nil {
				keys = append(keys, u.Query().Get("attempt"))
			}
		}
	})
	log := out.b.String()
	if !strings.Contains(log, "call created") || !strings.Contains(log, "attempt placed") ||
		!strings.Contains(log, "webhook is given up") || !strings.Contains(log, "410 Gone") ||
		!strings.Contains(log, "attempt ended") || !strings.Contains(log, "call ended") ||
		!strings.Contains(log, "webhook endpoint fails") {
		t.Errorf("the log misses what it should tell:\n%s", log)
	}
	for _, secret := range append(keys, token, account, "Bearer", alice, alice[1:], bob, bob[1:], caller,
		"+819055556666", "9055556666") {
		if strings.Contains(log, secret) {
			t.Errorf("the log has %q", secret)
		}
	}
}

// TestNobodyKeepsThePIN searches everything that is stored or sent for the PIN, and for the wrong one that was
// pressed first.
func TestNobodyKeepsThePIN(t *testing.T) {
	const pin, mistyped = "739118264105", "739118264015"
	var out lockedBuffer
	change := func(c *Config) {
		c.Log = slog.New(slog.NewJSONHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	places := map[string]string{}
	inWorld(t, change, func(w *world) {
		w.phone(alice).does("answer+keys=" + mistyped + "/" + pin)
		body := `{"to":"` + alice + `","say":"x","policy":{"confirm":{"pin":"` + pin + `"}}}`
		for _, want := range []int{201, 201} { // the second is a repeat
			status, answer := w.do("POST", "/v1/calls", body, "Idempotency-Key", "k")
			if status != want || strings.Contains(answer, pin) {
				t.Errorf("%d %s", status, answer)
			}
		}
		status, answer := w.do("POST", "/v1/calls", strings.Replace(body, pin, mistyped, 1), "Idempotency-Key", "k")
		if status != 409 {
			t.Errorf("another PIN with the same Idempotency-Key: %d %s", status, answer)
		}
		w.pass(time.Minute)
		_, calls := w.do("GET", "/v1/calls", "")
		if !strings.Contains(calls, `"by":"pin"`) {
			t.Errorf("it was not confirmed: %s", calls)
		}
		id, _, _ := strings.Cut(strings.SplitN(calls, `"id":"`, 2)[1], `"`)
		_, events := w.do("GET", "/v1/calls/"+id+"/events", "")
		places["what the API shows"] = calls + events
		for _, r := range w.sim.Requests() {
			places["what Twilio was asked for"] += r.Form.Encode()
		}
		file := strings.TrimPrefix(w.conf.DatabaseURL, "sqlite:")
		for _, name := range []string{file, file + "-wal"} {
			if b, err := os.ReadFile(name); err == nil {
				places["the database"] += string(b)
			}
		}
	})
	places["the log"] = out.b.String()
	for place, text := range places {
		if text == "" || strings.Contains(text, pin) || strings.Contains(text, mistyped) {
			t.Errorf("%s, of %d bytes, has it", place, len(text))
		}
	}
}
