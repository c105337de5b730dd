package sim

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// act does something with the phone of a call.
func (d *desk) act(sid, deed string, keys ...string) {
	d.t.Helper()
	if err := d.sim.Act(sid, deed, strings.Join(keys, "")); err != nil {
		d.t.Fatalf("%s: %v", deed, err)
	}
	pass(0)
}

// rings places a call to alice, whose phone waits for a person, and lets it ring.
func (d *desk) rings(pairs ...string) (sid string) {
	d.t.Helper()
	sid = d.place(alice, pairs...)
	pass(inQueue + toRinging)
	if l := d.sim.Legs()[0]; l.Status != "ringing" {
		d.t.Fatalf("the phone is %s", l.Status)
	}
	return sid
}

// What a person does with a phone that rings, in Twilio's words.
func TestPhonesByHand(t *testing.T) {
	for name, test := range map[string]struct {
		script string
		deeds  []string
		end    string
		rings  time.Duration // until then
	}{
		"answered":                 {"by-hand", []string{"answer"}, "completed", 10 * time.Second},
		"declined":                 {"by-hand", []string{"decline"}, "busy", 10 * time.Second},
		"ignored":                  {"by-hand", []string{"ignore"}, "no-answer", 30 * time.Second},
		"let ring":                 {"by-hand", nil, "no-answer", 30 * time.Second},
		"ignored, then answered":   {"by-hand", []string{"ignore", "answer"}, "completed", 20 * time.Second},
		"quicker than its script":  {"no-answer", []string{"answer"}, "completed", 10 * time.Second},
		"against its script":       {"voicemail", []string{"decline"}, "busy", 10 * time.Second},
		"ignored, though it would": {"voicemail", []string{"ignore"}, "no-answer", 30 * time.Second},
		"for ever, but for hand":   {"rings-forever", []string{"ignore"}, "no-answer", 30 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			atDesk(t, Config{}, func(d *desk) {
				d.script(test.script)
				sid := d.rings()
				for _, deed := range test.deeds {
					pass(10 * time.Second)
					d.act(sid, deed)
				}
				pass(time.Minute)
				l := d.sim.Legs()[0]
				stopped := l.EndedAt
				if !l.AnswerAt.IsZero() {
					stopped = l.AnswerAt
				}
				if l.Status != test.end || stopped.Sub(l.RingingAt) != test.rings {
					t.Errorf("the call is %s after %s", l.Status, stopped.Sub(l.RingingAt))
				}
				if got := d.last().form.Get("CallStatus"); got != test.end {
					t.Errorf("told as %s", got)
				}
			})
		})
	}
}

// A person is no faster than life, however fast scripts are.
func TestAHandIsNoFasterThanLife(t *testing.T) {
	atDesk(t, Config{Speed: 20, Scripts: map[string]string{alice: "by-hand", bob: "answer"}}, func(d *desk) {
		d.rings()
		pass(29 * time.Second)
		if l := d.sim.Legs()[0]; l.Status != "ringing" {
			t.Errorf("after 29 s the phone is %s", l.Status)
		}
		pass(time.Second)
		if l := d.sim.Legs()[0]; l.Status != "no-answer" {
			t.Errorf("after 30 s the phone is %s", l.Status)
		}
		sid := d.place(bob, "Twiml", `<Response><Pause length="10"/></Response>`)
		pass((inQueue+toRinging)/20 + time.Millisecond)
		d.act(sid, "answer")
		pass(9 * time.Second)
		if l := d.sim.Legs()[1]; l.Status != "in-progress" {
			t.Errorf("after 9 s the conversation is %s", l.Status)
		}
		pass(3 * time.Second)
		if got := d.last().form.Get("CallDuration"); got != "11" {
			t.Errorf("it lasted %s s", got)
		}
	})
}

// Keys go one by one to whatever listens, as on a real phone.
func TestKeysByHand(t *testing.T) {
	gather := func(attrs string) string {
		return `<Response><Gather action="https://app.test/pressed" ` + attrs + `><Say>Press</Say></Gather>` +
			`<Say>nothing</Say></Response>`
	}
	long := strings.Repeat("x", 100)
	thanks := func(keys string) string { return "gather say:Press keys:" + keys + " say:thanks" }
	for name, test := range map[string]struct {
		twiml string
		keys  []string // a second apart; empty: 6 s pass
		want  []string // pressed
		lines string
	}{
		"one":                  {gather(`numDigits="1"`), []string{"7"}, []string{"7"}, thanks("7")},
		"as many as asked for": {gather(`numDigits="3"`), []string{"1", "2", "3"}, []string{"123"}, thanks("123")},
		"fewer, then silence":  {gather(`numDigits="3"`), []string{"1", "2", ""}, []string{"12"}, thanks("12")},
		"ended by #":           {gather(``), []string{"4", "2", "#"}, []string{"42"}, thanks("42#")},
		"ended by another":     {gather(`finishOnKey="*"`), []string{"4", "#", "*"}, []string{"4#"}, thanks("4#*")},
		"# is a key":           {gather(`finishOnKey="" numDigits="1"`), []string{"#"}, []string{"#"}, thanks("#")},
		"only its end":         {gather(``), []string{"#"}, nil, "gather say:Press keys:# say:nothing"},
		"none":                 {gather(``), []string{""}, nil, "gather say:Press say:nothing"},
		"while nobody listens": {`<Response><Pause length="9"/></Response>`, []string{"5", "5"}, nil, "pause unheard:55"},
		"into what is said": {strings.Replace(gather(`numDigits="1"`), "Press", long+"</Say><Say>never", 1),
			[]string{"1"}, []string{"1"}, "gather say:" + long + " keys:1 say:thanks"},
	} {
		t.Run(name, func(t *testing.T) {
			atDesk(t, Config{Default: "by-hand"}, func(d *desk) {
				d.answer = func(_ int, r *http.Request) (*http.Response, error) {
					return reply(200, "text/xml", "<Response><Say>thanks</Say></Response>"), nil
				}
				sid := d.rings("Twiml", test.twiml, "StatusCallback", "")
				d.act(sid, "answer")
				for _, key := range test.keys {
					if pass(time.Second); key == "" {
						pass(6 * time.Second)
						continue
					}
					d.act(sid, "press", key)
				}
				pass(time.Minute)
				l := d.sim.Legs()[0]
				var lines []string
				for _, line := range l.Lines {
					lines = append(lines, strings.TrimSuffix(line.Kind+":"+line.Text, ":"))
				}
				if got := strings.Join(lines, " "); got != test.lines {
					t.Errorf("the conversation was %s", got)
				}
				if diff := cmp.Diff(test.want, l.Pressed); diff != "" {
					t.Errorf("-want +pressed:\n%s", diff)
				}
			})
		})
	}
}

// Who hangs up ends the call, in the middle of whatever is said.
func TestHangUp(t *testing.T) {
	atDesk(t, Config{}, func(d *desk) {
		d.script("answer:1h")
		sid := d.place(alice)
		pass(10 * time.Second)
		d.act(sid, "hang-up")
		if l := d.sim.Legs()[0]; l.Status != "completed" {
			t.Errorf("the call is %s", l.Status)
		}
	})
}

// A person may come in at any step of a script.
func TestByHandIsAStep(t *testing.T) {
	atDesk(t, Config{Scripts: map[string]string{alice: "busy,by-hand,wrong"}}, func(d *desk) {
		for i, end := range []string{"busy", "completed", "failed"} {
			sid := d.place(alice)
			if pass(5 * time.Second); i == 1 {
				d.act(sid, "answer")
			}
			pass(time.Minute)
			if l := d.sim.Legs()[i]; l.Status != end {
				t.Errorf("call %d is %s", i+1, l.Status)
			}
		}
	})
}

// The control API does the same, and says why something is not possible.
func TestControlByHand(t *testing.T) {
	atDesk(t, Config{Default: "by-hand"}, func(d *desk) {
		sid := d.place(alice, "Twiml", `<Response><Pause length="9"/></Response>`)
		post := func(deed, body string, status int, says string) {
			t.Helper()
			w, _ := d.send("POST", "/sim/legs/"+sid+"/"+deed, body)
			if w.Code != status || !strings.Contains(w.Body.String(), says) {
				t.Errorf("%s is answered %d: %s", deed, w.Code, w.Body)
			}
			pass(0)
		}
		post("answer", "", 409, "does not ring")
		pass(5 * time.Second)
		post("press", `"1"`, 409, "nobody has answered")
		post("sing", "", 422, `"sing" is nothing`)
		post("answer", "", 204, "")
		post("decline", "", 409, "does not ring")
		post("press", `"A"`, 422, `"A" are no keys`)
		post("press", ``, 422, "EOF")
		post("press", `"`+strings.Repeat("1", 3*maxKeys)+`"`, 204, "")
		post("hang-up", "", 204, "")
		post("hang-up", "", 409, "is over")
		sid = "CA0"
		post("answer", "", 404, "no such call")

		var text string
		d.ask("PUT", "/sim/default", `"busy"`, nil)
		if d.ask("GET", "/sim/default", "", &text); text != "busy" {
			t.Errorf("the default is %q", text)
		}
		d.ask("PUT", "/sim/scripts/"+alice, `"decline"`, nil)
		d.ask("PUT", "/sim/scripts/"+alice, `""`, nil)
		d.place(alice)
		if pass(time.Minute); d.sim.Legs()[1].Status != "busy" {
			t.Errorf("without its script the phone does not do what others do: %s", d.sim.Legs()[1].Status)
		}
		d.ask("POST", "/sim/reset", "", nil)
		if d.ask("GET", "/sim/default", "", &text); text != "by-hand" {
			t.Errorf("after a reset the default is %q", text)
		}
	})
}

// However fast keys are pressed, and however long, what is kept stays small.
func TestKeysAreBounded(t *testing.T) {
	atDesk(t, Config{Default: "by-hand"}, func(d *desk) {
		sid := d.rings("Twiml", `<Response><Pause length="600"/></Response>`)
		d.act(sid, "answer")
		for range 3 * maxLines {
			d.act(sid, "press", strings.Repeat("5", maxKeys))
		}
		l := d.sim.Legs()[0]
		long := func(l Line) bool { return len(l.Text) > maxKeys }
		if n := len(l.Lines); n > maxLines || slices.ContainsFunc(l.Lines, long) {
			t.Errorf("%d lines are kept: %s", n, fmt.Sprint(l.Lines)[:200])
		}
	})
}
