package app

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"time"

	"redial/api"
	"redial/internal/sim"
)

// errors returns the lines of the log at level ERROR.
func (l *lockedBuffer) errors() (list []string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for line := range strings.Lines(l.b.String()) {
		if strings.Contains(line, "level=ERROR") {
			list = append(list, line)
		}
	}
	return list
}

// quick sets ten calls a second, and a log that can be read.
func quick(log *lockedBuffer) func(*Config) {
	return func(c *Config) {
		c.CallsPerSecond = 10
		c.Log = slog.New(slog.NewTextHandler(log, nil))
	}
}

// number is the i-th of many phones.
func number(i int) string { return fmt.Sprintf("+8190123456%02d", i) }

// callAll asks for calls to n phones, which do what a script says.
func (w *world) callAll(n int, script string) (list []*asked) {
	for i := range n {
		w.phone(number(i)).does(script)
		list = append(list, w.call(api.CreateCall{To: number(i)}))
	}
	return list
}

func (w *world) pauseCode() int {
	w.t.Helper()
	page, err := w.client.List(w.ctx, api.ListQuery{})
	if err != nil {
		w.t.Fatal(err)
	}
	if page.AccountPause == nil {
		return 0
	}
	return page.AccountPause.Code
}

// Whatever code and HTTP status say that the account takes no calls, no call is lost, and all phones are rung when it
// is over.
func TestTheAccountsTroubleCostsNobody(t *testing.T) {
	for _, tc := range []struct{ code, status int }{
		{10001, 400}, {10002, 403}, {10005, 400}, {10005, 403}, {20003, 401}, {20005, 400}, {20010, 403}, {90010, 400},
		{90010, 429}, {20003, 503},
	} {
		t.Run(fmt.Sprintf("%d under HTTP %d", tc.code, tc.status), func(t *testing.T) {
			inWorld(t, func(c *Config) { c.CallsPerSecond = 10 }, func(w *world) {
				w.sim.SuspendWith(tc.status, tc.code)
				all := w.callAll(5, "answer:5s")
				w.pass(10 * time.Minute)
				if got := w.pauseCode(); got != tc.code {
					t.Errorf("the pause is for %d", got)
				}
				if n := len(w.creates()); n > 5 {
					t.Errorf("%d create requests were sent meanwhile", n)
				}
				w.sim.Suspend(0)
				w.pass(3 * time.Minute)
				for _, c := range all {
					c.is("reached", "completed")
				}
				if w.pauseCode() != 0 {
					t.Error("dialing pauses still")
				}
			})
		})
	}
}

// An account that can be read, but takes no calls, is tried with one call a minute. The pause lasts until Twilio
// takes one.
func TestAnAccountThatCanBeReadIsTriedWithOneCall(t *testing.T) {
	var log lockedBuffer
	inWorld(t, quick(&log), func(w *world) {
		all := w.callAll(9, "refuse:10005/403")
		w.pass(30 * time.Minute)
		for _, c := range all {
			if state := c.now().State; state != "waiting" {
				t.Errorf("a call is %s", state)
			}
		}
		if w.pauseCode() != 10005 {
			t.Error("the list shows no pause")
		}
		if n := len(w.creates()); n > 9+31 {
			t.Errorf("%d create requests in half an hour", n)
		}
		if n := len(log.errors()); n != 1 {
			t.Errorf("%d errors in the log: %q", n, log.errors())
		}
		for i := range 9 {
			w.phone(number(i)).steps = nil
			w.phone(number(i)).answers()
		}
		w.pass(3 * time.Minute)
		for _, c := range all {
			c.is("reached", "completed")
		}
	})
}

// If a call's own number is refused, that neither proves that the account takes calls, nor that it doesn't.
func TestATrialThatIsRefusedIsFollowedByAnother(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.sim.Suspend(20003)
		first := w.callAll(1, "refuse:21211")[0]
		w.phone(bob).answers()
		second := w.call(api.CreateCall{To: bob})
		w.pass(10 * time.Second)
		w.sim.Suspend(0)
		w.pass(2 * time.Minute)
		first.is("refused", "refused")
		second.is("reached", "completed")
		if w.pauseCode() != 0 {
			t.Error("dialing pauses still")
		}
	})
}

// If no call waits, none can be the trial: the pause ends once the account can be read.
func TestAPauseEndsWithoutACall(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.sim.Suspend(20003)
		c := w.callAll(1, "answer")[0]
		w.pass(10 * time.Second)
		c.cancel()
		w.pass(5 * time.Minute)
		if w.pauseCode() != 20003 {
			t.Error("the pause is over, though the account does not work")
		}
		w.sim.Suspend(0)
		w.pass(2 * time.Minute)
		if w.pauseCode() != 0 {
			t.Error("dialing pauses still")
		}
		w.phone(bob).answers()
		c = w.call(api.CreateCall{To: bob})
		w.pass(time.Minute)
		c.is("reached", "completed")
	})
}

// With as many calls as the account may have at once, no call is refused, and the next is dialed as soon as one has
// ended.
func TestAFullAccountWaitsForALegToEnd(t *testing.T) {
	inWorld(t, func(c *Config) { c.CallsPerSecond = 20 }, func(w *world) {
		if err := w.sim.SetFaults(sim.Faults{MaxCalls: 3}); err != nil {
			t.Fatal(err)
		}
		const many = 40
		all := w.callAll(many, "answer:10s")
		w.pass(10 * time.Second)
		if w.pauseCode() != 0 {
			t.Error("a full account counts as one that does not work")
		}
		w.metric(`redial_account_paused 0`)
		w.pass(20 * time.Minute)
		for _, c := range all {
			c.is("reached", "completed")
		}
		legs := w.sim.Legs()
		last := legs[0].CreatedAt
		for _, l := range legs {
			last = l.CreatedAt
		}
		took := last.Sub(legs[0].CreatedAt)
		// 14 s each, three at a time.
		if ideal := many / 3 * 14 * time.Second; took > ideal+ideal/3 {
			t.Errorf("it took %v until the last was dialed; without waiting in vain %v", took, ideal)
		}
		if extra := len(w.creates()) - many; extra > many {
			t.Errorf("%d create requests were refused, for %d calls", extra, many)
		}
	})
}

// If other programs fill the account, none of our legs ends: redial tries again after a while.
func TestAnAccountThatOthersFillIsTriedAgain(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.phone(bob).does("answer:300s")
		w.placeElsewhere(bob)
		if err := w.sim.SetFaults(sim.Faults{MaxCalls: 1}); err != nil {
			t.Fatal(err)
		}
		before := len(w.creates())
		all := w.callAll(3, "answer:5s")
		w.pass(4 * time.Minute)
		if n := len(w.creates()) - before; n < 6 || n > 10 {
			t.Errorf("%d create requests in four minutes, want one each half minute", n)
		}
		w.pass(5 * time.Minute)
		for _, c := range all {
			c.is("reached", "completed")
		}
	})
}

// If one number gets an unknown code, it is tried once more; then the call is refused.
func TestACodeThatNobodyKnowsRefusesTheCall(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		c := w.callAll(1, "refuse:29999")[0]
		w.pass(time.Minute)
		c.is("refused", "refused")
		if w.pauseCode() != 0 {
			t.Error("dialing pauses for a single number")
		}
	})
}

// If five numbers in a row get an unknown code, redial asks for the account once. The account is well: for a day the
// code refuses calls, and causes no pause.
func TestACodeThatNobodyKnowsRefusesManyOfAWellAccount(t *testing.T) {
	var log lockedBuffer
	inWorld(t, quick(&log), func(w *world) {
		all := w.callAll(5, "refuse:29999")
		w.pass(350 * time.Millisecond)
		for _, c := range all[:4] {
			c.is("waiting", "postponed")
		}
		w.pass(time.Minute)
		for _, c := range all {
			c.is("refused", "refused")
		}
		looks := w.looks()
		if looks != 1 {
			t.Errorf("the account was looked at %d times", looks)
		}
		if got := log.errors(); len(got) != 1 || !strings.Contains(got[0], "29999") {
			t.Errorf("errors in the log: %q", got)
		}
		for i := 5; i < 15; i++ {
			w.phone(number(i)).does("refuse:29999")
			c := w.call(api.CreateCall{To: number(i)})
			w.pass(2 * time.Second)
			c.is("refused", "refused")
		}
		if w.looks() != looks || len(log.errors()) != 1 {
			t.Errorf("it was looked at again: %d times; %q", w.looks(), log.errors())
		}
	})
}

// looks is how often redial asked for the account.
func (w *world) looks() (n int) {
	for _, r := range w.sim.Requests() {
		if r.Path == "/2010-04-01/Accounts/"+account+".json" {
			n++
		}
	}
	return n
}

// The same with an account that is not well, with that code or another: no call is lost, not even the first four.
func TestACodeThatNobodyKnowsRefusesManyOfASickAccount(t *testing.T) {
	for _, then := range []int{20003, 29999} {
		t.Run(fmt.Sprint(then), func(t *testing.T) {
			var log lockedBuffer
			inWorld(t, quick(&log), func(w *world) {
				w.sim.SuspendWith(400, 29999)
				all := w.callAll(7, "answer:5s")
				w.pass(300 * time.Millisecond)
				w.sim.SuspendWith(400, then) // the account can't be read either
				w.pass(30 * time.Minute)
				for _, c := range all {
					if state := c.now().State; state != "waiting" {
						t.Errorf("a call is %s", state)
					}
				}
				w.sim.Suspend(0)
				w.pass(3 * time.Minute)
				for _, c := range all {
					c.is("reached", "completed")
				}
				if w.pauseCode() != 0 {
					t.Error("dialing pauses still")
				}
				for _, line := range log.errors() {
					if strings.Contains(line, "own") {
						t.Errorf("the code is taken for the calls' own: %s", line)
					}
				}
			})
		})
	}
}

// A call that Twilio takes in between shows that the code is not about all calls.
func TestACallThatIsTakenBeginsTheCountAnew(t *testing.T) {
	var log lockedBuffer
	inWorld(t, quick(&log), func(w *world) {
		first := w.callAll(4, "refuse:29999")
		w.pass(time.Second)
		w.phone(bob).answers()
		taken := w.call(api.CreateCall{To: bob})
		w.pass(time.Second)
		var second []*asked
		for i := 10; i < 14; i++ {
			w.phone(number(i)).does("refuse:29999")
			second = append(second, w.call(api.CreateCall{To: number(i)}))
		}
		w.pass(2 * time.Minute)
		for _, c := range append(first, second...) {
			c.is("refused", "refused")
		}
		taken.is("reached", "completed")
		if w.looks() != 0 || len(log.errors()) != 0 {
			t.Errorf("the account was looked at %d times; %q", w.looks(), log.errors())
		}
	})
}
