package app

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"redial/api"
)

const (
	berlin  = "+4915123456789"
	newYork = "+12125550123" // the number may be in no other zone
)

// inWorldAt runs a story that begins at a time in the year 2000 or later.
func inWorldAt(t *testing.T, start string, story func(*world)) {
	t.Helper()
	inWorld(t, func(c *Config) {
		time.Sleep(time.Until(moment(t, start)))
		c.AllowedRegions = []string{"JP", "DE", "US"}
	}, story)
}

func moment(t *testing.T, text string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return at.UTC()
}

// dialed expects the call's attempts to have been dialed at these times.
func (a *asked) dialed(times ...string) {
	a.w.t.Helper()
	c := a.now()
	var got []string
	for _, at := range c.Attempts {
		got = append(got, at.DialedAt.Format(time.RFC3339Nano))
	}
	var want []string
	for _, text := range times {
		want = append(want, moment(a.w.t, text).Format(time.RFC3339Nano))
	}
	if !slices.Equal(got, want) {
		a.w.t.Errorf("dialed at %s, not at %s\n%s", got, want, a.story())
	}
}

func ringsIn(hours, zone string) *api.Policy {
	return &api.Policy{
		Window: &api.Window{Hours: hours, Zone: zone}, Deadline: api.After(96 * time.Hour), MaxAttempts: new(2),
		RedialAfter: map[string]api.Delays{"busy": {api.Duration(20 * time.Hour)}, "no-answer": {0}},
	}
}

func TestTheNightsOnWhichClocksAreChanged(t *testing.T) {
	for name, tc := range map[string]struct {
		start, number, hours, zone string
		phone                      []string
		want                       []string
	}{
		"spring in Berlin, the hour does not come": {"2000-03-26T00:30:00+01:00", berlin, "02:30-06:00", "Europe/Berlin",
			[]string{"busy", "answer"}, []string{"2000-03-26T03:00:00+02:00", "2000-03-27T02:30:00+02:00"}},
		"spring in Berlin, the morning after": {"2000-03-25T23:00:00+01:00", berlin, "09:00-21:00", "",
			[]string{"answer"}, []string{"2000-03-26T09:00:00+02:00"}},
		"autumn in Berlin, the hour comes twice": {"2000-10-29T00:30:00+02:00", berlin, "02:30-03:00", "Europe/Berlin",
			[]string{"answer"}, []string{"2000-10-29T02:30:00+02:00"}},
		"autumn in Berlin, between the two": {"2000-10-29T02:59:30+02:00", berlin, "02:30-03:00", "Europe/Berlin",
			[]string{"answer"}, []string{"2000-10-29T02:30:00+01:00"}},
		"spring in New York, the hour does not come": {"2000-04-02T00:30:00-05:00", newYork, "02:30-06:00",
			"America/New_York",
			[]string{"answer"}, []string{"2000-04-02T03:00:00-04:00"}},
		"autumn in New York, the hour comes twice": {"2000-10-29T00:30:00-04:00", newYork, "01:30-02:00", "America/New_York",
			[]string{"answer"}, []string{"2000-10-29T01:30:00-04:00"}},
		"autumn in New York, between the two": {"2000-10-29T01:59:30-04:00", newYork, "01:30-02:00", "America/New_York",
			[]string{"answer"}, []string{"2000-10-29T01:30:00-05:00"}},
		"spring in New York": {"2000-04-01T22:00:00-05:00", newYork, "09:00-21:00", "America/New_York",
			[]string{"answer"}, []string{"2000-04-02T09:00:00-04:00"}},
		"autumn in New York": {"2000-10-28T22:00:00-04:00", newYork, "09:00-21:00", "America/New_York",
			[]string{"answer"}, []string{"2000-10-29T09:00:00-05:00"}},
		"Tokyo, which changes none, by its number": {"2000-03-25T22:00:00+09:00", alice, "09:00-21:00", "",
			[]string{"answer"}, []string{"2000-03-26T09:00:00+09:00"}},
		"over midnight": {"2000-03-25T12:00:00+09:00", alice, "22:00-06:00", "",
			[]string{"answer"}, []string{"2000-03-25T22:00:00+09:00"}},
	} {
		t.Run(name, func(t *testing.T) {
			inWorldAt(t, tc.start, func(w *world) {
				p := w.phone(tc.number)
				for _, step := range tc.phone {
					p.does(step)
				}
				c := w.call(api.CreateCall{To: tc.number, Policy: ringsIn(tc.hours, tc.zone)})
				if !c.happenedWhile(tc.hours) {
					t.Errorf("the timeline does not say why it waits\n%s", c.story())
				}
				w.pass(50 * time.Hour)
				c.dialed(tc.want...)
				c.is("reached", results(tc.phone)...)
			})
		})
	}
}

func results(steps []string) (list []string) {
	for _, s := range steps {
		list = append(list, map[string]string{"busy": "busy", "answer": "completed"}[s])
	}
	return list
}

// happenedWhile says whether the timeline has an event that gives this reason for waiting.
func (a *asked) happenedWhile(reason string) bool {
	events, err := a.w.client.Events(a.w.ctx, a.id)
	return err == nil && slices.ContainsFunc(events, func(e api.Event) bool { return strings.Contains(e.Waiting, reason) })
}

func TestNothingRingsOnAHoliday(t *testing.T) {
	inWorldAt(t, "2000-04-28T20:58:00+09:00", func(w *world) { // a Friday
		w.phone(alice).busy().answers()
		p := ringsIn("09:00-21:00", "")
		p.Window.Days, p.Window.Holidays = []string{"mon", "tue", "wed", "thu", "fri"}, []string{"2000-05-01"}
		p.RedialAfter["busy"] = api.Delays{api.Duration(5 * time.Minute)}
		c := w.call(api.CreateCall{To: alice, Policy: p})
		w.pass(96 * time.Hour)
		c.dialed("2000-04-28T20:58:00+09:00", "2000-05-02T09:00:00+09:00")
		c.is("reached", "busy", "completed")
	})
}

// If the node is restarted in the window's last minute, there is no time left for a ring.
func TestARestartInTheLastMinuteOfTheWindow(t *testing.T) {
	inWorldAt(t, "2000-03-25T20:40:00+09:00", func(w *world) {
		w.phone(alice).busy().answers()
		p := ringsIn("09:00-21:00", "")
		p.RedialAfter["busy"] = api.Delays{api.Duration(10 * time.Minute)}
		c := w.call(api.CreateCall{To: alice, Policy: p})
		w.pass(5 * time.Minute)
		w.stop()
		w.pass(14*time.Minute + 30*time.Second)
		w.start()
		w.pass(time.Minute)
		c.is("waiting", "busy")
		if !c.happened("call.deferred") {
			t.Errorf("the timeline does not say so\n%s", c.story())
		}
		w.pass(13 * time.Hour)
		c.dialed("2000-03-25T20:40:00+09:00", "2000-03-26T09:00:00+09:00")
	})
}

func TestADeadlineByTheClockPassesWhileDown(t *testing.T) {
	inWorldAt(t, "2000-03-25T20:00:00+09:00", func(w *world) {
		w.phone(alice).busy()
		p := ringsIn("09:00-21:00", "")
		p.Deadline = &api.Moment{At: moment(t, "2000-03-26T12:00:00+09:00")}
		p.RedialAfter["busy"] = api.Delays{api.Duration(time.Hour)}
		c := w.call(api.CreateCall{To: alice, Policy: p})
		w.pass(10 * time.Minute)
		c.is("waiting", "busy")
		w.stop()
		w.pass(16 * time.Hour)
		w.start()
		w.pass(time.Minute)
		c.is("expired", "busy")
	})
}

// The clock is set back by an hour. What was planned by the old clock is not done sooner, and the window follows the
// new clock.
func TestTheClockIsSetBackAnHour(t *testing.T) {
	inWorld(t, func(c *Config) {
		time.Sleep(time.Until(moment(t, "2000-03-25T19:15:00+09:00")))
		c.Clock = func() time.Time { return time.Now().Add(time.Hour) }
	}, func(w *world) {
		w.phone(alice).busy().answers()
		p := ringsIn("09:00-21:00", "")
		p.RedialAfter["busy"] = api.Delays{api.Duration(15 * time.Minute)}
		c := w.call(api.CreateCall{To: alice, Policy: p}) // at 20:15 by its clock
		w.pass(2 * time.Minute)
		c.is("waiting", "busy")
		next := c.now().NextAttemptAt
		w.stop()
		w.conf.Clock = nil
		w.start()
		w.pass(time.Hour)
		c.is("waiting", "busy")
		w.pass(20 * time.Minute)
		c.is("reached", "busy", "completed")
		if at := c.now().Attempts[1].DialedAt; !at.Equal(next) {
			t.Errorf("dialed at %s, planned for %s", at, next)
		}
	})
}

// Each dial happens as it was explained before, whatever the phone does.
func TestWhatIsExplainedHappens(t *testing.T) {
	seconds := func(s ...time.Duration) (list api.Delays) {
		for _, d := range s {
			list = append(list, api.Duration(d*time.Second))
		}
		return list
	}
	for name, tc := range map[string]struct {
		policy api.Policy
		phone  []string
	}{
		"by day, over a night": {api.Policy{Preset: "polite"}, []string{"no-answer", "busy", "failed", "busy"}},
		"urgent": {api.Policy{Preset: "urgent"},
			[]string{"no-answer", "busy", "no-answer", "no-answer", "busy", "answer"}},
		"the article's":      {api.Policy{Preset: "article"}, []string{"busy", "no-answer", "failed"}},
		"later":              {api.Policy{NotBefore: api.After(3 * time.Hour)}, []string{"busy", "answer"}},
		"with a lot":         {api.Policy{Jitter: new(api.Duration(9 * time.Minute))}, []string{"busy", "busy", "busy"}},
		"one busy is enough": {api.Policy{MaxPerResult: map[string]int{"busy": 1}}, []string{"no-answer", "busy"}},
		"until the deadline": {api.Policy{Deadline: api.After(time.Hour),
			RedialAfter: map[string]api.Delays{"busy": seconds(1500)}}, []string{"busy", "busy", "busy"}},
		"a list, the last again": {api.Policy{MaxAttempts: new(5),
			RedialAfter: map[string]api.Delays{"busy": seconds(0, 60, 600)}}, []string{"busy", "busy", "busy", "busy", "busy"}},
	} {
		t.Run(name, func(t *testing.T) {
			inWorldAt(t, "2000-03-24T16:30:00+09:00", func(w *world) {
				p := w.phone(alice)
				for _, step := range tc.phone {
					p.does(step)
				}
				req := api.CreateCall{To: alice, Say: &api.Say{Text: "hello"}, Policy: &tc.policy}
				before, err := w.client.Explain(w.ctx, req)
				if err != nil {
					t.Fatal(err)
				}
				if page, err := w.client.List(w.ctx, api.ListQuery{}); err != nil || len(page.Calls) > 0 || p.rang() > 0 {
					t.Fatalf("explaining made %d calls: %v", len(page.Calls), err)
				}
				c := w.call(req)
				if next := c.now(); len(next.Attempts) == 0 && !next.NextAttemptAt.Equal(before.NextAttemptAt) {
					t.Errorf("it rings at %s, and was to at %s", next.NextAttemptAt, before.NextAttemptAt)
				}
				c.livesAsExplained(before.EndsBy)
			})
		})
	}
}

// livesAsExplained follows a call to its end, and compares each dial and the outcome with what was explained just
// before.
func (a *asked) livesAsExplained(by time.Time) {
	w := a.w
	w.t.Helper()
	var said api.Explanation
	known := 0
	for i := 0; ; i++ {
		c := a.now()
		if len(c.Attempts) > known {
			if known = len(c.Attempts); known > 1 {
				a.dialedAsSaid(c, known, said)
			}
		}
		if c.State == "ended" {
			if c.EndedAt.After(by) {
				w.t.Errorf("it ended at %s, and was to by %s", c.EndedAt, by)
			}
			return
		}
		var err error
		if said, err = w.client.ExplainCall(w.ctx, a.id); err != nil {
			w.t.Fatal(err)
		}
		a.nothingChangesWhatFollows(c, said)
		if i > 20000 {
			w.t.Fatalf("it never ends\n%s", a.story())
		}
		pause := 500 * time.Millisecond
		if c.State == "waiting" { // to just before the next dial
			if pause = time.Until(c.NextAttemptAt) - time.Millisecond; pause <= 0 {
				pause = 2 * time.Millisecond
			}
		}
		w.pass(pause)
	}
}

// dialedAsSaid compares attempt n with the last explanation: the one while the call waited for it, or, without a
// pause in between, the one while the attempt before was alive.
func (a *asked) dialedAsSaid(c api.Call, n int, said api.Explanation) {
	a.w.t.Helper()
	want, before := said.NextAttemptAt, c.Attempts[n-2]
	if want.IsZero() {
		want = before.EndedAt
		i := slices.IndexFunc(said.If, func(f api.Forecast) bool { return f.Result == before.Result })
		if next := said.If[i].Attempts[0]; next.At.Sub(before.EndedAt) > 0 {
			a.w.t.Errorf("attempt %d was to wait until %s", n, next.At)
		}
	}
	if dialed := c.Attempts[n-1].DialedAt; !dialed.Equal(want) {
		a.w.t.Errorf("attempt %d was dialed at %s, and was to be at %s\n%s", n, dialed, want, a.story())
	}
}

// nothingChangesWhatFollows compares a waiting call's forecasts: all begin with the dial that is planned.
func (a *asked) nothingChangesWhatFollows(c api.Call, said api.Explanation) {
	if c.State != "waiting" {
		return
	}
	for _, f := range said.If {
		if len(f.Attempts) == 0 || !f.Attempts[0].At.Equal(c.NextAttemptAt) {
			a.w.t.Errorf("if %s: it rings at %v, and is planned for %s", f.Result, f.Attempts, c.NextAttemptAt)
		}
	}
}

// For a phone that always does the same, the call goes as it was explained at its beginning.
func TestWhatIsExplainedAtTheBeginning(t *testing.T) {
	inWorldAt(t, "2000-03-24T16:30:00+09:00", func(w *world) {
		w.phone(alice).noAnswer().noAnswer().noAnswer().noAnswer()
		p := ringsIn("09:00-17:00", "")
		p.MaxAttempts, p.RedialAfter["no-answer"] = new(4), api.Delays{
			0, api.Duration(time.Hour), api.Duration(24 * time.Hour),
		}
		req := api.CreateCall{To: alice, Say: &api.Say{Text: "hello"}, Policy: p}
		e, err := w.client.Explain(w.ctx, req)
		if err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(e.If, func(f api.Forecast) bool { return f.Result == "no-answer" })
		c := w.call(req)
		w.pass(96 * time.Hour)
		got := c.now()
		if len(got.Attempts) != len(e.If[i].Attempts) || got.Outcome != e.If[i].Outcome {
			t.Fatalf("explained %+v, and it was %s after %d", e.If[i], got.Outcome, len(got.Attempts))
		}
		if got.EndedAt.After(e.EndsBy) {
			t.Errorf("it ended at %s, and was to by %s", got.EndedAt, e.EndsBy)
		}
		for n, a := range got.Attempts { // the simulated phone begins to ring after a second
			if late := a.DialedAt.Sub(e.If[i].Attempts[n].At); late < 0 || late > time.Duration(n)*3*time.Second {
				t.Errorf("attempt %d was dialed at %s, explained was %s", n+1, a.DialedAt, e.If[i].Attempts[n].At)
			}
		}
	})
}

func TestRingNow(t *testing.T) {
	inWorldAt(t, "2000-03-24T20:30:00+09:00", func(w *world) {
		w.phone(alice).busy().busy().answers()
		p := ringsIn("09:00-21:00", "")
		p.MaxAttempts = new(3)
		c := w.call(api.CreateCall{To: alice, Policy: p})
		w.pass(time.Minute)
		c.is("waiting", "busy")
		if _, err := w.client.Redial(w.ctx, c.id); err != nil {
			t.Fatal(err)
		}
		w.pass(time.Minute)
		c.is("waiting", "busy", "busy")
		w.pass(time.Hour)
		status, body := w.do("POST", "/v1/calls/"+c.id+"/redial", "")
		if status != http.StatusConflict || !strings.Contains(body, "outside 09:00-21:00 Asia/Tokyo") ||
			!strings.Contains(body, "2000-03-25T00:00:00Z") {
			t.Errorf("at night: %d %s", status, body)
		}
		c.is("waiting", "busy", "busy")
		w.pass(12 * time.Hour)
		if _, err := w.client.Redial(w.ctx, c.id); err != nil {
			t.Fatal(err)
		}
		w.pass(time.Minute)
		c.is("reached", "busy", "busy", "completed")
		if status, body := w.do("POST", "/v1/calls/"+c.id+"/redial", ""); status != http.StatusConflict {
			t.Errorf("after the end: %d %s", status, body)
		}
	})
}

// If a call may not ring now, the answer says why: Twilio asks to wait, or another call rings the number.
func TestRingNowMustWait(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.phone(alice).does("answer:1m").answers()
		w.call(api.CreateCall{To: alice})
		w.pass(10 * time.Second)
		held := w.call(api.CreateCall{To: alice})
		w.pass(time.Second)
		status, body := w.do("POST", "/v1/calls/"+held.id+"/redial", "")
		if status != http.StatusConflict || !strings.Contains(body, "another call is ringing the number") {
			t.Errorf("held: %d %s", status, body)
		}
		w.pass(5 * time.Minute)
		held.is("reached", "completed")
		if held.happened("call.redial_requested") {
			t.Error("what was refused is in the timeline")
		}
		later := w.call(api.CreateCall{To: alice, Policy: &api.Policy{NotBefore: api.After(time.Hour)}})
		status, body = w.do("POST", "/v1/calls/"+later.id+"/redial", "")
		if status != http.StatusConflict || !strings.Contains(body, "not before ") {
			t.Errorf("not before: %d %s", status, body)
		}
	})
}

func TestPresetsOfTheInstallation(t *testing.T) {
	file := filepath.Join(t.TempDir(), "presets.json")
	err := os.WriteFile(file,
		[]byte(`{"nurse": {"max_attempts": 7, "window": {"hours": "08:00-20:00"}, "ladder": "rounds"}}`), 0o600)
	if err != nil {
		t.Fatal(err)
	}
	inWorld(t, func(c *Config) { c.Presets = file }, func(w *world) {
		presets, err := w.client.Presets(w.ctx)
		if err != nil || len(presets) != 4 || *presets["nurse"].MaxAttempts != 7 || *presets["urgent"].MaxAttempts != 20 {
			t.Errorf("the presets are %v, %v", presets, err)
		}
		e, err := w.client.Explain(w.ctx, api.CreateCall{
			To: alice, Say: &api.Say{Text: "x"}, Policy: &api.Policy{Preset: "nurse", MaxAttempts: new(2)},
		})
		if p := e.Policy; err != nil || *p.MaxAttempts != 2 || p.Window.Hours != "08:00-20:00" ||
			p.Window.Zone != "Asia/Tokyo" ||
			p.Ladder != "rounds" || p.Preset != "nurse" || p.RingTimeout.Std() != 30*time.Second {
			t.Errorf("the policy is %+v, %v", p, err)
		}
	})
	for _, broken := range []string{
		`[]`, `{"a": {"max_attempts": 0}}`, `{"a": {"max_atempts": 1}}`, `{"a": {"preset": "urgent"}}`, `{"urgent": null}`,
		`{"a": {"window": {"zone": "Asia/Tokyo"}}}`, `{"a": {"window": {"hours": "9-5"}}}`,
	} {
		if err := os.WriteFile(file, []byte(broken), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Presets(file); err == nil || !strings.Contains(err.Error(), "REDIAL_PRESETS") {
			t.Errorf("%s: %v", broken, err)
		}
	}
}

// A field of a request's window replaces that field of the preset's window, and no other: naming the zone that is
// asked for must not allow a ring at night.
func TestAWindowIsGivenFieldByField(t *testing.T) {
	inWorldAt(t, "2000-03-24T12:00:00Z", func(w *world) {
		for given, want := range map[string]string{
			`{"zone":"America/New_York"}`:               "[mon tue wed thu fri sat] 09:00-19:00 America/New_York []",
			`{"holidays":["2000-03-25"]}`:               "[mon tue wed thu fri sat] 09:00-19:00 Asia/Tokyo [2000-03-25]",
			`{"days":["mon"],"hours":"08:00-20:00:30"}`: "[mon] 08:00-20:00:30 Asia/Tokyo []",
			`{ }`: "",
		} {
			status, body := w.do("POST", "/v1/calls?dry_run=true",
				`{"to":"`+alice+`","say":"x","policy":{"preset":"polite","window":`+given+`}}`)
			var e api.Explanation
			if err := json.Unmarshal([]byte(body), &e); err != nil || status != http.StatusOK {
				t.Fatalf("%s: %d %s", given, status, body)
			}
			got := ""
			if v := e.Policy.Window; v != nil {
				got = fmt.Sprint(v.Days, " ", v.Hours, " ", v.Zone, " ", v.Holidays)
			}
			if got != want {
				t.Errorf("%s beside polite is %q, want %q", given, got, want)
			}
		}
	})
}

func TestPoliciesThatCantBe(t *testing.T) {
	inWorldAt(t, "2000-03-24T12:00:00Z", func(w *world) {
		for body, want := range map[string]string{
			`{"to":"` + alice + `","policy":{"preset":"rude"}}`:                                                     `policy.preset: is "rude", which is no preset; there are: article, polite, urgent`,
			`{"to":"` + alice + `","policy":{"redial_after":{"busy":[]}}}`:                                          "policy.redial_after.busy",
			`{"to":"` + alice + `","policy":{"redial_after":{"busy":["0s","200h"]}}}`:                               "policy.redial_after.busy: must be from 0s to 168h",
			`{"to":"` + alice + `","policy":{"redial_after":{"completed":"1s"}}}`:                                   "policy.redial_after.completed: is not a field",
			`{"to":"` + alice + `","policy":{"max_per_result":{"busy":0}}}`:                                         "policy.max_per_result.busy: must be from 1 to 20",
			`{"to":"` + alice + `","policy":{"deadline":"2000-03-24T11:59:00Z"}}`:                                   "policy.deadline: must be from 10s to 720h after the request",
			`{"to":"` + alice + `","policy":{"deadline":"soon"}}`:                                                   "policy.deadline: must be a duration",
			`{"to":"` + alice + `","policy":{"not_before":"25h"}}`:                                                  "policy.not_before: must be before the deadline",
			`{"to":"` + alice + `","policy":{"jitter":"25h"}}`:                                                      "policy.jitter",
			`{"to":"` + alice + `","policy":{"window":{"hours":"9-17"}}}`:                                           "policy.window.hours",
			`{"to":"` + alice + `","policy":{"window":{"hours":"25:00-17:00"}}}`:                                    "policy.window.hours",
			`{"to":"` + alice + `","policy":{"window":{"days":["monday"]}}}`:                                        "policy.window.days",
			`{"to":"` + alice + `","policy":{"window":{"hours":"09:00-17:00","zone":"Tokyo"}}}`:                     "policy.window.zone",
			`{"to":"` + alice + `","policy":{"window":{"hours":"+9:00-17:00"}}}`:                                    "policy.window.hours",
			`{"to":"` + alice + `","policy":{"window":{"hours":""}}}`:                                               "policy.window.hours",
			`{"to":"` + alice + `","policy":{"window":{"hours":9}}}`:                                                "policy.window.hours: must be a string, not number",
			`{"to":"` + alice + `","policy":{"window":{"days":"mon"}}}`:                                             "policy.window.days: must be a list of strings, not string",
			`{"to":"` + alice + `","policy":{"window":{"days":[1]}}}`:                                               "policy.window.days[0]: must be a string, not number",
			`{"to":"` + alice + `","policy":{"window":{"days":[]}}}`:                                                "policy.window.days: must name a day",
			`{"to":"` + alice + `","policy":{"window":{"days":["mon","mon","mon","mon","mon","mon","mon","mon"]}}}`: "policy.window.days: may name each day once",
			`{"to":"` + alice + `","policy":{"window":{"zone":"Asia/Tokyo"}}}`:                                      "policy.window: has a zone, and no days, hours or holidays",
			`{"to":"` + alice + `","policy":{"window":{"holidays":["1.1.2001"]}}}`:                                  "policy.window.holidays",
			`{"to":"` + alice + `","policy":{"window":{"days":["wed"]}}}`:                                           "policy.window: does not open before the deadline, 2000-03-25T12:00:00Z",
			`{"to":"+18005550199","policy":{"window":{"hours":"09:00-17:00"}}}`:                                     "policy.window.zone: is missing, and the number may be in several",
			`{"to":["` + alice + `","` + berlin +
				`"],"policy":{"window":{"hours":"09:00-17:00"}}}`: "policy.window.zone: is missing, " +
				"and the number may be in several: Asia/Tokyo, Europe/Berlin",
			`{"to":"` + alice + `","policy":{"window":{"hours":"09:00-17:00"},"redial_after":{"busy":30}}}`: `for seconds write "30s"`,
		} {
			status, answer := w.do("POST", "/v1/calls?dry_run=true", strings.Replace(body, "{", `{"say":"x",`, 1))
			if status != http.StatusUnprocessableEntity || !strings.Contains(strings.ReplaceAll(answer, `\"`, `"`), want) {
				t.Errorf("%s: %d %s, want %s", body, status, answer, want)
			}
		}
		for _, query := range []string{"?dryrun=true", "?dry_run=yes", "?dry_run=", "?dry_run=false&dry_run=true"} {
			status, answer := w.do("POST", "/v1/calls"+query, `{"to":"`+alice+`","say":"x"}`)
			if status != http.StatusUnprocessableEntity {
				t.Errorf("%s: %d %s", query, status, answer)
			}
		}
		for _, query := range []string{"?dry_run=true;", "?dry_run=true%"} { // a mistake must not make a call instead
			status, answer := w.do("POST", "/v1/calls"+query, `{"to":"`+alice+`","say":"x"}`)
			if status != http.StatusBadRequest {
				t.Errorf("%s: %d %s", query, status, answer)
			}
		}
		// A number that can't be read is one mistake, not two.
		_, answer := w.do("POST", "/v1/calls", `{"to":"+8190","say":"x","policy":{"window":{"hours":"09:00-17:00"}}}`)
		if strings.Contains(answer, "window.zone") {
			t.Error(answer)
		}
	})
}

// A time may have another zone, and be finer than redial keeps it: answers are in UTC, and always the same.
func TestTimesOfOtherZones(t *testing.T) {
	inWorldAt(t, "2000-03-24T12:00:00Z", func(w *world) {
		body := `{"to":"` + alice +
			`","say":"x","policy":{"not_before":"2000-03-24T22:00:00.123456789+09:00",` +
			`"deadline":"2000-03-25T22:00:00.987654321+09:00"}}`
		for _, path := range []string{"/v1/calls?dry_run=true", "/v1/calls"} {
			status, answer := w.do("POST", path, body)
			if status >= 300 || !strings.Contains(answer, `"next_attempt_at":"2000-03-24T13:00:00.123456Z"`) ||
				!strings.Contains(answer, `"deadline_at":"2000-03-25T13:00:00.987654Z"`) {
				t.Errorf("%d %s", status, answer)
			}
		}
	})
}

// A call that waits for another call, or for the account, says so.
func TestExplainSaysWhatHoldsACallUp(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.phone(alice).does("answer:1m").answers()
		w.call(api.CreateCall{To: alice})
		w.pass(10 * time.Second)
		e, err := w.client.Explain(w.ctx, api.CreateCall{To: alice, Say: &api.Say{Text: "x"}})
		if err != nil || !slices.Contains(e.Waiting, "another call is ringing the number just now") {
			t.Errorf("%v, %v", e.Waiting, err)
		}
		second := w.call(api.CreateCall{To: alice})
		w.pass(time.Second)
		e, err = w.client.ExplainCall(w.ctx, second.id)
		if err != nil || len(e.Waiting) != 1 || !strings.HasPrefix(e.Waiting[0], "another call is ringing the number") {
			t.Errorf("%v, %v", e.Waiting, err)
		}
		w.pass(5 * time.Minute)
		second.is("reached", "completed")
	})
}
