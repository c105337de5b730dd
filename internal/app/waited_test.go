package app

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"redial/api"
	"redial/internal/sim"
)

// waited returns what each dial of a call waited for.
func (a *asked) waited() (list []string) {
	a.w.t.Helper()
	events, err := a.w.client.Events(a.w.ctx, a.id)
	if err != nil {
		a.w.t.Fatal(err)
	}
	for _, e := range events {
		if e.Type == "attempt.dialed" {
			list = append(list, fmt.Sprint(e.Waited))
		}
	}
	return list
}

// waitsFor expects every answer about the call to say what it waits for: the call alone, in a list, and explained.
func (a *asked) waitsFor(want string) {
	a.w.t.Helper()
	e, err := a.w.client.ExplainCall(a.w.ctx, a.id)
	if err != nil {
		a.w.t.Fatal(err)
	}
	page, err := a.w.client.List(a.w.ctx, api.ListQuery{})
	if err != nil {
		a.w.t.Fatal(err)
	}
	told := map[string][]string{"shown": a.now().Waiting, "explained": e.Waiting}
	for _, c := range page.Calls {
		if c.ID == a.id {
			told["listed"] = c.Waiting
		}
	}
	for how, got := range told {
		if text := strings.Join(got, "; "); want == "" && text != "" || !strings.Contains(text, want) {
			a.w.t.Errorf("%s, it waits for %q, not %q", how, text, want)
		}
	}
	if len(told) != 3 {
		a.w.t.Error("the list does not have it")
	}
}

// While a call waits because the account pauses, every answer about it says so. When it is dialed, its event says for
// how long. Nothing is stored for each waiting call.
func TestAWaitForTheAccountIsSeen(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.sim.Suspend(20003)
		first := w.callAll(1, "answer:5s")[0]
		w.pass(2 * time.Second)
		w.phone(bob).does("answer:5s")
		second := w.call(api.CreateCall{To: bob})
		w.pass(2 * time.Second)
		first.waitsFor("Twilio takes no calls of this account: error 20003")
		second.waitsFor("Twilio takes no calls of this account: error 20003")
		before := len(strings.Split(second.story(), "\n"))
		w.pass(9 * time.Minute)
		if after := len(strings.Split(second.story(), "\n")); after != before {
			t.Errorf("the call's timeline grew by %d events while it waited", after-before)
		}
		w.sim.Suspend(0)
		w.pass(3 * time.Minute)
		second.is("reached", "completed")
		got := second.waited()
		if len(got) != 1 || !strings.HasPrefix(got[0], "[{Twilio takes no calls of this account: error 20003 59") {
			t.Errorf("it waited for %q", got)
		}
		second.waitsFor("")
	})
}

// Other calls that were due earlier are a reason, too.
func TestAWaitForThePaceIsSeen(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		all := w.callAll(40, "answer:5s")
		w.pass(10 * time.Second)
		all[39].waitsFor("the account's pace: others are due before it")
		w.pass(2 * time.Minute)
		if got := all[0].waited(); len(got) != 1 || got[0] != "[]" {
			t.Errorf("the first waited for %q", got)
		}
		got := all[39].waited()
		if len(got) != 1 || !strings.HasPrefix(got[0], "[{the account's pace: others are due before it 3") ||
			strings.Count(got[0], "{") != 1 {
			t.Errorf("the last waited for %q", got)
		}
	})
}

// What a call waited for is known even if the node was down for a part of the time.
func TestAWaitIsRememberedOverARestart(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.sim.Suspend(20003)
		all := w.callAll(20, "answer:5s")
		w.pass(5 * time.Minute)
		w.sim.Suspend(0)
		w.pass(62 * time.Second) // some are dialed
		w.stop()
		w.pass(time.Minute)
		w.start()
		w.pass(2 * time.Minute)
		got := all[19].waited()
		if len(got) != 1 {
			t.Fatalf("it was dialed %d times", len(got))
		}
		for _, why := range []string{
			"Twilio takes no calls of this account: error 20003 3", "the account's pace",
			"redial was not running, or could not reach its database 6",
		} {
			if !strings.Contains(got[0], why) {
				t.Errorf("it waited for %q, without %q", got[0], why)
			}
		}
	})
}

// A full account, and a number that another call rings, are reasons, too.
func TestOtherWaitsAreSeen(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		if err := w.sim.SetFaults(sim.Faults{MaxCalls: 1}); err != nil {
			t.Fatal(err)
		}
		all := w.callAll(2, "answer:50s")
		w.pass(20 * time.Second)
		all[1].waitsFor("the account has as many calls at once as it may: error 10004")
		w.phones[number(0)].does("answer:5s")
		held := w.call(api.CreateCall{To: number(0)})
		w.pass(5 * time.Second)
		e, err := w.client.ExplainCall(w.ctx, held.id)
		if err != nil || !strings.Contains(strings.Join(e.Waiting, "; "), "another call is ringing the number") {
			t.Errorf("it waits for %q, %v", e.Waiting, err)
		}
		w.pass(5 * time.Minute)
		all[1].is("reached", "completed")
		got := all[1].waited()
		if last := got[len(got)-1]; !strings.Contains(last, "as many calls at once as it may") {
			t.Errorf("it waited for %q", got)
		}
	})
}
