package call

import (
	"encoding/binary"
	"time"
)

// notBefore is when the first dial may begin.
func (c *Call) notBefore() time.Time {
	return latest(c.CreatedAt, c.Policy.NotBefore.from(c.CreatedAt))
}

// open is the earliest time, not before t, at which the window lets a phone ring.
func (c *Call) open(t time.Time) time.Time {
	return c.Policy.Window.fits(t, c.Policy.ringLength(), c.Deadline)
}

// ready is when a person may be rung again: when the pauses after the dials so far are over. A request for the
// next dial at once, made after all of these dials had ended, takes the place of their pauses.
func (c *Call) ready(p int) time.Time {
	at, asked := c.CreatedAt, true
	for i := range c.Attempts {
		a := &c.Attempts[i]
		asked = asked && (a.Result() == Unplaced || !c.RedialAsked.Before(a.EndedAt))
		if a.Person == p {
			at = latest(at, c.pauseEnds(a))
		}
	}
	if asked && c.RedialAsked.Before(at) {
		return latest(c.CreatedAt, c.RedialAsked)
	}
	return at
}

// pauseEnds is when the pause after an attempt that has ended is over.
func (c *Call) pauseEnds(a *Attempt) time.Time { return a.EndedAt.Add(c.pause(a)) }

// pause is how long to wait after an attempt that has ended.
func (c *Call) pause(a *Attempt) time.Duration {
	r := a.Result()
	switch r {
	case Unplaced: // no phone rang, so nobody needs a pause
		return 0
	case Ambiguous:
		r = Failed
	}
	return c.Policy.RedialAfter[r].after(c.dials(a.Person, a.N)) + c.jitter(a.N)
}

// jitter is what is added to the pause after attempt n. It is random, but always the same for one
// attempt: the same facts always lead to the same decision.
func (c *Call) jitter(n int) time.Duration {
	if c.Policy.Jitter == 0 {
		return 0
	}
	lot := binary.BigEndian.Uint32(c.hash("jitter", n))
	return (c.Policy.Jitter * time.Duration(lot>>16) / (1 << 16)).Truncate(time.Millisecond)
}
