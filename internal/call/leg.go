package call

import "time"

// ask asks the carrier about each live attempt that was silent for too long, and ends each that rings or talks for too
// long.
func (c *Call) ask(now time.Time) (acts []Action, evs []Event) {
	for i := range c.Attempts {
		a := &c.Attempts[i]
		if !a.Live() {
			continue
		}
		step := c.overdue
		if a.OverdueAt.IsZero() && now.Before(c.legEnds(a)) { // once overdue, always overdue: the clock may be set back
			step = c.attend
		}
		more, news := step(a, now)
		acts, evs = append(acts, more...), append(evs, news...)
	}
	return acts, evs
}

// attend ends an attempt within its leg's bound, or asks about it, when it is time.
func (c *Call) attend(a *Attempt, now time.Time) (acts []Action, evs []Event) {
	if !a.HangUpAt.IsZero() && !now.Before(a.HangUpAt) {
		act, news := c.hangUp(a, now)
		acts, evs = append(acts, act), append(evs, news...)
	}
	if now.Before(a.AskAt) {
		return acts, evs
	}
	more, news := c.askAbout(a, now)
	return append(acts, more...), append(evs, news...)
}

// overdue ends an attempt that has reached its leg's bound, and asks about it once more before it concludes the
// attempt: redial may have been away when the leg ended, so that the answer is the first news of it. If the carrier
// has no such call, or can't be asked about it, it is concluded at once.
func (c *Call) overdue(a *Attempt, now time.Time) (acts []Action, evs []Event) {
	switch {
	case a.isAbsent(), !a.canBeAsked(), !a.OverdueAt.IsZero() && now.Sub(a.AskAt) < lookAway && !now.Before(a.looksEnd()):
		a.Lost = true
		return nil, c.concluded(a, "", now)
	case a.OverdueAt.IsZero(), now.Sub(a.AskAt) >= lookAway:
		return c.lookLast(a, now)
	case now.Before(a.AskAt):
		return nil, nil
	}
	return c.askAbout(a, now)
}

// lookLast asks the carrier to end an attempt, and plans a last look at it. An attempt without a sid is searched for.
func (c *Call) lookLast(a *Attempt, now time.Time) ([]Action, []Event) {
	a.OverdueAt, a.HangUpAt, a.Asks = now, time.Time{}, 0
	if a.SID == "" {
		return c.askAbout(a, now)
	}
	a.AskAt = now.Add(a.rules().SettledAfter)
	why := outlived
	if !a.isBounded() {
		why = outlasted
	}
	return []Action{{End, a.N}}, []Event{c.attemptEvent(AttemptHungUp, now, a.N, Event{Reason: why})}
}

// Why an attempt is ended that the carrier should have ended itself.
const (
	outlived  = "past its talk limit"
	outlasted = "longer than any call can last"
)

// nextAsk is the earliest time to ask about a live attempt, or to end one; zero if none is alive.
func (c *Call) nextAsk() (next time.Time) {
	for i := range c.Attempts {
		a := &c.Attempts[i]
		if !a.Live() {
			continue
		}
		if a.OverdueAt.IsZero() {
			next = earliestSet(next, a.AskAt, a.HangUpAt, c.legEnds(a))
		} else { // it is being looked at, and is concluded by what the look shows
			next = earliestSet(next, a.AskAt, a.looksEnd())
		}
	}
	return next
}

// legEnds is when an attempt can't be alive any more. Many a carrier ends a leg by its talk limit once it has left
// the queue. Of any other leg only the longest life is known.
func (c *Call) legEnds(a *Attempt) time.Time {
	if !a.isBounded() {
		return a.longestEnds()
	}
	talk := time.Duration(a.TalkLimit) * time.Second
	return earliestSet(a.leftQueue().Add(c.Policy.RingTimeout+talk+a.rules().LegMargin), a.longestEnds())
}
