package app

import (
	"testing"
	"time"

	"redial/api"
)

func until(d time.Duration, hours string) *api.Policy {
	p := &api.Policy{Deadline: api.After(d)}
	if hours != "" {
		p.Window = &api.Window{Hours: hours, Zone: "Etc/UTC"}
	}
	return p
}

// Calls wait for a phone on which somebody talks. When the conversation is over, a call that can't ring any more must
// not keep the phone from one that can.
func TestWhoCantRingByThenKeepsThePhoneFromNobody(t *testing.T) {
	for name, tc := range map[string]struct {
		first   *api.Policy
		outcome string // of the first call, in the end
	}{
		"its window has closed":          {until(48*time.Hour, "12:00-12:10"), "reached"},
		"its window has closed for good": {until(2*time.Hour, "12:00-12:10"), "expired"},
		"its deadline has passed":        {until(10*time.Minute, ""), "expired"},
	} {
		t.Run(name, func(t *testing.T) {
			inWorldAt(t, "2000-03-25T12:00:00Z", func(w *world) {
				w.phone(alice).does("answer:30m").answers().answers()
				talks := w.call(api.CreateCall{To: alice, Policy: &api.Policy{TalkLimit: new(after(time.Hour))}})
				w.pass(5 * time.Second)
				first := w.call(api.CreateCall{To: alice, Policy: tc.first})
				next := w.call(api.CreateCall{To: alice, Policy: until(time.Hour, "")})
				w.pass(20 * time.Minute)
				talks.is("dialing", "in-progress")
				next.is("waiting")
				w.pass(20 * time.Minute)
				next.is("reached", "completed")
				w.pass(50 * time.Hour)
				if c := first.now(); c.Outcome != tc.outcome {
					t.Errorf("the first is %q\n%s", c.Outcome, first.story())
				}
			})
		})
	}
}

// Nor must a call that could ring when the phone became free, but can't any more when the pace allows its dial.
func TestWhoIsDeferredKeepsThePhoneFromNobody(t *testing.T) {
	inWorld(t, func(c *Config) {
		time.Sleep(time.Until(moment(t, "2000-03-25T12:00:00Z")))
		c.CallsPerSecond = 1.0 / 600
	}, func(w *world) {
		w.phone(alice).does("answer:30m").answers().answers()
		w.phone(bob).answers()
		w.call(api.CreateCall{To: alice, Policy: &api.Policy{TalkLimit: new(after(time.Hour))}})
		first := w.call(api.CreateCall{To: alice, Policy: until(48*time.Hour, "12:00-12:35")})
		next := w.call(api.CreateCall{To: alice, Policy: until(2*time.Hour, "")})
		w.pass(29 * time.Minute)
		for _, c := range []*asked{first, next} {
			if !c.happened("call.held") {
				t.Fatalf("it is not held\n%s", c.story())
			}
		}
		w.call(api.CreateCall{To: bob}) // uses up the pace
		w.pass(15 * time.Minute)
		if !first.happened("call.released") || !first.happened("call.deferred") {
			t.Errorf("want it released, and deferred then\n%s", first.story())
		}
		next.is("reached", "completed")
		w.pass(24 * time.Hour)
		first.is("reached", "completed")
	})
}

// Nor must a call that becomes due when the pace is used up, or one that waits for tomorrow, keep the next new call
// waiting.
func TestACallThatWaitsForLongKeepsNobodyWaiting(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.phone(alice).does("answer:5m").answers()
		w.phone(bob).answers()
		w.call(api.CreateCall{To: number(0), Policy: &api.Policy{NotBefore: api.After(20 * time.Hour)}})
		w.phone(number(0)).answers()
		w.pass(time.Second)
		w.call(api.CreateCall{To: alice})
		w.phone(number(1)).does("answer:5m")
		w.call(api.CreateCall{To: number(1)})
		w.pass(3 * time.Second)
		b := w.call(api.CreateCall{To: bob})
		w.pass(2 * time.Second)
		b.is("dialing", "ringing")
	})
}
