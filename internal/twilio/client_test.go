package twilio

import (
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"redial/internal/call"
)

const (
	accountSID = "AC0123456789abcdef0123456789abcdef"
	authToken  = "0123456789abcdef0123456789abcdef"
	callSID    = "CA0123456789abcdef0123456789abcdef"
	to         = "+819012345678"
	from       = "+815012345678"
)

// wish is a Call whose first attempt was written just now.
func wish(t *testing.T, change ...func(*call.Wish)) *call.Call {
	t.Helper()
	w := call.Wish{
		ID: "c1", Secret: "secret", To: to, From: from,
		Message: call.Message{Say: &call.Say{Text: "もしもし", Language: "ja-JP"}},
		Policy:  call.DefaultPolicy(),
	}
	for _, f := range change {
		f(&w)
	}
	now := time.Now()
	cl, _, err := call.New(w, now)
	if err != nil {
		t.Fatal(err)
	}
	if acts, _ := cl.Wake(now, ""); len(acts) != 1 || acts[0].Kind != call.Dial {
		t.Fatalf("actions %v, want one dial", acts)
	}
	return &cl
}

// seen is a request as a server saw it.
type seen struct {
	method, path, query, user, secret string
	header                            http.Header
	form                              url.Values
}

// serve answers every request with the handler and keeps what was asked.
func serve(t *testing.T, answer http.HandlerFunc) (base string, requests func() []seen) {
	t.Helper()
	var mu sync.Mutex
	var asked []seen
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil {
			t.Errorf("request's form: %v", err)
		}
		s := seen{method: r.Method, path: r.URL.EscapedPath(), query: r.URL.RawQuery, header: r.Header, form: r.PostForm}
		s.user, s.secret, _ = r.BasicAuth()
		mu.Lock()
		asked = append(asked, s)
		mu.Unlock()
		answer(w, r)
	}))
	t.Cleanup(srv.Close)
	return srv.URL, func() []seen {
		mu.Lock()
		defer mu.Unlock()
		return slices.Clone(asked)
	}
}

// reply answers with a status and a body.
func reply(status int, body string, header ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		for i := 0; i < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body)) // a client that hangs up is part of some tests
	}
}

func client(t *testing.T, cfg Config) *Client {
	t.Helper()
	if cfg.AccountSID == "" {
		cfg.AccountSID = accountSID
	}
	if cfg.AuthTokens == nil && cfg.APIKey == "" {
		cfg.AuthTokens = []string{authToken}
	}
	if cfg.Transport == nil {
		transport := newTransport()
		transport.Proxy = nil
		t.Cleanup(transport.CloseIdleConnections)
		cfg.Transport = transport
	}
	c, err := New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestNewRefuses(t *testing.T) {
	sound := Config{AccountSID: accountSID, AuthTokens: []string{authToken}}
	for name, tc := range map[string]struct {
		change func(*Config)
		want   string
	}{
		"no account":         {func(c *Config) { c.AccountSID = "" }, "account SID"},
		"odd account":        {func(c *Config) { c.AccountSID = "AC/../x" }, "account SID"},
		"no token":           {func(c *Config) { c.AuthTokens = nil }, "auth token"},
		"API key, no secret": {func(c *Config) { c.APIKey = "SK1" }, "secret"},
		"relative base":      {func(c *Config) { c.BaseURL = "localhost:4010" }, "base URL"},
		"base with user":     {func(c *Config) { c.BaseURL = "https://u:pw@h" }, "base URL"},
		"base with query":    {func(c *Config) { c.BaseURL = "https://h/?a=b" }, "base URL"},
		"ftp host":           {func(c *Config) { c.HostURL = "ftp://h" }, "host URL"},
		"host w/ fragment":   {func(c *Config) { c.HostURL = "https://h/#x" }, "host URL"},
		"unreadable host":    {func(c *Config) { c.HostURL = "https://u:pw@h:port" }, "host URL"},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := sound
			tc.change(&cfg)
			_, err := New(cfg)
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error %v, want one about %q", err, tc.want)
			}
			if err != nil && strings.Contains(err.Error(), "pw") {
				t.Errorf("error %v quotes a secret", err)
			}
		})
	}
}

func TestBaseURL(t *testing.T) {
	for base, want := range map[string]string{
		"":                                     "https://api.twilio.com/2010-04-01",
		"https://api.twilio.com":               "https://api.twilio.com/2010-04-01",
		"https://api.twilio.com/2010-04-01/":   "https://api.twilio.com/2010-04-01",
		"http://127.0.0.1:4010":                "http://127.0.0.1:4010/2010-04-01",
		"http://[::1]:4010/":                   "http://[::1]:4010/2010-04-01",
		"https://s.signalwire.com/api/laml/20": "https://s.signalwire.com/api/laml/20",
	} {
		if got := client(t, Config{BaseURL: base}).prefix; got != want {
			t.Errorf("base URL %q gives %q, want %q", base, got, want)
		}
	}
}

func TestOwnTransportIsBounded(t *testing.T) {
	c, err := New(Config{AccountSID: accountSID, AuthTokens: []string{authToken}})
	if err != nil {
		t.Fatal(err)
	}
	tr, ok := c.transport.(*http.Transport)
	if !ok || tr.Protocols.HTTP2() || tr.TLSHandshakeTimeout == 0 || tr.ResponseHeaderTimeout == 0 ||
		tr.IdleConnTimeout == 0 || tr.MaxConnsPerHost == 0 {
		t.Errorf("transport %+v", c.transport)
	}
}

// Connections are used again, also by many requests at once.
func TestConnectionsAreReused(t *testing.T) {
	var opened atomic.Int64
	srv := httptest.NewUnstartedServer(reply(201, created))
	srv.Config.ConnState = func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			opened.Add(1)
		}
	}
	srv.Start()
	t.Cleanup(srv.Close)
	c := client(t, Config{BaseURL: srv.URL})
	for range 4 {
		var all sync.WaitGroup
		for range 2 * maxConns {
			all.Go(func() {
				if _, err := c.Place(t.Context(), wish(t), 1); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
	}
	if n := opened.Load(); n > maxConns {
		t.Errorf("%d connections were opened, of which there are to be %d at most", n, maxConns)
	}
}
