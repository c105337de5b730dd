package call

import "time"

// Cancel asks for the Call to end: at once when no phone may be ringing, else
// with the legs that are alive. Nothing more is dialed either way, and what rings
// is ended; a conversation goes on unless cutShort says otherwise.
func (c *Call) Cancel(cutShort bool, now time.Time) []Event {
	if c.State == Ended {
		return nil
	}
	var evs []Event
	first := setOnce(&c.CancelRequested, now)
	if first || cutShort && !c.CutShort {
		e := Event{}
		if cutShort {
			e.Reason = "hang up"
		}
		evs = append(evs, c.event(CallCancelRequested, now, e))
	}
	c.CutShort = c.CutShort || cutShort
	return append(evs, c.settle(now)...)
}

// Redial asks for the next dial at once: without the pause after the dial before, but
// within all other rules. It returns one of the errors above where they forbid it.
func (c *Call) Redial(now time.Time) ([]Event, error) {
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
	return append([]Event{c.event(RedialRequested, now, Event{})}, c.settle(now)...), nil
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
