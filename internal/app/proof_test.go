package app

import (
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"redial/api"
)

// heard is what was said on each of the number's legs, beginning with leg.
func (p *handset) heard(leg int) string {
	p.w.t.Helper()
	for _, l := range p.w.sim.Legs() {
		if l.To != p.number {
			continue
		}
		if leg--; leg == 0 {
			return strings.Join(l.Heard, " | ")
		}
	}
	p.w.t.Fatalf("%s has no such leg", p.number)
	return ""
}

func (p *handset) hears(leg int, words ...string) {
	p.w.t.Helper()
	got := p.heard(leg)
	for _, want := range words {
		if !strings.Contains(got, want) {
			p.w.t.Errorf("leg %d of %s heard %q, not %q", leg, p.number, got, want)
		}
	}
}

func confirming(c api.Confirm) *api.Policy {
	return &api.Policy{Confirm: &c, RedialAfter: map[string]api.Delays{"unconfirmed": {api.Duration(time.Minute)}}}
}

var toBoth = []api.Person{{Number: alice, Name: "Alice"}, {Number: bob, Name: "Bob"}}

func TestAPressedKeyIsAPerson(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		// nobody listens; then a wrong key and the right one are pressed
		w.phone(alice).does("answer").does("answer+keys=9/1")
		c := w.call(api.CreateCall{To: alice, Policy: confirming(api.Confirm{Digit: "1"})})
		w.pass(5 * time.Minute)
		c.is("reached", "unconfirmed", "completed")
		got := c.now()
		if r := got.Reached; r == nil || r.By != "key" || r.Attempt != 2 || r.To != alice || r.Listened == 0 {
			t.Errorf("the evidence is %+v", r)
		}
		if a := got.Attempts[1]; a.WrongKeys != 1 || a.ConfirmedAt.IsZero() {
			t.Errorf("the attempt is %+v", a)
		}
		w.phones[alice].hears(1, "Your delivery", "Press 1 to confirm", "Nobody confirmed")
		w.phones[alice].hears(2, "That was not right", "Thank you")
	})
}

func TestEveryKindOfConfirmation(t *testing.T) {
	for name, test := range map[string]struct {
		confirm api.Confirm
		phone   string
		by      string
	}{
		"any key":                {api.Confirm{AnyKey: true}, "answer+keys=#", "key"},
		"a PIN":                  {api.Confirm{PIN: "2468"}, "answer+keys=2468", "pin"},
		"the PIN at last":        {api.Confirm{PIN: "2468"}, "answer+keys=1111/2222/2468", "pin"},
		"a wrong PIN":            {api.Confirm{PIN: "2468"}, "answer+keys=1111/2222/3333/2468", ""},
		"a wrong key":            {api.Confirm{Digit: "1"}, "answer+keys=2/3/4/1", ""},
		"a late key":             {api.Confirm{Digit: "1"}, "answer+keys=1@1m", ""},
		"late, but asked again":  {api.Confirm{Digit: "1"}, "answer+keys=1@1m/1", "key"},
		"hung up before the key": {api.Confirm{Digit: "1"}, "answer:2s+keys=1@5s", ""},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, nil, func(w *world) {
				w.phone(alice).does(test.phone)
				p := confirming(test.confirm)
				p.MaxAttempts = new(1)
				c := w.call(api.CreateCall{To: alice, Policy: p})
				w.pass(5 * time.Minute)
				if test.by == "" {
					c.is("unreached", "unconfirmed")
				} else {
					c.is("reached", "completed")
				}
				if r := c.now().Reached; (r == nil) != (test.by == "") || r != nil && r.By != test.by {
					t.Errorf("the evidence is %+v", r)
				}
				if _, body := w.do("GET", "/v1/calls/"+c.id, ""); strings.Contains(body, "2468") {
					t.Error("the PIN is shown")
				}
			})
		})
	}
}

func TestVoicemailAtNightThenAPersonInTheMorning(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.phone(alice).does("voicemail").does("voicemail").answers()
		c := w.call(api.CreateCall{To: alice, Policy: &api.Policy{
			Machine: &api.Machine{Do: "redial"}, RedialAfter: map[string]api.Delays{"machine": {api.Duration(4 * time.Hour)}},
		}})
		w.pass(9 * time.Hour)
		c.is("reached", "machine", "machine", "completed")
		if r := c.now().Reached; r == nil || r.By != "human" {
			t.Errorf("the evidence is %+v", r)
		}
		if heard := w.phones[alice].heard(1); heard != "" {
			t.Errorf("the machine heard %q", heard)
		}
		w.phones[alice].hears(3, "Your delivery")
	})
}

func TestWhatMachinesHear(t *testing.T) {
	for name, test := range map[string]struct {
		machine api.Machine
		phone   string
		heard   string
		want    string
		result  string
	}{
		"a message, and no more": {api.Machine{Do: "leave-message", Say: "Call us back.", Then: "end"}, "voicemail",
			"Call us back.", "unreached", "machine"},
		"the call's own words": {api.Machine{Do: "leave-message", Then: "end"}, "voicemail",
			"Your delivery is at the door.", "unreached", "machine"},
		"ignored, it is taken for one": {api.Machine{Do: "ignore"}, "voicemail", "Your delivery is at the door.",
			"reached", "completed"},
		"unknown is not taken for one": {api.Machine{Do: "redial"}, "answer+detected=unknown",
			"Your delivery is at the door.", "unreached", "unconfirmed"},
		"a person taken for a machine": {api.Machine{Do: "redial"}, "answer+detected=machine_start", "",
			"unreached", "machine"},
		"a machine taken for a person": {api.Machine{Do: "redial"}, "voicemail+detected=human",
			"Your delivery is at the door.", "reached", "completed"},
		"a fax": {api.Machine{Do: "leave-message", Then: "end"}, "answer+detected=fax", "", "unreached", "machine"},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, nil, func(w *world) {
				w.phone(alice).does(test.phone)
				c := w.call(api.CreateCall{To: alice, Policy: &api.Policy{Machine: &test.machine, MaxAttempts: new(1)}})
				w.pass(5 * time.Minute)
				c.is(test.want, test.result)
				if heard := w.phones[alice].heard(1); heard != test.heard {
					t.Errorf("it heard %q, not %q", heard, test.heard)
				}
			})
		})
	}
}

func TestAKeyOutweighsWhatWasDetected(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.phone(alice).does("answer+detected=unknown+keys=1")
		p := confirming(api.Confirm{Digit: "1"})
		p.Machine = &api.Machine{Do: "redial"}
		c := w.call(api.CreateCall{To: alice, Policy: p})
		w.pass(5 * time.Minute)
		c.is("reached", "completed")
	})
}

func TestLadders(t *testing.T) {
	for name, test := range map[string]struct {
		ladder     string
		alice, bob []string
		want       []string
		order      string // who was rung, in order
		reached    string
	}{
		"the next when the first is used up": {"sequence", []string{"no-answer", "decline"}, []string{"answer+keys=1"},
			[]string{"reached", "no-answer", "busy", "completed"}, "AAB", "Bob"},
		"one after the other, round by round": {"rounds", []string{"no-answer", "answer+keys=1"}, []string{"decline"},
			[]string{"reached", "no-answer", "busy", "completed"}, "ABA", "Alice"},
		"nobody": {"rounds", []string{"busy", "no-answer"}, []string{"answer", "busy"},
			[]string{"unreached", "busy", "unconfirmed", "no-answer", "busy"}, "ABAB", ""},
		"a wrong number is passed over": {"sequence", []string{"refuse:21211"}, []string{"answer+keys=1"},
			[]string{"reached", "refused", "completed"}, "B", "Bob"},
		"all numbers are wrong": {"rounds", []string{"refuse:21211"}, []string{"refuse:21214"},
			[]string{"refused", "refused", "refused"}, "", ""},
		"all at once, and again": {"parallel", []string{"busy", "answer+keys=1"}, []string{"busy", "no-answer"},
			[]string{"reached", "busy", "busy", "completed", "canceled"}, "ABAB", "Alice"},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(c *Config) { c.CallsPerSecond = 100 }, func(w *world) {
				a, b := w.phone(alice), w.phone(bob)
				for _, s := range test.alice {
					a.does(s)
				}
				for _, s := range test.bob {
					b.does(s)
				}
				p := confirming(api.Confirm{Digit: "1"})
				p.Ladder, p.MaxAttempts = test.ladder, new(2)
				c := w.call(api.CreateCall{People: toBoth, Policy: p})
				w.pass(10 * time.Minute)
				c.is(test.want[0], test.want[1:]...)
				var order []string
				for _, l := range w.sim.Legs() {
					order = append(order, map[string]string{alice: "A", bob: "B"}[l.To])
				}
				for round := range slices.Chunk(order, 2) {
					if test.ladder == "parallel" { // the order within a round is random
						slices.Sort(round)
					}
				}
				if got := strings.Join(order, ""); got != test.order {
					t.Errorf("rung were %s", got)
				}
				if r := c.now().Reached; (r == nil) != (test.reached == "") || r != nil && r.Name != test.reached {
					t.Errorf("the evidence is %+v", r)
				}
			})
		})
	}
}

func TestTheSecondConfirmsWhileTheFirstStillListens(t *testing.T) {
	inWorld(t, func(c *Config) { c.CallsPerSecond = 100 }, func(w *world) {
		a := w.phone(alice).does("answer+keys=@0s/@0s")
		w.phone(bob).does("answer+keys=1")
		p := confirming(api.Confirm{Digit: "1"})
		p.Ladder = "parallel"
		c := w.call(api.CreateCall{People: toBoth, Policy: p})
		w.pass(5 * time.Minute)
		c.is("reached", "unconfirmed", "completed")
		a.hears(1, "Bob has already taken this call")
		if !c.happened("attempt.told") {
			t.Error("the timeline does not say so\n" + c.story())
		}
	})
}

func TestBothConfirmInTheSameInstant(t *testing.T) {
	inWorld(t, func(c *Config) { c.CallsPerSecond = 100 }, func(w *world) {
		a, b := w.phone(alice).does("queued:1s+keys=1@4s"), w.phone(bob).does("queued:1s+keys=1@4s")
		p := confirming(api.Confirm{Digit: "1"})
		p.Ladder = "parallel"
		c := w.call(api.CreateCall{People: toBoth, Policy: p})
		w.pass(5 * time.Minute)
		got := c.now()
		results := []string{got.Attempts[0].Result, got.Attempts[1].Result}
		slices.Sort(results)
		if got.Outcome != "reached" || !slices.Equal(results, []string{"completed", "unconfirmed"}) {
			t.Fatalf("%s %v\n%s", got.Outcome, results, c.story())
		}
		loser, winner := a, got.Reached.Name
		if got.Reached.To == alice {
			loser = b
		}
		loser.hears(1, winner+" has already taken this call")
	})
}

func TestWhoRingsIsEndedOnceSomebodyIsReached(t *testing.T) {
	inWorld(t, func(c *Config) { c.CallsPerSecond = 100 }, func(w *world) {
		w.phone(alice).noAnswer()
		w.phone(bob).answers()
		c := w.call(api.CreateCall{People: toBoth, Policy: &api.Policy{Ladder: "parallel"}})
		w.pass(time.Minute)
		c.is("reached", "canceled", "completed")
		for _, l := range w.sim.Legs() {
			if l.To == alice && l.EndedAt.Sub(l.RingingAt) > 10*time.Second {
				t.Errorf("she was rung for %s", l.EndedAt.Sub(l.RingingAt))
			}
		}
	})
}

func TestCancelLeavesAConversationUnlessItSaysOtherwise(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.phone(alice).does("answer:40s")
		c := w.call(api.CreateCall{To: alice, Policy: confirming(api.Confirm{Digit: "1"})})
		w.pass(10 * time.Second)
		c.cancel()
		w.pass(5 * time.Second)
		c.is("dialing", "in-progress")
		if _, err := w.client.HangUp(w.ctx, c.id); err != nil {
			t.Fatal(err)
		}
		w.pass(5 * time.Second)
		c.is("canceled", "unconfirmed")
	})
}

// A person whose number is rung by another call is passed over, and rung in the next round.
func TestAnotherCallRingsOneOfThePeople(t *testing.T) {
	inWorld(t, func(c *Config) { c.CallsPerSecond = 100 }, func(w *world) {
		w.phone(alice).does("answer:50s").answers()
		w.phone(bob).busy()
		first := w.call(api.CreateCall{To: alice})
		w.pass(time.Second)
		c := w.call(api.CreateCall{People: toBoth, Policy: &api.Policy{Ladder: "parallel", MaxAttempts: new(1)}})
		w.pass(10 * time.Second)
		c.is("waiting", "busy")
		w.pass(5 * time.Minute)
		first.is("reached", "completed")
		c.is("reached", "busy", "completed")
	})
}

func TestARestartForgetsNoKey(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		// The node is down when the key comes, so the key is not heard, and the phone is rung again.
		w.phone(alice).does("answer+keys=1@6s").does("answer+keys=1@4s")
		c := w.call(api.CreateCall{To: alice, Policy: confirming(api.Confirm{Digit: "1"})})
		w.pass(7 * time.Second)
		c.is("dialing", "in-progress")
		w.stop()
		w.pass(30 * time.Second)
		w.start()
		w.pass(30 * time.Second)
		c.is("waiting", "unconfirmed")
		for !c.happened("attempt.confirmed") {
			w.pass(100 * time.Millisecond)
		}
		c.is("dialing", "unconfirmed", "in-progress")
		w.restart()
		w.pass(10 * time.Minute)
		c.is("reached", "unconfirmed", "completed")
		w.phones[alice].rangTimes(2)
	})
}

func TestProofNeedsAPublicURL(t *testing.T) {
	inWorld(t, func(c *Config) { c.HostURL = "" }, func(w *world) {
		for field, policy := range map[string]string{
			"policy.confirm": `{"confirm":"any-key"}`, "policy.machine": `{"machine":"redial"}`,
		} {
			status, body := w.do("POST", "/v1/calls", `{"to":"`+alice+`","say":"x","policy":`+policy+`}`)
			if status != http.StatusUnprocessableEntity || !strings.Contains(body, `"`+field+`"`) ||
				!strings.Contains(body, "HOST_URL") {
				t.Errorf("%s: %d %s", policy, status, body)
			}
		}
	})
}

func TestRequestsThatCantBeConfirmed(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		for field, body := range map[string]string{
			"policy.confirm":           `"say":"x","policy":{"confirm":"yes"}`,
			"policy.confirm.digit":     `"say":"x","policy":{"confirm":{"digit":"12"}}`,
			"policy.confirm.pin":       `"say":"x","policy":{"confirm":{"pin":"1"}}`,
			"policy.machine":           `"say":"x","policy":{"machine":"shout"}`,
			"policy.machine.then":      `"say":"x","policy":{"machine":{"do":"leave-message","then":"dance"}}`,
			"policy.ladder":            `"say":"x","policy":{"ladder":"random"}`,
			"options.SendDigits":       `"say":"x","policy":{"machine":"redial"},"options":{"SendDigits":"1"}`,
			"options.MachineDetection": `"say":"x","policy":{"machine":"redial"},"options":{"MachineDetection":"Enable"}`,
			"url":                      `"url":"https://app.example.com/","policy":{"confirm":"any-key"}`,
			"twiml":                    `"twiml":"<Response><Dial>1</Dial></Response>","policy":{"confirm":"any-key"}`,
		} {
			status, answer := w.do("POST", "/v1/calls", `{"to":"`+alice+`",`+body+`}`)
			if status != http.StatusUnprocessableEntity || !strings.Contains(answer, `"field":"`+field+`"`) {
				t.Errorf("%s: %d %s", body, status, answer)
			}
		}
		status, answer := w.do("POST", "/v1/calls", `{"say":"x","to":["`+alice+`",{"number":"`+alice+`","name":"Alice"}]}`)
		if status != http.StatusUnprocessableEntity || !strings.Contains(answer, "to[1].number") {
			t.Errorf("the same number twice: %d %s", status, answer)
		}
	})
}

// An application's TwiML goes to Twilio unchanged: a second XML declaration would be an application error.
func TestTwimlOfOnesOwnWithADeclaration(t *testing.T) {
	const doc = `<?xml version="1.0" encoding="UTF-8"?><Response><Say>Your bill is due.</Say></Response>`
	for who, want := range map[string]string{"answer": "reached", "voicemail": "unreached"} {
		inWorld(t, nil, func(w *world) {
			w.phone(alice).does(who)
			c := w.call(api.CreateCall{To: alice, Twiml: doc, Policy: &api.Policy{
				Machine: &api.Machine{Do: "leave-message", Then: "end"}, MaxAttempts: new(1),
			}})
			w.pass(5 * time.Minute)
			c.is(want, map[string]string{"answer": "completed", "voicemail": "machine"}[who])
			if heard := w.phones[alice].heard(1); heard != "Your bill is due." {
				t.Errorf("%s heard %q", who, heard)
			}
		})
	}
	inWorld(t, nil, func(w *world) { // the same inside a question for a key
		w.phone(alice).does("answer+keys=1")
		c := w.call(api.CreateCall{To: alice, Twiml: doc, Policy: confirming(api.Confirm{Digit: "1"})})
		w.pass(5 * time.Minute)
		c.is("reached", "completed")
		w.phones[alice].hears(1, "Your bill is due. | Press 1 to confirm.")
	})
}

// Twilio may say who answered although it could not ask what to say: then a person heard nothing, and a machine has
// no message.
func TestWhoHeardNothingIsNotReached(t *testing.T) {
	for name, test := range map[string]struct{ first, status string }{
		"a person":  {"answer", "unconfirmed"},
		"a machine": {"voicemail", "machine"},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, nil, func(w *world) {
				w.phone(alice).does(test.first).answers()
				c := w.call(api.CreateCall{To: alice, Policy: &api.Policy{
					Machine:     &api.Machine{Do: "leave-message", Then: "end"},
					RedialAfter: map[string]api.Delays{"unconfirmed": {api.Duration(time.Minute)}},
				}})
				w.pass(4 * time.Second)
				w.stop() // it rings, and no node will answer Twilio's question
				w.pass(40 * time.Second)
				if heard := w.phones[alice].heard(1); heard != "an application error" {
					t.Fatalf("%s heard %q", name, heard)
				}
				w.start()
				w.pass(10 * time.Minute)
				c.is("reached", test.status, "completed")
				if r := c.now().Reached; r == nil || r.By != "human" || r.Attempt != 2 {
					t.Errorf("the evidence is %+v", r)
				}
				w.phones[alice].hears(2, "Your delivery")
			})
		})
	}
}

// A fax takes no message, so none was left.
func TestAFaxHasNoMessage(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.phone(alice).does("answer+detected=fax").does("voicemail")
		c := w.call(api.CreateCall{To: alice, Policy: &api.Policy{Machine: &api.Machine{Do: "leave-message", Then: "end"}}})
		w.pass(10 * time.Minute)
		c.is("unreached", "machine", "machine")
		w.phones[alice].hears(2, "Your delivery")
	})
}

// People who are rung at once are dialed together, and use up the pace of all of them.
func TestPeopleAtOnceKeepThePace(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		const carol = "+819012345699"
		for _, number := range []string{alice, bob, carol} {
			w.phone(number).answers()
		}
		w.call(api.CreateCall{People: toBoth, Policy: &api.Policy{Ladder: "parallel"}})
		w.call(api.CreateCall{To: carol})
		w.pass(time.Minute)
		var seconds []int
		for _, r := range w.creates() {
			seconds = append(seconds, int(r.At.Sub(w.creates()[0].At).Round(time.Second)/time.Second))
		}
		if !slices.Equal(seconds, []int{0, 0, 2}) { // at one call a second
			t.Errorf("calls left after %v s", seconds)
		}
	})
}

// In a sequence, a person whose number another call rings is waited for.
func TestTheFirstOfASequenceIsHeld(t *testing.T) {
	inWorld(t, func(c *Config) { c.CallsPerSecond = 100 }, func(w *world) {
		w.phone(alice).does("answer:50s").busy()
		w.phone(bob).answers()
		first := w.call(api.CreateCall{To: alice})
		w.pass(time.Second)
		c := w.call(api.CreateCall{People: toBoth, Policy: &api.Policy{MaxAttempts: new(1)}})
		w.pass(30 * time.Second)
		c.is("waiting")
		if !c.now().Held {
			t.Error("it is not held")
		}
		w.pass(5 * time.Minute)
		first.is("reached", "completed")
		c.is("reached", "busy", "completed")
		if r := c.now().Reached; r == nil || r.Name != "Bob" || r.By != "answer" {
			t.Errorf("the evidence is %+v", r)
		}
	})
}

// A cancel ends every ring, and nobody else is rung.
func TestCancelEndsAllThatRings(t *testing.T) {
	inWorld(t, func(c *Config) { c.CallsPerSecond = 100 }, func(w *world) {
		w.phone(alice).noAnswer()
		w.phone(bob).does("answer:40s")
		const carol = "+819012345699"
		w.phone(carol).does("queued:30s")
		people := append(slices.Clone(toBoth), api.Person{Number: carol})
		c := w.call(api.CreateCall{
			People: people, Policy: &api.Policy{Ladder: "parallel", Confirm: &api.Confirm{AnyKey: true}},
		})
		w.pass(10 * time.Second)
		c.cancel()
		w.pass(5 * time.Second)
		c.is("dialing", "canceled", "in-progress", "canceled")
		w.pass(10 * time.Minute)
		c.is("canceled", "canceled", "unconfirmed", "canceled")
		for _, l := range w.sim.Legs() {
			if l.To != bob && l.EndedAt.Sub(l.CreatedAt) > 15*time.Second {
				t.Errorf("%s was rung for %s", l.To, l.EndedAt.Sub(l.CreatedAt))
			}
		}
	})
}

// A Call that is over stays over: a key that is pressed later changes nothing, and gets no thanks.
func TestAKeyAfterTheEnd(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.phone(alice).does("no-answer")
		p := confirming(api.Confirm{Digit: "1"})
		p.MaxAttempts = new(1)
		c := w.call(api.CreateCall{To: alice, Policy: p})
		w.pass(5 * time.Minute)
		c.is("unreached", "no-answer")
		u, err := url.Parse(w.creates()[0].Form.Get("StatusCallback"))
		if err != nil {
			t.Fatal(err)
		}
		path := "/twilio_api/gather?attempt=" + url.QueryEscape(u.Query().Get("attempt")) + "&try=1"
		form := url.Values{"CallSid": {c.now().Attempts[0].SID}, "CallStatus": {"in-progress"}, "Digits": {"1"}}
		press := func(sign string) (int, string) {
			return w.do("POST", path, form.Encode(), "Content-Type", "application/x-www-form-urlencoded",
				"X-Twilio-Signature", sign)
		}
		if status, _ := press("forged"); status != http.StatusForbidden {
			t.Errorf("a forged pressed key is answered %d", status)
		}
		w.metric(`redial_callbacks_total{verdict="forged"} 1`)
		_, before := w.do("GET", "/metrics", "")
		status, said := press(signature(token, hostURL+path, form))
		if status != http.StatusOK || strings.Contains(said, "Thank you") || !strings.Contains(said, "<Hangup/>") {
			t.Errorf("%d %s", status, said)
		}
		c.is("unreached", "no-answer")
		accepted := regexp.MustCompile(`redial_callbacks_total\{verdict="accepted"\} (\d+)`)
		if _, after := w.do("GET", "/metrics", ""); accepted.FindString(before) == accepted.FindString(after) {
			t.Error("a pressed key is no callback to the metrics")
		}
	})
}
