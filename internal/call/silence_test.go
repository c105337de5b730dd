package call

import (
	"errors"
	"slices"
	"testing"
	"time"
)

// unknown is a Call whose first create request was never answered, at the time when Twilio's list is first
// searched.
func unknown(t *testing.T, change ...func(*Wish)) *tale {
	s := begin(t, change...).wakes(Action{Dial, 1})
	return s.after(SendWindow + searchMargin - 1).sleeps().after(1).wakes(Action{Search, 1})
}

func TestLostCreateAnswer(t *testing.T) {
	t.Run("absent twice, apart: never rang, so rung again", func(t *testing.T) {
		s := unknown(t, attempts(1)).listed(1).is(Dialing)
		s.after(absentApart - 1).listed(1).is(Dialing) // too soon to be a second proof
		s.after(searchAgain).wakes(Action{Search, 1}).listed(1).waits(0).results(Unplaced)
		s.dials(2).hears(2, StatusBusy).ends(Unreached).results(Unplaced, Busy)
	})
	t.Run("absent, then found", func(t *testing.T) {
		s := unknown(t).listed(1).after(searchAgain).wakes(Action{Search, 1})
		s.listed(1, Report{SID: "CA1", Status: Ringing}).is(Dialing).hears(1, StatusCompleted).ends(Reached)
	})
	t.Run("found, already over", func(t *testing.T) {
		unknown(t).listed(1, Report{SID: "CA1", Status: StatusBusy}).waits(30 * time.Second).results(Busy)
	})
	t.Run("several, one of them alive", func(t *testing.T) {
		s := unknown(t).listed(1, Report{SID: "CA1", Status: StatusBusy}, Report{SID: "CA2", Status: Ringing}).is(Dialing)
		s.after(searchAgain).wakes(Action{Search, 1}).listed(1, Report{SID: "CA2", Status: StatusNoAnswer}).results(NoAnswer)
	})
	t.Run("several, all over", func(t *testing.T) {
		s := unknown(t).listed(1, Report{SID: "CA1", Status: StatusBusy}, Report{SID: "CA2", Status: StatusCompleted})
		s.results(Ambiguous).waits(10*time.Second).after(10*time.Second).dials(2).hears(2, StatusBusy)
		s.after(time.Minute).dials(3).hears(3, StatusBusy).ends(Unreached)
	})
	t.Run("the list is no evidence once the call has a sid", func(t *testing.T) {
		s := begin(t).dials(1).after(time.Hour)
		before := len(s.events)
		if s.listed(1).listed(1, Report{SID: "CA9", Status: StatusBusy}); len(s.events) != before || s.Attempt(1).Absent > 0 {
			t.Error("the list changed an attempt whose sid is known")
		}
	})
	t.Run("dials that never rang are bounded", func(t *testing.T) {
		s := begin(t)
		for n := 1; n <= unplacedCeiling; n++ {
			s.wakes(Action{Dial, n}).after(time.Minute).listed(n).after(time.Minute).listed(n)
		}
		s.ends(Unreached).results(Unplaced, Unplaced, Unplaced, Unplaced, Unplaced)
	})
	t.Run("the create answer comes after the proof", func(t *testing.T) {
		s := unknown(t).listed(1).after(time.Minute).listed(1).results(Unplaced)
		before := snapshot(t, &s.Call)
		if s.postponed(1, time.Hour); snapshot(t, &s.Call) != before {
			t.Error("an attempt that is over was postponed")
		}
	})
	t.Run("an absence from before the fence proves nothing", func(t *testing.T) {
		s := begin(t).wakes(Action{Dial, 1}).after(SendWindow + searchMargin - 1).listed(1)
		s.after(absentApart).listed(1).is(Dialing).results("")
	})
	t.Run("an absence belongs to the request it was seen after", func(t *testing.T) {
		s := unknown(t).listed(1).postponed(1, time.Second).after(time.Second).wakes(Action{Dial, 1})
		s.after(SendWindow + searchMargin).wakes(Action{Search, 1}).listed(1).is(Dialing)
		s.after(searchAgain).listed(1).results(Unplaced)
	})
}

func TestCallbackComesBeforeTheCreateAnswer(t *testing.T) {
	s := begin(t).wakes(Action{Dial, 1}).hears(1, Initiated, Ringing)
	s.got(s.Placed(1, "CA1", s.now)).hears(1, StatusNoAnswer).results(NoAnswer)
	if s.Attempt(1).SID != "CA1" || s.Attempt(1).PlacedAt.IsZero() {
		t.Errorf("attempt: %+v", s.Attempt(1))
	}
}

func TestFinalCallbackComesBeforeTheCreateAnswer(t *testing.T) {
	s := begin(t).wakes(Action{Dial, 1}).hears(1, StatusBusy).waits(30 * time.Second)
	s.got(s.Placed(1, "CA1", s.now)).waits(30 * time.Second).results(Busy)
}

func TestReportsAboutOtherCallsAreIgnored(t *testing.T) {
	s := begin(t).wakes(Action{Dial, 1})
	s.got(s.Report(1, Report{Status: Ringing}, s.now)) // its report names no call
	if got := s.Attempt(1).Status(); got != Placing {
		t.Errorf("the attempt is %s, want placing", got)
	}
	s.got(s.Placed(1, "CA1", s.now))
	before := snapshot(t, &s.Call)
	s.got(s.Report(1, Report{SID: "CA9", Status: StatusCompleted}, s.now))
	s.got(s.Report(1, Report{Status: StatusCompleted}, s.now))
	s.got(s.Report(1, Report{SID: "CA1", Status: "in-progres"}, s.now))
	s.got(s.Report(1, Report{SID: "CA1", Status: Placing}, s.now))
	s.got(s.Report(2, Report{SID: "CA1", Status: StatusCompleted}, s.now))
	s.got(s.Report(0, Report{SID: "CA1", Status: StatusCompleted}, s.now))
	s.got(s.Placed(1, "CA9", s.now)).got(s.Placed(1, "", s.now)).got(s.Placed(7, "CA1", s.now))
	s.got(s.Refused(-1, Refusal{}, s.now)).got(s.Listed(3, nil, s.now)).got(s.NotProcessed(3, s.now, s.now, ""))
	if after := snapshot(t, &s.Call); after != before {
		t.Errorf("the call was\n%s, is\n%s", before, after)
	}
}

func TestSilenceIsAskedAbout(t *testing.T) {
	s := begin(t, func(w *Wish) { w.Policy.TalkLimit = 4 * time.Hour }).dials(1)
	ring := s.Policy.RingTimeout
	s.after(ring + askGrace - 1).sleeps().after(1).wakes(Action{LookUp, 1}).sleeps()
	s.after(askBackoff).wakes(Action{LookUp, 1}).hears(1, InProgress)
	s.after(2 * askBackoff).wakes(Action{LookUp, 1})
	for range 20 { // redial asks about a long conversation ever more seldom, and does not give it up
		s.after(askCeiling).wakes(Action{LookUp, 1}).is(Dialing)
	}
	s.hears(1, StatusCompleted).ends(Reached)
}

// An attempt that was silent for longer than any leg lives is looked at once more, because redial may have missed
// its end.
func TestSilentLongerThanAnyLegLives(t *testing.T) {
	for _, away := range []time.Duration{0, time.Second, 100 * time.Hour} {
		t.Run("with a sid, "+away.String(), func(t *testing.T) {
			s := begin(t, deadline(10*24*time.Hour)).dials(1).until(legLimit - time.Second).is(Dialing)
			s.after(time.Second + away).looksLast(InProgress).results(Completed)
		})
		t.Run("without, and the list shows it, "+away.String(), func(t *testing.T) {
			s := begin(t, deadline(10*24*time.Hour)).wakes(Action{Dial, 1}).until(legLimit - time.Second).is(Dialing)
			s.after(time.Second+away).wakes(Action{Search, 1}).
				listed(1, Report{SID: "CA1", Status: StatusCompleted, Asked: true}).ends(Reached)
		})
		t.Run("without, and nobody can look, "+away.String(), func(t *testing.T) {
			s := begin(t, deadline(10*24*time.Hour)).wakes(Action{Dial, 1}).until(legLimit - time.Second)
			s.after(time.Second + away).until(lookLimit).is(Dialing).until(1).results(Ambiguous).waits(10*time.Second - 1)
		})
	}
}

// redial ends a ring that Twilio does not end itself, in time and once, unless somebody picks up.
func TestRingGuard(t *testing.T) {
	guard := DefaultPolicy().RingTimeout + ringGrace
	t.Run("rings for ever", func(t *testing.T) {
		s := begin(t).dials(1).after(2*time.Second).hears(1, Initiated, Ringing)
		s.after(guard - 1).sleeps().after(1).wakes(Action{HangUp, 1}).sleeps()
		if e := s.last(AttemptHungUp); e.Reason != "rings too long" {
			t.Errorf("%+v", e)
		}
		s.hears(1, StatusCanceled).results(NoAnswer).waits(0)
	})
	t.Run("the request is lost, and repeated", func(t *testing.T) {
		s := begin(t).dials(1).hears(1, Ringing).after(guard).wakes(Action{HangUp, 1})
		s.after(hangUpSettle).wakes(Action{LookUp, 1}).hears(1, Ringing)
		s.after(hangUpAgain - hangUpSettle).wakes(Action{HangUp, 1})
		s.hears(1, StatusCanceled).results(NoAnswer)
	})
	t.Run("what came of it is asked for", func(t *testing.T) {
		s := begin(t).dials(1).hears(1, Ringing).after(guard).wakes(Action{HangUp, 1}).after(hangUpSettle).
			wakes(Action{LookUp, 1})
		s.hears(1, StatusNoAnswer).results(NoAnswer)
	})
	t.Run("answered before", func(t *testing.T) {
		s := begin(t).dials(1).hears(1, Ringing).after(guard-time.Second).hears(1, InProgress).after(time.Second).sleeps()
		s.hears(1, StatusCompleted).ends(Reached)
	})
	t.Run("answered at that very moment", func(t *testing.T) {
		s := begin(t).dials(1).hears(1, Ringing).after(guard).wakes(Action{HangUp, 1}).hears(1, InProgress)
		s.after(hangUpAgain).wakes(Action{LookUp, 1}).hears(1, StatusCompleted).ends(Reached)
	})
	t.Run("answered, and heard of in the wrong order", func(t *testing.T) {
		s := begin(t).dials(1).hears(1, InProgress, Ringing).after(guard).sleeps()
		s.hears(1, StatusCompleted).ends(Reached)
	})
	t.Run("canceled by somebody else, it is over", func(t *testing.T) {
		begin(t).dials(1).hears(1, Ringing, StatusCanceled).ends(OutcomeCanceled)
	})
}

// A call in Twilio's queue could ring at any hour. After a while redial ends it, and it counts as nothing if no
// phone rang.
func TestStuckInTheQueue(t *testing.T) {
	queued := Report{SID: "CA1", Status: Queued, Asked: true}
	stuck := func(t *testing.T) *tale {
		s := begin(t, attempts(1)).dials(1).after(queueLimit - 1).got(nil)
		s.got(s.Report(1, queued, s.now)).after(1)
		s.got(s.Report(1, queued, s.now))                             // the first that counts: earlier reads may lag
		s.got(s.Report(1, Report{SID: "CA1", Status: Queued}, s.now)) // a callback proves nothing about now
		if s.Attempt(1).HangUps > 0 || !s.Attempt(1).HangUpAt.IsZero() {
			t.Fatal("one look is enough")
		}
		s.after(time.Minute).got(s.Report(1, queued, s.now))
		acts, events := s.Wake(s.now, "")
		if !slices.Contains(acts, Action{HangUp, 1}) {
			t.Fatalf("%v", acts)
		}
		return s.got(events)
	}
	t.Run("it never rang", func(t *testing.T) {
		stuck(t).hears(1, StatusCanceled).results(Unplaced).waits(0)
	})
	t.Run("it rang meanwhile", func(t *testing.T) {
		stuck(t).hears(1, Ringing, StatusCanceled).results(NoAnswer).ends(Unreached)
	})
	t.Run("it was dialed, says its record", func(t *testing.T) {
		s := stuck(t)
		s.got(s.Report(1, Report{SID: "CA1", Status: StatusCanceled, Asked: true, Begun: true}, s.now)).results(NoAnswer)
	})
	t.Run("it was answered", func(t *testing.T) {
		stuck(t).hears(1, StatusCompleted).ends(Reached)
	})
}

// Without callbacks redial asks Twilio often while the phone may ring, and ever more seldom later.
func TestPolling(t *testing.T) {
	s := begin(t, func(w *Wish) { w.Polled = true }).dials(1)
	var asked []int
	for range 200 {
		s.after(time.Second)
		acts, events := s.Wake(s.now, "")
		if s.got(events); len(acts) > 0 {
			asked = append(asked, int(s.now.Sub(morning)/time.Second))
		}
	}
	want := []int{5, 10, 15, 20, 25, 32, 40, 50, 63, 79, 99, 124, 154, 184}
	if !slices.Equal(asked, want) {
		t.Errorf("asked at %v, want %v", asked, want)
	}
	if slices.ContainsFunc(s.events, func(e Event) bool { return e.Type == AttemptAsked }) {
		t.Error("every look stands in the timeline")
	}
	s.hears(1, StatusNoAnswer).waits(0)
}

func TestResolve(t *testing.T) {
	ambiguous := func(t *testing.T, change ...func(*Wish)) *tale {
		return unknown(t, change...).
			listed(1, Report{SID: "CA1", Status: StatusBusy}, Report{SID: "CA2", Status: StatusCompleted}).
			results(Ambiguous)
	}
	resolve := func(s *tale, n int, r *Report) error {
		events, err := s.Resolve(n, r, "", s.now)
		s.got(events)
		return err
	}
	t.Run("it was the one that was answered", func(t *testing.T) {
		s := ambiguous(t).waits(10 * time.Second)
		if err := resolve(s, 1, &Report{SID: "CA2", Status: StatusCompleted}); err != nil {
			t.Fatal(err)
		}
		s.ends(Reached).results(Completed)
	})
	t.Run("it was the one that was busy", func(t *testing.T) {
		s := ambiguous(t)
		if err := resolve(s, 1, &Report{SID: "CA1", Status: StatusBusy}); err != nil {
			t.Fatal(err)
		}
		s.results(Busy).waits(30 * time.Second)
	})
	t.Run("it was none, so it does not count", func(t *testing.T) {
		s := ambiguous(t, attempts(2))
		if err := resolve(s, 1, nil); err != nil {
			t.Fatal(err)
		}
		s.results(Unplaced).waits(0).dials(2).hears(2, StatusBusy).is(Waiting)
	})
	t.Run("a call that has ended stays ended", func(t *testing.T) {
		s := ambiguous(t, attempts(1)).ends(Unreached)
		if err := resolve(s, 1, &Report{SID: "CA2", Status: StatusCompleted}); err != nil {
			t.Fatal(err)
		}
		s.ends(Unreached).results(Completed).last(AttemptResolved)
	})
	t.Run("what can't be resolved", func(t *testing.T) {
		s := ambiguous(t)
		for want, err := range map[error]error{
			ErrNotAmbiguous: errors.Join(resolve(s, 2, nil), resolve(s, 1, &Report{Status: StatusBusy})),
			ErrStillAlive:   resolve(s, 1, &Report{SID: "CA1", Status: Ringing}),
		} {
			if !errors.Is(err, want) {
				t.Errorf("got %v, want %v", err, want)
			}
		}
		s.results(Ambiguous)
	})
	t.Run("one that was lost from sight has a sid", func(t *testing.T) {
		s := begin(t, deadline(10*24*time.Hour)).dials(1).after(legLimit).looksLast(Queued).results(Ambiguous)
		if err := resolve(s, 1, nil); !errors.Is(err, ErrHasSID) {
			t.Errorf("got %v", err)
		}
		if err := resolve(s, 1, &Report{SID: "CA1", Status: StatusCompleted}); err != nil {
			t.Fatal(err)
		}
		s.ends(Reached)
	})
}
