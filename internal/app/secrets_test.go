package app

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"redial/api"
	"redial/internal/store"
)

// The secrets of API keys are nowhere but in the answer that shows them once: not in the log at any level, in answers,
// metrics, the database or what a check says; be they of the configuration or of the database, rotated, revoked, or
// none at all: what a stranger or a typing error sends is secret, too.
func TestSecretsOfAPIKeysAreNowhere(t *testing.T) {
	const plain, named = "plain-key-of-the-configuration", "named-key-of-the-configuration"
	secrets := map[string]string{
		"of the configuration": plain, "with a name": named, "with its name": "desk:" + named,
		"of a stranger":           "stranger-0123456789abcdef",
		"of a stranger like ours": "rdl_" + strings.Repeat("STRANGER", 6) + "ABCD",
	}
	var out lockedBuffer
	change := func(c *Config) {
		c.APIKeys = []string{plain, "desk:" + named}
		c.Log = slog.New(slog.NewJSONHandler(&out, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	places := map[string]string{}
	inWorld(t, change, func(w *world) {
		w.phone(alice).answers()
		made := func(method, path, body string) {
			t.Helper()
			var k api.Key
			status, answer := w.do(method, path, body, with(plain)...)
			if err := json.Unmarshal([]byte(answer), &k); err != nil || k.Secret == "" {
				t.Fatalf("%s is answered %d: %s", path, status, answer)
			}
			secrets[fmt.Sprintf("%s %s of key %d", method, path, len(secrets))] = k.Secret
		}
		made("POST", "/v1/keys", `{"name": "shop", "scopes": ["calls:write", "calls:read"]}`)
		made("POST", "/v1/keys/shop/rotate", "")
		made("POST", "/v1/keys", `{"name": "crm", "scopes": ["calls:read"]}`)
		w.revokes("crm", http.StatusUnauthorized) // with the key of all worlds, which is none here
		if status, answer := w.do("DELETE", "/v1/keys/crm", "", with(plain)...); status != http.StatusOK {
			t.Fatalf("revoking is answered %d: %s", status, answer)
		}
		for _, secret := range slices.Collect(maps.Values(secrets)) {
			for _, typed := range []string{secret[1:], secret[:len(secret)-1], strings.ToLower(secret)} {
				secrets["mistyped "+typed] = typed
			}
		}
		for _, secret := range secrets {
			places["answers"] += w.shows(secret)
		}
		w.pass(2 * time.Minute)
		_, places["metrics"] = w.do("GET", "/metrics", "", with(plain)...)
		_, list := w.do("GET", "/v1/keys", "", with(plain)...)
		_, audit := w.do("GET", "/v1/audit", "", with(plain)...)
		places["lists"] = list + audit

		restore := w.fullDisk()
		for _, secret := range secrets {
			places["answers while the disk is full"] += w.shows(secret)
		}
		restore()
		node := w.node.Load()
		places["what the log says at the start"] = fmt.Sprint(node.About(w.ctx)...)
		e := &Examination{Config: node.conf, Store: node.store}
		places["the check"] = lines(slices.Concat(e.settings(), e.database(w.ctx), e.apiKeys(w.ctx))) + "."
		file := strings.TrimPrefix(w.conf.DatabaseURL, "sqlite:")
		for _, name := range []string{file, file + "-wal"} {
			b, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			places["the database"] += string(b)
		}
	})
	places["the log"] = out.b.String()
	if !strings.Contains(places["the log"], "API key rotated") || !strings.Contains(places["the log"], `"wrong_key"`) ||
		!strings.Contains(places["the database"], store.HashSecret(secrets["POST /v1/keys of key 5"])) {
		t.Errorf("what happened is not told, or not kept:\n%s", places["the log"])
	}
	for _, wrong := range []string{"key-too-short", "with\nnewline-0123456789", "nbsp\u00a0nbsp"} {
		c := Config{APIKeys: []string{plain, wrong}}
		secrets["refused "+wrong] = wrong
		places["faults of settings"] += fmt.Sprint(c.Faults())
	}
	for place, text := range places {
		if text == "" {
			t.Errorf("nothing was found of %s", place)
		}
		for which, secret := range secrets {
			for form, sought := range map[string]string{
				"": secret, "escaped ": url.QueryEscape(secret),
				"base64 of the ": base64.StdEncoding.EncodeToString([]byte(secret)),
			} {
				if strings.Contains(text, sought) {
					t.Errorf("%s, of %d bytes, has the %ssecret %s", place, len(text), form, which)
				}
			}
		}
	}
}

// shows sends a secret in every way in which somebody might, and returns what is answered.
func (w *world) shows(secret string) (answers string) {
	w.t.Helper()
	basic := base64.StdEncoding.EncodeToString([]byte("user:" + secret))
	escaped := url.PathEscape(secret)
	for _, ask := range []struct{ method, path, body, auth string }{
		{"GET", "/v1/calls", "", "Bearer " + secret},
		{"GET", "/v1/keys", "", "Bearer " + secret},
		{"GET", "/metrics", "", "Bearer " + secret},
		{"POST", "/v1/calls", `{"to": "x", "say": "hi"}`, "Bearer " + secret},
		{"POST", "/twilio_api/calls", `{"to": "x", "say": "hi"}`, "Bearer  " + secret + " "},
		{"GET", "/v1/webhooks/stream?events=none", "", "Bearer " + secret},
		{"GET", "/v1/calls", "", secret},
		{"GET", "/v1/calls", "", "Token " + secret},
		{"GET", "/v1/calls", "", "Basic " + basic},
		{"GET", "/v1/calls?api_key=" + url.QueryEscape(secret), "", ""},
		{"GET", "/v1/calls/" + escaped, "", "Bearer " + secret},
		{"GET", "/" + escaped, "", "Bearer " + secret},
		{"DELETE", "/v1/keys/" + escaped, "", "Bearer " + secret},
		{"POST", "/v1/keys", `{"name": "shop", "scopes": ["x"]}`, "Bearer " + secret},
		{"POST", "/twilio_api/callback?attempt=" + url.QueryEscape(secret), "CallSid=CA1", "Bearer " + secret},
	} {
		r := httptest.NewRequestWithContext(w.ctx, ask.method, hostURL+ask.path, strings.NewReader(ask.body))
		r.Header.Set("Content-Type", "application/json")
		if ask.auth != "" {
			r.Header.Set("Authorization", ask.auth)
		}
		out := httptest.NewRecorder()
		w.handler().ServeHTTP(out, r)
		answers += fmt.Sprint(out.Code, out.Header(), out.Body)
	}
	return answers
}
