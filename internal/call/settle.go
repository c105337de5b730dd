package call

import "time"

// settle derives from the facts, and from nothing else, what the Call waits for
// or how it ended. It runs after every step.
func (c *Call) settle(now time.Time) []Event {
	if c.State == Ended {
		return nil
	}
	if ask := c.nextAsk(); !ask.IsZero() {
		// A phone may be ringing: nothing is dialed and nothing is over.
		evs := c.withdrawn(now)
		c.State, c.Held, c.NextAttemptAt, c.WakeAt = Dialing, false, time.Time{}, ask
		return evs
	}
	if o := c.verdict(now); o != "" {
		return c.end(o, now)
	}
	return c.plan(now)
}

// nextAsk is the earliest time to ask about a live attempt, or to end it; zero if
// none is alive.
func (c *Call) nextAsk() (next time.Time) {
	for i := range c.Attempts {
		a := &c.Attempts[i]
		if !a.Live() {
			continue
		}
		for _, t := range []time.Time{a.AskAt, a.HangUpAt} {
			if !t.IsZero() && (next.IsZero() || t.Before(next)) {
				next = t
			}
		}
	}
	return next
}

// verdict is the Outcome when no attempt is alive, empty if the phone rings again.
func (c *Call) verdict(now time.Time) Outcome {
	switch {
	case c.count(Completed) > 0:
		return Reached
	case !c.CancelRequested.IsZero(), c.count(Canceled) > 0: // by us, or by somebody at Twilio
		return OutcomeCanceled
	case c.count(Refused) > 0:
		return OutcomeRefused
	case c.dials() >= c.Policy.MaxAttempts, c.count(Unplaced) >= unplacedCeiling:
		return Unreached
	case !now.Before(c.Deadline), !c.nextDial().Before(c.Deadline):
		return Expired
	}
	return ""
}

// plan waits for the next dial.
func (c *Call) plan(now time.Time) []Event {
	next := c.nextDial()
	c.State, c.WakeAt = Waiting, next
	if c.Held { // nobody knows when: the Call is woken when the number is free
		c.NextAttemptAt, c.WakeAt = time.Time{}, c.Deadline
		return nil
	}
	news := !next.Equal(c.NextAttemptAt) && len(c.Attempts) > 0 && c.postponed() == nil
	c.NextAttemptAt = next
	if !news {
		return nil
	}
	last := &c.Attempts[len(c.Attempts)-1]
	return []Event{c.event(RedialScheduled, now, Event{Reason: string(last.Result()), NextAttemptAt: next})}
}

// nextDial is the earliest time of the next dial.
func (c *Call) nextDial() time.Time {
	if a := c.postponed(); a != nil {
		return a.RetryAt
	}
	next := c.CreatedAt
	for i := range c.Attempts {
		a := &c.Attempts[i]
		if t := a.EndedAt.Add(c.Policy.delay(a.Result())); t.After(next) {
			next = t
		}
	}
	return next
}

// end ends the Call, and with it an attempt that was never sent.
func (c *Call) end(o Outcome, now time.Time) []Event {
	var evs []Event
	if o == Reached {
		evs = c.withdrawn(now)
	}
	if a := c.postponed(); a != nil {
		a.Unplaced = true
		evs = append(evs, c.concluded(a, "", now)...)
	}
	c.State, c.Outcome, c.EndedAt, c.Held = Ended, o, now, false
	c.NextAttemptAt, c.WakeAt = time.Time{}, time.Time{}
	e := Event{Outcome: o}
	if r := c.Refusal(); r != nil {
		e.Code, e.Message = r.Code, r.Message
	}
	return append(evs, c.event(CallEnded, now, e))
}

// withdrawn tells of a redial that was planned on evidence that no longer holds.
func (c *Call) withdrawn(now time.Time) []Event {
	if c.State != Waiting || len(c.Attempts) == 0 || c.postponed() != nil {
		return nil
	}
	return []Event{c.event(RedialWithdrawn, now, Event{})}
}

// postponed returns the attempt that is to be sent again, nil if there is none.
func (c *Call) postponed() *Attempt {
	for i := range c.Attempts {
		if a := &c.Attempts[i]; a.isPostponed() {
			return a
		}
	}
	return nil
}

func (c *Call) count(r Result) (n int) {
	for i := range c.Attempts {
		if c.Attempts[i].Result() == r {
			n++
		}
	}
	return n
}

// dials counts the attempts that the policy counts: not those that never rang.
func (c *Call) dials() int {
	n := len(c.Attempts) - c.count(Unplaced)
	if c.postponed() != nil {
		n--
	}
	return n
}
