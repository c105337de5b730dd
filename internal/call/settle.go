package call

import "time"

// settle derives what the Call waits for, or how it ended, from the facts and from nothing else. Every step ends
// with it.
func (c *Call) settle(now time.Time) []Event {
	if c.State == Ended {
		return nil
	}
	c.decide()
	for i := range c.Attempts {
		if a := &c.Attempts[i]; a.Live() {
			c.guard(a, now)
		}
	}
	if ask := c.nextAsk(); !ask.IsZero() {
		// A phone may be ringing: nothing is dialed and nothing is over.
		evs := c.withdrawn(now)
		c.State, c.Held, c.Offered, c.NextAttemptAt, c.WakeAt = Dialing, "", "", time.Time{}, ask
		return evs
	}
	people, next, waiting := c.nextDial(now)
	if o := c.verdict(people, next, now); o != "" {
		return c.end(o, now)
	}
	var evs []Event
	if c.Held != "" && !c.isNumberOf(people, c.Held) { // later facts have changed who is rung next
		c.Held = ""
		evs = append(evs, c.event(CallReleased, now, Event{Reason: "another number is next"}))
	}
	evs = append(evs, c.plan(next, waiting, now)...)
	if c.Held != "" || c.NextAttemptAt.After(now) || !c.isNumberOf(people, c.Offered) {
		c.Offered = "" // another Call that is held for the number may ring it
	}
	return evs
}

// verdict is the Outcome of a Call without a live attempt. It is empty if the Call goes on: by ringing people, at
// next.
func (c *Call) verdict(people []int, next, now time.Time) Outcome {
	switch {
	case c.ReachedBy != 0:
		return Reached
	case !c.CancelRequested.IsZero(), c.count(Canceled) > 0: // by us, or by somebody at the carrier
		return OutcomeCanceled
	case len(people) == 0 && c.allRefused():
		return OutcomeRefused
	case len(people) == 0:
		return Unreached
	case !now.Before(c.Deadline), !next.Before(c.Deadline):
		return Expired
	}
	return ""
}

// end ends the Call, and its postponed attempts, which were never sent.
func (c *Call) end(o Outcome, now time.Time) []Event {
	var evs []Event
	if o == Reached {
		evs = c.withdrawn(now)
	}
	for i := range c.Attempts {
		if a := &c.Attempts[i]; a.isPostponed() {
			a.Unplaced = true
			evs = append(evs, c.concluded(a, "", now)...)
		}
	}
	c.State, c.Outcome, c.EndedAt, c.Held, c.Offered = Ended, o, now, "", ""
	c.NextAttemptAt, c.WakeAt = time.Time{}, time.Time{}
	e := Event{Outcome: o}
	if r := c.Refusal(); r != nil {
		e.Code, e.Message = r.Code, r.Message
	}
	return append(evs, c.event(CallEnded, now, e))
}

// withdrawn returns the Event that the planned redial is not made: it was planned on evidence that no longer holds.
func (c *Call) withdrawn(now time.Time) []Event {
	if c.State != Waiting || len(c.Attempts) == 0 || c.anyPostponed() {
		return nil
	}
	return []Event{c.event(RedialWithdrawn, now, Event{})}
}
