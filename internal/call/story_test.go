package call

import (
	"slices"
	"testing"
	"time"
)

// The article: busy, then no answer, then somebody picks up.
func TestRingsUntilSomebodyAnswers(t *testing.T) {
	s := begin(t).waits(0).dials(1)
	s.after(3*time.Second).hears(1, Initiated, Ringing, StatusBusy).waits(30 * time.Second).sleeps()
	s.after(29 * time.Second).sleeps()
	s.after(time.Second).dials(2)
	s.after(30*time.Second).hears(2, Initiated, Ringing, StatusNoAnswer).waits(0).dials(3)
	s.after(5*time.Second).hears(3, Ringing, InProgress).is(Dialing).hears(3, StatusCompleted)
	s.ends(Reached).results(Busy, NoAnswer, Completed).after(time.Hour).sleeps()
	s.told(
		CallCreated, AttemptDialed, AttemptPlaced, AttemptInitiated, AttemptRinging, AttemptEnded, RedialScheduled,
		AttemptDialed, AttemptPlaced, AttemptInitiated, AttemptRinging, AttemptEnded, RedialScheduled,
		AttemptDialed, AttemptPlaced, AttemptRinging, AttemptAnswered, AttemptEnded, CallEnded)
}

func TestGivesUpWhenAttemptsAreUsedUp(t *testing.T) {
	s := begin(t)
	for n := 1; n <= 3; n++ {
		s.dials(n).after(30*time.Second).hears(n, StatusNoAnswer)
	}
	s.ends(Unreached).results(NoAnswer, NoAnswer, NoAnswer).sleeps()
}

func TestFailedWaitsItsOwnDelay(t *testing.T) {
	begin(t).dials(1).hears(1, StatusFailed).waits(10 * time.Second)
}

func TestRefusedEndsAtOnce(t *testing.T) {
	s := begin(t).wakes(Action{Dial, 1})
	s.got(s.Refused(1, Refusal{Code: 21211, Message: "not a number", Status: 400}, s.now))
	s.ends(OutcomeRefused).results(Refused)
	if e := s.last(CallEnded); e.Code != 21211 || e.Message != "not a number" || s.Refusal().Status != 400 {
		t.Errorf("refused with %+v, %+v", e, s.Refusal())
	}
	before := len(s.events)
	s.got(s.Refused(1, Refusal{Code: 1}, s.now))
	if len(s.events) != before || s.Refusal().Code != 21211 {
		t.Error("a refusal that was told twice is news")
	}
}

func TestSomebodyAtTwilioCancels(t *testing.T) {
	begin(t).dials(1).hears(1, StatusCanceled).ends(OutcomeCanceled).results(Canceled)
}

func TestCancel(t *testing.T) {
	for name, tell := range map[string]func(*tale) *tale{
		"before the first dial": func(s *tale) *tale { return s.canceled().ends(OutcomeCanceled) },
		"while waiting to redial": func(s *tale) *tale {
			return s.dials(1).hears(1, StatusBusy).canceled().ends(OutcomeCanceled)
		},
		"while ringing, not answered": func(s *tale) *tale {
			return s.dials(1).hears(1, Ringing).canceled().is(Dialing).hears(1, StatusNoAnswer).ends(OutcomeCanceled)
		},
		"while ringing, answered": func(s *tale) *tale {
			return s.dials(1).hears(1, Ringing).canceled().hears(1, InProgress, StatusCompleted).ends(Reached)
		},
		"while the create request is under way": func(s *tale) *tale {
			s.wakes(Action{Dial, 1}).canceled().is(Dialing)
			return s.postponed(1, time.Second).ends(OutcomeCanceled).results(Unplaced)
		},
		"while postponed": func(s *tale) *tale {
			return s.wakes(Action{Dial, 1}).postponed(1, time.Second).canceled().ends(OutcomeCanceled).results(Unplaced)
		},
		"while held": func(s *tale) *tale {
			s.got(s.Hold(s.To, s.now))
			return s.canceled().ends(OutcomeCanceled)
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := tell(begin(t))
			before := len(s.events)
			if s.canceled(); len(s.events) != before {
				t.Error("a second cancel is news")
			}
			s.after(time.Hour).sleeps()
		})
	}
}

func TestDeadline(t *testing.T) {
	t.Run("nobody woke the call in time", func(t *testing.T) {
		begin(t).after(24 * time.Hour).sleeps().ends(Expired).results()
	})
	t.Run("a moment before it the phone still rings", func(t *testing.T) {
		s := begin(t).after(24*time.Hour - time.Microsecond).dials(1)
		s.after(time.Minute).hears(1, Ringing).is(Dialing).hears(1, StatusNoAnswer).ends(Expired)
	})
	t.Run("answered after it", func(t *testing.T) {
		begin(t, deadline(time.Minute)).dials(1).after(2*time.Minute).hears(1, InProgress, StatusCompleted).ends(Reached)
	})
	t.Run("the next dial would come too late", func(t *testing.T) {
		begin(t, deadline(time.Minute)).dials(1).after(30*time.Second).hears(1, StatusBusy).ends(Expired)
	})
	t.Run("the postponed dial would come too late", func(t *testing.T) {
		begin(t).wakes(Action{Dial, 1}).postponed(1, 24*time.Hour).ends(Expired).results(Unplaced)
	})
	t.Run("held until then", func(t *testing.T) {
		s := begin(t, deadline(time.Minute))
		s.got(s.Hold(s.To, s.now)).after(59 * time.Second).sleeps().is(Waiting).after(time.Second).sleeps().ends(Expired)
	})
	t.Run("attempts used up before it", func(t *testing.T) {
		begin(t, attempts(1)).dials(1).after(24*time.Hour).hears(1, StatusBusy).ends(Unreached)
	})
}

func TestPostponedCountsAsNothing(t *testing.T) {
	s := begin(t, attempts(1)).wakes(Action{Dial, 1})
	for range 10 {
		s.after(time.Second).postponed(1, time.Minute).waits(time.Minute).sleeps()
		if got := s.Attempt(1).Status(); got != Postponed {
			t.Fatalf("the attempt is %s, want postponed", got)
		}
		s.after(time.Minute).wakes(Action{Dial, 1})
	}
	if a := s.Attempt(1); len(s.Attempts) != 1 || a.Postpone != 10 || !a.SendBy.Equal(s.now.Add(SendWindow)) {
		t.Fatalf("attempts: %+v", s.Attempts)
	}
	s.got(s.Placed(1, "CA1", s.now)).postponed(1, time.Minute).is(Dialing)
	s.hears(1, StatusNoAnswer).ends(Unreached).results(NoAnswer)
}

func TestHeldWaitsForTheNumber(t *testing.T) {
	s := begin(t).got(nil)
	s.got(s.Hold(s.To, s.now)).got(s.Hold(s.To, s.now))
	if !s.WakeAt.Equal(s.Deadline) {
		t.Fatalf("a held call wakes at %s, want its deadline", s.WakeAt)
	}
	s.after(time.Minute).sleeps()
	s.got(s.Release(s.Held, s.now)).got(s.Release(s.Held, s.now)).dials(1).got(s.Hold(s.To, s.now)).is(Dialing)
	s.told(CallCreated, CallHeld, CallReleased, AttemptDialed, AttemptPlaced)
}

func TestReleasedKeepsItsDelay(t *testing.T) {
	s := begin(t).dials(1).hears(1, StatusBusy)
	s.got(s.Hold(s.To, s.now)).after(10 * time.Second)
	s.got(s.Release(s.Held, s.now)).waits(20 * time.Second)
}

func TestNewNeedsASoundWish(t *testing.T) {
	for name, spoil := range map[string]func(*Wish){
		"no id":      func(w *Wish) { w.ID = "" },
		"no secret":  func(w *Wish) { w.Secret = "" },
		"no to":      func(w *Wish) { w.To = "" },
		"no from":    func(w *Wish) { w.From = "" },
		"no message": func(w *Wish) { w.Message = Message{} },
		"no policy":  func(w *Wish) { w.Policy = Policy{} },
	} {
		if _, _, err := New(wish(spoil), morning); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestPolicyBounds(t *testing.T) {
	if err := DefaultPolicy().Check(morning); err != nil {
		t.Errorf("the default: %v", err)
	}
	for field, spoilers := range map[string][]func(*Policy){
		"max_attempts": {func(p *Policy) { p.MaxAttempts = 0 }, func(p *Policy) { p.MaxAttempts = MaxAttemptsCeiling + 1 }},
		"ring_timeout": {
			func(p *Policy) { p.RingTimeout = RingTimeoutFloor - 1 }, func(p *Policy) { p.RingTimeout = RingTimeoutCeiling + 1 },
			func(p *Policy) { p.RingTimeout = 10*time.Second + 1 },
		},
		"deadline": {func(p *Policy) { p.Deadline.After = DeadlineFloor - 1 },
			func(p *Policy) { p.Deadline.After = DeadlineCeiling + 1 },
			func(p *Policy) { p.Deadline.At = morning.Add(-time.Hour) }},
		"jitter": {func(p *Policy) { p.Jitter = -1 }, func(p *Policy) { p.Jitter = JitterCeiling + 1 }},
		"not_before": {func(p *Policy) { p.NotBefore.After = -1 },
			func(p *Policy) { p.NotBefore.At = morning.Add(24 * time.Hour) }},
		"max_per_result.busy": {func(p *Policy) { p.MaxPerResult = map[Result]int{Busy: 0} },
			func(p *Policy) { p.MaxPerResult = map[Result]int{Busy: 21} }},
		"redial_after.machine":   {func(p *Policy) { p.RedialAfter[Machine] = make(Delays, MaxAttemptsCeiling+1) }},
		"redial_after.busy":      {func(p *Policy) { p.RedialAfter[Busy] = Delays{0, -1} }},
		"redial_after.failed":    {func(p *Policy) { p.RedialAfter[Failed] = Delays{RedialAfterCeiling + 1} }},
		"redial_after.no-answer": {func(p *Policy) { p.RedialAfter[NoAnswer] = Delays{-time.Hour} }},
	} {
		for _, spoil := range spoilers {
			p := DefaultPolicy()
			spoil(&p)
			if e, ok := p.Check(morning).(*PolicyError); !ok || e.Field != field {
				t.Errorf("%+v: %v, want an error about %s", p, p.Check(morning), field)
			}
		}
	}
}

func TestListsNameEveryWord(t *testing.T) {
	if len(States()) != 3 || len(Outcomes()) != 5 || len(Results()) != 10 {
		t.Error("a word was added or lost: the schema, the API and the docs must follow")
	}
	for _, s := range finals {
		if !s.Known() || !s.Final() || !slices.Contains(Results(), Result(s)) {
			t.Errorf("%s is final, but not a known status or no result", s)
		}
	}
}

// A person who was never rung is rung once the dials before are over, and not in the past.
func TestTheNextPersonIsRungAfterTheLast(t *testing.T) {
	s := begin(t, attempts(1), people(2)).dials(1)
	s.after(30*time.Second).hears(1, Ringing, StatusNoAnswer).waits(0)
	s.dials(2).hears(2, StatusBusy).ends(Unreached)
	for _, e := range s.events {
		if want := map[int]int{1: 1, 2: 2}[e.Attempt]; e.Type == AttemptDialed && e.Person != want {
			t.Errorf("attempt %d rings person %d", e.Attempt, e.Person)
		}
	}
}

// Twilio's record may say that a call is over before it says how long the call was.
func TestHowLongTheyListenedMayComeAfterTheEnd(t *testing.T) {
	s := begin(t).dials(1).hears(1, InProgress, StatusCompleted).ends(Reached)
	s.got(s.Report(1, Report{SID: sids[1], Status: StatusCompleted, Duration: 12, SIPCode: 200}, s.now)).ends(Reached)
	if e := s.Evidence(); e == nil || e.Listened != 12 {
		t.Errorf("the evidence is %+v", e)
	}
}

// A person who hears that it is taken in answer to a key is not interrupted to hear it again.
func TestWhoWasToldIsNotToldTwice(t *testing.T) {
	s := begin(t, people(2), func(w *Wish) { w.Policy.Ladder, w.Policy.Confirm.Kind = Parallel, ConfirmAnyKey })
	s.wakes(Action{Dial, 1}, Action{Dial, 2}).hears(1, InProgress).hears(2, InProgress)
	s.got(s.Pressed(1, sids[1], 1, confirms, s.now))
	s.got(s.Pressed(2, sids[2], 1, confirms, s.now)).last(AttemptTold)
	s.sleeps().hears(1, StatusCompleted).hears(2, StatusCompleted)
	s.ends(Reached).results(Completed, Unconfirmed)

	s = begin(t, people(2), func(w *Wish) { w.Policy.Ladder, w.Policy.Machine.Do = Parallel, MachineRedial })
	s.wakes(Action{Dial, 1}, Action{Dial, 2})
	for n := 1; n <= 2; n++ {
		s.got(s.Report(n, Report{SID: sids[n], Status: InProgress, AnsweredBy: human, Instructs: true}, s.now))
	}
	s.last(AttemptTold)
	s.sleeps().after(interruptAgain).wakes(Action{Tell, 2}) // still in the conversation, so nothing was heard

	s = begin(t, people(2), func(w *Wish) { w.Policy.Ladder, w.Policy.Confirm.Kind = Parallel, ConfirmAnyKey })
	s.wakes(Action{Dial, 1}, Action{Dial, 2}).hears(1, InProgress).hears(2, InProgress)
	s.got(s.Pressed(1, sids[1], 1, confirms, s.now)).wakes(Action{Tell, 2}).last(AttemptTold)
	s.after(time.Second).got(s.Pressed(2, sids[2], 1, confirms, s.now)).got(s.Pressed(2, sids[2], 2, Meaning{}, s.now))
	s.got(s.Report(2, Report{SID: sids[2], Status: InProgress, Instructs: true}, s.now))
	other := func(e Event) bool { return e.Type != AttemptTold }
	if told := len(slices.DeleteFunc(slices.Clone(s.events), other)); told != 1 {
		t.Errorf("told %d times", told)
	}
	s.after(interruptAgain - time.Second).wakes(Action{Tell, 2}) // whatever key was pressed meanwhile
}

// A message that nobody could hear reached nobody. The Call stays reached if others were told by then that it is
// taken: in their conversation, in answer to a key, or by a phone that stopped ringing.
func TestWhatOthersWereToldStands(t *testing.T) {
	for name, test := range map[string]struct {
		told func(*tale)
		by   int
	}{
		"nobody was told":       {func(s *tale) {}, 0},
		"in their conversation": {func(s *tale) { s.hears(2, InProgress).wakes(Action{Tell, 2}) }, 1},
		"as they pick up": {func(s *tale) {
			s.got(s.Report(2, Report{SID: sids[2], Status: InProgress, Instructs: true}, s.now))
		}, 1},
		"by the end of ringing": {func(s *tale) { s.hears(2, Ringing).wakes(Action{HangUp, 2}) }, 1},
	} {
		t.Run(name, func(t *testing.T) {
			s := begin(t, people(2), func(w *Wish) { w.Policy.Ladder = Parallel })
			s.wakes(Action{Dial, 1}, Action{Dial, 2}).hears(1, InProgress)
			if s.ReachedBy != 1 {
				t.Fatalf("attempt %d reached somebody", s.ReachedBy)
			}
			test.told(s)
			s.got(s.Report(1, Report{SID: sids[1], Status: StatusCompleted, Duration: 9, ErrorCode: 11200}, s.now))
			if s.ReachedBy != test.by {
				t.Errorf("attempt %d reached somebody, want %d", s.ReachedBy, test.by)
			}
		})
	}
}

// A person whose pause lasts beyond the deadline does not keep the next people from being rung.
func TestWhoCantBeRungInTimeHoldsNobodyUp(t *testing.T) {
	for _, ladder := range Ladders() {
		s := begin(t, people(2), deadline(time.Hour), func(w *Wish) {
			w.Policy.Ladder = ladder
			w.Policy.RedialAfter[Busy], w.Policy.RedialAfter[Failed] = Delays{2 * time.Hour}, Delays{time.Minute}
		})
		if ladder == Parallel {
			s.wakes(Action{Dial, 1}, Action{Dial, 2}).hears(1, StatusBusy).hears(2, StatusFailed).waits(time.Minute)
			s.after(time.Minute).dials(3)
		} else {
			s.dials(1).hears(1, StatusBusy).waits(0).dials(2).hears(2, StatusFailed).waits(time.Minute)
			s.after(time.Minute).dials(3)
		}
		if s.Attempts[2].Person != 1 {
			t.Errorf("%s: person %d is rung", ladder, s.Attempts[2].Person)
		}
		s.hears(3, StatusBusy).ends(Expired)
	}
}

// A key that was pressed on another leg of Twilio's confirms nothing.
func TestAKeyOfAnotherLegConfirmsNothing(t *testing.T) {
	s := begin(t, func(w *Wish) { w.Policy.Confirm.Kind = ConfirmAnyKey }).dials(1).hears(1, InProgress)
	for _, sid := range []string{"CAother", ""} {
		if events := s.Pressed(1, sid, 1, confirms, s.now); len(events) > 0 || !s.Attempt(1).ConfirmedAt.IsZero() {
			t.Errorf("%q: %v", sid, events)
		}
	}
	s.got(s.Pressed(1, sids[1], 1, confirms, s.now)).hears(1, StatusCompleted).ends(Reached)
}
