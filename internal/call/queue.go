package call

import "time"

// Queue is what all Calls wait for together.
type Queue struct {
	Now    time.Time
	Paused string      // why nobody is dialed; empty if dials are made
	Next   []time.Time // when the next two Calls to be dialed are due, or were
}

const (
	late     = time.Second     // a Call that is so late waits for something
	veryLate = 5 * time.Second // a Call that is so late, although no other is due before it, is dialed by no node
	noNode   = "it is the next to be dialed, and no node has done it yet: Twilio asked to wait, or none is running"
)

// Keeps returns all that is known to keep a Call from being dialed.
func (q Queue) Keeps(c *Call) (why []string) {
	if own := c.WaitsFor(q.Now); own != "" {
		why = append(why, own)
	}
	switch {
	case q.Paused != "":
		why = append(why, q.Paused)
	case !c.IsDue(q.Now) || c.Held != "" || len(q.Next) == 0:
	case q.Now.Sub(q.Next[0]) >= late && q.othersFirst(c):
		why = append(why, Paced)
	case q.Now.Sub(c.WakeAt) >= veryLate:
		why = append(why, noNode)
	}
	return why
}

// othersFirst says whether other Calls are due before c, or with it.
func (q Queue) othersFirst(c *Call) bool {
	return q.Next[0].Before(c.WakeAt) || len(q.Next) > 1 && !q.Next[1].After(c.WakeAt)
}

// IsDue says whether the Call's own plan lets its phone ring now.
func (c *Call) IsDue(now time.Time) bool {
	return c.State == Waiting && (c.Held != "" || !c.NextAttemptAt.After(now))
}
