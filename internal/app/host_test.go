package app

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"redial/api"
)

// sound is a configuration without faults.
func sound() Config {
	return Config{
		Listen: "127.0.0.1:0", DatabaseURL: "sqlite:x.db", APIKeys: []string{apiKey}, AccountSID: account,
		AuthTokens: []string{token},
		From:       caller, CallsPerSecond: 1, MaxWaiting: 100000, MaxPerNumber: 200, RetentionDays: 90,
	}
}

// A HOST_URL that Twilio can't reach is refused; one that Twilio might not reach is warned of.
func TestHostURLIsChecked(t *testing.T) {
	const wrong, warned, fine = "wrong", "warned", "fine"
	for link, want := range map[string]string{
		"https://redial.example.com": fine, "https://例え.jp/電話": fine, "https://8.8.8.8:8443": fine, "https://[2600::1]": fine,
		"http://[::]:8081": wrong, "http://0.0.0.0:8080": wrong, "https://h.example.com:70000": wrong,
		"https://h.example.com:0":        wrong,
		"https://u:secret@h.example.com": wrong, "https://my_host.example.com": wrong, "https://h.example.com/?a=1": wrong,
		"ftp://h.example.com": wrong, "redial.example.com": wrong, "https://": wrong, "http://1.2.3": wrong,
		"http://10.1.2.3": warned, "http://192.168.1.7:8080": warned, "http://172.16.0.1": warned,
		"http://100.64.0.1":      warned,
		"http://169.254.169.254": warned, "http://127.0.0.1:8080": warned, "http://[::1]:8080": warned,
		"http://[fd00::1]": warned,
		"http://[fe80::1]": warned, "http://[::ffff:10.0.0.1]": warned, "http://localhost:8080": warned,
		"http://redial:8080": warned,
		"http://nas.local":   warned, "http://redial.internal": warned, "http://192.0.2.7": warned,
	} {
		c := sound()
		c.HostURL = link
		err := c.Check()
		got := fine
		switch e, isSetting := errors.AsType[*ConfigError](err); {
		case isSetting && strings.HasPrefix(e.Sentence, "HOST_URL "):
			got = wrong
		case err != nil:
			got = err.Error()
		case strings.Contains(strings.Join(c.warnings(), "; "), "not on the public internet"):
			got = warned
		}
		if got != want || err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("%s is %s (%v), want %s", link, got, err, want)
		}
	}
	c := sound()
	c.HostURL, c.TwilioBaseURL = "http://127.0.0.1:8080", "http://127.0.0.1:4010"
	if err := c.Check(); err != nil || len(c.warnings()) > 0 {
		t.Errorf("a simulator beside it: %v, %v", err, c.warnings())
	}
	for _, base := range []string{"http://127.0.0.1:70000", "ftp://x", "http://u:secret@h", "http://h?x"} {
		c := sound()
		c.TwilioBaseURL = base
		e, ok := errors.AsType[*ConfigError](c.Check())
		if !ok || !strings.HasPrefix(e.Sentence, "REDIAL_TWILIO_BASE_URL ") || strings.Contains(e.Sentence, "secret") {
			t.Errorf("the base URL %s: %v", base, e)
		}
	}
}

func TestAPrivateHostURLIsWarnedOf(t *testing.T) {
	var log lockedBuffer
	inWorld(t, func(c *Config) {
		quick(&log)(c)
		c.HostURL = "http://10.1.2.3:8080"
	}, func(w *world) {
		text := log.b.String()
		if !strings.Contains(text, "level=WARN") || !strings.Contains(text, "HOST_URL is not on the public internet") {
			t.Errorf("the log says %q", text)
		}
	})
}

// stripping is a proxy that removes a path from requests with Twilio's signature; the signature is for the whole
// path. Other requests pass unchanged.
func stripping(path string) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("X-Twilio-Signature") != "" {
				r.URL.Path, r.URL.RawPath = strings.TrimPrefix(r.URL.Path, path), ""
			}
			next.ServeHTTP(w, r)
		})
	}
}

// A HOST_URL with a path works behind a proxy that passes the path on, and behind one that removes it, whatever the
// path looks like.
func TestHostURLWithAPath(t *testing.T) {
	for _, path := range []string{"/phone", "/a/b%20c", "/twilio_api", "/v1", "/電話"} {
		for _, strips := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s %t", path, strips), func(t *testing.T) {
				inWorld(t, func(c *Config) { c.HostURL = "https://redial.example.com" + path }, func(w *world) {
					plain, err := url.PathUnescape(path)
					if err != nil {
						t.Fatal(err)
					}
					if strips {
						proxy := stripping(plain)
						w.around.Store(&proxy)
					}
					w.phone(alice).does("answer+keys=1")
					c := w.call(api.CreateCall{To: alice, Policy: &api.Policy{Confirm: &api.Confirm{AnyKey: true}}})
					w.pass(time.Minute)
					c.is("reached", "completed")
					if c.happened("attempt.asked") {
						t.Error("no callback arrived")
					}
					if strips {
						return
					}
					for route, want := range map[string]int{"/healthz": 200, "/v1/calls": 200, "/nothing": 404, "": 404} {
						r := httptest.NewRequestWithContext(w.ctx, "GET", (&url.URL{Path: plain + route}).EscapedPath(), nil)
						r.Header.Set("Authorization", "Bearer "+apiKey)
						out := httptest.NewRecorder()
						if w.handler().ServeHTTP(out, r); out.Code != want {
							t.Errorf("%s is answered %d, not %d", plain+route, out.Code, want)
						}
					}
				})
			})
		}
	}
}

// A signature holds for one URL: for another path it is forged, with or without HOST_URL's own path.
func TestASignatureOfAnotherPathIsForged(t *testing.T) {
	inWorld(t, func(c *Config) { c.HostURL = hostURL + "/phone" }, func(w *world) {
		form := url.Values{"CallSid": {"CAunknown"}, "CallStatus": {"completed"}}
		post := func(path, signed string) int {
			r := httptest.NewRequestWithContext(w.ctx, "POST", path, strings.NewReader(form.Encode()))
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.Header.Set("X-Twilio-Signature", signature(token, signed, form))
			out := httptest.NewRecorder()
			w.handler().ServeHTTP(out, r)
			return out.Code
		}
		for _, path := range []string{"/phone/twilio_api/callback", "/twilio_api/callback"} {
			// no such call, but the signature is Twilio's
			if got := post(path, hostURL+"/phone/twilio_api/callback"); got != http.StatusNotFound {
				t.Errorf("%s is answered %d", path, got)
			}
			for _, other := range []string{
				hostURL + "/twilio_api/callback", hostURL + "/phone/phone/twilio_api/callback2",
				hostURL + "/phone/twilio_api/gather",
			} {
				if got := post(path, other); got != http.StatusForbidden {
					t.Errorf("%s with a signature of %s is answered %d", path, other, got)
				}
			}
		}
	})
}

// If Twilio does not take HOST_URL, that concerns every call and is the fault of none: dialing pauses, and the pause
// says why.
func TestAHostURLThatTwilioDoesNotTakeRefusesNobody(t *testing.T) {
	for _, code := range []string{"21609", "11100"} {
		t.Run(code, func(t *testing.T) {
			var log lockedBuffer
			inWorld(t, quick(&log), func(w *world) {
				all := w.callAll(4, "refuse:"+code)
				w.pass(10 * time.Minute)
				for _, c := range all {
					if state := c.now().State; state != "waiting" {
						t.Errorf("a call is %s", state)
					}
				}
				page, err := w.client.List(w.ctx, api.ListQuery{})
				if err != nil || page.AccountPause == nil || fmt.Sprint(page.AccountPause.Code) != code ||
					page.AccountPause.Message != "HOST_URL, "+hostURL+", is no address that Twilio takes" {
					t.Errorf("the pause is %+v, %v", page.AccountPause, err)
				}
				e, err := w.client.ExplainCall(w.ctx, all[3].id)
				if err != nil || !strings.Contains(strings.Join(e.Waiting, "; "), "HOST_URL") {
					t.Errorf("it waits for %q, %v", e.Waiting, err)
				}
				if got := log.errors(); len(got) != 1 || !strings.Contains(got[0], "HOST_URL, "+hostURL) {
					t.Errorf("errors in the log: %q", got)
				}
			})
		})
	}
}
