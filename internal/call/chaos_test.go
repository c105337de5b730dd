package call

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// chaos tells a Call anything, true or not, in any order, and checks the laws that nothing may break.
type chaos struct {
	*rapid.T
	c      Call
	by     string // the account that dials
	now    time.Time
	latest time.Time // the latest time that the clock has shown, before it was set back
	events []Event
}

func randomWish(t *rapid.T) Wish {
	delay := rapid.SampledFrom([]time.Duration{0, time.Second, 30 * time.Second, time.Hour})
	w := wish()
	w.Policy = Policy{
		MaxAttempts: rapid.IntRange(1, 4).Draw(t, "max attempts"),
		RingTimeout: 30 * time.Second,
		TalkLimit:   rapid.SampledFrom([]time.Duration{0, time.Second, 4 * time.Hour}).Draw(t, "talk limit"),
		Deadline: When{After: rapid.SampledFrom([]time.Duration{time.Minute, time.Hour, 24 * time.Hour, 200 * time.Hour}).
			Draw(t, "deadline")},
		RedialAfter: map[Result]Delays{},
	}
	w.Polled = rapid.Bool().Draw(t, "polled")
	for _, r := range Redialed() {
		w.Policy.RedialAfter[r] = rapid.SliceOfN(delay, 0, 3).Draw(t, "after "+string(r))
	}
	return w
}

// randomProof requires a random proof that a person answers, from several people.
func randomProof(t *rapid.T, w *Wish) {
	kinds := []ConfirmKind{ConfirmNone, ConfirmAnyKey, ConfirmPIN, ConfirmKeys}
	w.Policy.Confirm.Kind = rapid.SampledFrom(kinds).Draw(t, "confirm")
	if w.Policy.Confirm.Kind == ConfirmKeys {
		w.Policy.Confirm.Keys = map[string]Meaning{"1": confirms, "2": passesOn, "3": answers}
	}
	w.Policy.Machine.Do = rapid.SampledFrom([]MachineDo{MachineIgnore, MachineRedial, MachineLeaveMessage}).
		Draw(t, "machine")
	w.Policy.Machine.End = rapid.Bool().Draw(t, "end")
	w.Policy.Ladder = rapid.SampledFrom(Ladders()).Draw(t, "ladder")
	for i := range rapid.IntRange(0, 3).Draw(t, "people") {
		w.People = append(w.People, Person{Number: fmt.Sprintf("+8190123456%02d", i), Name: "N"})
	}
	if len(w.People) > 0 {
		w.To = w.People[0].Number
	}
}

// randomHours says when the phone may ring.
func randomHours(t *rapid.T, w *Wish) {
	p := &w.Policy
	p.Jitter = rapid.SampledFrom([]time.Duration{0, 0, time.Minute}).Draw(t, "jitter")
	p.NotBefore.After = rapid.SampledFrom([]time.Duration{0, 0, 30 * time.Second, 3 * time.Hour}).Draw(t, "not before")
	if r := rapid.SampledFrom(append(Redialed(), "")).Draw(t, "limited"); r != "" {
		p.MaxPerResult = map[Result]int{r: rapid.IntRange(1, 2).Draw(t, "limit")}
	}
	p.Window = randomWindow(t)
}

func randomWindow(t *rapid.T) (w Window) {
	if rapid.IntRange(0, 3).Draw(t, "no window") == 0 {
		return w
	}
	hour := rapid.IntRange(0, 23)
	zone := rapid.SampledFrom([]string{"Asia/Tokyo", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"})
	w.Zones = rapid.SliceOfNDistinct(zone, 1, 3, rapid.ID).Draw(t, "zones")
	if w.Zone = w.Zones[0]; len(w.Zones) == 1 {
		w.Zones = nil
	}
	w.From, w.To = hour.Draw(t, "from")*3600, hour.Draw(t, "to")*3600+rapid.SampledFrom([]int{0, 1800, 90}).Draw(t, "and")
	if w.From == w.To {
		w.From, w.To = 0, 0
	}
	w.Days = rapid.SliceOfNDistinct(rapid.SampledFrom(Days()), 0, 6, rapid.ID).Draw(t, "days")
	for _, day := range rapid.SliceOfN(rapid.IntRange(0, 9), 0, 2).Draw(t, "holidays") {
		w.Holidays = append(w.Holidays, morning.AddDate(0, 0, day-1).Format(time.DateOnly))
	}
	return w
}

func newChaos(t *rapid.T, change ...func(*rapid.T, *Wish)) *chaos {
	w := randomWish(t)
	for _, f := range change {
		f(t, &w)
	}
	c, events, err := New(w, morning)
	if _, never := errors.AsType[*PolicyError](err); never {
		t.Skip("it may never ring") // another draw
	}
	if err != nil {
		t.Fatalf("%v", err)
	}
	return &chaos{T: t, c: c, by: account, now: morning, events: events}
}

// open says whether all clocks are in the window. It looks at what each clock shows at each second, and at nothing
// that the Call computes.
func open(w Window, t time.Time) bool {
	if len(w.Zones) == 0 {
		return openIn(w, t)
	}
	return !slices.ContainsFunc(w.Zones, func(zone string) bool {
		w.Zone = zone
		return !openIn(w, t)
	})
}

func openIn(w Window, t time.Time) bool {
	loc, err := time.LoadLocation(w.Zone)
	if err != nil {
		panic(err)
	}
	on := func(t time.Time) bool { // whether the window opens on that date
		day := Day(strings.ToLower(t.Weekday().String()[:3]))
		return (len(w.Days) == 0 || slices.Contains(w.Days, day)) && !slices.Contains(w.Holidays, t.Format(time.DateOnly))
	}
	t = t.In(loc)
	wall, _ := time.Parse(time.DateTime, t.Format(time.DateTime)) // as if there were no zones
	midnight := wall.Truncate(24 * time.Hour)
	second := int(wall.Sub(midnight) / time.Second)
	switch {
	case slices.Contains(w.Holidays, wall.Format(time.DateOnly)):
		return false
	case w.From == w.To:
		return on(wall)
	case w.From < w.To:
		return on(wall) && w.From <= second && second < w.To
	}
	return on(wall) && second >= w.From || on(wall.AddDate(0, 0, -1)) && second < w.To
}

// step runs a step on two clones. Both must come to the same result, the Call itself must not change, and what was
// decided once must stay.
func (x *chaos) step(f func(*Call) ([]Action, []Event)) {
	x.latest = latest(x.latest, x.now)
	before := snapshot(x, &x.c)
	one, two := x.c.Clone(), x.c.Clone()
	acts, events := f(&one)
	acts2, events2 := f(&two)
	if diff := cmp.Diff(snapshot(x, &one), snapshot(x, &two)) + cmp.Diff(acts, acts2) +
		cmp.Diff(events, events2); diff != "" {
		x.Fatalf("the same step came to something else: %s", diff)
	}
	if after := snapshot(x, &x.c); after != before {
		x.Fatalf("a step on a clone changed the call from\n%s to\n%s", before, after)
	}
	if x.c.State == Ended && (one.State != Ended || one.Outcome != x.c.Outcome || !one.EndedAt.Equal(x.c.EndedAt)) {
		x.Fatalf("an ended call changed from %s to %s %s", x.c.Outcome, one.State, one.Outcome)
	}
	if x.c.ReachedBy != 0 && one.ReachedBy != x.c.ReachedBy && one.Attempt(x.c.ReachedBy).reportedError() == 0 {
		x.Fatalf("attempt %d had reached a person, and now %d has", x.c.ReachedBy, one.ReachedBy)
	}
	unconfirmed := func(a Attempt) bool { return a.ConfirmedAt.IsZero() }
	if confirmed := slices.DeleteFunc(slices.Clone(one.Attempts), unconfirmed); len(confirmed) > 1 {
		x.Fatalf("attempts %d and %d are confirmed", confirmed[0].N, confirmed[1].N)
	}
	for _, a := range acts {
		switch {
		case a.Kind == Dial:
			x.mayDial(&one, a.Attempt)
		case a.Kind == Tell && one.ReachedBy == 0, a.Kind == End && !one.CutShort && !x.outlived(a.Attempt):
			x.Fatalf("%s of attempt %d, for nothing", a.Kind, a.Attempt)
		}
	}
	x.c, x.events = one, append(x.events, events...)
	checkLaws(x, &x.c, x.events)
}

// outlived says whether an attempt has lived for longer than its carrier lets it, at the latest time that the
// clock has shown. Once it has, it is looked at until it is over, even if the clock is set back.
func (x *chaos) outlived(n int) bool {
	a, rules := x.c.Attempt(n), rulesOf(x.by)
	if x.latest.Sub(a.DialedAt) >= rules.LongestQueue+rules.LongestTalk+time.Hour {
		return true
	}
	for _, left := range []time.Time{a.InitiatedAt, a.RingingAt, a.AnsweredAt} {
		if talk := time.Duration(a.TalkLimit) * time.Second; rules.EndsTalk && !left.IsZero() && talk > 0 &&
			x.latest.Sub(left) > x.c.Policy.RingTimeout+talk {
			return true
		}
	}
	return false
}

// mayDial checks the Call as it was before it decided to dial.
func (x *chaos) mayDial(after *Call, n int) {
	c := &x.c
	switch {
	case c.State == Ended, !c.CancelRequested.IsZero(), c.Held != "", c.ReachedBy != 0:
		x.Fatalf("dials although it is %s, held: %q, cancel: %s, reached by %d", c.State, c.Held, c.CancelRequested,
			c.ReachedBy)
	case !x.now.Before(c.Deadline):
		x.Fatalf("dials at %s, after its deadline %s", x.now, c.Deadline)
	case n > c.people()*(c.Policy.MaxAttempts+unplacedCeiling-1):
		x.Fatalf("dials attempt %d of %d", n, c.Policy.MaxAttempts)
	case x.now.Before(c.CreatedAt.Add(c.Policy.NotBefore.After)):
		x.Fatalf("dials at %s, not before which: %s", x.now, c.Policy.NotBefore.After)
	case after.dials(after.Attempt(n).Person, len(after.Attempts)) > c.Policy.MaxAttempts:
		x.Fatalf("dials person %d once too often", after.Attempt(n).Person)
	case c.passedOn(after.Attempt(n).Person):
		x.Fatalf("dials person %d, who has passed the call on", after.Attempt(n).Person)
	}
	later := func(a Attempt) bool { return a.Result() != Unplaced && c.RedialAsked.Before(a.EndedAt) }
	asked := !slices.ContainsFunc(c.Attempts, later)
	for i := range after.Attempts {
		a := &after.Attempts[i]
		atOnce := c.Policy.Ladder == Parallel && a.DialedAt.Equal(x.now)
		if a.N != n && a.Live() && !(atOnce && a.To != after.Attempt(n).To) {
			x.Fatalf("dials attempt %d while attempt %d is %s", n, a.N, a.Status())
		}
		if a.Person != after.Attempt(n).Person {
			continue
		}
		delays, counted := c.Policy.RedialAfter[a.Result()], after.dials(a.Person, a.N)
		if !asked && len(delays) > 0 &&
			x.now.Before(a.EndedAt.Add(delays[max(1, min(counted, len(delays)))-1])) {
			x.Fatalf("dials %s after attempt %d ended %s", x.now.Sub(a.EndedAt), a.N, a.Result())
		}
	}
	x.mayRing(after.Attempt(n))
}

// mayRing checks the window, and the limits of each result.
func (x *chaos) mayRing(a *Attempt) {
	p := x.c.Policy
	for t := x.now; !p.Window.IsZero() && t.Before(x.now.Add(p.RingTimeout)); t = t.Add(time.Second) {
		if !open(p.Window, t) {
			x.Fatalf("dials at %s, and at %s it is outside %s", x.now, t, p.Window)
		}
	}
	for r, most := range p.MaxPerResult {
		if n := x.c.ended(a.Person, r); n >= most {
			x.Fatalf("dials again after %d times %s", n, r)
		}
	}
}

func (x *chaos) tell(f func(*Call) []Event) {
	x.step(func(c *Call) ([]Action, []Event) { return nil, f(c) })
}

func (x *chaos) wake() {
	x.step(func(c *Call) ([]Action, []Event) { return x.wakes(c, x.by) })
}

// wakes wakes a Call, which either does something or changes nothing.
func (x *chaos) wakes(c *Call, by string) ([]Action, []Event) {
	acts, events := c.Wake(x.now, by)
	if len(acts)+len(events) == 0 && c.State != Ended && !c.WakeAt.After(x.now) {
		x.Fatalf("woken at %s, it does nothing and is due again at %s", x.now, c.WakeAt)
	}
	return acts, events
}

func (x *chaos) attempt(t *rapid.T) int {
	return rapid.IntRange(max(0, len(x.c.Attempts)-2), len(x.c.Attempts)+1).Draw(t, "attempt")
}

var (
	anyStatus = rapid.SampledFrom([]Status{Queued, Initiated, Ringing, InProgress, StatusCompleted, StatusBusy,
		StatusNoAnswer, StatusFailed, StatusCanceled, Placing, "", "in-progres"})
	anySID   = rapid.SampledFrom([]string{"", "CA1", "CA2"})
	anyPause = rapid.SampledFrom([]time.Duration{0, 1, time.Second, 25 * time.Second, time.Minute, time.Hour,
		50 * time.Hour})
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
			n, r := x.attempt(t), Report{SID: anySID.Draw(t, "sid"), Status: anyStatus.Draw(t, "status")}
			r.Asked = rapid.Bool().Draw(t, "asked")
			r.AnsweredBy = rapid.SampledFrom([]string{"", "", human, undecided, fax, "machine_start"}).Draw(t, "answered by")
			r.Instructs = rapid.Bool().Draw(t, "instructs")
			r.ErrorCode = rapid.SampledFrom([]int{0, 0, 0, 11200}).Draw(t, "error")
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
			x.tell(func(c *Call) []Event { return c.Refused(n, Refusal{Code: 21211, Status: 400}, x.now) })
		},
		"listed": func(t *rapid.T) {
			n, found := x.attempt(t), make([]Report, rapid.IntRange(0, 2).Draw(t, "found"))
			for i := range found {
				found[i] = Report{SID: anySID.Draw(t, "sid"), Status: anyStatus.Draw(t, "status")}
			}
			x.tell(func(c *Call) []Event { return c.Listed(n, found, x.now) })
		},
		"missing": func(t *rapid.T) {
			n, by := x.attempt(t), rapid.SampledFrom([]string{"", x.by, "another"}).Draw(t, "by")
			x.tell(func(c *Call) []Event { return c.Missing(n, by, x.now) })
		},
		"unseen": func(t *rapid.T) {
			n := x.attempt(t)
			x.tell(func(c *Call) []Event { return c.Unseen(n, x.now) })
		},
		"redial was away": func(t *rapid.T) {
			since := x.now.Add(-anyPause.Draw(t, "silent for"))
			x.tell(func(c *Call) []Event { c.Inquire(since, x.now); return nil })
		},
		"pressed": func(t *rapid.T) {
			n, sid, m := x.attempt(t), anySID.Draw(t, "sid"), rapid.SampledFrom(meanings).Draw(t, "means")
			try := rapid.IntRange(1, KeyTries).Draw(t, "try")
			x.tell(func(c *Call) []Event { return c.Pressed(n, sid, try, m, x.now) })
		},
		"hold":    func(*rapid.T) { x.tell(func(c *Call) []Event { return c.Hold(c.To, x.now) }) },
		"release": func(*rapid.T) { x.tell(func(c *Call) []Event { return c.Release(c.Held, x.now) }) },
		"ring now": func(t *rapid.T) {
			x.step(func(c *Call) ([]Action, []Event) {
				asked := c.Clone()
				events, err := asked.Redial("", x.now)
				if err == nil {
					*c = asked
				}
				return nil, events
			})
		},
		"the window is about to change": func(t *rapid.T) {
			before := rapid.SampledFrom([]time.Duration{0, time.Second, 20 * time.Second, 35 * time.Second, 41 * time.Second,
				43 * time.Second}).Draw(t, "before")
			w := x.c.Policy.Window
			one := w
			if len(w.Zones) > 0 {
				one = Window{Days: w.Days, From: w.From, To: w.To, Zone: rapid.SampledFrom(w.Zones).Draw(t, "in"),
					Holidays: w.Holidays}
			}
			if edge := one.clockEdge(x.now); !w.IsZero() && edge.Sub(x.now) > before {
				x.now = edge.Add(-before)
			}
			x.wake()
		},
		"clock set back": func(t *rapid.T) { x.now = x.now.Add(-time.Hour) },
		"cancel": func(t *rapid.T) {
			if rapid.IntRange(0, 9).Draw(t, "really") == 0 {
				cutShort := rapid.Bool().Draw(t, "cut short")
				x.tell(func(c *Call) []Event { return c.Cancel(cutShort, "", x.now) })
			}
		},
	}
}

// Whatever a Call is told, it keeps its laws, and it ends when nothing more is reported.
func TestNothingBreaksTheLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		newChaos(t, randomProof, randomHours).keepsTheLaws(t)
	})
}

func (x *chaos) keepsTheLaws(t *rapid.T) {
	t.Repeat(x.actions())
	for range 20_000 {
		if x.c.State == Ended {
			return
		}
		x.now = x.c.WakeAt
		_, events := x.wakes(&x.c, "")
		x.events = append(x.events, events...)
	}
	t.Fatalf("the call never ends: %+v", x.c)
}

// However the attempts end, whoever watches, and however the clock is set: no phone rings outside the window, or
// too soon. The laws are checked at every dial.
func TestNothingRingsOutsideTheWindow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := newChaos(t, randomHours, func(t *rapid.T, w *Wish) {
			w.Policy.MaxAttempts, w.Policy.Deadline.After, w.Policy.MaxPerResult = 20, 200*time.Hour, nil
			for w.Policy.Window.IsZero() {
				w.Policy.Window = randomWindow(t)
			}
		})
		all := x.actions()
		actions := map[string]func(*rapid.T){"": func(*rapid.T) {}}
		for _, name := range []string{"wake", "wake in time", "the window is about to change", "time passes",
			"clock set back", "ring now", "hold", "release", "not processed"} {
			actions[name] = all[name]
		}
		actions["it ends"] = func(t *rapid.T) {
			status := rapid.SampledFrom([]Status{StatusBusy, StatusNoAnswer, StatusFailed}).Draw(t, "status")
			for i := range x.c.Attempts {
				if a := &x.c.Attempts[i]; a.Live() {
					x.tell(func(c *Call) []Event { return c.Report(a.N, Report{SID: fmt.Sprint("CA", a.N), Status: status}, x.now) })
				}
			}
			all["the window is about to change"](t)
		}
		t.Repeat(actions)
	})
}
