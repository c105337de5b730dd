package call

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// fact is a step that reports something about attempt 1.
type fact struct {
	placed bool
	Status // if not placed
}

func (f fact) tell(c *Call, now time.Time) []Event {
	if f.placed {
		return c.Placed(1, "CA1", now)
	}
	return c.Report(1, Report{SID: "CA1", Status: f.Status, Duration: len(f.Status)}, now)
}

var everyFact = []fact{
	{placed: true}, {Status: Queued}, {Status: Initiated}, {Status: Ringing}, {Status: InProgress},
	{Status: StatusCompleted}, {Status: StatusBusy}, {Status: StatusNoAnswer}, {Status: StatusFailed},
	{Status: StatusCanceled},
}

// known is what the API says about a Call and its first attempt.
type known struct {
	Status  Status
	Result  Result
	State   State
	Outcome Outcome
	Next    time.Time
	Attempt Attempt
}

func tellAll(t fatal, by string, facts []fact, now time.Time) (k known, endedEarly bool) {
	w := wish()
	w.Policy.RedialAfter = map[Result]Delays{Busy: {time.Minute}, NoAnswer: {2 * time.Minute}, Failed: {3 * time.Minute}}
	c, events, err := New(w, morning)
	if err != nil {
		t.Fatalf("%v", err)
	}
	_, more := c.Wake(morning, by)
	events = append(events, more...)
	for _, f := range facts {
		endedEarly = endedEarly || c.State == Ended
		events = append(events, f.tell(&c, now)...)
		checkLaws(t, &c, events)
	}
	a := c.Attempt(1)
	return known{a.Status(), a.Result(), c.State, c.Outcome, c.NextAttemptAt, *a}, endedEarly
}

// Facts may come in any order, and more than once: the attempt ends alike. So does the Call, unless it had ended
// before all facts were known.
func TestOrderAndDoublingDoNotMatter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) { orderDoesNotMatter(t, account) })
}

func orderDoesNotMatter(t *rapid.T, by string) {
	now := morning.Add(20 * time.Second)
	facts := rapid.SliceOfNDistinct(rapid.SampledFrom(everyFact), 1, 5, rapid.ID).Draw(t, "facts")
	doubled := slices.Concat(facts, rapid.SliceOfN(rapid.SampledFrom(facts), 0, 3).Draw(t, "doubled"))
	one, early1 := tellAll(t, by, facts, now)
	other, early2 := tellAll(t, by, rapid.Permutation(doubled).Draw(t, "order"), now)
	if early1 || early2 { // a Call that has ended stays ended
		one.State, one.Outcome, one.Next = other.State, other.Outcome, other.Next
	}
	if diff := cmp.Diff(one, other); diff != "" {
		t.Fatalf("told in another order (-one +other):\n%s", diff)
	}
}

// All orders of one leg's true story lead to the same end.
func TestEveryOrderOfATrueStory(t *testing.T) {
	for _, tc := range []struct {
		story []Status
		want  Result
	}{
		{[]Status{Initiated, Ringing, InProgress, StatusCompleted}, Completed},
		{[]Status{Initiated, Ringing, StatusNoAnswer}, NoAnswer},
		{[]Status{Initiated, StatusBusy}, Busy},
		{[]Status{StatusFailed}, Failed},
	} {
		facts := []fact{{placed: true}}
		for _, s := range tc.story {
			facts = append(facts, fact{Status: s})
		}
		count := 0
		for order := range orders(facts) {
			count++
			k, _ := tellAll(t, account, append(order, order...), morning)
			if k.Result != tc.want || (tc.want == Completed) != (k.Outcome == Reached) {
				t.Errorf("%v: %+v", order, k)
			}
		}
		if want := factorial(len(facts)); count != want {
			t.Errorf("%d orders of %v, want %d", count, facts, want)
		}
	}
}

func factorial(n int) int {
	if n < 2 {
		return 1
	}
	return n * factorial(n-1)
}

// orders yields every order of a list.
func orders(list []fact) func(yield func([]fact) bool) {
	return func(yield func([]fact) bool) {
		if len(list) == 0 {
			yield(nil)
			return
		}
		for i := range list {
			rest := slices.Delete(slices.Clone(list), i, i+1)
			for order := range orders(rest) {
				if !yield(append([]fact{list[i]}, order...)) {
					return
				}
			}
		}
	}
}

// Pressed keys and the results of detection are facts like any others: in any order, and among any other facts,
// the attempt ends alike.
func TestProofInAnyOrder(t *testing.T) {
	type told struct {
		what string
		tell func(*Call) []Event
	}
	now := morning.Add(20 * time.Second)
	report := func(what string, r Report) told {
		r.SID = "CA1"
		return told{what, func(c *Call) []Event { return c.Report(1, r, now) }}
	}
	press := func(what string, nth int, m Meaning) told {
		return told{what, func(c *Call) []Event { return c.Pressed(1, "CA1", nth, m, now) }}
	}
	all := []told{
		report("rings", Report{Status: Ringing}), report("is answered", Report{Status: InProgress}),
		report("is answered by somebody", Report{Status: InProgress, AnsweredBy: human, Instructs: true}),
		report("nobody knows by whom", Report{Status: InProgress, AnsweredBy: undecided, Instructs: true}),
		report("ends, by a machine", Report{Status: StatusCompleted, AnsweredBy: "machine_start", Duration: 9}),
		report("ends, by somebody", Report{Status: StatusCompleted, AnsweredBy: human, Duration: 9}),
		report("ends", Report{Status: StatusCompleted, Duration: 9}),
		report("ends, with an error", Report{Status: StatusCompleted, Duration: 9, ErrorCode: 11200}),
		report("is answered, with another", Report{Status: InProgress, ErrorCode: 12100}),
		press("a wrong key", 1, Meaning{}), press("another", 2, Meaning{}), press("the right one", 3, confirms),
		press("it is passed on", 2, passesOn),
	}
	rapid.Check(t, func(t *rapid.T) {
		w := wish()
		w.Policy.Machine.Do = rapid.SampledFrom([]MachineDo{MachineIgnore, MachineRedial}).Draw(t, "machine")
		w.Policy.Confirm.Kind = rapid.SampledFrom([]ConfirmKind{ConfirmNone, ConfirmAnyKey}).Draw(t, "confirm")
		twoPeople := rapid.Bool().Draw(t, "two people")
		if twoPeople {
			people(2)(&w)
		}
		facts := rapid.SliceOfNDistinct(rapid.SampledFrom(all), 1, 5, func(f told) string { return f.what }).Draw(t, "facts")
		end := func(facts []told) (c Call, early bool) {
			c, _, err := New(w, morning)
			if err != nil {
				t.Fatalf("%v", err)
			}
			c.Wake(morning, "")
			for _, f := range facts {
				early = early || c.State == Ended || c.ReachedBy != 0
				f.tell(&c)
			}
			return c, early
		}
		one, early1 := end(facts)
		doubled := slices.Concat(facts, rapid.SliceOfN(rapid.SampledFrom(facts), 0, 3).Draw(t, "doubled"))
		other, early2 := end(rapid.Permutation(doubled).Draw(t, "order"))
		if early1 || early2 { // decided, and perhaps told, before all facts were known
			return
		}
		if diff := cmp.Diff(*one.Attempt(1), *other.Attempt(1)) + cmp.Diff(one.Evidence(), other.Evidence()) +
			cmp.Diff([]any{one.State, one.Outcome, one.NextAttemptAt},
				[]any{other.State, other.Outcome, other.NextAttemptAt}); diff != "" {
			t.Fatalf("told in another order (-one +other):\n%s", diff)
		}
	})
}
