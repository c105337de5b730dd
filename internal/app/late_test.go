package app

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"redial/internal/store"
)

// slowly is a body that is sent once something has been done.
type slowly struct {
	io.Reader
	first func()
}

func (s *slowly) Read(p []byte) (int, error) {
	if first := s.first; first != nil {
		s.first = nil
		first()
	}
	return s.Reader.Read(p)
}

// A key that is revoked while the body of a request is on its way can do nothing any more.
func TestAKeyEndsWhileABodyIsSent(t *testing.T) {
	for path, body := range map[string]string{
		"/v1/calls":                         `{"to": "` + bob + `", "say": "hi"}`,
		"/v1/calls?dry_run=true":            `{"to": "` + bob + `", "say": "hi"}`,
		"/v1/calls/ID/cancel":               `{"hangup": true}`,
		"/v1/calls/ID/attempts/1/resolve":   `{"unplaced": true}`,
		"/v1/webhooks":                      `{"url": "https://thief.example/hook", "events": ["*"]}`,
		"/v1/keys":                          `{"name": "back", "scopes": ["admin"]}`,
		"/v1/keys/stolen/rotate":            `{"overlap": "1h"}`,
		"/v1/keys/stolen/rotate?of=nothing": `not JSON`,
	} {
		inWorld(t, nil, func(w *world) {
			secret := w.key("stolen", store.Admin)
			id := w.waits(apiKey, alice)
			audit := func() string {
				_, list := w.do("GET", "/v1/audit?by=stolen", "")
				return list
			}
			before := audit()
			sent := &slowly{strings.NewReader(body), func() {
				w.revokes("stolen", http.StatusOK)
				w.pass(15 * time.Second)
			}}
			r := httptest.NewRequestWithContext(w.ctx, "POST", hostURL+strings.Replace(path, "ID", id, 1), sent)
			r.ContentLength = int64(len(body))
			r.Header.Set("Authorization", "Bearer "+secret)
			r.Header.Set("Content-Type", "application/json")
			out := httptest.NewRecorder()
			w.handler().ServeHTTP(out, r)
			if out.Code != http.StatusUnauthorized || audit() != before {
				t.Errorf("%s is answered %d, and the audit has %s", path, out.Code, audit())
			}
		})
	}
}

// stuckAt is a log that takes a while over a message.
type stuckAt struct {
	slog.Handler
	message string
	pause   time.Duration
}

func (s stuckAt) Enabled(context.Context, slog.Level) bool { return true }

func (s stuckAt) Handle(_ context.Context, r slog.Record) error {
	if strings.Contains(r.Message, s.message) {
		time.Sleep(s.pause)
	}
	return nil
}

// A create that takes long is held against its key once more when it is committed: whoever revoked the key and
// canceled what it had made may not have seen the call.
func TestACreateThatTookLongIsHeldAgainstItsKeyAgain(t *testing.T) {
	for _, revoked := range []bool{false, true} {
		inWorld(t, func(c *Config) {
			c.Log = slog.New(stuckAt{slog.DiscardHandler, "call created", 3 * time.Second})
		}, func(w *world) {
			w.phone(alice).answers()
			secret, status := w.key("shop", store.CallsWrite), 0
			done := make(chan struct{})
			go func() {
				defer close(done)
				status, _ = w.do("POST", "/v1/calls", `{"to": "`+alice+`", "say": "hi", "policy": {"not_before": "1h"}}`,
					with(secret)...)
			}()
			w.pass(time.Second)
			if revoked {
				w.revokes("shop", http.StatusOK)
			}
			<-done
			_, list := w.do("GET", "/v1/calls", "")
			want, state := http.StatusCreated, `"state":"waiting"`
			if revoked {
				want, state = http.StatusUnauthorized, `"outcome":"canceled"`
			}
			if status != want || !strings.Contains(list, state) {
				t.Errorf("revoked %t: answered %d, %s", revoked, status, list)
			}
		})
	}
}

// A stream that was opened without an API key ends with the first key.
func TestAStreamWithoutAKeyEndsWithTheFirstKey(t *testing.T) {
	inWorld(t, func(c *Config) { c.APIKeys, c.HostURL = nil, localURL }, func(w *world) {
		stream := w.streams("/v1/webhooks/stream", "", "Authorization", "")
		w.pass(time.Minute)
		if stream.over() {
			t.Fatalf("the stream is over without a key: %s", stream.out.Body)
		}
		w.key("shop", store.Admin)
		w.pass(time.Second)
		if !stream.over() {
			t.Error("the stream goes on")
		}
	})
}

// The process's own key is none of those that are counted: what was opened with it goes on whatever keys there are.
func TestAStreamOfTheProcessItselfGoesOn(t *testing.T) {
	const own = "own-key-of-the-process"
	inWorld(t, func(c *Config) { c.APIKeys, c.HostURL, c.OwnKey = nil, localURL, own }, func(w *world) {
		w.key("shop", store.Admin)
		stream := w.streams("/v1/webhooks/stream", "", with(own)...)
		w.pass(time.Minute)
		if stream.over() {
			t.Errorf("the stream is over: %s", stream.out.Body)
		}
		stream.leave()
	})
}

// A node that others can reach serves nobody without an API key, whatever becomes of those in the database.
func TestAPublicNodeIsNeverKeyless(t *testing.T) {
	inWorld(t, func(c *Config) {
		c.APIKeys = nil
		ctx := context.WithoutCancel(t.Context()) // which is not of the bubble
		_, _, err := CreateKey(ctx, c.DatabaseURL, "ops", []string{"admin"}, 0, func(string) {})
		if err != nil {
			t.Fatal(err)
		}
	}, func(w *world) {
		local := func() int {
			return w.local("GET", "/v1/calls", func(r *http.Request) { r.Header.Del("Authorization") }).Code
		}
		before := local()
		w.sql("DELETE FROM api_keys", "UPDATE key_changes SET version = version + 1")
		w.pass(time.Second)
		if after := local(); before != http.StatusUnauthorized || after != http.StatusUnauthorized {
			t.Errorf("it is answered %d, and without rows of keys %d", before, after)
		}
	})
}
