package call

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var (
	morning = time.Date(2026, 4, 1, 9, 0, 0, 0, time.UTC)
	sids    = []string{"", "CA1", "CA2", "CA3", "CA4", "CA5", "CA6"} // of attempt n at index n
)

// What a pressed key can mean.
var (
	confirms = Meaning{Do: KeyConfirms}
	answers  = Meaning{Do: KeyAnswers, Answer: "later"}
	passesOn = Meaning{Do: KeyPassesOn}
	meanings = []Meaning{confirms, answers, passesOn, {}}
)

func wish(change ...func(*Wish)) Wish {
	w := Wish{
		ID: "c1", Secret: "s3cret", To: "+819012345678", From: "+815012345678",
		Message: Message{Say: &Say{Text: "The server is down."}}, Policy: DefaultPolicy(),
	}
	for _, f := range change {
		f(&w)
	}
	return w
}

const account = "https://api.twilio.com/2010-04-01/Accounts/AC1"

func attempts(n int) func(*Wish)           { return func(w *Wish) { w.Policy.MaxAttempts = n } }
func deadline(d time.Duration) func(*Wish) { return func(w *Wish) { w.Policy.Deadline.After = d } }

func people(n int) func(*Wish) {
	return func(w *Wish) {
		for i := range n {
			w.People = append(w.People, Person{Number: fmt.Sprintf("+81901234567%d", i)})
		}
		w.To = w.People[0].Number
	}
}

// tale tells the life of one Call: things happen to it, time passes, and it is looked at. The laws of every Call
// are checked at each step.
type tale struct {
	testing.TB
	Call
	now    time.Time
	events []Event
}

func begin(t testing.TB, change ...func(*Wish)) *tale {
	t.Helper()
	c, events, err := New(wish(change...), morning)
	if err != nil {
		t.Fatal(err)
	}
	return &tale{TB: t, Call: c, now: morning, events: events}
}

// got takes the events of a step.
func (s *tale) got(events []Event) *tale {
	s.Helper()
	s.events = append(s.events, events...)
	checkLaws(s, &s.Call, s.events)
	return s
}

func (s *tale) after(d time.Duration) *tale {
	s.now = s.now.Add(d)
	return s
}

// wakes wakes the Call and expects these actions.
func (s *tale) wakes(want ...Action) *tale {
	s.Helper()
	acts, events := s.Wake(s.now, account)
	if !slices.Equal(acts, want) {
		s.Fatalf("at +%s the call wakes to %v, want %v", s.now.Sub(morning), acts, want)
	}
	return s.got(events)
}

// sleeps is wakes with nothing to do.
func (s *tale) sleeps() *tale { s.Helper(); return s.wakes() }

// dials expects that the phone is rung now, for the n-th time, and that Twilio takes the call.
func (s *tale) dials(n int) *tale {
	s.Helper()
	return s.wakes(Action{Dial, n}).got(s.Placed(n, sids[n], s.now))
}

func (s *tale) hears(n int, statuses ...Status) *tale {
	s.Helper()
	for _, st := range statuses {
		s.got(s.Report(n, Report{SID: sids[n], Status: st}, s.now))
	}
	return s
}

func (s *tale) postponed(n int, wait time.Duration) *tale {
	s.Helper()
	return s.got(s.NotProcessed(n, s.now.Add(wait), s.now, "429"))
}

func (s *tale) listed(n int, found ...Report) *tale {
	s.Helper()
	return s.got(s.Listed(n, found, s.now))
}

func (s *tale) canceled() *tale { s.Helper(); return s.got(s.Cancel(false, "", s.now)) }

// waits expects that the next dial is planned in d.
func (s *tale) waits(d time.Duration) *tale {
	s.Helper()
	if s.State != Waiting || !s.NextAttemptAt.Equal(s.now.Add(d)) || !s.WakeAt.Equal(s.NextAttemptAt) {
		s.Fatalf("the call is %s, next attempt at %s, woken at %s; want waiting for %s",
			s.State, s.NextAttemptAt, s.WakeAt, s.now.Add(d))
	}
	return s
}

func (s *tale) is(state State) *tale {
	s.Helper()
	if s.State != state {
		s.Fatalf("the call is %s, want %s", s.State, state)
	}
	return s
}

func (s *tale) ends(want Outcome) *tale {
	s.Helper()
	if s.State != Ended || s.Outcome != want {
		s.Fatalf("the call is %s %s, want ended %s", s.State, s.Outcome, want)
	}
	return s
}

// results expects the results of the attempts, "" for one that has not ended.
func (s *tale) results(want ...Result) *tale {
	s.Helper()
	var got []Result
	for i := range s.Attempts {
		got = append(got, s.Attempts[i].Result())
	}
	if diff := cmp.Diff(want, got); diff != "" {
		s.Fatalf("results (-want +got):\n%s", diff)
	}
	return s
}

// told expects the types of the events so far, from the first one on.
func (s *tale) told(want ...EventType) *tale {
	s.Helper()
	var got []EventType
	for _, e := range s.events {
		got = append(got, e.Type)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		s.Fatalf("events (-want +got):\n%s", diff)
	}
	return s
}

// last expects the type of the last event, and returns it.
func (s *tale) last(want EventType) Event {
	s.Helper()
	e := s.events[len(s.events)-1]
	if e.Type != want {
		s.Fatalf("the last event is %+v, want %s", e, want)
	}
	return e
}

// fatal is what both testing and rapid offer to a check.
type fatal interface {
	Helper()
	Fatalf(string, ...any)
}

// checkLaws checks what holds for every Call after every step.
func checkLaws(t fatal, c *Call, events []Event) {
	t.Helper()
	if len(events) != c.Seq {
		t.Fatalf("%d events, but the call counted %d", len(events), c.Seq)
	}
	for i, e := range events {
		if e.Seq != i+1 || e.At.IsZero() || e.Attempt > len(c.Attempts) {
			t.Fatalf("event %d: %+v", i+1, e)
		}
		if planned := e.Type == RedialScheduled || e.Type == CallDeferred; planned && (e.NextAttemptAt.Before(e.At) ||
			i > 0 && events[i-1].Type == e.Type && events[i-1].NextAttemptAt.Equal(e.NextAttemptAt)) {
			t.Fatalf("event %d tells of a time past, or the same again: %+v", i+1, e)
		}
	}
	ended := c.State == Ended
	if ended != c.WakeAt.IsZero() || ended != (c.Outcome != "") || ended == c.EndedAt.IsZero() {
		t.Fatalf("a call that is %q %q ended at %s and wakes at %s", c.State, c.Outcome, c.EndedAt, c.WakeAt)
	}
	if planned := c.State == Waiting && c.Held == ""; planned == c.NextAttemptAt.IsZero() {
		t.Fatalf("a call that is %s (held: %q) has its next attempt at %s", c.State, c.Held, c.NextAttemptAt)
	}
	if live := len(c.LiveNumbers()) > 0; live != (c.State == Dialing) {
		t.Fatalf("a call that is %s has live attempts: %t", c.State, live)
	}
}

// snapshot is all that a Call consists of, for comparison.
func snapshot(t fatal, c *Call) string {
	b, err := json.Marshal(c)
	if err != nil {
		t.Fatalf("%v", err)
	}
	return string(b)
}
