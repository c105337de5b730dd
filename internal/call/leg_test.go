package call

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// missing reports a 404 for attempt n.
func (s *tale) missing(n int) *tale {
	s.Helper()
	return s.got(s.Missing(n, account, s.now))
}

// looked reports that attempt n was looked at, and has a status.
func (s *tale) looked(n int, status Status) *tale {
	s.Helper()
	return s.got(s.Report(n, Report{SID: sids[n], Status: status, Asked: true}, s.now))
}

// bounded is a Call with a talk limit of a minute. Its first attempt left the queue just now, and the leg ends two
// and a half minutes later.
func bounded(t *testing.T, heard ...Status) (s *tale, bound time.Duration) {
	s = begin(t, func(w *Wish) { w.Policy.TalkLimit = time.Minute }).dials(1).hears(1, heard...)
	return s, s.Policy.RingTimeout + time.Minute + legMargin
}

// until wakes the Call whenever it wants to be woken, up to d from now.
func (s *tale) until(d time.Duration) *tale {
	s.Helper()
	for end := s.now.Add(d); ; {
		if s.WakeAt.IsZero() || !s.WakeAt.Before(end) {
			s.now = end
			return s
		}
		s.now = latest(s.now, s.WakeAt)
		_, events := s.Wake(s.now, account)
		s.got(events)
	}
}

// A leg whose TimeLimit Twilio knows, and that has left the queue, is ended at its bound, looked at once more, and
// concluded, whatever the look shows.
func TestALegThatNeverEndsIsConcluded(t *testing.T) {
	for name, tc := range map[string]struct {
		heard []Status
		look  Status
		want  Result
	}{
		"talks for ever":                 {[]Status{Initiated, Ringing, InProgress}, InProgress, Completed},
		"rings for ever":                 {[]Status{Initiated, Ringing}, Ringing, Failed},
		"begins for ever":                {[]Status{Initiated}, Queued, Failed},
		"was answered, and nobody heard": {[]Status{Ringing}, InProgress, Completed},
		"had ended, and nobody heard":    {[]Status{Ringing}, StatusBusy, Busy},
		"was answered, and had ended":    {[]Status{Ringing}, StatusCompleted, Completed},
	} {
		t.Run(name, func(t *testing.T) {
			s, bound := bounded(t, tc.heard...)
			s.until(bound - 1).is(Dialing)
			if slices.ContainsFunc(s.events, func(e Event) bool { return e.Reason == outlived }) {
				t.Fatal("it is ended too soon")
			}
			s.after(1).wakes(Action{End, 1}).sleeps().is(Dialing)
			if e := s.last(AttemptHungUp); e.Reason != outlived {
				t.Errorf("%+v", e)
			}
			s.looked(1, tc.heard[len(tc.heard)-1]).is(Dialing) // the answer to the request to end it
			s.after(hangUpSettle).wakes(Action{LookUp, 1}).looked(1, tc.look).results(tc.want)
		})
	}
}

// looksLast expects that attempt 1 is ended and looked at, and the look shows status.
func (s *tale) looksLast(status Status) *tale {
	s.Helper()
	return s.wakes(Action{End, 1}).sleeps().is(Dialing).after(hangUpSettle).wakes(Action{LookUp, 1}).looked(1, status)
}

func TestTheLegsBoundNeedsEvidence(t *testing.T) {
	t.Run("in the queue, the long one stays", func(t *testing.T) {
		s, _ := bounded(t)
		s.until(legLimit - 1).is(Dialing).after(1).looksLast(Queued).results(Ambiguous)
	})
	t.Run("without a TimeLimit, too", func(t *testing.T) {
		s, _ := bounded(t, Ringing)
		s.Attempt(1).TalkLimit = 0 // as an older version sent it
		s.until(legLimit - 1).is(Dialing).after(1).looksLast(Ringing).results(Ambiguous)
	})
	t.Run("nobody was there to look", func(t *testing.T) {
		s, _ := bounded(t, Ringing)
		s.after(legLimit + 14*time.Hour).looksLast(StatusCompleted).ends(Reached)
	})
	t.Run("nobody was there once more", func(t *testing.T) {
		s, bound := bounded(t, Ringing)
		s.until(bound).wakes(Action{End, 1}).after(100 * time.Hour).looksLast(StatusCompleted).ends(Reached)
	})
	t.Run("for a day nobody can look", func(t *testing.T) {
		s, _ := bounded(t, Ringing)
		s.after(legLimit + 14*time.Hour).until(lookLimit).is(Dialing).until(1).results(Failed)
	})
	t.Run("while nobody answers the look, it goes on", func(t *testing.T) {
		s, bound := bounded(t, InProgress)
		s.until(bound + 24*time.Hour).is(Dialing).until(legLimit).results(Completed)
	})
	t.Run("another account placed it, so there is no look", func(t *testing.T) {
		s, bound := bounded(t, Ringing)
		s.got(s.Unseen(1, s.now)).is(Dialing)
		s.until(bound).wakes(Action{End, 1}).got(s.Unseen(1, s.now)).is(Dialing)
		s.after(hangUpSettle).wakes(Action{LookUp, 1}).got(s.Unseen(1, s.now)).results(Failed)
	})
	t.Run("what comes late outweighs it", func(t *testing.T) {
		s, bound := bounded(t, Ringing)
		s.until(bound).wakes(Action{End, 1}).after(hangUpSettle).wakes(Action{LookUp, 1}).looked(1, Ringing).results(Failed)
		s.hears(1, StatusCompleted).ends(Reached).results(Completed)
	})
	t.Run("a long conversation within its limit is left alone", func(t *testing.T) {
		s := begin(t, func(w *Wish) { w.Policy.TalkLimit = 4 * time.Hour }).dials(1).hears(1, InProgress)
		s.until(4*time.Hour).is(Dialing).hears(1, StatusCompleted).ends(Reached)
		if slices.ContainsFunc(s.events, func(e Event) bool { return e.Type == AttemptHungUp }) {
			t.Error("it was ended")
		}
	})
	t.Run("somebody else was reached, and it goes on for ever", func(t *testing.T) {
		s := begin(t, people(2), func(w *Wish) {
			w.Policy.Ladder, w.Policy.TalkLimit, w.Policy.Confirm.Kind = Parallel, time.Minute, ConfirmAnyKey
		})
		s.wakes(Action{Dial, 1}, Action{Dial, 2}).got(s.Placed(1, "CA1", s.now)).got(s.Placed(2, "CA2", s.now))
		s.hears(1, InProgress).hears(2, InProgress).got(s.Pressed(1, "CA1", 1, confirms, s.now)).hears(1, StatusCompleted)
		s.until(legMargin+2*time.Minute).looked(2, InProgress).ends(Reached).results(Completed, Unconfirmed)
	})
	t.Run("who is told while it is looked at wakes nobody for it", func(t *testing.T) {
		s := begin(t, people(2), func(w *Wish) {
			w.Policy.Ladder, w.Policy.Confirm.Kind = Parallel, ConfirmAnyKey
		}).wakes(Action{Dial, 1}, Action{Dial, 2}).hears(1, InProgress).hears(2, InProgress)
		s.Attempt(2).OverdueAt, s.Attempt(2).AskAt = s.now, s.now.Add(time.Minute)
		s.got(s.Pressed(1, sids[1], 1, confirms, s.now)).got(s.Pressed(2, sids[2], 1, confirms, s.now)).last(AttemptTold)
		if s.after(interruptAgain).wakes(); !s.WakeAt.After(s.now) {
			t.Errorf("at %s it is due again at %s", s.now, s.WakeAt)
		}
	})
}

// It may turn out only after the longest life of a call that the request for it was not processed. The next
// request asks for another call, whose life begins then.
func TestAPostponedAttemptLivesAnew(t *testing.T) {
	s := begin(t, deadline(10*24*time.Hour)).wakes(Action{Dial, 1}).after(legLimit).wakes(Action{Search, 1})
	s.postponed(1, time.Second).after(time.Second).dials(1)
	s.after(s.Policy.RingTimeout+askGrace).wakes(Action{LookUp, 1}).looked(1, Ringing).is(Dialing).results("")
	s.hears(1, InProgress, StatusCompleted).ends(Reached)
}

// A 404 counts only from the account that placed the attempt, not too early, and twice.
func TestA404IsOneOfTwoAbsences(t *testing.T) {
	known := begin(t).dials(1)
	early := known.Attempt(1).listTells().Sub(known.now)
	for name, by := range map[string]string{"another account": "https://api.twilio.com/2010-04-01/Accounts/AC2",
		"nobody knows which": ""} {
		t.Run(name, func(t *testing.T) {
			s := begin(t).dials(1).after(time.Hour)
			s.got(s.Missing(1, by, s.now)).after(time.Hour).got(s.Missing(1, by, s.now)).is(Dialing).results("")
			if s.Attempt(1).Absent != 0 {
				t.Error("it was counted")
			}
		})
	}
	t.Run("the version before placed it", func(t *testing.T) {
		s := begin(t).dials(1)
		s.Attempt(1).PlacedBy = ""
		s.after(time.Hour).missing(1).after(time.Hour).missing(1).is(Dialing)
		s.got(s.Missing(1, "", s.now)).is(Dialing)
	})
	t.Run("too early, too soon, then proof", func(t *testing.T) {
		s := begin(t, attempts(1)).dials(1).after(early - 1).missing(1).after(absentApart).missing(1)
		s.after(absentApart - 1).missing(1).is(Dialing).after(1).missing(1).results(Unplaced).waits(0)
		s.dials(2).hears(2, StatusBusy).ends(Unreached)
	})
	t.Run("without a sid it is none", func(t *testing.T) {
		s := begin(t).wakes(Action{Dial, 1}).after(time.Hour).missing(1)
		if s.Attempt(1).Absent != 0 {
			t.Error("it was counted")
		}
	})
	t.Run("an absence from before the sid was known counts no longer", func(t *testing.T) {
		s := begin(t).wakes(Action{Dial, 1}).after(early).listed(1)
		s.got(s.Placed(1, "CA1", s.now)).after(absentApart).missing(1).is(Dialing).after(absentApart).missing(1).
			results(Unplaced)
	})
	for _, heard := range []Status{Queued, Initiated, Ringing, InProgress} {
		t.Run("something was heard: "+string(heard), func(t *testing.T) {
			s, bound := bounded(t, heard)
			s.until(early).missing(1).until(absentApart).missing(1).is(Dialing).results("")
			want := Failed
			switch heard {
			case Queued:
				bound = legLimit
			case InProgress:
				want = Completed
			}
			s.until(bound - early - absentApart - 1).is(Dialing).after(1).sleeps().results(want)
		})
	}
	t.Run("first at its bound", func(t *testing.T) {
		s, bound := bounded(t, Ringing)
		s.until(bound).wakes(Action{End, 1}).after(hangUpSettle).wakes(Action{LookUp, 1}).missing(1).is(Dialing)
		s.until(absentApart).missing(1).results(Failed)
	})
	t.Run("heard of after all", func(t *testing.T) {
		s := begin(t, attempts(1)).dials(1).after(early).missing(1).after(absentApart).missing(1).results(Unplaced)
		s.hears(1, Ringing).is(Dialing).results("").last(RedialWithdrawn)
		s.hears(1, StatusCompleted).ends(Reached)
	})
}

// After redial was away it asks about attempts that have been silent since, as soon as the answers can tell.
func TestAfterRedialWasAwayItAsks(t *testing.T) {
	asked := func(s *tale, since time.Time) int {
		n := s.Inquire(since, s.now)
		s.got(nil)
		return n
	}
	t.Run("a leg that rang", func(t *testing.T) {
		s := begin(t).dials(1).hears(1, Ringing).after(5 * time.Second)
		if n := asked(s, s.now); n != 1 {
			t.Fatalf("asks %d times", n)
		}
		s.wakes(Action{LookUp, 1}).hears(1, StatusBusy).results(Busy)
	})
	t.Run("one that has told something since", func(t *testing.T) {
		s := begin(t).dials(1).hears(1, Ringing)
		before := snapshot(t, &s.Call)
		if n := asked(s, s.now); n != 0 || snapshot(t, &s.Call) != before {
			t.Errorf("asks %d times", n)
		}
	})
	t.Run("one without a sid, no sooner than the list tells", func(t *testing.T) {
		s := begin(t).wakes(Action{Dial, 1}).after(time.Second)
		if n := asked(s, s.now); n != 0 {
			t.Errorf("asks %d times, though it will", n)
		}
		s.after(SendWindow + searchMargin).wakes(Action{Search, 1}).after(time.Second)
		if n := asked(s, s.now); n != 1 {
			t.Errorf("asks %d times", n)
		}
		s.wakes(Action{Search, 1})
	})
	t.Run("several at once", func(t *testing.T) {
		s := begin(t, people(3), func(w *Wish) { w.Policy.Ladder = Parallel }).
			wakes(Action{Dial, 1}, Action{Dial, 2}, Action{Dial, 3})
		s.got(s.Placed(1, "CA1", s.now)).got(s.Placed(2, "CA2", s.now)).hears(2, StatusBusy).after(20 * time.Second)
		if n := asked(s, s.now.Add(-time.Second)); n != 1 {
			t.Errorf("asks %d times, not about the one leg whose turn had not come", n)
		}
	})
	t.Run("ended", func(t *testing.T) {
		s := begin(t).dials(1).hears(1, StatusCompleted).ends(Reached)
		if n := asked(s, s.now.Add(time.Hour)); n != 0 {
			t.Errorf("asks %d times", n)
		}
	})
}

// A leg with a TimeLimit is over no sooner than Twilio lets it live, unless a final word came or it is older than
// the longest leg. What is heard, asked and answered does not matter, nor what gets lost.
func TestABoundedLegIsOverInTime(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := newChaos(t, func(t *rapid.T, w *Wish) {
			w.Policy.TalkLimit = rapid.SampledFrom([]time.Duration{time.Second, time.Minute, time.Hour}).Draw(t, "limit")
			w.Policy.MaxAttempts, w.Policy.Deadline.After = 1, 200*time.Hour
		})
		x.wake()
		x.tell(func(c *Call) []Event { return c.Placed(1, "CA1", x.now) })
		left := time.Time{} // when it left the queue, as it was reported
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			if x.c.Attempts[0].Over() {
				break
			}
			status := rapid.SampledFrom([]Status{"", "", Queued, Initiated, Ringing, InProgress}).Draw(t, "status")
			asked := rapid.Bool().Draw(t, "asked")
			switch {
			case status != "":
				if left.IsZero() && status != Queued {
					left = x.now
				}
				x.tell(func(c *Call) []Event { return c.Report(1, Report{SID: "CA1", Status: status, Asked: asked}, x.now) })
			case asked:
				x.tell(func(c *Call) []Event { return c.Missing(1, account, x.now) })
			}
			x.now = latest(x.now.Add(anyPause.Draw(t, "pause")), earliestSet(x.c.WakeAt, x.now))
			x.wake()
		}
		for range 2000 {
			if x.c.Attempts[0].Over() {
				break
			}
			x.now = latest(x.now, x.c.WakeAt)
			x.wake()
		}
		a := &x.c.Attempts[0]
		lives := a.EndedAt.Sub(left)
		switch {
		case !a.Over():
			t.Fatalf("it never ends: %+v", a)
		case a.Result() == Unplaced && !left.IsZero():
			t.Fatalf("it was heard of, and counts as never placed: %+v", a)
		case !left.IsZero() && lives <= x.c.Policy.RingTimeout+x.c.Policy.TalkLimit && a.EndedAt.Sub(a.DialedAt) < legLimit:
			t.Fatalf("it is over after %s, and may be alive: %+v", lives, a)
		case left.IsZero() && a.Result() != Unplaced && a.EndedAt.Sub(a.DialedAt) < legLimit:
			t.Fatalf("it is over after %s, and nobody knows that it left the queue: %+v", a.EndedAt.Sub(a.DialedAt), a)
		}
	})
}

func TestTalkLimitsAreBounded(t *testing.T) {
	for limit, bad := range map[time.Duration]bool{
		0: false, time.Second: false, 4 * time.Hour: false,
		-1: true, time.Second - 1: true, 4*time.Hour + time.Second: true, 1500 * time.Millisecond: true, 1 << 62: true,
	} {
		p := DefaultPolicy()
		p.TalkLimit = limit
		if err := p.Check(morning); (err != nil) != bad {
			t.Errorf("%s: %v", limit, err)
		}
	}
}
