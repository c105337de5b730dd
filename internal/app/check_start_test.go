package app

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"redial/api"
	"redial/internal/sim"
	"redial/internal/twilio"
)

// A node that starts logs what is wrong with its set-up, with the setting and the fix. HOST_URL may need a while.
func TestANodeLooksAtItsSetUp(t *testing.T) {
	for what, test := range map[string]struct {
		do   func(*world)
		want []string // lines that are warnings or errors
		told string
	}{
		"sound": {func(*world) {}, nil, "wrong=0 warnings=0"},
		"not owned": {func(w *world) {
			w.sim.SetAccount(sim.Account{Numbers: map[string]string{}})
		}, []string{"level=ERROR", "neither a number of the account", "setting=REDIAL_FROM", "fix="}, "wrong=1"},
		"a trial": {func(w *world) {
			w.sim.SetAccount(sim.Account{Type: "Trial"})
		}, []string{"level=WARN", "trial account", "setting=TWILIO_ACCOUNT_SID"}, "warnings=1"},
		"proxy later": {func(w *world) { w.closedUntil(15 * time.Second) }, nil, "wrong=0"},
		"proxy never": {func(w *world) {
			w.closedUntil(time.Hour)
		}, []string{"level=ERROR", "the proxy reaches no redial (status 502)", "setting=HOST_URL",
			`fix="lead it to http://127.0.0.1:`}, "wrong=1"},
	} {
		t.Run(what, func(t *testing.T) {
			var log lockedBuffer
			inWorld(t, func(c *Config) {
				c.Log = slog.New(slog.NewTextHandler(&log, nil))
			}, func(w *world) {
				node := w.node.Load()
				node.conf.HostTransport = memory{w.handler}
				test.do(w)
				node.examine(w.ctx)
			})
			var odd []string
			for line := range strings.Lines(log.b.String()) {
				if strings.Contains(line, "the set-up is not right") {
					odd = append(odd, line)
				}
			}
			if len(odd) != min(1, len(test.want)) || !strings.Contains(log.b.String(), test.told) {
				t.Errorf("the log: %s", log.b.String())
			}
			for _, words := range test.want {
				if len(odd) > 0 && !strings.Contains(odd[0], words) {
					t.Errorf("the line has no %q: %s", words, odd[0])
				}
			}
		})
	}
}

// closedUntil puts a proxy before redial that leads nowhere for a while.
func (w *world) closedUntil(d time.Duration) {
	open := time.Now().Add(d)
	closed := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
			if time.Now().Before(open) {
				out.WriteHeader(http.StatusBadGateway)
				return
			}
			next.ServeHTTP(out, r)
		})
	}
	w.around.Store(&closed)
}

// A probe tells strangers nothing and changes no call, at whatever route it arrives.
func TestAProbeTouchesNothing(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		form := url.Values{"CallSid": {"CA1"}, "CallStatus": {"completed"}}
		if status := w.signed(twilio.ProbePath, form); status != http.StatusForbidden { // not even Twilio may use it
			t.Errorf("with Twilio's signature alone it is answered %d", status)
		}
		for _, header := range []string{"", "x", ".", "a.b", strings.Repeat("a", 60) + "." + strings.Repeat("0", 64)} {
			status, answer := w.do("POST", twilio.ProbePath, "", "X-Redial-Probe", header)
			if status != http.StatusForbidden || strings.Contains(answer, "instance") {
				t.Errorf("a stranger with %q is answered %d: %s", header, status, answer)
			}
		}
		w.phone(alice).busy()
		c := w.call(api.CreateCall{To: alice, Policy: busyFor(time.Hour)})
		w.pass(time.Minute)
		before := c.story()
		for _, path := range []string{
			"/v1/calls", "/v1/calls/" + c.id + "/cancel", "/twilio_api/callback", "/healthz", "/nothing",
		} {
			p := twilio.NewProbe(token)
			r, err := p.Request(w.ctx, hostURL, hostURL)
			if err != nil {
				t.Fatal(err)
			}
			in := httptest.NewRequestWithContext(w.ctx, "POST", hostURL+path,
				strings.NewReader(`{"to": "`+bob+`", "say": "hi"}`))
			in.Header = r.Header
			in.Header.Set("Authorization", "Bearer "+apiKey)
			out := httptest.NewRecorder()
			w.handler().ServeHTTP(out, in)
			if a, err := p.Read(out.Header(), out.Body.Bytes()); err != nil || p.Changed(a) != "path" || a.Valid {
				t.Errorf("at %s: %+v, %v", path, a, err)
			}
		}
		if page, err := w.client.List(w.ctx, api.ListQuery{}); err != nil || len(page.Calls) != 1 || c.story() != before {
			t.Errorf("%d calls, %v: %s", len(page.Calls), err, c.story())
		}
		c.cancel()
	})
}

// The check says that dialing pauses, and why.
func TestAPauseIsTold(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.phone(alice).answers()
		w.sim.Suspend(20003)
		w.call(api.CreateCall{To: alice})
		w.pass(10 * time.Second)
		node := w.node.Load()
		e := &Examination{Config: node.conf, Store: node.store}
		found := lines(e.database(w.ctx))
		if !strings.Contains(found, "{About:dialing Verdict:wrong Says:it has paused since ") ||
			!strings.Contains(found, "error 20003") {
			t.Errorf("found was %s", found)
		}
		w.sim.Suspend(0)
		w.pass(10 * time.Minute)
		e = &Examination{Config: node.conf, Store: node.store}
		if found := lines(e.database(w.ctx)); strings.Contains(found, "dialing") {
			t.Errorf("once it is over, found was %s", found)
		}
	})
}

// Endpoints of the API are examined, too, and deliveries that failed are reported.
func TestEndpointsInTheDatabaseAreLookedAt(t *testing.T) {
	inWorld(t, hooks(shop), func(w *world) {
		w.receiver(shop, secretOf("a")).fails(500)
		made, err := w.client.CreateEndpoint(w.ctx, api.CreateEndpoint{URL: "https://gone.example.com/?key=hush"})
		if err != nil {
			t.Fatal(err)
		}
		w.receiver("gone.example.com", made.Secret).fails(410)
		w.phone(alice).answers()
		w.call(api.CreateCall{To: alice})
		w.pass(time.Hour)
		node := w.node.Load()
		e := &Examination{Config: node.conf, Store: node.store}
		i, err := e.inspect(w.ctx)
		if err != nil {
			t.Fatal(err)
		}
		found := lines(e.lateAt(i))
		for _, words := range []string{
			"gone.example.com:443 (" + made.ID + ") is disabled: it answered 410 Gone", "redial webhooks enable " + made.ID,
			shop + ":443 (conf_", "has taken nothing for 1h",
		} {
			if !strings.Contains(found, words) {
				t.Errorf("it is not told that %s: %s", words, found)
			}
		}
		if strings.Contains(found, "hush") {
			t.Errorf("a secret is shown: %s", found)
		}
	})
}
