package call

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"strings"
	"time"
)

// Policy is how hard to try, and when.
type Policy struct {
	Preset       string            `json:"preset,omitempty"`         // what it was made from, for people
	MaxAttempts  int               `json:"max_attempts"`             // dials of each person in all, the first one too
	MaxPerResult map[Result]int    `json:"max_per_result,omitempty"` // of those, how many may end so
	RingTimeout  time.Duration     `json:"ring_timeout"`             // how long the phone rings, whole seconds
	TalkLimit    time.Duration     `json:"talk_limit,omitempty"`     // how long a conversation lasts at most, whole seconds; 0: the message decides
	NotBefore    When              `json:"not_before,omitzero"`      // of the first dial
	Deadline     When              `json:"deadline"`                 // no dial begins at or after it
	RedialAfter  map[Result]Delays `json:"redial_after"`             // from the end of an attempt to the next dial
	Jitter       time.Duration     `json:"jitter,omitempty"`         // at most so much is added to each delay
	Window       Window            `json:"window,omitzero"`          // when a phone may ring
	Confirm      Confirm           `json:"confirm,omitzero"`
	Machine      MachinePolicy     `json:"machine,omitzero"`
	Ladder       Ladder            `json:"ladder,omitempty"` // in which order people are rung; empty: sequence
}

// When is a moment: a time, or so long after the Call's creation.
type When struct {
	After time.Duration `json:"after,omitempty"`
	At    time.Time     `json:"at,omitzero"` // zero: After counts
}

func (w When) from(created time.Time) time.Time {
	if !w.At.IsZero() {
		return w.At
	}
	return created.Add(w.After)
}

// Delays are the pauses after a person's first dial, after the second, and so on; the
// last one is that of all later dials. None is no pause.
type Delays []time.Duration

func (d Delays) after(dials int) time.Duration {
	if len(d) == 0 {
		return 0
	}
	return d[max(0, min(dials, len(d))-1)]
}

// The bounds of a Policy. Twilio takes a ring timeout of up to 600 s; the
// ceilings keep every Call finite.
const (
	MaxAttemptsCeiling = 20
	RingTimeoutFloor   = 5 * time.Second
	RingTimeoutCeiling = 600 * time.Second
	DeadlineFloor      = 10 * time.Second
	DeadlineCeiling    = 30 * 24 * time.Hour
	RedialAfterCeiling = 7 * 24 * time.Hour
	JitterCeiling      = 24 * time.Hour
)

// DefaultPolicy is the article's, with a pause where the line is busy: three dials in
// all, each ringing 30 s, because a longer ring may be repeated by Twilio over a route
// that hides the caller.
func DefaultPolicy() Policy {
	return Policy{
		MaxAttempts: 3,
		RingTimeout: 30 * time.Second,
		Deadline:    When{After: 24 * time.Hour},
		RedialAfter: map[Result]Delays{
			NoAnswer: {0}, Busy: {30 * time.Second}, Failed: {10 * time.Second},
			Machine: {time.Minute}, Unconfirmed: {30 * time.Second},
		},
	}
}

// Redialed lists the results after which the phone rings again.
func Redialed() []Result { return []Result{NoAnswer, Busy, Failed, Machine, Unconfirmed} }

// PolicyError names the field of a Policy that is out of bounds.
type PolicyError struct{ Field, Problem string }

func (e *PolicyError) Error() string { return e.Field + " " + e.Problem }

// Check returns a *PolicyError for the first field that is out of bounds, for a Call
// that is made at now.
func (p Policy) Check(now time.Time) error {
	deadline := p.Deadline.from(now).Sub(now)
	switch {
	case p.MaxAttempts < 1 || p.MaxAttempts > MaxAttemptsCeiling:
		return &PolicyError{"max_attempts", fmt.Sprintf("must be from 1 to %d", MaxAttemptsCeiling)}
	case p.RingTimeout < RingTimeoutFloor || p.RingTimeout > RingTimeoutCeiling:
		return &PolicyError{"ring_timeout", between(RingTimeoutFloor, RingTimeoutCeiling)}
	case p.RingTimeout%time.Second != 0:
		return &PolicyError{"ring_timeout", "must be whole seconds"}
	case deadline < DeadlineFloor || deadline > DeadlineCeiling:
		return &PolicyError{"deadline", between(DeadlineFloor, DeadlineCeiling) + " after the request"}
	case p.NotBefore.After < 0:
		return &PolicyError{"not_before", "must not be negative"}
	case !p.NotBefore.from(now).Before(p.Deadline.from(now)):
		return &PolicyError{"not_before", "must be before the deadline"}
	case p.Jitter < 0 || p.Jitter > JitterCeiling:
		return &PolicyError{"jitter", between(0, JitterCeiling)}
	}
	for _, r := range Redialed() {
		if len(p.RedialAfter[r]) > MaxAttemptsCeiling {
			return &PolicyError{"redial_after." + string(r), fmt.Sprintf("may have %d delays", MaxAttemptsCeiling)}
		}
		for _, d := range p.RedialAfter[r] {
			if d < 0 || d > RedialAfterCeiling {
				return &PolicyError{"redial_after." + string(r), between(0, RedialAfterCeiling)}
			}
		}
		if n, limited := p.MaxPerResult[r]; limited && (n < 1 || n > MaxAttemptsCeiling) {
			return &PolicyError{"max_per_result." + string(r), fmt.Sprintf("must be from 1 to %d", MaxAttemptsCeiling)}
		}
	}
	if err := p.Window.check(p.ringLength()); err != nil {
		return err
	}
	return cmp.Or(p.checkTalk(), p.checkProof())
}

// Clocks returns, of the zones that names name, one for all that show the same time as
// long as a Call made at now may live.
func (p Policy) Clocks(names []string, now time.Time) []string {
	end := later(p.Deadline.from(now), now)
	return clocks(names, now, end.Add(p.longestRing()))
}

// between says it as people write durations: 168h, not 168h0m0s.
func between(least, most time.Duration) string {
	return strings.NewReplacer("h0m0s", "h", "m0s", "m").Replace(fmt.Sprintf("must be from %s to %s", least, most))
}

// notBefore is when the first dial may begin.
func (c *Call) notBefore() time.Time { return later(c.CreatedAt, c.Policy.NotBefore.from(c.CreatedAt)) }

// pause is how long to wait after an attempt that has ended.
func (c *Call) pause(a *Attempt) time.Duration {
	r := a.Result()
	switch r {
	case Unplaced: // nobody was rung, so nobody needs a pause
		return 0
	case Ambiguous:
		r = Failed
	}
	return c.Policy.RedialAfter[r].after(c.dials(a.Person, a.N)) + c.jitter(a.N)
}

func (c *Call) pauseEnds(a *Attempt) time.Time { return a.EndedAt.Add(c.pause(a)) }

// jitter is what is added to the pause after attempt n. It is drawn by lot, but always
// the same: a decision that is taken anew comes to the same end.
func (c *Call) jitter(n int) time.Duration {
	if c.Policy.Jitter == 0 {
		return 0
	}
	lot := binary.BigEndian.Uint32(c.hash("jitter", n))
	return (c.Policy.Jitter * time.Duration(lot>>16) / (1 << 16)).Truncate(time.Millisecond)
}
