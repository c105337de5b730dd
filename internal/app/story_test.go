package app

import (
	"fmt"
	"testing"
	"time"

	"redial/api"
	"redial/internal/sim"
)

func after(d time.Duration) api.Duration { return api.Duration(d) }

// busyFor is a policy that waits for d after a busy line.
func busyFor(d time.Duration) *api.Policy {
	return &api.Policy{RedialAfter: map[string]api.Delays{"busy": {after(d)}}}
}

func TestRingsAgainUntilSomebodyAnswers(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		p := w.phone(alice).noAnswer().noAnswer().answers()
		c := w.call(api.CreateCall{To: alice})
		w.pass(3 * time.Minute)
		c.is("reached", "no-answer", "no-answer", "completed")
		p.rangTimes(3)
	})
}

func TestGivesUpWhenThePolicyIsUsedUp(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.phone(alice).noAnswer().busy().does("failed")
		c := w.call(api.CreateCall{To: alice})
		w.pass(10 * time.Minute)
		c.is("unreached", "no-answer", "busy", "failed")
	})
}

func TestTwentyHourPolicy(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		p := w.phone(alice)
		for range 10 {
			p.busy()
		}
		policy := busyFor(2 * time.Hour)
		policy.MaxAttempts, policy.Deadline = new(20), api.After(20*time.Hour)
		c := w.call(api.CreateCall{To: alice, Policy: policy})
		w.pass(17 * time.Hour)
		c.is("waiting", "busy", "busy", "busy", "busy", "busy", "busy", "busy", "busy", "busy")
		w.pass(3 * time.Hour)
		c.is("expired", "busy", "busy", "busy", "busy", "busy", "busy", "busy", "busy", "busy", "busy")
	})
}

func TestWaitsAsLongAsThePolicySays(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		p := w.phone(alice).busy().answers()
		c := w.call(api.CreateCall{To: alice, Policy: busyFor(10 * time.Minute)})
		w.pass(10 * time.Minute)
		c.is("waiting", "busy")
		p.rangTimes(1)
		w.pass(2 * time.Minute)
		c.is("reached", "busy", "completed")
	})
}

func TestCancelWhileWaitingEndsAtOnce(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.phone(alice).busy()
		c := w.call(api.CreateCall{To: alice, Policy: busyFor(time.Hour)})
		w.pass(time.Minute)
		c.cancel()
		c.is("canceled", "busy")
		w.pass(3 * time.Hour)
		c.cancel()
		c.is("canceled", "busy")
	})
}

func TestCancelEndsWhatRingsAndNoConversation(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.phone(alice).noAnswer()
		w.phone(bob).does("answer:60s")
		unanswered, answered := w.call(api.CreateCall{To: alice}), w.call(api.CreateCall{To: bob})
		w.pass(8 * time.Second)
		unanswered.is("dialing", "ringing")
		unanswered.cancel()
		answered.cancel()
		unanswered.is("canceled", "canceled")
		answered.is("dialing", "in-progress")
		w.pass(5 * time.Minute)
		answered.is("reached", "completed")
	})
}

func TestARefusalThatCannotHealEndsTheCall(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.phone(alice).does("refuse:21211")
		c := w.call(api.CreateCall{To: alice})
		w.pass(time.Minute)
		c.is("refused", "refused")
		if got := c.now().Refusal; got == nil || got.Code != 21211 || got.Message == "" {
			t.Errorf("the refusal is %+v", got)
		}
	})
}

func TestAnAccountInTroublePausesDialingAndBurnsNothing(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.phone(alice).answers()
		w.phone(bob).answers()
		w.sim.Suspend(20003)
		c, d := w.call(api.CreateCall{To: alice}), w.call(api.CreateCall{To: bob})
		w.pass(time.Hour)
		c.is("waiting", "postponed")
		d.is("waiting")
		page, err := w.client.List(w.ctx, api.ListQuery{})
		if err != nil || page.AccountPause == nil || page.AccountPause.Code != 20003 {
			t.Errorf("the list shows the pause as %+v, %v", page.AccountPause, err)
		}
		w.metric(`redial_account_paused 1`)
		w.sim.Suspend(0)
		w.pass(3 * time.Minute)
		c.is("reached", "completed")
		d.is("reached", "completed")
		w.metric(`redial_account_paused 0`)
	})
}

func TestAPausedAccountIsSentNoMore(t *testing.T) {
	inWorld(t, func(c *Config) { c.CallsPerSecond = 100 }, func(w *world) {
		w.sim.Suspend(20003)
		for i := range 9 {
			w.call(api.CreateCall{To: fmt.Sprintf("+81901234000%d", i+1)})
			w.pass(time.Second)
		}
		if n := len(w.creates()); n != 1 {
			t.Errorf("%d create requests were sent, of which the first was refused for the account", n)
		}
	})
}

func TestADeadlineEndsACallWhileTheAccountIsPaused(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.phone(alice).answers()
		w.sim.Suspend(20005)
		first := w.call(api.CreateCall{To: alice, Policy: &api.Policy{Deadline: api.After(10 * time.Minute)}})
		second := w.call(api.CreateCall{To: bob, Policy: &api.Policy{Deadline: api.After(10 * time.Minute)}})
		w.pass(11 * time.Minute)
		first.is("expired", "unplaced")
		second.is("expired")
	})
}

func TestTooManyRequestsCountForNothing(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.phone(alice).does("answer+429").does("answer+429").noAnswer().noAnswer().answers()
		c := w.call(api.CreateCall{To: alice})
		w.pass(5 * time.Minute)
		c.is("reached", "no-answer", "no-answer", "completed")
		if !c.happened("attempt.postponed") {
			t.Error("nothing says that the attempt was postponed")
		}
	})
}

func TestALostCallbackIsAskedFor(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.phone(alice).does("no-answer+lost").does("answer+lost")
		c := w.call(api.CreateCall{To: alice})
		w.pass(40 * time.Second)
		c.is("dialing", "queued")
		w.pass(3 * time.Minute)
		c.is("reached", "no-answer", "completed")
	})
}

func TestWithoutAPublicURLTwilioIsAsked(t *testing.T) {
	inWorld(t, func(c *Config) { c.HostURL = "" }, func(w *world) {
		w.phone(alice).noAnswer().answers()
		c := w.call(api.CreateCall{To: alice})
		w.pass(5 * time.Minute)
		c.is("reached", "no-answer", "completed")
	})
}

// The phone ignores Twilio's time-out: redial ends the ring itself, after 30 s and 2 s of grace.
func TestARingThatNeverEndsIsEnded(t *testing.T) {
	for name, test := range map[string]struct {
		host   string
		latest time.Duration
	}{
		"told by callbacks":  {hostURL, 33 * time.Second},
		"seen when it asked": {"", 38 * time.Second}, // at most 5 s later: redial learns of the ring by asking
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(c *Config) { c.HostURL = test.host }, func(w *world) {
				w.phone(alice).does("rings-forever").answers()
				c := w.call(api.CreateCall{To: alice})
				w.pass(5 * time.Minute)
				c.is("reached", "no-answer", "completed")
				first := w.sim.Legs()[0]
				if rang := first.EndedAt.Sub(first.RingingAt); rang < 32*time.Second || rang > test.latest {
					t.Errorf("the phone rang for %s", rang)
				}
			})
		})
	}
}

// A person who answers in the moment in which the ring is ended is not cut off.
func TestAnAnswerInTheLastMomentIsNeverCut(t *testing.T) {
	for _, rings := range []string{"31900ms", "32s", "32s", "32s", "32s", "32100ms"} {
		inWorld(t, nil, func(w *world) {
			w.phone(alice).does("rings-forever:" + rings)
			c := w.call(api.CreateCall{To: alice, Policy: &api.Policy{MaxAttempts: new(1)}})
			w.pass(5 * time.Minute)
			leg := w.sim.Legs()[0]
			if leg.AnswerAt.IsZero() {
				c.is("unreached", "no-answer")
			} else if c.is("reached", "completed"); leg.EndedAt.Sub(leg.AnswerAt) < 2*time.Second {
				t.Errorf("answered after %s, and cut off: %+v", rings, leg)
			}
			if rings == "31900ms" && leg.AnswerAt.IsZero() {
				t.Error("the ring was ended before its time")
			}
		})
	}
}

// Twilio may hold a call in its queue for a day. redial takes it back, so that it can't ring at any hour, and does
// not count it.
func TestACallThatNeverLeavesTheQueueIsTakenBack(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.phone(alice).does("queued:5h").answers()
		c := w.call(api.CreateCall{To: alice, Policy: &api.Policy{MaxAttempts: new(1)}})
		w.pass(time.Hour)
		c.is("reached", "unplaced", "completed")
		if leg := w.sim.Legs()[0]; leg.Status != "canceled" || !leg.DialedAt.IsZero() {
			t.Errorf("%+v", leg)
		}
	})
}

func TestAnOperatorResolvesWhatTheListCouldNotTell(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.phone(alice).does("answer+dropped+lost").does("busy")
		policy := &api.Policy{RedialAfter: map[string]api.Delays{"failed": {after(time.Hour)}}}
		c := w.call(api.CreateCall{To: alice, Policy: policy})
		w.pass(5 * time.Second)
		w.placeElsewhere(alice)
		w.pass(10 * time.Minute)
		c.is("waiting", "ambiguous")
		for body, want := range map[string]int{
			`{}`: 422, `{"sid": "CA1", "unplaced": true}`: 422, `{"sid": 1}`: 422, `{"unplaced": "yes"}`: 422,
			`{"sid": "CA404"}`: 502,
		} {
			if status, answer := w.do("POST", "/v1/calls/"+c.id+"/attempts/1/resolve", body); status != want {
				t.Errorf("%s is answered %d: %s", body, status, answer)
			}
		}
		c.is("waiting", "ambiguous")
		if _, err := w.client.Resolve(w.ctx, c.id, 1, w.sim.Legs()[0].SID); err != nil {
			t.Fatal(err)
		}
		c.is("reached", "completed")
		for path, want := range map[string]int{
			"/v1/calls/" + c.id + "/attempts/1": 409, "/v1/calls/" + c.id + "/attempts/2": 409,
			"/v1/calls/nobody/attempts/1": 404,
		} {
			if status, answer := w.do("POST", path+"/resolve", `{"unplaced": true}`); status != want {
				t.Errorf("%s is answered %d: %s", path, status, answer)
			}
		}
	})
}

func TestACallbackMayComeBeforeTheAnswer(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.phone(alice).does("no-answer+early").does("busy+early").does("answer+early")
		c := w.call(api.CreateCall{To: alice})
		w.pass(10 * time.Minute)
		c.is("reached", "no-answer", "busy", "completed")
	})
}

func TestALostCreateAnswerRingsNobodyTwice(t *testing.T) {
	for name, host := range map[string]string{"told by a callback": hostURL, "found in the list": ""} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(c *Config) { c.HostURL = host }, func(w *world) {
				w.phone(alice).does("no-answer+dropped").does("answer+dropped")
				c := w.call(api.CreateCall{To: alice})
				w.pass(10 * time.Minute)
				c.is("reached", "no-answer", "completed")
			})
		})
	}
}

func TestACreateThatNeverHappenedIsDialedAgainUncounted(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.phone(alice).does("answer+unplaced500").noAnswer().noAnswer().answers()
		c := w.call(api.CreateCall{To: alice})
		w.pass(30 * time.Second)
		c.is("dialing", "unknown")
		w.pass(10 * time.Minute)
		c.is("reached", "unplaced", "no-answer", "no-answer", "completed")
	})
}

func TestAnUnkindTwilioChangesNothing(t *testing.T) {
	faults := sim.Faults{
		CallbackLost: 0.2, CallbackLate: 0.3, CallbackDoubled: 0.5, CallbackReordered: 0.5,
		CreateDropped: 0.2, Create500: 0.2, Create429: 0.2,
	}
	for seed := range uint64(10) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			inSeededWorld(t, seed, nil, func(w *world) {
				if err := w.sim.SetFaults(faults); err != nil {
					t.Fatal(err)
				}
				p := w.phone(alice).noAnswer().noAnswer().noAnswer()
				c := w.call(api.CreateCall{To: alice})
				w.pass(time.Hour)
				c.is("unreached", "no-answer", "no-answer", "no-answer")
				p.rangTimes(3)
			})
		})
	}
}

func TestARestartLosesNothing(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		p := w.phone(alice).busy().noAnswer().answers()
		c := w.call(api.CreateCall{To: alice, Policy: busyFor(10 * time.Minute)})
		w.pass(time.Minute)
		w.restart()
		c.is("waiting", "busy")
		w.pass(8 * time.Minute)
		p.rangTimes(1)
		w.pass(70 * time.Second) // the second attempt rings
		c.is("dialing", "busy", "ringing")
		w.restart()
		w.pass(5 * time.Minute)
		c.is("reached", "busy", "no-answer", "completed")
		p.rangTimes(3)
	})
}

// A node that is told to stop takes no more work, and finishes what it has begun.
func TestStoppingLeavesNothingUnknown(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		if err := w.sim.SetFaults(sim.Faults{CreateSlow: 1, CreateSlowMS: 5000}); err != nil {
			t.Fatal(err)
		}
		w.phone(alice).answers()
		w.phone(bob).answers()
		c := w.call(api.CreateCall{To: alice})
		w.pass(500 * time.Millisecond) // the create request is on its way
		later := w.call(api.CreateCall{To: bob})
		w.restart()
		if !c.happened("attempt.placed") || c.happened("attempt.unanswered") {
			t.Errorf("the node stopped in the middle of a create request:\n%s", c.story())
		}
		w.pass(2 * time.Minute)
		c.is("reached", "completed")
		later.is("reached", "completed")
	})
}

func TestADeadlinePassedWhileDownEndsTheCall(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.phone(alice).busy()
		policy := busyFor(10 * time.Minute)
		policy.Deadline = api.After(time.Hour)
		c := w.call(api.CreateCall{To: alice, Policy: policy})
		w.pass(time.Minute)
		w.stop()
		w.pass(10 * time.Hour)
		w.start()
		w.pass(time.Second)
		c.is("expired", "busy")
	})
}

func TestOneLiveAttemptPerNumber(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.phone(alice).does("answer:60s").does("answer:60s").answers()
		first := w.call(api.CreateCall{To: alice})
		second, third := w.call(api.CreateCall{To: alice}), w.call(api.CreateCall{To: alice})
		w.pass(30 * time.Second)
		first.is("dialing", "in-progress")
		second.is("waiting")
		third.is("waiting")
		if !second.now().Held {
			t.Error("the second call is not shown as held")
		}
		third.cancel()
		w.pass(5 * time.Minute)
		first.is("reached", "completed")
		second.is("reached", "completed")
		third.is("canceled")
	})
}

func TestDialsNoFasterThanTheAccountAllows(t *testing.T) {
	inWorld(t, func(c *Config) { c.CallsPerSecond = 0.5 }, func(w *world) {
		numbers := []string{"+819011110001", "+819011110002", "+819011110003", "+819011110004", "+819011110005"}
		for _, n := range numbers {
			w.phone(n).answers()
			w.call(api.CreateCall{To: n})
		}
		w.pass(time.Minute)
		var last time.Time
		for i, r := range w.creates() {
			if gap := r.At.Sub(last); i > 0 && gap < 2*time.Second {
				t.Errorf("create %d came %v after the one before", i+1, gap)
			}
			last = r.At
		}
		if n := len(w.creates()); n != len(numbers) {
			t.Errorf("%d creates for %d calls", n, len(numbers))
		}
	})
}
