package call

import (
	"slices"
	"testing"
	"time"
)

func TestAnsweredWins(t *testing.T) {
	for _, tc := range []struct {
		heard []Status
		want  Result
	}{
		{[]Status{StatusBusy, StatusCompleted}, Completed},
		{[]Status{StatusCompleted, StatusBusy}, Completed},
		{[]Status{StatusNoAnswer, InProgress}, Completed},
		{[]Status{InProgress, StatusFailed}, Completed},
		{[]Status{StatusFailed, StatusNoAnswer, StatusBusy}, Busy},
		{[]Status{StatusFailed, StatusNoAnswer}, NoAnswer},
		{[]Status{StatusCompleted, Ringing, Initiated, Queued}, Completed},
		{[]Status{InProgress, Ringing}, ""},
	} {
		s := begin(t).dials(1).hears(1, tc.heard...)
		if got := s.Attempt(1).Result(); got != tc.want {
			t.Errorf("%v: %q, want %q", tc.heard, got, tc.want)
		}
	}
}

func TestLateReportsDoNotTurnBackTheStatus(t *testing.T) {
	s := begin(t).dials(1).hears(1, InProgress, Ringing, Initiated, Queued)
	if got := s.Attempt(1).Status(); got != InProgress {
		t.Errorf("status %s, want in-progress", got)
	}
}

func TestDurationAndSIPCodeAreKept(t *testing.T) {
	s := begin(t).dials(1)
	s.got(s.Report(1, Report{SID: "CA1", Status: StatusCompleted, Duration: 12, SIPCode: 200}, s.now))
	s.got(s.Report(1, Report{SID: "CA1", Status: StatusCompleted}, s.now))
	if a := s.Attempt(1); a.Duration != 12 || a.SIPCode != 200 {
		t.Errorf("attempt: %+v", a)
	}
}

// A decision is withdrawn when its evidence is overturned, as long as the redial has not been sent.
func TestRedialIsWithdrawn(t *testing.T) {
	t.Run("busy was answered after all", func(t *testing.T) {
		s := begin(t).dials(1).hears(1, StatusBusy).waits(30*time.Second).hears(1, StatusCompleted)
		s.ends(Reached).told(CallCreated, AttemptDialed, AttemptPlaced, AttemptEnded, RedialScheduled,
			AttemptEnded, RedialWithdrawn, CallEnded)
	})
	t.Run("what never rang rings", func(t *testing.T) {
		s := unknown(t).listed(1).after(time.Minute).listed(1).waits(0).hears(1, Ringing).is(Dialing)
		if !slices.ContainsFunc(s.events, func(e Event) bool { return e.Type == RedialWithdrawn }) {
			t.Errorf("events: %+v", s.events)
		}
		// The pause before the redial begins when the phone really stopped ringing.
		s.after(time.Hour).hears(1, StatusBusy).waits(30 * time.Second)
	})
	t.Run("a refusal that rings", func(t *testing.T) {
		s := begin(t, attempts(2)).wakes(Action{Dial, 1}).hears(1, Ringing)
		s.got(s.Refused(1, Refusal{Code: 20001, Status: 400}, s.now)).is(Dialing).hears(1, StatusBusy).waits(30 * time.Second)
	})
	t.Run("postponed, but it rings", func(t *testing.T) {
		begin(t).wakes(Action{Dial, 1}).postponed(1, time.Hour).hears(1, Ringing).is(Dialing).
			hears(1, StatusNoAnswer).results(NoAnswer).dials(2)
	})
}

// Once the redial is under way, news of an earlier attempt are told as such.
func TestEarlierAttemptResurfaces(t *testing.T) {
	t.Run("and was answered", func(t *testing.T) {
		s := begin(t).dials(1).hears(1, StatusNoAnswer).dials(2).hears(1, StatusCompleted)
		if e := s.last(AttemptResurfaced); e.Attempt != 1 || e.Result != Completed {
			t.Errorf("event: %+v", e)
		}
		s.is(Dialing).hears(2, StatusNoAnswer).ends(Reached)
	})
	t.Run("and rings", func(t *testing.T) {
		s := unknown(t).listed(1).after(time.Minute).listed(1).dials(2).hears(1, Ringing).is(Dialing)
		s.hears(2, StatusNoAnswer).is(Dialing).hears(1, StatusNoAnswer).waits(0).dials(3)
	})
	t.Run("after the call has ended", func(t *testing.T) {
		s := begin(t, attempts(1)).dials(1).hears(1, StatusBusy).ends(Unreached).hears(1, StatusCompleted)
		s.ends(Unreached).results(Completed).last(AttemptEnded)
	})
	t.Run("unplaced, after the call has ended", func(t *testing.T) {
		s := begin(t).wakes(Action{Dial, 1}).postponed(1, time.Hour).canceled().hears(1, Ringing)
		s.ends(OutcomeCanceled).last(AttemptResurfaced)
	})
}

// A repeated transaction begins again with the same facts.
func TestClonesShareNothingThatAStepChanges(t *testing.T) {
	s := begin(t, attempts(5)).dials(1).hears(1, StatusNoAnswer, StatusFailed, StatusCanceled)
	one, two := s.Clone(), s.Clone()
	before := snapshot(t, &s.Call)
	one.Report(1, Report{SID: "CA1", Status: StatusBusy}, s.now)
	one.Wake(s.now.Add(time.Hour), "")
	if snapshot(t, &s.Call) != before || snapshot(t, &two) != before {
		t.Errorf("a step on a clone changed another:\n%s\n%s\n%s", before, snapshot(t, &s.Call), snapshot(t, &two))
	}
}
