package call

import "time"

// guard sets the time to end an attempt that is no longer wanted, or that the carrier should have ended itself: it
// rings past its timeout or its window, or it never leaves the queue. An attempt that was answered goes on, unless
// somebody else was reached, or the cancel ends conversations, too.
func (c *Call) guard(a *Attempt, now time.Time) {
	why := c.unwanted(a)
	switch {
	case !a.OverdueAt.IsZero(): // it is being ended already: see overdue
	case !a.AnsweredAt.IsZero():
		if why == "" || why == canceled && !c.CutShort || a.Interrupts >= interruptEnough {
			a.HangUpAt = time.Time{}
		} else if a.Interrupts == 0 && a.SID != "" {
			a.HangUpAt = now
		}
	case why != "" && a.SID != "":
		if a.EndWhy == "" {
			a.EndWhy, a.HangUpAt = why, now
		}
	case a.HangUps > 0:
	case !a.RingingAt.IsZero():
		a.HangUpAt = earliestSet(c.Policy.ringEnds(a.RingingAt), c.windowCloses(a))
	case a.SID == "":
	case a.Stuck >= a.rules().StuckTimes && (a.HangUpAt.IsZero() || a.HangUpAt.After(now)):
		a.HangUpAt = now
	case a.HangUpAt.IsZero():
		a.HangUpAt = c.windowCloses(a)
	}
}

// unwanted says why nobody needs the attempt any more; it is empty if the Call does.
func (c *Call) unwanted(a *Attempt) string {
	switch {
	case c.ReachedBy != 0 && c.ReachedBy != a.N:
		return taken
	case !c.CancelRequested.IsZero():
		return canceled
	}
	return ""
}

// Why an attempt is unwanted, though somebody might answer it.
const (
	taken    = "taken"    // somebody else was reached
	canceled = "canceled" // the Call was
)

// hangUp asks the carrier to end an attempt, or to break into its conversation. It sets the time to ask again, in case
// the request gets lost.
func (c *Call) hangUp(a *Attempt, now time.Time) (Action, []Event) {
	if !a.AnsweredAt.IsZero() {
		return c.interrupt(a, now)
	}
	var evs []Event
	if a.HangUps == 0 {
		evs = append(evs, c.attemptEvent(AttemptHungUp, now, a.N, Event{Reason: c.tooLong(a, now)}))
	}
	a.HangUpAt = now.Add(min(hangUpAgain<<min(a.HangUps, 10), askCeiling))
	a.HangUps++
	c.askSoon(a, now)
	return Action{HangUp, a.N}, evs
}

// tooLong says why an attempt that nobody has answered is ended.
func (c *Call) tooLong(a *Attempt, now time.Time) string {
	closed := c.windowCloses(a)
	switch {
	case a.EndWhy != "":
		return a.EndWhy
	case !closed.IsZero() && !now.Before(closed):
		return "the window closes"
	case a.dialedOut():
		return "rings too long"
	}
	return "queued too long"
}

// windowCloses is when the window that an attempt was dialed in closes. It is zero if there is no window, or if it
// stays open for as long as the phone may ring.
func (c *Call) windowCloses(a *Attempt) time.Time {
	if c.Policy.Window.IsZero() {
		return time.Time{}
	}
	long := c.Policy.ringLength() + a.rules().LongestQueue
	closes := c.Policy.Window.closes(a.DialedAt, long)
	if closes.Equal(a.DialedAt.Add(long)) {
		return time.Time{}
	}
	return closes
}

// interrupt tells the person who listens that somebody else was reached. If the Call is canceled, it ends the
// conversation instead.
func (c *Call) interrupt(a *Attempt, now time.Time) (Action, []Event) {
	act, t := Action{Tell, a.N}, AttemptTold
	if c.unwanted(a) == canceled {
		act.Kind, t = End, AttemptHungUp
		c.askSoon(a, now)
	}
	var evs []Event
	if a.Interrupts == 0 {
		evs = append(evs, c.attemptEvent(t, now, a.N, Event{Reason: c.unwanted(a)}))
	}
	a.HangUpAt = now.Add(interruptAgain)
	a.Interrupts++
	return act, evs
}

// hearsTaken records that the answer to a request of the carrier's tells the person who listens that somebody else was
// reached. The conversation need not be interrupted for that.
func (c *Call) hearsTaken(a *Attempt, now time.Time) []Event {
	if a.Interrupts > 0 {
		return nil
	}
	a.Interrupts, a.HangUpAt = 1, now.Add(interruptAgain)
	return []Event{c.attemptEvent(AttemptTold, now, a.N, Event{Reason: taken})}
}

// askSoon brings the next question to the carrier forward: what came of the request to end an attempt?
func (c *Call) askSoon(a *Attempt, now time.Time) {
	if settled := now.Add(a.rules().SettledAfter); settled.Before(a.AskAt) {
		a.AskAt = settled
	}
}
