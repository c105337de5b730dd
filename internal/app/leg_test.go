package app

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"redial/api"
	"redial/internal/sim"
)

// If a call never ends, the next one to its number waits no longer than ring, talk limit and a margin, whatever
// Twilio says.
func TestANumberIsFreeAfterALegThatNeverEnds(t *testing.T) {
	for step, want := range map[string]string{
		"stuck":              "completed", // it was answered
		"stuck:ringing":      "failed",
		"stuck:ringing+lost": "failed",
		"stuck+lost":         "completed",
		"answer:3h+lost":     "completed", // Twilio itself ends this one
		"answer:3h":          "completed",
	} {
		t.Run(step, func(t *testing.T) {
			inWorld(t, nil, func(w *world) {
				p := w.phone(alice).does(step).answers()
				first := w.call(api.CreateCall{To: alice, Policy: &api.Policy{MaxAttempts: new(1)}})
				w.pass(10 * time.Second)
				second := w.call(api.CreateCall{To: alice, Policy: &api.Policy{Deadline: api.After(time.Hour)}})
				w.pass(9 * time.Minute)
				second.is("waiting")
				w.pass(4 * time.Minute)
				first.is(map[string]string{"completed": "reached", "failed": "unreached"}[want], want)
				second.is("reached", "completed")
				p.rangTimes(2)
			})
		})
	}
}

// An attempt whose sid Twilio denies, and of which no callback came, was never placed: it is dialed again, and not
// counted. If a callback came, the attempt is not over before its leg must be.
func TestASIDThatTwilioDoesNotKnow(t *testing.T) {
	t.Run("nothing was heard", func(t *testing.T) {
		inWorld(t, nil, func(w *world) {
			w.phone(alice).does("stuck:queued+gone").answers()
			c := w.call(api.CreateCall{To: alice, Policy: &api.Policy{MaxAttempts: new(1)}})
			w.pass(4 * time.Minute)
			c.is("reached", "unplaced", "completed")
		})
	})
	t.Run("it rang", func(t *testing.T) {
		inWorld(t, nil, func(w *world) {
			p := w.phone(alice).does("stuck:ringing+gone").answers()
			c := w.call(api.CreateCall{To: alice})
			w.pass(11 * time.Minute)
			c.is("dialing", "ringing")
			w.pass(2 * time.Minute)
			c.is("reached", "failed", "completed")
			p.rangTimes(2)
		})
	})
	t.Run("it is answered, and its end is told", func(t *testing.T) {
		inWorld(t, nil, func(w *world) {
			w.phone(alice).does("answer:5m+gone")
			c := w.call(api.CreateCall{To: alice})
			w.pass(4 * time.Minute)
			c.is("dialing", "in-progress")
			w.pass(2 * time.Minute)
			c.is("reached", "completed")
		})
	})
	t.Run("in the queue, as its record said", func(t *testing.T) {
		inWorld(t, func(c *Config) { c.HostURL = "" }, func(w *world) {
			w.phone(alice).does("stuck:queued")
			c := w.call(api.CreateCall{To: alice})
			w.pass(5 * time.Minute)
			hide(w)
			w.pass(10 * time.Hour)
			c.is("dialing", "queued")
		})
	})
	t.Run("the account does not work either", func(t *testing.T) {
		inWorld(t, nil, func(w *world) {
			w.phone(alice).does("stuck:queued+gone").answers()
			c := w.call(api.CreateCall{To: alice})
			w.pass(5 * time.Second)
			w.sim.Suspend(20404) // which also answers 404 in some places
			w.pass(time.Hour)
			c.is("dialing", "queued")
			w.sim.Suspend(0)
			w.pass(15 * time.Minute)
			c.is("reached", "unplaced", "completed")
		})
	})
	t.Run("the list shows one that it may be", func(t *testing.T) {
		inWorld(t, nil, func(w *world) {
			w.phone(alice).does("stuck:queued+gone").does("stuck")
			c := w.call(api.CreateCall{To: alice})
			w.pass(5 * time.Second)
			w.placeElsewhere(alice)
			w.pass(time.Hour)
			c.is("dialing", "queued")
		})
	})
}

// hide makes Twilio answer 404 to every question about its calls; redial can't see that this began.
func hide(w *world) {
	w.stop()
	defer w.start()
	w.sim.Close()
	other, err := sim.New(sim.Config{
		AccountSID: account, AuthToken: token, Client: &http.Client{Transport: memory{w.handler}},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	w.sim = other
}

// Another account, or another base URL, proves nothing about calls that were placed with the one before: nothing
// rings again before the leg can't be alive any more.
func TestAnotherAccountProvesNothing(t *testing.T) {
	const other = "AC1123456789abcdef0123456789abcdef"
	for name, change := range map[string]func(*Config){
		"another account":  func(c *Config) { c.AccountSID = other },
		"another base URL": func(c *Config) { c.TwilioBaseURL = "http://twilio.test/elsewhere/2010-04-01" },
	} {
		for _, step := range []string{"stuck:queued", "stuck:queued+dropped"} {
			t.Run(name+", "+step, func(t *testing.T) {
				inWorld(t, nil, func(w *world) {
					p := w.phone(alice).does(step)
					c := w.call(api.CreateCall{To: alice})
					w.pass(2 * time.Second)
					w.elsewhere(other)
					change(&w.conf)
					w.restart()
					w.pass(40 * time.Hour)
					if got := c.now(); got.State != "dialing" || len(got.Attempts) != 1 {
						t.Errorf("%+v\n%s", got, c.story())
					}
					p.rangTimes(1)
				})
			})
		}
		t.Run(name+", answered", func(t *testing.T) {
			inWorld(t, nil, func(w *world) {
				w.phone(alice).does("stuck:ringing")
				c := w.call(api.CreateCall{To: alice, Policy: &api.Policy{MaxAttempts: new(1)}})
				w.pass(10 * time.Second)
				w.elsewhere(other)
				change(&w.conf)
				w.restart()
				w.pass(11 * time.Minute)
				c.is("dialing", "ringing")
				w.pass(2 * time.Minute)
				c.is("unreached", "failed")
			})
		})
	}
}

// elsewhere adds a second account, and a second base URL, both without calls.
func (w *world) elsewhere(other string) {
	empty, err := sim.New(sim.Config{AccountSID: other, AuthToken: token})
	if err != nil {
		w.t.Fatal(err)
	}
	moved, err := sim.New(sim.Config{AccountSID: account, AuthToken: token})
	if err != nil {
		w.t.Fatal(err)
	}
	first := w.conf.Transport
	w.conf.Transport = route(func(r *http.Request) http.RoundTripper {
		switch {
		case strings.Contains(r.URL.Path, other):
			return memory{func() http.Handler { return empty }}
		case strings.HasPrefix(r.URL.Path, "/elsewhere"):
			return memory{func() http.Handler { return http.StripPrefix("/elsewhere", moved) }}
		}
		return first
	})
}

// route chooses a network for each request.
type route func(*http.Request) http.RoundTripper

func (f route) RoundTrip(r *http.Request) (*http.Response, error) { return f(r).RoundTrip(r) }

// redial was down for a weekend, and a leg ended meanwhile, longer ago than any can live. Twilio still says how it
// ended, and a person who was reached is not rung again.
func TestAfterAWeekendTwilioTellsHowALegEnded(t *testing.T) {
	for _, host := range []string{hostURL, ""} {
		for step, want := range map[string][]string{
			"answer": {"reached", "completed"}, "answer:5m": {"reached", "completed"}, "stuck": {"reached", "completed"},
			"answer+dropped": {"reached", "completed"}, "answer:3m+500": {"reached", "completed"},
			"no-answer": {"reached", "no-answer", "completed"}, "no-answer+dropped": {"reached", "no-answer", "completed"},
		} {
			t.Run(step+" "+host, func(t *testing.T) {
				inWorld(t, func(c *Config) { c.HostURL = host }, func(w *world) {
					p := w.phone(alice).does(step).answers()
					c := w.call(api.CreateCall{To: alice, Policy: &api.Policy{Deadline: api.After(7 * 24 * time.Hour)}})
					w.pass(2 * time.Second)
					w.stop()
					w.pass(63 * time.Hour)
					w.start()
					w.pass(10 * time.Minute) // redial asks about a conversation every five minutes
					c.is(want[0], want[1:]...)
					p.rangTimes(len(want) - 1)
				})
			})
		}
	}
}

// After a restart redial asks at once about the legs that were alive: at most five a second.
func TestARestartAsksAboutWhatWasAlive(t *testing.T) {
	inWorld(t, func(c *Config) { c.CallsPerSecond = 100 }, func(w *world) {
		var calls []*asked
		for i := range 30 {
			number := fmt.Sprintf("+8190123400%02d", i)
			w.phone(number).does("answer:40s")
			calls = append(calls, w.call(api.CreateCall{To: number}))
		}
		w.pass(20 * time.Second)
		w.stop()
		w.pass(time.Minute) // all of them end, and no node hears it
		stopped := len(w.sim.Requests())
		w.start()
		started := time.Now()
		w.pass(7 * time.Second)
		perSecond := map[int]int{}
		for _, r := range w.sim.Requests()[stopped:] {
			perSecond[int(r.At.Sub(started)/time.Second)]++
		}
		for second, n := range perSecond {
			if n > 5 {
				t.Errorf("%d questions in second %d: %v", n, second, perSecond)
			}
		}
		for _, c := range calls {
			c.is("reached", "completed")
		}
	})
}

// On a shared database other nodes may have listened: redial only asks about legs that have been silent.
func TestOnASharedDatabaseOnlySilentLegsAreAskedAbout(t *testing.T) { onServers(t, onlySilentLegs) }

func onlySilentLegs(t *testing.T, s server) {
	database := s.fresh(t)
	inWorld(t, func(c *Config) { c.DatabaseURL, c.Clock, c.CallsPerSecond = database, time.Now, 100 }, func(w *world) {
		w.phone(alice).does("answer:5m")
		w.phone(bob).does("answer:5m")
		w.call(api.CreateCall{To: alice})
		w.pass(30 * time.Second)
		w.call(api.CreateCall{To: bob})
		w.pass(9 * time.Second) // bob has answered just now
		before := len(w.sim.Requests())
		w.restart()
		w.pass(3 * time.Second)
		var asked []string
		for _, r := range w.sim.Requests()[before:] {
			asked = append(asked, r.Path)
		}
		if want := w.sim.Legs()[0].SID; len(asked) != 1 || !strings.Contains(asked[0], want) {
			t.Errorf("asked %v, want %s alone", asked, want)
		}
	})
}

// An answer with an invalid sid, or with that of another attempt, is an unknown answer: redial finds the call in
// Twilio's list, and the timeline says why it searched.
func TestAnAnswerWithAWrongSID(t *testing.T) {
	for name, sid := range map[string]func(w *world) string{
		"a number":        func(*world) string { return "5" },
		"of a message":    func(*world) string { return "SM0123456789abcdef0123456789abcdef" },
		"of another":      func(w *world) string { return w.sim.Legs()[0].SID },
		"null, in effect": func(*world) string { return "" },
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, nil, func(w *world) {
				w.phone(bob).answers()
				w.phone(alice).does("answer+lost")
				w.call(api.CreateCall{To: bob})
				w.pass(time.Minute)
				w.rewrite(sid(w))
				c := w.call(api.CreateCall{To: alice})
				w.pass(5 * time.Second)
				c.is("dialing", "unknown")
				story := c.story()
				for _, lie := range []string{"interrupted", "database"} {
					if strings.Contains(story, lie) {
						t.Errorf("it is told as %q:\n%s", lie, story)
					}
				}
				if reason := "the answer had "; !strings.Contains(story, reason) {
					t.Errorf("nobody is told why:\n%s", story)
				}
				w.pass(time.Minute)
				c.is("reached", "completed")
			})
		})
	}
}

// rewrite makes the answer to each create request contain this sid from now on.
func (w *world) rewrite(sid string) {
	w.stop()
	first := w.conf.Transport
	w.conf.Transport = replaced(func(r *http.Request) (*http.Response, error) {
		res, err := first.RoundTrip(r)
		if err != nil || r.Method != http.MethodPost || !strings.HasSuffix(r.URL.Path, "/Calls.json") ||
			res.StatusCode != 201 {
			return res, err
		}
		var body map[string]any
		if err := json.NewDecoder(res.Body).Decode(&body); err != nil {
			return nil, err
		}
		body["sid"] = sid
		text, err := json.Marshal(body)
		res.Body = io.NopCloser(strings.NewReader(string(text)))
		return res, err
	})
	w.start()
}

// replaced is a network that gives its own answers.
type replaced func(*http.Request) (*http.Response, error)

func (f replaced) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// A callback does not match an attempt with an invalid sid, or with that of another attempt.
func TestACallbackWithAWrongSID(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.phone(bob).answers()
		w.phone(alice).does("answer:1m+dropped+lost")
		w.call(api.CreateCall{To: bob})
		w.pass(time.Minute)
		c := w.call(api.CreateCall{To: alice})
		w.pass(5 * time.Second)
		callback := callbackOf(w, alice)
		for sid, want := range map[string]int{"5": 400, "SM0123456789abcdef0123456789abcdef": 400, w.sim.Legs()[0].SID: 409} {
			form := map[string][]string{"CallSid": {sid}, "CallStatus": {"busy"}}
			if status := w.signed(callback, form); status != want {
				t.Errorf("%s is answered %d, want %d", sid, status, want)
			}
		}
		c.is("dialing", "unknown")
		w.pass(2 * time.Minute)
		c.is("reached", "completed")
	})
}

// callbackOf is the path of Twilio's reports on the last call to a number.
func callbackOf(w *world, number string) string {
	for _, r := range slices.Backward(w.creates()) {
		if r.Form.Get("To") == number {
			link, _, _ := strings.Cut(r.Form.Get("StatusCallback"), "#")
			return strings.TrimPrefix(link, hostURL)
		}
	}
	w.t.Fatal("nobody called " + number)
	return ""
}

// The talk limit comes from the policy, a preset or Twilio's own option, and is bounded.
func TestTheTalkLimitOfARequest(t *testing.T) {
	presets := filepath.Join(t.TempDir(), "presets.json")
	if err := os.WriteFile(presets, []byte(`{"short": {"talk_limit": "90s"}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	inWorld(t, func(c *Config) { c.Presets, c.TwimlHosts = presets, []string{"*"} }, func(w *world) {
		say := `{"to": "` + alice + `", "say": "hi", `
		for body, want := range map[string]string{
			say + `"metadata": {}}`: "10m",
			`{"to": "` + alice + `", "twiml": "<Response><Say>hi</Say></Response>"}`:                 "10m",
			`{"to": "` + alice + `", "url": "https://example.com/twiml"}`:                            "1h",
			say + `"policy": {"talk_limit": "2h30m"}}`:                                               "2h30m",
			say + `"policy": {"preset": "short"}}`:                                                   "1m30s",
			say + `"policy": {"preset": "short", "talk_limit": "4h"}}`:                               "4h",
			say + `"options": {"TimeLimit": 20}}`:                                                    "20s",
			say + `"policy": {"preset": "short"}, "options": {"TimeLimit": 14400}}`:                  "4h",
			say + `"options": {"TimeLimit": 1, "Record": true}}`:                                     "1s",
			say + `"policy": {"talk_limit": "0s"}}`:                                                  "policy.talk_limit",
			say + `"policy": {"talk_limit": "-1s"}}`:                                                 "policy.talk_limit",
			say + `"policy": {"talk_limit": "1.5s"}}`:                                                "policy.talk_limit",
			say + `"policy": {"talk_limit": "4h1s"}}`:                                                "policy.talk_limit",
			say + `"policy": {"talk_limit": 600}}`:                                                   "policy.talk_limit",
			say + `"options": {"TimeLimit": 0}}`:                                                     "options.TimeLimit",
			say + `"options": {"TimeLimit": -5}}`:                                                    "options.TimeLimit",
			say + `"options": {"TimeLimit": 14401}}`:                                                 "options.TimeLimit",
			say + `"options": {"TimeLimit": 9223372036854775807}}`:                                   "options.TimeLimit",
			say + `"options": {"TimeLimit": "600"}}`:                                                 "options.TimeLimit",
			say + `"policy": {"talk_limit": "10m"}, "options": {"TimeLimit": 600}}`:                  "options.TimeLimit",
			say + `"policy": {"preset": "short", "talk_limit": "1m"}, "options": {"TimeLimit": 60}}`: "options.TimeLimit",
		} {
			status, answer := w.do("POST", "/v1/calls?dry_run=true", body)
			if fault := strings.Contains(want, "."); fault && (status != 422 || !strings.Contains(answer, `"`+want+`"`)) ||
				!fault && (status != 200 || !strings.Contains(answer, `"talk_limit":"`+want+`"`)) {
				t.Errorf("%s\nis answered %d: %s", body, status, answer)
			}
		}
	})
}
