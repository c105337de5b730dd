package app

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"redial/internal/store"
)

// browser is a browser at the public URL: it keeps cookies, and follows no redirect.
type browser struct {
	w       *world
	origin  string // of its page
	cookies map[string]*http.Cookie
}

func (w *world) browser() *browser { return &browser{w, hostURL, map[string]*http.Cookie{}} }

func (b *browser) do(method, path string, form url.Values) *httptest.ResponseRecorder {
	b.w.t.Helper()
	r := httptest.NewRequestWithContext(b.w.ctx, method, b.origin+path, strings.NewReader(form.Encode()))
	r.Header.Set("Accept", "text/html")
	if method == "POST" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Origin", b.origin)
		if strings.HasPrefix(b.origin, "https:") { // browsers say so over TLS alone
			r.Header.Set("Sec-Fetch-Site", "same-origin")
		}
	}
	for _, c := range b.cookies {
		r.AddCookie(c)
	}
	out := httptest.NewRecorder()
	b.w.handler().ServeHTTP(out, r)
	for _, c := range out.Result().Cookies() {
		if b.cookies[c.Name] = c; c.MaxAge < 0 {
			delete(b.cookies, c.Name)
		}
	}
	return out
}

func (b *browser) signIn(key string) *httptest.ResponseRecorder {
	return b.do("POST", "/sign-in", url.Values{"key": {key}, "to": {"?x=1"}})
}

// sees says whether the browser is shown Now, rather than sent to sign in.
func (b *browser) sees() bool { return b.do("GET", "/", nil).Code == http.StatusOK }

// Whoever brings an API key is signed in, in a cookie that no script and no other site gets.
func TestABrowserSignsInWithAnAPIKey(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		b := w.browser()
		out := b.do("GET", "/?x=1", nil)
		if got := out.Header().Get("Location"); out.Code != http.StatusSeeOther || got != "./sign-in?to=%3Fx%3D1" {
			t.Errorf("a stranger is answered %d, and sent to %q", out.Code, got)
		}
		if out := b.signIn("no-key-of-the-world"); out.Code != http.StatusUnauthorized ||
			!strings.Contains(out.Body.String(), "This API key does not work.") || len(b.cookies) > 0 {
			t.Errorf("a wrong key is answered %d, %v: %s", out.Code, b.cookies, out.Body)
		}
		out = b.signIn(apiKey)
		if got := out.Header().Get("Location"); out.Code != http.StatusSeeOther || got != "./?x=1" {
			t.Errorf("a key that works is answered %d, and sent to %q", out.Code, got)
		}
		c := b.cookies["__Host-redial"]
		if c == nil || !c.HttpOnly || !c.Secure || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" {
			t.Errorf("the cookie is %v", c)
		}
		if !b.sees() {
			t.Error("who is signed in sees nothing")
		}
		other := w.browser()
		other.signIn(apiKey)
		if other.cookies["__Host-redial"].Value == c.Value {
			t.Error("two sessions have one token")
		}
		if out := b.do("POST", "/sign-out", nil); out.Code != http.StatusSeeOther || len(b.cookies) > 0 {
			t.Errorf("signing out is answered %d, and leaves %v", out.Code, b.cookies)
		}
		b.cookies["__Host-redial"] = c
		if b.sees() {
			t.Error("whoever kept the cookie is still signed in")
		}
		if !other.sees() {
			t.Error("signing out ended another browser's session")
		}
		w.pass(12 * time.Hour)
		if other.sees() {
			t.Error("a session lasts for more than 12 hours")
		}
		want := "env session.create env;env session.create env;env session.end env"
		if got := strings.Join(w.audited("env"), ";"); got != want {
			t.Errorf("the audit has %s", got)
		}
	})
}

// A session ends with its API key, within a second, and what is live ends with it.
func TestASessionEndsWithItsKey(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		b, again := w.browser(), w.browser()
		b.signIn(w.key("desk", store.Operate))
		if !b.sees() {
			t.Error("who is signed in sees nothing")
		}
		lives := w.live(b)
		w.pass(time.Second)
		if _, err := w.client.RevokeKey(w.ctx, "desk", false); err != nil {
			t.Fatal(err)
		}
		w.pass(time.Second)
		if b.sees() {
			t.Error("a second after its key was revoked, a browser is still signed in")
		}
		if said := lives(); !strings.HasSuffix(said, "event: gone\ndata: gone\n\n") {
			t.Errorf("what was live does not end: %q", said)
		}
		again.signIn(apiKey)
		w.stop()
		w.conf.APIKeys = []string{"another-key-of-the-world"}
		w.start()
		w.client.Key = w.conf.APIKeys[0]
		if again.sees() {
			t.Error("who signed in by a key that the settings had is still in")
		}
	})
}

// live opens what is live of Now, in a browser. It returns what was said, once that has ended.
func (w *world) live(b *browser) (said func() string) {
	done := make(chan string)
	r := httptest.NewRequestWithContext(w.ctx, "GET", hostURL+"/live", nil)
	for _, c := range b.cookies {
		r.AddCookie(c)
	}
	go func() {
		out := httptest.NewRecorder()
		w.handler().ServeHTTP(out, r)
		text, _ := io.ReadAll(out.Result().Body)
		done <- string(text)
	}()
	return func() string {
		select {
		case text := <-done:
			return text
		case <-time.After(10 * time.Second):
			return "it goes on"
		}
	}
}

// An API key is neither asked for nor taken where it could be read on the way.
func TestNobodySignsInOverPlainHTTP(t *testing.T) {
	const why = "over plain http"
	inWorld(t, nil, func(w *world) {
		b := w.browser()
		b.origin = "http://redial.internal:8080"
		if out := b.do("GET", "/sign-in", nil); !strings.Contains(out.Body.String(), why) ||
			strings.Contains(out.Body.String(), `name="key"`) {
			t.Errorf("the key is asked for: %s", out.Body)
		}
		b.origin = "http://redial.example.com" // which a browser could reach over https
		out := b.signIn(apiKey)
		if out.Code != http.StatusForbidden || !strings.Contains(out.Body.String(), why) || len(b.cookies) > 0 {
			t.Errorf("the key is taken: %d %s", out.Code, out.Body)
		}
		b.origin = "http://127.0.0.1:8080"
		if out := b.signIn(apiKey); out.Code != http.StatusSeeOther || b.cookies["redial-session"] == nil || !b.sees() {
			t.Errorf("on the machine itself it is answered %d: %s", out.Code, out.Body)
		}
	})
}

// A form that another site's page sends does nothing.
func TestOtherSitesDoNothing(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		b := w.browser()
		b.signIn(apiKey)
		for name, value := range map[string]string{"Sec-Fetch-Site": "cross-site", "Origin": "https://evil.example"} {
			r := httptest.NewRequestWithContext(w.ctx, "POST", hostURL+"/sign-out", nil)
			r.Header.Set(name, value)
			for _, c := range b.cookies {
				r.AddCookie(c)
			}
			out := httptest.NewRecorder()
			if w.handler().ServeHTTP(out, r); out.Code != http.StatusForbidden || !b.sees() {
				t.Errorf("with %s %s it is answered %d", name, value, out.Code)
			}
		}
	})
}

// Scopes decide what is shown: whose calls, and whether any.
func TestScopesDecideWhatIsShown(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.phone(bob).answers() // alice's number is that of an example
		shop, crm := w.key("shop", store.CallsRead, store.CallsWrite), w.key("crm", store.CallsRead)
		status, answer := w.do("POST", "/v1/calls", `{"to": "`+bob+`", "say": "hi"}`, with(shop)...)
		if status != http.StatusCreated {
			t.Fatal(answer)
		}
		w.pass(time.Minute)
		for secret, want := range map[string]bool{shop: true, crm: false, w.key("ops", store.Operate): true, apiKey: true} {
			b := w.browser()
			b.signIn(secret)
			page := b.do("GET", "/", nil).Body.String()
			if got := strings.Contains(page, `id="call-`); got != want {
				t.Errorf("with %s the call is shown: %t", secret[:8], got)
			}
			if whole := strings.Contains(page, bob); whole != (secret == apiKey) {
				t.Errorf("with %s the whole number is shown: %t", secret[:8], whole)
			}
		}
		b := w.browser()
		b.signIn(w.key("prom", store.Metrics))
		if out := b.do("GET", "/", nil); out.Code != http.StatusForbidden ||
			!strings.Contains(out.Body.String(), "it lacks the scope calls:read") {
			t.Errorf("with metrics alone it is answered %d: %s", out.Code, out.Body)
		}
	})
}
