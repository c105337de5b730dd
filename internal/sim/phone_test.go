package sim

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// What phones do, in Twilio's words.
func TestPhones(t *testing.T) {
	answered := []string{"initiated", "ringing", "in-progress", "completed"}
	tests := []struct {
		script   string
		statuses []string
		sip      string
		within   [2]time.Duration // the end, after the create request
	}{
		{"answer", answered, "200", [2]time.Duration{4 * time.Second, 12 * time.Second}},
		{"answer:42s", answered, "200", [2]time.Duration{46 * time.Second, 50 * time.Second}},
		{"no-answer", []string{"initiated", "ringing", "no-answer"}, "487",
			[2]time.Duration{31 * time.Second, 33 * time.Second}},
		{"busy", []string{"initiated", "busy"}, "486", [2]time.Duration{0, 5 * time.Second}},
		{"decline", []string{"initiated", "ringing", "busy"}, "486", [2]time.Duration{3 * time.Second, 8 * time.Second}},
		{"decline:no-answer", []string{"initiated", "ringing", "no-answer"}, "487",
			[2]time.Duration{3 * time.Second, 8 * time.Second}},
		{"voicemail", answered, "200", [2]time.Duration{20 * time.Second, 30 * time.Second}},
		{"failed", []string{"initiated", "failed"}, "503", [2]time.Duration{0, 5 * time.Second}},
		{"wrong", []string{"initiated", "failed"}, "404", [2]time.Duration{0, 5 * time.Second}},
		{"queued:1m", answered, "200", [2]time.Duration{64 * time.Second, 75 * time.Second}},
	}
	for _, test := range tests {
		t.Run(test.script, func(t *testing.T) {
			atDesk(t, Config{}, func(d *desk) {
				d.script(test.script)
				sid := d.place(alice)
				pass(2 * time.Minute)
				if diff := cmp.Diff(test.statuses, d.statuses()); diff != "" {
					t.Errorf("-want +got:\n%s", diff)
				}
				end := d.last()
				if end.at < test.within[0] || end.at > test.within[1] {
					t.Errorf("it was over after %s", end.at)
				}
				if got := end.form.Get("SipResponseCode"); got != test.sip {
					t.Errorf("SIP %s", got)
				}
				if _, body := d.rest("GET", "/Calls/"+sid+".json", nil); body["status"] != test.statuses[len(test.statuses)-1] {
					t.Errorf("the call is %v", body["status"])
				}
			})
		})
	}
}

func TestACallbackHasTwiliosParameters(t *testing.T) {
	atDesk(t, Config{}, func(d *desk) {
		d.script("answer:61s")
		sid := d.place(alice)
		pass(2 * time.Minute)
		for i, h := range d.heard {
			for name, want := range map[string]string{
				"CallSid": sid, "AccountSid": account, "To": alice, "Called": alice, "From": caller, "Caller": caller,
				"ApiVersion": "2010-04-01", "Direction": "outbound-api", "CallbackSource": "call-progress-events",
				"SequenceNumber": string(rune('0' + i)),
			} {
				if got := h.form.Get(name); got != want {
					t.Errorf("callback %d: %s is %q, want %q", i, name, got, want)
				}
			}
			at, err := time.Parse(time.RFC1123Z, h.form.Get("Timestamp"))
			if err != nil || at.Sub(d.begin.Add(h.at)).Abs() > time.Second {
				t.Errorf("callback %d: Timestamp is %q", i, h.form.Get("Timestamp"))
			}
			if h.url != hook || h.method != "POST" {
				t.Errorf("callback %d goes to %s %s", i, h.method, h.url)
			}
		}
		// seconds and minutes, only in the last callback
		if f := d.last().form; f.Get("CallDuration") != "61" || f.Get("Duration") != "2" {
			t.Errorf("the durations are %s s and %s min", f.Get("CallDuration"), f.Get("Duration"))
		}
		if f := d.heard[1].form; f.Has("CallDuration") || f.Has("SipResponseCode") {
			t.Errorf("ringing tells of an end: %v", f)
		}
	})
}

func TestTheLastStepIsRepeated(t *testing.T) {
	atDesk(t, Config{Scripts: map[string]string{alice: "busy,wrong,answer"}, Default: "decline"}, func(d *desk) {
		for range 4 {
			d.place(alice)
			pass(time.Minute)
		}
		d.place(bob)
		pass(time.Minute)
		var ends []string
		for _, l := range d.sim.Legs() {
			ends = append(ends, l.Status)
		}
		if diff := cmp.Diff([]string{"busy", "failed", "completed", "completed", "busy"}, ends); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	})
}

func TestItRingsUntilTheTimeout(t *testing.T) {
	for timeout, want := range map[string]time.Duration{
		"": 60 * time.Second, "5": 5 * time.Second, "30": 30 * time.Second,
	} {
		atDesk(t, Config{Default: "no-answer"}, func(d *desk) {
			d.place(alice, "Timeout", timeout)
			pass(5 * time.Minute)
			if l := d.sim.Legs()[0]; l.EndedAt.Sub(l.RingingAt) != want {
				t.Errorf("with Timeout %q it rang %s", timeout, l.EndedAt.Sub(l.RingingAt))
			}
		})
	}
}

func TestAPhoneThatAnswersTooLateIsNotAnswered(t *testing.T) {
	atDesk(t, Config{Default: "answer"}, func(d *desk) {
		d.place(alice, "Timeout", "1")
		pass(time.Minute)
		if got := d.statuses(); got[len(got)-1] != "no-answer" {
			t.Errorf("%v", got)
		}
	})
}

func TestRingsForeverOverrunsItsTimeout(t *testing.T) {
	atDesk(t, Config{Default: "rings-forever"}, func(d *desk) {
		sid := d.place(alice)
		pass(time.Hour)
		if _, body := d.rest("GET", "/Calls/"+sid+".json", nil); body["status"] != "ringing" {
			t.Errorf("after an hour it is %v", body["status"])
		}
		d.rest("POST", "/Calls/"+sid+".json", map[string][]string{"Status": {"canceled"}})
		pass(0)
		if f := d.last().form; f.Get("CallStatus") != "canceled" || f.Get("SipResponseCode") != "487" {
			t.Errorf("its end is told as %v", f)
		}
	})
}

func TestSpeedScalesEverything(t *testing.T) {
	atDesk(t, Config{Default: "no-answer", Speed: 20}, func(d *desk) {
		d.place(alice)
		pass(time.Minute)
		if l := d.sim.Legs()[0]; l.EndedAt.Sub(l.RingingAt) != 1500*time.Millisecond {
			t.Errorf("it rang %s", l.EndedAt.Sub(l.RingingAt))
		}
	})
	atDesk(t, Config{Default: "answer:60s", Speed: 20}, func(d *desk) {
		d.place(alice)
		pass(time.Minute)
		if got := d.last().form.Get("CallDuration"); got != "60" {
			t.Errorf("a minute of a phone's time is told as %s s", got)
		}
	})
}

func TestTheQueueDrainsAtTheAccountsPace(t *testing.T) {
	atDesk(t, Config{CallsPerSecond: 2}, func(d *desk) {
		for range 5 {
			d.place(alice)
		}
		pass(time.Minute)
		legs := d.sim.Legs()
		slices.SortFunc(legs, func(a, b Leg) int { return a.DialedAt.Compare(b.DialedAt) })
		for i := 1; i < len(legs); i++ {
			if gap := legs[i].DialedAt.Sub(legs[i-1].DialedAt); gap != 500*time.Millisecond {
				t.Errorf("call %d left the queue %s after the one before", i+1, gap)
			}
		}
	})
}

func TestMachineDetectionSaysWhoAnswered(t *testing.T) {
	for _, test := range []struct{ script, detection, want string }{
		{"answer", "", ""},
		{"answer", "Enable", "human"},
		{"voicemail", "", ""},
		{"voicemail", "Enable", "machine_start"},
		{"voicemail", "DetectMessageEnd", "machine_end_beep"},
	} {
		atDesk(t, Config{Default: test.script}, func(d *desk) {
			sid := d.place(alice, "MachineDetection", test.detection)
			pass(time.Minute)
			if got := d.last().form.Get("AnsweredBy"); got != test.want {
				t.Errorf("%s with %q: AnsweredBy is %q", test.script, test.detection, got)
			}
			_, body := d.rest("GET", "/Calls/"+sid+".json", nil)
			if got, _ := body["answered_by"].(string); got != test.want {
				t.Errorf("%s with %q: answered_by is %q", test.script, test.detection, got)
			}
		})
	}
}

func TestWhatIsSaidKeepsTheLine(t *testing.T) {
	for twiml, want := range map[string]time.Duration{
		`<Response><Pause length="10"/></Response>`:                                         11 * time.Second,
		`<Response><Pause length="10"/><Pause/></Response>`:                                 12 * time.Second,
		`<Response><Play>https://app.test/a.mp3</Play></Response>`:                          6 * time.Second,
		`<Response><Gather timeout="8"/></Response>`:                                        9 * time.Second,
		`<Response><Say loop="2">` + "お荷物をお届けにまいりました。また。" + `</Say></Response>`:             3520 * time.Millisecond,
		`<Response><Gather timeout="8"><Say>` + "1234567890" + `</Say></Gather></Response>`: 9700 * time.Millisecond,
	} {
		atDesk(t, Config{}, func(d *desk) {
			d.place(alice, "Twiml", twiml)
			pass(time.Minute)
			if l := d.sim.Legs()[0]; l.EndedAt.Sub(l.AnswerAt) != want {
				t.Errorf("%s keeps the line %s, want %s", twiml, l.EndedAt.Sub(l.AnswerAt), want)
			}
		})
	}
}

func TestVoicemailPicksUpWithinTheTimeout(t *testing.T) {
	atDesk(t, Config{Default: "voicemail"}, func(d *desk) {
		d.place(alice, "Timeout", "10")
		pass(time.Minute)
		if l := d.sim.Legs()[0]; l.AnswerAt.Sub(l.RingingAt) != 8*time.Second {
			t.Errorf("it is %s, answered after %s", l.Status, l.AnswerAt.Sub(l.RingingAt))
		}
	})
}
