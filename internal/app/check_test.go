package app

import (
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"redial/internal/freeaddr"
	"redial/internal/sim"
	"redial/internal/twilio"
	"redial/internal/web"
)

// setup is a set-up in which nothing is wrong: a Twilio at its own URL, and a proxy that leads HOST_URL to the
// address where redial listens.
type setup struct {
	t       *testing.T
	conf    Config
	sim     *sim.Sim
	proxy   *httputil.ReverseProxy
	changes []func(*http.Request)                         // what the proxy changes in a request
	before  func(http.ResponseWriter, *http.Request) bool // runs in the proxy; true: it has answered
	e       *Examination
}

func newSetup(t *testing.T) *setup {
	t.Helper()
	s := &setup{t: t}
	var err error
	s.sim, err = sim.New(sim.Config{AccountSID: account, AuthToken: token, APIKeys: map[string]string{"SK1": "secret"}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.sim.Close)
	listen, err := freeaddr.New()
	if err != nil {
		t.Fatal(err)
	}
	behind := &url.URL{Scheme: "http", Host: listen}
	s.proxy = &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(behind)
		r.Out.URL.RawQuery = r.In.URL.RawQuery // ReverseProxy would sort it
		for _, change := range s.changes {
			change(r.Out)
		}
	}}
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.before == nil || !s.before(w, r) {
			s.proxy.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(front.Close)
	s.conf = Config{
		Listen: listen, HostURL: front.URL, DatabaseURL: "sqlite:" + filepath.Join(t.TempDir(), "redial.db"), Migrate: true,
		APIKeys: []string{apiKey}, AccountSID: account, AuthTokens: []string{token}, From: caller, CallsPerSecond: 1,
		MaxWaiting: 100000, MaxPerNumber: 200,
		RetentionDays: 90,
		Transport:     memory{func() http.Handler { return s.sim }},
	}
	s.e = &Examination{}
	return s
}

// account sets the state of the account at Twilio.
func (s *setup) account(a sim.Account) {
	s.t.Helper()
	if err := s.sim.SetAccount(a); err != nil {
		s.t.Fatal(err)
	}
}

// direct changes each request on its way through the proxy.
func (s *setup) direct(change func(*http.Request)) { s.changes = append(s.changes, change) }

// answers makes another program answer instead of redial.
func (s *setup) answers(status int, kind, body string, headers ...string) {
	s.before = func(w http.ResponseWriter, _ *http.Request) bool {
		w.Header().Set("Content-Type", kind)
		for i := 0; i+1 < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(status)
		fmt.Fprint(w, body)
		return true
	}
}

// leadsElsewhere makes HOST_URL lead to a redial of the same account on another machine.
func (s *setup) leadsElsewhere() {
	other := web.Stand(twilio.NewProber(s.conf.HostURL, s.conf.AuthTokens))
	s.before = func(w http.ResponseWriter, r *http.Request) bool {
		other.ServeHTTP(w, r)
		return true
	}
}

// fails makes every request to HOST_URL fail with an error.
func (s *setup) fails(err error) { s.conf.HostTransport = brokenWay{err} }

type brokenWay struct{ err error }

func (f brokenWay) RoundTrip(*http.Request) (*http.Response, error) { return nil, f.err }

// taken makes another program listen at redial's address.
func (s *setup) taken(h http.Handler) {
	s.t.Helper()
	l, err := net.Listen("tcp", s.conf.Listen)
	if err != nil {
		s.t.Fatal(err)
	}
	other := &httptest.Server{Listener: l, Config: &http.Server{Handler: h}}
	other.Start()
	s.t.Cleanup(other.Close)
}

// selfSigned is the URL of a server with a certificate that nobody has signed.
func (s *setup) selfSigned() string {
	other := httptest.NewUnstartedServer(http.NotFoundHandler())
	other.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	other.StartTLS()
	s.t.Cleanup(other.Close)
	return other.URL
}

// oldTLS is the URL of a server that speaks only outdated TLS.
func (s *setup) oldTLS() string {
	other := httptest.NewUnstartedServer(http.NotFoundHandler())
	other.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	other.TLS = &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}
	other.StartTLS()
	s.t.Cleanup(other.Close)
	return other.URL
}

func (s *setup) findings() []Finding {
	s.e.Config = s.conf
	return slices.Collect(s.e.Findings(s.t.Context()))
}

func TestASoundSetUp(t *testing.T) {
	s := newSetup(t)
	for _, f := range s.findings() {
		meant := strings.Contains(f.Says, "not on the public internet") || strings.Contains(f.Says, "tmpfs") // in a test
		if f.Verdict != Sound && f.About != "webhooks" && !meant {
			t.Errorf("%+v", f)
		}
	}
	if _, err := os.Stat(strings.TrimPrefix(s.conf.DatabaseURL, "sqlite:")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the database was made: %v", err)
	}
	if l, err := net.Listen("tcp", s.conf.Listen); err != nil {
		t.Errorf("the address is still taken: %v", err)
	} else {
		l.Close()
	}
	for _, r := range s.sim.Requests() {
		if r.Method != http.MethodGet {
			t.Errorf("Twilio was asked to change something: %+v", r)
		}
	}
}

// Each fault is named with its fix, and everything else is examined, too.
func TestWhatIsWrongIsNamedWithItsFix(t *testing.T) {
	const page = "text/html; charset=utf-8"
	for name, test := range map[string]struct {
		do      func(*setup)
		verdict Verdict
		about   string
		setting string
		says    string
		fix     string
	}{
		"no account": {func(s *setup) {
			s.conf.AccountSID = ""
		}, Wrong, "settings", "TWILIO_ACCOUNT_SID", "missing", "Twilio Console"},
		"an API key for one": {func(s *setup) {
			s.conf.AccountSID = "SK" + account[2:]
		}, Wrong, "settings", "TWILIO_ACCOUNT_SID", "is an API key", "TWILIO_API_KEY"},
		"an API key for one, elsewhere": {func(s *setup) {
			s.conf.AccountSID, s.conf.TwilioBaseURL = "SK123", "https://sim.example"
		}, Wrong, "settings", "TWILIO_ACCOUNT_SID", "is an API key", "TWILIO_API_KEY"},
		"a placeholder": {func(s *setup) {
			s.conf.AccountSID = "AC…"
		}, Wrong, "settings", "TWILIO_ACCOUNT_SID", "characters that no account has", "32 characters"},
		"no token": {func(s *setup) {
			s.conf.AuthTokens = nil
		}, Wrong, "settings", "TWILIO_AUTH_TOKEN", "missing", "Twilio Console"},
		"half an API key": {func(s *setup) {
			s.conf.APIKey = "SK1"
		}, Wrong, "settings", "TWILIO_API_KEY", "TWILIO_API_SECRET", "set both"},
		"no API keys": {func(s *setup) {
			s.conf.APIKeys, s.conf.HostURL = nil, "https://redial.example.com"
		}, Wrong, "keys", "REDIAL_API_KEYS", "missing", "openssl"},
		"no presets file": {func(s *setup) {
			s.conf.Presets = "/nowhere/presets.json"
		}, Wrong, "settings", "REDIAL_PRESETS", "can't be read", "redial presets"},
		"no region": {func(s *setup) {
			s.conf.From = ""
		}, Wrong, "settings", "REDIAL_ALLOWED_REGIONS", "no number can be called", "REDIAL_FROM"},
		"an odd region": {func(s *setup) {
			s.conf.AllowedRegions = []string{"Japan"}
		}, Wrong, "settings", "REDIAL_ALLOWED_REGIONS", "no region", "two letters"},
		"a private HOST_URL": {func(s *setup) {
			s.conf.HostURL = "http://redial.local"
		}, Warning, "settings", "HOST_URL", "public internet", "proxy or tunnel"},
		"the wrong token": {func(s *setup) {
			s.conf.AuthTokens = []string{"f" + token[1:]}
		}, Wrong, "account", "TWILIO_AUTH_TOKEN", "does not take TWILIO_AUTH_TOKEN", "Account Info"},
		"a token too short": {func(s *setup) {
			s.conf.AuthTokens = []string{token[1:]}
		}, Wrong, "account", "TWILIO_AUTH_TOKEN", "does not take", "31 characters"},
		"the wrong API key": {func(s *setup) {
			s.conf.APIKey, s.conf.APISecret = "SK1", "other"
		}, Wrong, "account", "TWILIO_API_KEY", "does not take TWILIO_API_KEY", "new API key"},
		"a key, another token": {func(s *setup) {
			s.conf.APIKey, s.conf.APISecret, s.conf.AuthTokens = "SK1", "secret", []string{"other"}
		}, Wrong, "account", "TWILIO_AUTH_TOKEN", "callbacks are checked", "Account Info"},
		"an old token": {func(s *setup) {
			s.conf.AuthTokens = append(s.conf.AuthTokens, "old")
		}, Warning, "account", "TWILIO_AUTH_TOKEN", "one of several tokens", "rotated"},
		"another account": {func(s *setup) {
			s.conf.AccountSID = "ACffffffffffffffffffffffffffffffff"
		}, Wrong, "account", "TWILIO_AUTH_TOKEN", "does not take", "TWILIO_ACCOUNT_SID"},
		"suspended": {func(s *setup) {
			s.account(sim.Account{Status: "suspended"})
		}, Wrong, "account", "TWILIO_ACCOUNT_SID", "suspended", "Twilio Console"},
		"closed": {func(s *setup) {
			s.account(sim.Account{Status: "closed"})
		}, Wrong, "account", "TWILIO_ACCOUNT_SID", "closed", "another account"},
		"without money": {func(s *setup) {
			s.sim.Suspend(20005)
		}, Wrong, "account", "TWILIO_ACCOUNT_SID", "not active", "Twilio Console"},
		"test credentials": {func(s *setup) {
			s.sim.SuspendWith(403, 20008)
		}, Wrong, "account", "TWILIO_AUTH_TOKEN", "test credentials", "live ones"},
		"Twilio has trouble": {func(s *setup) {
			s.sim.SuspendWith(500, 20500)
		}, Warning, "account", "", "just now", "status.twilio.com"},
		"a trial": {func(s *setup) {
			s.account(sim.Account{Type: "Trial"})
		}, Warning, "account", "TWILIO_ACCOUNT_SID", "trial", "upgrade"},
		"Twilio away": {func(s *setup) {
			s.conf.Transport = memory{func() http.Handler { return nil }}
		}, Wrong, "account", "", "can't be reached: nothing listens", "api.twilio.com"},
		"a simulator away": {func(s *setup) {
			s.conf.Transport, s.conf.TwilioBaseURL = nil, "http://127.0.0.1:1"
		}, Wrong, "account", "REDIAL_TWILIO_BASE_URL", "nothing listens", "port"},
		"no Twilio": {func(s *setup) {
			s.conf.Transport = memory{func() http.Handler { return http.NotFoundHandler() }}
		}, Wrong, "account", "TWILIO_ACCOUNT_SID", "no such account", "Twilio Console"},
		"a firewall on the way to Twilio": {func(s *setup) {
			s.conf.Transport = memory{func() http.Handler {
				return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
					http.Error(w, "blocked", http.StatusForbidden)
				})
			}}
		}, Wrong, "account", "", "what answers is no Twilio: HTTP status 403", "a proxy"},
		"the clock behind": {func(s *setup) {
			s.account(sim.Account{ClockMS: 90_000})
		}, Wrong, "clock", "", "behind Twilio's", "NTP"},
		"the clock ahead": {func(s *setup) {
			s.account(sim.Account{ClockMS: -90_000})
		}, Wrong, "clock", "", "ahead of Twilio's", "NTP"},
		"from not owned": {func(s *setup) {
			s.account(sim.Account{Numbers: map[string]string{"+815000000000": "voice"}})
		}, Wrong, "from", "REDIAL_FROM", "neither", "Phone Numbers"},
		"from without voice": {func(s *setup) {
			s.account(sim.Account{Numbers: map[string]string{caller: "sms"}})
		}, Wrong, "from", "REDIAL_FROM", "no voice", "number with voice"},
		"from verified": {func(s *setup) {
			s.account(sim.Account{Numbers: map[string]string{}, Verified: []string{caller}})
		}, Warning, "from", "REDIAL_FROM", "anonymous",
			"Japanese number"},
		"a region not allowed": {func(s *setup) {
			s.account(sim.Account{Permissions: map[string]string{"JP": "none"}})
		}, Wrong, "regions", "REDIAL_ALLOWED_REGIONS", "no number of JP", "Geo permissions"},
		"a region not listed": {func(s *setup) {
			s.conf.AllowedRegions = []string{"JP", "GG"}
			s.account(sim.Account{Permissions: map[string]string{"GG": "unlisted"}})
		}, LeftOut, "regions", "", "no permission for GG", ""},
		"costly numbers": {func(s *setup) {
			s.account(sim.Account{Permissions: map[string]string{"JP": "special"}})
		}, Warning, "regions", "REDIAL_ALLOWED_REGIONS", "costly special numbers of JP", "switch that off"},
		"toll fraud": {func(s *setup) {
			s.conf.AllowedRegions = []string{"JP", "US"}
			s.account(sim.Account{Permissions: map[string]string{"US": "all"}})
		}, Warning, "regions", "REDIAL_ALLOWED_REGIONS", "US that toll fraud", "switch that off"},

		"another program listens": {func(s *setup) {
			s.taken(http.NotFoundHandler())
		}, Wrong, "serve", "REDIAL_LISTEN", "another program listens", "another port"},
		"a port of none": {func(s *setup) {
			s.conf.Listen = "127.0.0.1:99999"
		}, Wrong, "settings", "REDIAL_LISTEN", "a port from 0 to 65535", "HOST:PORT"},
		"an address elsewhere": {func(s *setup) {
			s.conf.Listen = "192.0.2.1:8080"
		}, Wrong, "serve", "REDIAL_LISTEN", "not this machine's", "an address of this machine"},
		"another redial's token": {func(s *setup) {
			s.taken(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				fmt.Fprint(w, `{"status":"ok"}`)
			}))
		}, Wrong, "serve", "TWILIO_AUTH_TOKEN", "another TWILIO_AUTH_TOKEN", "restart"},

		"HOST_URL of another program": {func(s *setup) {
			s.answers(404, page, "<h1>It works</h1>")
		}, Wrong, "HOST_URL", "HOST_URL", "another program answers (status 404, text/html)", "lead HOST_URL"},
		"a login page": {func(s *setup) {
			s.answers(200, page, "<form>")
		}, Wrong, "HOST_URL", "HOST_URL", "login page", "lead HOST_URL"},
		"a login": {func(s *setup) {
			s.answers(401, page, "", "WWW-Authenticate", "Basic")
		}, Wrong, "HOST_URL", "HOST_URL", "wants a login", "/twilio_api/"},
		"a program that echoes": {func(s *setup) {
			s.before = func(w http.ResponseWriter, r *http.Request) bool {
				w.Header().Set("X-Redial-Probe", r.Header.Get("X-Redial-Probe"))
				fmt.Fprint(w, `{"method":"POST","valid":true}`)
				return true
			}
		}, Wrong, "HOST_URL", "HOST_URL", "another program answers", "lead HOST_URL"},
		"a redirect": {func(s *setup) {
			s.answers(301, page, "", "Location", "https://www.example.com/secret?x=1")
		}, Wrong, "HOST_URL", "HOST_URL", "https", "behind the redirect"},
		"a redirect to https": {func(s *setup) {
			s.answers(308, page, "", "Location", "https"+strings.TrimPrefix(s.conf.HostURL, "http")+"/secret")
		}, Wrong, "HOST_URL", "HOST_URL", "redirects to https", "set HOST_URL to the https://"},
		"a firewall": {func(s *setup) {
			s.answers(403, page, "blocked")
		}, Wrong, "HOST_URL", "HOST_URL", "turns Twilio's requests away", "let /twilio_api/ through"},
		"no POST": {func(s *setup) {
			s.answers(405, page, "")
		}, Wrong, "HOST_URL", "HOST_URL", "takes no POST (status 405)", "let POST through"},
		"TLS at that port": {func(s *setup) {
			s.answers(400, page, "The plain HTTP request was sent to HTTPS port")
		}, Wrong, "HOST_URL", "HOST_URL", "speaks TLS", "https:// URL"},
		"another redirect": {func(s *setup) {
			s.answers(302, page, "", "Location", "/login")
		}, Wrong, "HOST_URL", "HOST_URL", "redirects (status 302)", "behind the redirect"},
		"nothing behind it": {func(s *setup) {
			s.answers(502, page, "Bad Gateway")
		}, Wrong, "HOST_URL", "HOST_URL", "the proxy reaches no redial (status 502)", "lead it to http://127.0.0.1:"},
		"a tunnel that ended": {func(s *setup) {
			s.answers(404, page, "", "Ngrok-Error-Code", "ERR_NGROK_3200")
		}, Wrong, "HOST_URL", "HOST_URL", "the tunnel answers", "start the tunnel"},
		"another redial": {func(s *setup) {
			s.answers(403, "application/problem+json", `{"detail":"no"}`)
		}, Wrong, "HOST_URL", "TWILIO_AUTH_TOKEN", "another TWILIO_AUTH_TOKEN", "same token"},
		"an older redial": {func(s *setup) {
			s.answers(404, "application/problem+json", `{"detail":"no"}`)
		}, Wrong, "HOST_URL", "HOST_URL", "older", "up to date"},
		"the query dropped": {func(s *setup) {
			s.direct(func(r *http.Request) { r.URL.RawQuery = "" })
		}, Wrong, "HOST_URL", "HOST_URL", "drops or changes the query", "$is_args$args"},
		"the query reordered": {func(s *setup) {
			s.direct(func(r *http.Request) { r.URL.RawQuery = r.URL.Query().Encode() })
		}, Wrong, "HOST_URL", "HOST_URL", "drops or changes the query", "as it is"},
		"the path changed": {func(s *setup) {
			s.direct(func(r *http.Request) { r.URL.Path = "/app" + r.URL.Path })
		}, Wrong, "HOST_URL", "HOST_URL", "/app/twilio_api/probe", "pass the path on"},
		"all paths to one": {func(s *setup) {
			s.direct(func(r *http.Request) { r.URL.Path = "/healthz" })
		}, Wrong, "HOST_URL", "HOST_URL", "changes the path", "pass the path on"},
		"the body dropped": {func(s *setup) {
			s.direct(func(r *http.Request) { r.Body, r.ContentLength = http.NoBody, 0 })
		}, Wrong, "HOST_URL", "HOST_URL", "drops or changes the body", "as it is"},
		"the method changed": {func(s *setup) {
			s.direct(func(r *http.Request) { r.Method = "PUT" })
		}, Wrong, "HOST_URL", "HOST_URL", "another method", "POST"},
		"the signature dropped": {func(s *setup) {
			s.direct(func(r *http.Request) { r.Header.Del("X-Twilio-Signature") })
		}, Wrong, "HOST_URL", "HOST_URL", "X-Twilio-Signature", "header"},
		"another redial's database": {func(s *setup) {
			s.leadsElsewhere()
		}, Wrong, "HOST_URL", "HOST_URL", "which has another database", "lead HOST_URL to http://127.0.0.1:"},
		"another node, perhaps": {func(s *setup) {
			s.leadsElsewhere()
			s.conf.DatabaseURL = "postgres://redial@127.0.0.1:1/redial"
		}, Warning, "HOST_URL", "HOST_URL", "not this machine", "several nodes"},
		"another node": {func(s *setup) {
			s.leadsElsewhere()
			s.taken(web.Stand(twilio.NewProber(s.conf.HostURL, s.conf.AuthTokens)))
			s.conf.DatabaseURL = "postgres://redial@127.0.0.1:1/redial"
		}, Sound, "HOST_URL", "HOST_URL", "another node", ""},
		"another HOST_URL": {func(s *setup) {
			s.taken(web.Stand(twilio.NewProber("https://other.example.com", s.conf.AuthTokens)))
		}, Wrong, "HOST_URL", "HOST_URL", "another HOST_URL", "restart it"},
		"no such name": {func(s *setup) {
			s.fails(&net.DNSError{Name: "redial.example.com", IsNotFound: true})
		}, Wrong, "HOST_URL", "HOST_URL", "DNS knows no host redial.example.com", "mend the name"},
		"a black hole": {func(s *setup) {
			s.fails(os.ErrDeadlineExceeded)
		}, Wrong, "HOST_URL", "HOST_URL", "no answer in time", "firewalls"},
		"a self-signed certificate": {func(s *setup) {
			s.conf.HostURL = s.selfSigned()
		}, Wrong, "HOST_URL", "HOST_URL", "certificate is not to be trusted", "known authority"},
		"no TLS there": {func(s *setup) {
			s.conf.HostURL = "https" + strings.TrimPrefix(s.conf.HostURL, "http")
		}, Wrong, "HOST_URL", "HOST_URL", "no TLS", "write http://"},
		"TLS of yesterday": {func(s *setup) {
			s.conf.HostURL = s.oldTLS()
		}, Wrong, "HOST_URL", "HOST_URL", "turned TLS down", "which versions"},
		"nobody at the port": {func(s *setup) {
			s.conf.HostURL = "http://127.0.0.1:1"
		}, Wrong, "HOST_URL", "HOST_URL", "nothing listens there", "port"},

		"no folder": {func(s *setup) {
			s.conf.DatabaseURL = "sqlite:/nowhere/at/all/redial.db"
		}, Wrong, "database", "DATABASE_URL", "folder", "make it"},
		"no database": {func(s *setup) {
			s.writes(strings.Repeat("this is no database ", 100))
		}, Wrong, "database", "DATABASE_URL", "the file is no database", "another file"},
		"PostgreSQL away": {func(s *setup) {
			s.conf.DatabaseURL = "postgres://redial:hush@127.0.0.1:1/redial"
		}, Wrong, "database", "DATABASE_URL", "no database listens there", "start it"},
		"a folder": {func(s *setup) {
			s.conf.DatabaseURL = "sqlite:" + s.t.TempDir()
		}, Wrong, "database", "DATABASE_URL", "that is a folder", "name a file"},
		"another's folder": {func(s *setup) {
			s.taken(web.Stand(twilio.NewProber(s.conf.HostURL, s.conf.AuthTokens)))
		}, Warning, "database", "DATABASE_URL", "uses another database than this one, which is new", "in its folder"},
		"not to be migrated": {func(s *setup) {
			s.conf.Migrate = false
		}, Wrong, "database", "REDIAL_MIGRATE", "no schema yet", "redial migrate"},

		"a dead endpoint": {func(s *setup) {
			s.hooks(true, "http://127.0.0.1:1/hook?key=hush")
		}, Wrong, "webhooks", "REDIAL_WEBHOOK_URLS", "127.0.0.1:1 gets no webhooks: nothing listens", "port"},
		"a private endpoint": {func(s *setup) {
			s.hooks(false, "https://10.0.0.1/hook")
		}, Wrong, "settings", "REDIAL_WEBHOOK_URLS", "private", "REDIAL_WEBHOOK_ALLOW_PRIVATE=true"},
		"an untrusted endpoint": {func(s *setup) {
			s.hooks(true, s.selfSigned())
		}, Wrong, "webhooks", "REDIAL_WEBHOOK_URLS", "certificate", "known authority"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newSetup(t)
			test.do(s)
			list := s.findings()
			named := slices.ContainsFunc(list, func(f Finding) bool {
				return f.Verdict == test.verdict && f.About == test.about && f.Setting == test.setting &&
					strings.Contains(f.Says, test.says) && strings.Contains(f.Fix, test.fix)
			})
			if !named || len(list) < 5 {
				t.Errorf("it is not named; found was %s", lines(list))
			}
			for _, f := range list {
				if f.Verdict == Wrong && f.Fix == "" {
					t.Errorf("no fix: %+v", f)
				}
				for _, secret := range append(s.conf.AuthTokens, "hush", caller, s.conf.APISecret, apiKey) {
					if secret != "" && secret != "other" && strings.Contains(f.Says+f.Fix, secret) {
						t.Errorf("it shows %q: %+v", secret, f)
					}
				}
			}
		})
	}
}

func lines(list []Finding) (text string) {
	for _, f := range list {
		text += fmt.Sprintf("\n%+v", f)
	}
	return text
}

// writes puts a file where the database should be.
func (s *setup) writes(text string) {
	s.t.Helper()
	if err := os.WriteFile(strings.TrimPrefix(s.conf.DatabaseURL, "sqlite:"), []byte(text), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

func (s *setup) hooks(allowPrivate bool, links ...string) {
	s.conf.WebhookURLs, s.conf.WebhookSecrets, s.conf.WebhookAllowPrivate = links, []string{secretOf("a")}, allowPrivate
}

// One wrong setting does not hide what can be found without it.
func TestAllFaultsAreFoundAtOnce(t *testing.T) {
	s := newSetup(t)
	s.conf.CallsPerSecond, s.conf.RetentionDays, s.conf.MaxWaiting, s.conf.MaxPerNumber = 0, -1, 0, mostWaiting+1
	s.conf.TwimlVerbs, s.conf.Languages = []string{"dial"}, []string{"Klingon!"}
	s.conf.AuthTokens, s.conf.HostURL, s.conf.DatabaseURL = []string{""}, "ftp://x", "mysql://x"
	s.account(sim.Account{Permissions: map[string]string{"JP": "none"}})
	var settings []string
	for _, f := range s.findings() {
		if f.Verdict == Wrong {
			settings = append(settings, f.Setting)
		}
	}
	want := []string{
		"TWILIO_AUTH_TOKEN", "DATABASE_URL", "HOST_URL", "REDIAL_TWIML_VERBS", "REDIAL_LANGUAGES",
		"REDIAL_CALLS_PER_SECOND", "REDIAL_MAX_WAITING", "REDIAL_MAX_WAITING_PER_NUMBER", "REDIAL_RETENTION_DAYS",
	}
	if !slices.Equal(settings, want) {
		t.Errorf("wrong are %q, and not %q", settings, want)
	}
}

// A HOST_URL with a path leads here behind a proxy that passes the path on, and behind one that removes it.
func TestHostURLWithAPathIsSound(t *testing.T) {
	for _, strips := range []bool{false, true} {
		s := newSetup(t)
		s.conf.HostURL += "/phone/a%20b"
		if strips {
			s.direct(func(r *http.Request) { r.URL.Path, r.URL.RawPath = strings.TrimPrefix(r.URL.Path, "/phone/a b"), "" })
		}
		list := s.findings()
		if !slices.ContainsFunc(list, func(f Finding) bool { return f.About == "HOST_URL" && f.Verdict == Sound }) {
			t.Errorf("strips: %t %s", strips, lines(list))
		}
	}
}

// A check ends, however long a server does not answer.
func TestACheckNeverHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := &Examination{Config: sound()}
		e.Config.HostURL = hostURL
		e.Config.Transport, e.Config.HostTransport = hanging{}, hanging{}
		e.settings()
		began := time.Now()
		var says []string
		sideBySide(t.Context(), []part{e.account, e.caller, e.regions, e.host}, func(f Finding) bool {
			says = append(says, f.Says)
			return true
		})
		if took := time.Since(began); took > examineTime || len(says) != 4 {
			t.Errorf("it took %s, and said %q", took, says)
		}
		if !strings.Contains(says[0], "can't be reached: there is no answer in time") ||
			!strings.Contains(says[3], "there is no answer in time") {
			t.Errorf("it says %q", says)
		}
	})
}

// hanging is a network on which no server answers.
type hanging struct{}

func (hanging) RoundTrip(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

// A health check asks no other machine, and takes no address.
func TestLiveAsksNobodyOutside(t *testing.T) {
	s := newSetup(t)
	s.e.Live = true
	s.fails(errors.New("HOST_URL was called"))
	list := s.findings()
	if len(list) != 2 || list[1].Verdict != Wrong || !strings.Contains(list[1].Says, "no redial serves") {
		t.Errorf("found was %s", lines(list))
	}
	if len(s.sim.Requests()) > 0 {
		t.Error("Twilio was asked")
	}
}
