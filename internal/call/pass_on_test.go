package call

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func byKeys(w *Wish) {
	w.Policy.Confirm = Confirm{Kind: ConfirmKeys, Keys: map[string]Meaning{"1": confirms, "2": passesOn, "3": answers}}
}

func ladder(l Ladder) func(*Wish) { return func(w *Wish) { w.Policy.Ladder = l } }

// presses lets the person who listens to attempt n press a key.
func (s *tale) presses(n int, key string) *tale {
	s.Helper()
	return s.got(s.Pressed(n, sids[n], 1, s.Policy.Confirm.Means(key), s.now))
}

// rings expects whose phones the attempts rang, in order.
func (s *tale) rings(want ...int) *tale {
	s.Helper()
	var got []int
	for _, a := range s.Attempts {
		got = append(got, a.Person)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		s.Fatalf("whose phones rang (-want +got):\n%s", diff)
	}
	return s
}

// Whoever answers with a key is reached, and the answer is told.
func TestAKeyCanBeAnAnswer(t *testing.T) {
	s := begin(t, byKeys).dials(1).hears(1, Ringing, InProgress).presses(1, "9").presses(1, "3")
	if e := s.last(AttemptConfirmed); e.Answer != "later" || e.Reason != "key" {
		t.Errorf("the event is %+v", e)
	}
	s.presses(1, "1").hears(1, StatusCompleted).ends(Reached) // what was answered stands
	if e := s.Evidence(); e == nil || e.By != "key" || e.Answer != "later" {
		t.Errorf("the evidence is %+v", e)
	}
}

// In a sequence the next person is rung as soon as the conversation is over, whatever the pause would be.
func TestPassedOnToTheNext(t *testing.T) {
	s := begin(t, byKeys, people(2)).dials(1).hears(1, InProgress).presses(1, "2").is(Dialing)
	s.last(AttemptPassedOn)
	s.after(4*time.Second).hears(1, StatusCompleted).waits(0).dials(2).hears(2, InProgress).presses(2, "1")
	s.hears(2, StatusCompleted).ends(Reached).results(Unconfirmed, Completed).rings(0, 1)
}

// A callback that got lost keeps the next person waiting for a few seconds, and no longer.
func TestPassedOnWithoutALastWord(t *testing.T) {
	s := begin(t, byKeys, people(2)).dials(1).hears(1, InProgress).presses(1, "2")
	s.after(rulesOf(account).SettledAfter).wakes(Action{LookUp, 1})
	s.got(s.Report(1, Report{SID: sids[1], Status: StatusCompleted, Asked: true}, s.now)).waits(0).dials(2)
}

func TestWhoPassedOnIsOutOfTheRounds(t *testing.T) {
	s := begin(t, byKeys, people(3), attempts(2), ladder(Rounds), func(w *Wish) { w.Policy.RedialAfter = nil })
	s.dials(1).hears(1, StatusBusy).dials(2).hears(2, InProgress).presses(2, "2").hears(2, StatusCompleted)
	s.dials(3).hears(3, StatusBusy).dials(4).hears(4, StatusBusy).dials(5).hears(5, StatusBusy)
	s.ends(Unreached).rings(0, 1, 2, 0, 2)
}

// Two people listen at once: one passes the call on, and the other confirms, in either order.
func TestOnePassesOnAndAnotherConfirms(t *testing.T) {
	both := func() *tale {
		s := begin(t, byKeys, people(2), ladder(Parallel)).wakes(Action{Dial, 1}, Action{Dial, 2})
		return s.hears(1, InProgress).hears(2, InProgress)
	}
	ended := func(s *tale) {
		t.Helper()
		s.hears(1, StatusCompleted).hears(2, StatusCompleted).ends(Reached).results(Unconfirmed, Completed)
		if e := s.Evidence(); e.Attempt != 2 {
			t.Errorf("the evidence is %+v", e)
		}
	}
	s := both().presses(1, "2").hears(1, StatusCompleted).is(Dialing)
	if !s.RingsOthers(1) {
		t.Error("the other phone is said not to ring on")
	}
	ended(s.presses(2, "1"))
	s = both().presses(2, "1").presses(1, "2")
	s.last(AttemptTold) // it was taken before
	ended(s)
}

// When the last person passes the call on, it is over.
func TestNobodyIsLeftToPassOnTo(t *testing.T) {
	for _, l := range Ladders() {
		s := begin(t, byKeys, people(2), ladder(l))
		acts, events := s.Wake(s.now, account)
		s.got(events).hears(1, InProgress).presses(1, "2")
		if !s.RingsOthers(1) {
			t.Errorf("%s: it is said to be over", l)
		}
		s.hears(1, StatusCompleted)
		if len(acts) == 1 {
			s.dials(2)
		}
		s.hears(2, InProgress).presses(2, "2").presses(2, "2")
		if s.RingsOthers(2) {
			t.Errorf("%s: it is said to go on", l)
		}
		s.hears(2, StatusCompleted).ends(Unreached).results(Unconfirmed, Unconfirmed).rings(0, 1)
		passed := func(e Event) bool { return e.Type != AttemptPassedOn }
		if n := len(slices.DeleteFunc(slices.Clone(s.events), passed)); n != 2 {
			t.Errorf("%s: passed on %d times", l, n)
		}
	}
}

// A call that is canceled rings nobody any more, whoever might have been next.
func TestNobodyIsRungAfterACancel(t *testing.T) {
	s := begin(t, byKeys, people(2)).dials(1).hears(1, InProgress).canceled().presses(1, "2")
	if s.RingsOthers(1) {
		t.Error("it is said to go on")
	}
	s.hears(1, StatusCompleted).ends(OutcomeCanceled)
}

// The news of a key may come after that of the end: by then the same person may be about to be rung again.
func TestAKeyThatPassesOnComesLate(t *testing.T) {
	s := begin(t, byKeys, people(2)).dials(1).hears(1, InProgress, StatusCompleted).waits(30 * time.Second)
	s.presses(1, "2").waits(0).dials(2).rings(0, 1)

	s = begin(t, byKeys, people(2)).dials(1).hears(1, InProgress, StatusCompleted).after(30*time.Second).
		wakes(Action{Dial, 2}).postponed(2, time.Minute).presses(1, "2")
	s.after(0).wakes(Action{Dial, 3}).rings(0, 0, 1)
	s.hears(3, StatusNoAnswer).dials(4).hears(4, StatusNoAnswer).dials(5).hears(5, StatusNoAnswer)
	s.ends(Unreached).results(Unconfirmed, Unplaced, NoAnswer, NoAnswer, NoAnswer)
}

// Whoever presses a key is a person, whatever was detected; and one that confirms wins over one that passes on.
func TestWhatOutweighsPassingOn(t *testing.T) {
	s := begin(t, byKeys, attempts(1), func(w *Wish) { w.Policy.Machine.Do = MachineRedial }).dials(1)
	s.got(s.Report(1, Report{SID: sids[1], Status: InProgress, AnsweredBy: "machine_start"}, s.now)).presses(1, "2")
	s.hears(1, StatusCompleted).ends(Unreached).results(Unconfirmed)

	s = begin(t, byKeys).dials(1).hears(1, InProgress).presses(1, "2").presses(1, "1")
	s.hears(1, StatusCompleted).ends(Reached).results(Completed)
}

func TestKeysOfAPolicy(t *testing.T) {
	long := Meaning{Do: KeyAnswers, Answer: string(make([]rune, maxAnswer+1))}
	for want, keys := range map[string]map[string]Meaning{
		"":                      {"1": confirms, "#": passesOn, "*": answers},
		"confirm.keys":          {"2": passesOn},
		"confirm.keys.11":       {"1": confirms, "11": answers},
		"confirm.keys.":         {"1": confirms, "": answers},
		"confirm.keys.2":        {"1": confirms, "2": {Do: "hang up"}},
		"confirm.keys.3.answer": {"1": confirms, "3": {Do: KeyAnswers}},
		"confirm.keys.4.answer": {"1": confirms, "4": long},
		"confirm.keys.5":        {"1": confirms, "5": {Do: KeyPassesOn, Answer: "later"}},
	} {
		p := DefaultPolicy()
		p.Confirm = Confirm{Kind: ConfirmKeys, Keys: keys}
		got := ""
		if e, wrong := p.Check(morning).(*PolicyError); wrong {
			got = e.Field
		}
		if got != want {
			t.Errorf("%v: a fault of %q, want %q", keys, got, want)
		}
	}
	p := Policy{Confirm: Confirm{Kind: ConfirmKeys, Keys: map[string]Meaning{"1": answers, "2": passesOn}}}
	bare := map[string]Meaning{"1": {Do: KeyAnswers}, "2": passesOn}
	if diff := cmp.Diff(bare, p.Impersonal().Confirm.Keys); diff != "" || p.Confirm.Keys["1"] != answers {
		t.Errorf("%v is left, of %v", p.Impersonal().Confirm.Keys, p.Confirm.Keys)
	}
}
