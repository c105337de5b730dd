package call

import "time"

// Cancel asks, in the name by, for the Call to end. It ends at once if no phone may be ringing, and else with its live
// attempts. Nothing more is dialed, and attempts that ring are ended; cutShort ends conversations, too.
func (c *Call) Cancel(cutShort bool, by string, now time.Time) []Event {
	if c.State == Ended {
		return nil
	}
	var evs []Event
	first := setOnce(&c.CancelRequested, now)
	if first || cutShort && !c.CutShort {
		e := Event{By: by}
		if cutShort {
			e.Reason = "hang up"
		}
		evs = append(evs, c.event(CallCancelRequested, now, e))
	}
	c.CutShort = c.CutShort || cutShort
	return append(evs, c.settle(now)...)
}

// Withdraw cancels the Call, as what it tells of is over, or taken care of, for a reason. Who is listening hears it to
// the end.
func (c *Call) Withdraw(reason string, now time.Time) []Event {
	if c.State == Ended || !setOnce(&c.CancelRequested, now) {
		return nil
	}
	return append([]Event{c.event(CallCancelRequested, now, Event{Reason: reason})}, c.settle(now)...)
}

// Redial asks, in the name by, for the next dial at once: without the pause after the dial before, but by all other
// rules. Where these forbid it, it returns ErrEnded, ErrDialed, ErrHeld or a *NotNowError.
func (c *Call) Redial(by string, now time.Time) ([]Event, error) {
	switch {
	case c.State == Ended:
		return nil, ErrEnded
	case c.State == Dialing:
		return nil, ErrDialed
	case c.Held != "":
		return nil, ErrHeld
	}
	c.RedialAsked = now
	if _, at, _ := c.nextDial(now); at.After(now) {
		return nil, &NotNowError{c.WaitsFor(now), at}
	}
	return append([]Event{c.event(RedialRequested, now, Event{By: by})}, c.settle(now)...), nil
}

// Inquire plans a question to the carrier about each live attempt of which redial heard nothing after since, when it
// stopped listening. The question is asked as soon as the carrier can tell. Inquire returns how many questions come
// sooner than planned.
func (c *Call) Inquire(since, now time.Time) (asked int) {
	for i := range c.Attempts {
		a := &c.Attempts[i]
		if !a.Live() || !a.canBeAsked() || !a.lastNews().Before(since) {
			continue
		}
		soon := now
		if a.SID == "" {
			soon = latest(now, a.listTells())
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
