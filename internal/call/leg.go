package call

import (
	"time"
)

// These are all the sums of how long something can last.

// listTells is when Twilio's list is first believed about an attempt.
func (a *Attempt) listTells() time.Time { return a.SendBy.Add(searchMargin) }

// legEnds is when an attempt can't be alive any more: Twilio ends what it was sent a
// TimeLimit with, once that has left the queue. Of all else only the longest is known.
func (c *Call) legEnds(a *Attempt) time.Time {
	if !a.isBounded() {
		return a.longestEnds()
	}
	talk := time.Duration(a.TalkLimit) * time.Second
	return earlier(a.leftQueue().Add(c.Policy.RingTimeout+talk+legMargin), a.longestEnds())
}

// longestEnds is when no leg can be alive any more that was dialed with the attempt.
func (a *Attempt) longestEnds() time.Time { return a.DialedAt.Add(legLimit) }

// isBounded says whether Twilio itself ends the leg, ring and conversation, in time.
func (a *Attempt) isBounded() bool { return a.TalkLimit > 0 && !a.leftQueue().IsZero() }

// leftQueue is a time by which the attempt had left Twilio's queue; zero where that is
// not known.
func (a *Attempt) leftQueue() (at time.Time) {
	for _, t := range []time.Time{a.InitiatedAt, a.RingingAt, a.AnsweredAt} {
		if !t.IsZero() && (at.IsZero() || t.Before(at)) {
			at = t
		}
	}
	return at
}

// looksEnd is when an attempt at its leg's bound is given up, if nobody could look at it.
func (a *Attempt) looksEnd() time.Time { return later(a.longestEnds(), a.OverdueAt.Add(lookLimit)) }

// overdue ends an attempt that has reached its leg's bound, has it looked at once more,
// and concludes it: by what is seen, for redial may have been away as the leg ended. Where
// a look can't show anything, it is concluded at once.
func (c *Call) overdue(a *Attempt, now time.Time) (acts []Action, evs []Event) {
	switch {
	case a.Absent >= absentEnough, !a.OverdueAt.IsZero() && now.Sub(a.AskAt) < lookAway && !now.Before(a.looksEnd()):
		a.Lost = true
		return nil, c.concluded(a, "", now)
	case a.OverdueAt.IsZero(), now.Sub(a.AskAt) >= lookAway:
		return c.lookLast(a, now)
	case now.Before(a.AskAt):
		return nil, nil
	}
	return c.askAbout(a, now)
}

// lookLast ends an attempt, so far as that can be asked for, and has it looked at.
func (c *Call) lookLast(a *Attempt, now time.Time) ([]Action, []Event) {
	a.OverdueAt, a.HangUpAt, a.Asks = now, time.Time{}, 0
	if a.SID == "" {
		return c.askAbout(a, now)
	}
	a.AskAt = now.Add(hangUpSettle)
	why := outlived
	if !a.isBounded() {
		why = outlasted
	}
	return []Action{{End, a.N}}, []Event{c.attemptEvent(AttemptHungUp, now, a.N, Event{Reason: why})}
}

// Why an attempt is ended that Twilio should have ended itself.
const (
	outlived  = "past its talk limit"
	outlasted = "longer than any call can last"
)

// lookDecides says whether the answer to a look at an attempt is the last that is waited for.
func (a *Attempt) lookDecides(now time.Time) bool {
	return !a.OverdueAt.IsZero() && !now.Before(a.OverdueAt.Add(hangUpSettle))
}

// lost is the Result of an attempt that is over, though nobody said how it ended.
func (a *Attempt) lost() Result {
	switch {
	case !a.AnsweredAt.IsZero(), !a.ConfirmedAt.IsZero():
		return a.answered()
	case a.isBounded(), a.Absent >= absentEnough:
		return Failed
	}
	return Ambiguous
}

// Missing records that by, which placed attempt n and can use its account, was told that
// there is no call of its sid, and that Twilio's list shows none that it may be. Seen twice,
// some time apart, it proves that an attempt never rang of which nothing was ever heard;
// any other is over no sooner than its leg can be.
func (c *Call) Missing(n int, by string, now time.Time) []Event {
	a := c.Attempt(n)
	if a == nil || a.SID == "" || !a.Live() || by == "" || a.PlacedBy != by || !a.absent(now) {
		return nil
	}
	switch {
	case a.Absent < absentEnough:
	case !a.isHeard():
		a.Unplaced = true
	case !now.Before(c.legEnds(a)):
		a.Lost = true
	}
	return append(c.concluded(a, "", now), c.settle(now)...)
}

// Unseen records that nobody can look at attempt n: another account placed it. It is
// concluded at its leg's bound without that.
func (c *Call) Unseen(n int, now time.Time) []Event {
	a := c.Attempt(n)
	if a == nil || !a.Live() || !a.lookDecides(now) {
		return nil
	}
	a.Lost = true
	return append(c.concluded(a, "", now), c.settle(now)...)
}

// absent counts an absence from Twilio's list, and says false of one that proves nothing:
// it is too early, or too soon after the one before.
func (a *Attempt) absent(now time.Time) bool {
	if now.Before(a.listTells()) || a.Absent > 0 && now.Sub(a.AbsentAt) < absentApart {
		return false
	}
	a.Absent++
	a.AbsentAt = now
	return true
}

// isHeard says whether Twilio has said anything about the attempt after it took it.
func (a *Attempt) isHeard() bool {
	return a.Heard || len(a.Finals) > 0 || !a.leftQueue().IsZero()
}

// Inquire has Twilio asked, as soon as it can tell, about the live attempts of which there
// was no news since then: redial did not listen meanwhile. It returns how many these are.
func (c *Call) Inquire(since, now time.Time) (asked int) {
	for i := range c.Attempts {
		a := &c.Attempts[i]
		if !a.Live() || !a.lastNews().Before(since) {
			continue
		}
		soon := now
		if a.SID == "" {
			soon = later(now, a.listTells())
		}
		if soon.Before(a.AskAt) {
			a.AskAt = soon
			asked++
		}
	}
	if asked > 0 {
		c.settle(now)
	}
	return asked
}

// lastNews is when redial last heard something new of the attempt, or dialed it.
func (a *Attempt) lastNews() time.Time {
	at := a.DialedAt
	for _, t := range []time.Time{a.PlacedAt, a.InitiatedAt, a.RingingAt, a.AnsweredAt} {
		at = later(at, t)
	}
	return at
}
