package call

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// chaos tells a Call anything at all, true or not, in any order, and holds it to
// what no news may break.
type chaos struct {
	*rapid.T
	c      Call
	now    time.Time
	events []Event
}

func randomWish(t *rapid.T) Wish {
	delay := rapid.SampledFrom([]time.Duration{0, time.Second, 30 * time.Second, time.Hour})
	w := wish()
	w.Policy = Policy{
		MaxAttempts: rapid.IntRange(1, 4).Draw(t, "max attempts"),
		RingTimeout: 30 * time.Second,
		Deadline:    rapid.SampledFrom([]time.Duration{time.Minute, time.Hour, 24 * time.Hour, 200 * time.Hour}).Draw(t, "deadline"),
		RedialAfter: map[Result]time.Duration{},
	}
	w.Polled = rapid.Bool().Draw(t, "polled")
	for _, r := range Redialed() {
		w.Policy.RedialAfter[r] = delay.Draw(t, "after "+string(r))
	}
	return w
}

// randomProof asks for proof that a person answers, of several people.
func randomProof(t *rapid.T, w *Wish) {
	w.Policy.Confirm.Kind = rapid.SampledFrom([]ConfirmKind{ConfirmNone, ConfirmAnyKey, ConfirmPIN}).Draw(t, "confirm")
	w.Policy.Machine.Do = rapid.SampledFrom([]MachineDo{MachineIgnore, MachineRedial, MachineLeaveMessage}).Draw(t, "machine")
	w.Policy.Machine.End = rapid.Bool().Draw(t, "end")
	w.Policy.Ladder = rapid.SampledFrom(Ladders()).Draw(t, "ladder")
	for i := range rapid.IntRange(0, 3).Draw(t, "people") {
		w.People = append(w.People, Person{Number: fmt.Sprintf("+8190123456%02d", i), Name: "N"})
	}
	if len(w.People) > 0 {
		w.To = w.People[0].Number
	}
}

func newChaos(t *rapid.T, change ...func(*rapid.T, *Wish)) *chaos {
	w := randomWish(t)
	for _, f := range change {
		f(t, &w)
	}
	c, events, err := New(w, morning)
	if err != nil {
		t.Fatalf("%v", err)
	}
	return &chaos{T: t, c: c, now: morning, events: events}
}

// step runs a step on two clones: both must come to the same, the Call itself
// must not notice, and what was decided once must stay.
func (x *chaos) step(f func(*Call) ([]Action, []Event)) {
	before := snapshot(x, &x.c)
	one, two := x.c.Clone(), x.c.Clone()
	acts, events := f(&one)
	acts2, events2 := f(&two)
	if diff := cmp.Diff(snapshot(x, &one), snapshot(x, &two)) + cmp.Diff(acts, acts2) + cmp.Diff(events, events2); diff != "" {
		x.Fatalf("the same step came to something else: %s", diff)
	}
	if after := snapshot(x, &x.c); after != before {
		x.Fatalf("a step on a clone changed the call from\n%s to\n%s", before, after)
	}
	if x.c.State == Ended && (one.State != Ended || one.Outcome != x.c.Outcome || !one.EndedAt.Equal(x.c.EndedAt)) {
		x.Fatalf("an ended call changed from %s to %s %s", x.c.Outcome, one.State, one.Outcome)
	}
	if x.c.ReachedBy != 0 && one.ReachedBy != x.c.ReachedBy {
		x.Fatalf("attempt %d had reached a person, and now %d has", x.c.ReachedBy, one.ReachedBy)
	}
	if confirmed := slices.DeleteFunc(slices.Clone(one.Attempts), func(a Attempt) bool { return a.ConfirmedAt.IsZero() }); len(confirmed) > 1 {
		x.Fatalf("attempts %d and %d are confirmed", confirmed[0].N, confirmed[1].N)
	}
	for _, a := range acts {
		switch {
		case a.Kind == Dial:
			x.mayDial(&one, a.Attempt)
		case a.Kind == Tell && one.ReachedBy == 0, a.Kind == End && !one.CutShort:
			x.Fatalf("%s of attempt %d, for nothing", a.Kind, a.Attempt)
		}
	}
	x.c, x.events = one, append(x.events, events...)
	checkLaws(x, &x.c, x.events)
}

// mayDial checks the Call as it was before it decided to dial.
func (x *chaos) mayDial(after *Call, n int) {
	c := &x.c
	switch {
	case c.State == Ended, !c.CancelRequested.IsZero(), c.Held != "", c.ReachedBy != 0:
		x.Fatalf("dials although it is %s, held: %q, cancel: %s, reached by %d", c.State, c.Held, c.CancelRequested, c.ReachedBy)
	case !x.now.Before(c.Deadline):
		x.Fatalf("dials at %s, after its deadline %s", x.now, c.Deadline)
	case n > c.people()*(c.Policy.MaxAttempts+unplacedCeiling-1):
		x.Fatalf("dials attempt %d of %d", n, c.Policy.MaxAttempts)
	case after.dials(after.Attempt(n).Person) > c.Policy.MaxAttempts:
		x.Fatalf("dials person %d once too often", after.Attempt(n).Person)
	}
	for i := range after.Attempts {
		a := &after.Attempts[i]
		atOnce := c.Policy.Ladder == Parallel && a.DialedAt.Equal(x.now)
		if a.N != n && a.Live() && !(atOnce && a.To != after.Attempt(n).To) {
			x.Fatalf("dials attempt %d while attempt %d is %s", n, a.N, a.Status())
		}
		if a.Person != after.Attempt(n).Person {
			continue
		}
		if delay, redialed := c.Policy.RedialAfter[a.Result()]; redialed && x.now.Before(a.EndedAt.Add(delay)) {
			x.Fatalf("dials %s after attempt %d ended %s", x.now.Sub(a.EndedAt), a.N, a.Result())
		}
	}
}

func (x *chaos) tell(f func(*Call) []Event) {
	x.step(func(c *Call) ([]Action, []Event) { return nil, f(c) })
}

func (x *chaos) wake() { x.step(func(c *Call) ([]Action, []Event) { return c.Wake(x.now) }) }

func (x *chaos) attempt(t *rapid.T) int {
	return rapid.IntRange(max(0, len(x.c.Attempts)-2), len(x.c.Attempts)+1).Draw(t, "attempt")
}

var (
	anyStatus = rapid.SampledFrom([]Status{Queued, Initiated, Ringing, InProgress, StatusCompleted, StatusBusy,
		StatusNoAnswer, StatusFailed, StatusCanceled, Placing, "", "in-progres"})
	anySID   = rapid.SampledFrom([]string{"", "CA1", "CA2"})
	anyPause = rapid.SampledFrom([]time.Duration{0, 1, time.Second, 25 * time.Second, time.Minute, time.Hour, 50 * time.Hour})
)

func (x *chaos) actions() map[string]func(*rapid.T) {
	return map[string]func(*rapid.T){
		"":     func(*rapid.T) {},
		"wake": func(*rapid.T) { x.wake() },
		"wake in time": func(*rapid.T) {
			if x.c.WakeAt.After(x.now) {
				x.now = x.c.WakeAt
			}
			x.wake()
		},
		"time passes": func(t *rapid.T) { x.now = x.now.Add(anyPause.Draw(t, "pause")) },
		"report": func(t *rapid.T) {
			n, r := x.attempt(t), Report{SID: anySID.Draw(t, "sid"), Status: anyStatus.Draw(t, "status"), Asked: rapid.Bool().Draw(t, "asked")}
			r.AnsweredBy = rapid.SampledFrom([]string{"", "", human, undecided, fax, "machine_start"}).Draw(t, "answered by")
			r.Instructs = rapid.Bool().Draw(t, "instructs")
			x.tell(func(c *Call) []Event { return c.Report(n, r, x.now) })
		},
		"placed": func(t *rapid.T) {
			n, sid := x.attempt(t), anySID.Draw(t, "sid")
			x.tell(func(c *Call) []Event { return c.Placed(n, sid, x.now) })
		},
		"not processed": func(t *rapid.T) {
			n, wait := x.attempt(t), anyPause.Draw(t, "wait")
			x.tell(func(c *Call) []Event { return c.NotProcessed(n, x.now.Add(wait), x.now, "429") })
		},
		"refused": func(t *rapid.T) {
			n := x.attempt(t)
			x.tell(func(c *Call) []Event { return c.Refused(n, Refusal{Code: 21211}, x.now) })
		},
		"listed": func(t *rapid.T) {
			n, found := x.attempt(t), make([]Report, rapid.IntRange(0, 2).Draw(t, "found"))
			for i := range found {
				found[i] = Report{SID: anySID.Draw(t, "sid"), Status: anyStatus.Draw(t, "status")}
			}
			x.tell(func(c *Call) []Event { return c.Listed(n, found, x.now) })
		},
		"pressed": func(t *rapid.T) {
			n, sid, right := x.attempt(t), anySID.Draw(t, "sid"), rapid.Bool().Draw(t, "right")
			try := rapid.IntRange(1, KeyTries).Draw(t, "try")
			x.tell(func(c *Call) []Event { return c.Pressed(n, sid, try, right, x.now) })
		},
		"hold":    func(*rapid.T) { x.tell(func(c *Call) []Event { return c.Hold(c.To, x.now) }) },
		"release": func(*rapid.T) { x.tell(func(c *Call) []Event { return c.Release(x.now) }) },
		"cancel": func(t *rapid.T) {
			if rapid.IntRange(0, 9).Draw(t, "really") == 0 {
				cutShort := rapid.Bool().Draw(t, "cut short")
				x.tell(func(c *Call) []Event { return c.Cancel(cutShort, x.now) })
			}
		},
	}
}

// Whatever a Call is told, it keeps its laws, and ends when nothing more is heard.
func TestNothingBreaksTheLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := newChaos(t, randomProof)
		t.Repeat(x.actions())
		for range 20_000 {
			if x.c.State == Ended {
				return
			}
			x.now = x.c.WakeAt
			_, events := x.c.Wake(x.now)
			x.events = append(x.events, events...)
		}
		t.Fatalf("the call never ends: %+v", x.c)
	})
}
