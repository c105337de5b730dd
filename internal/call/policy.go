package call

import (
	"fmt"
	"strings"
	"time"
)

// Policy is how hard to try.
type Policy struct {
	MaxAttempts int                      `json:"max_attempts"` // dials of each person in all, the first one too
	RingTimeout time.Duration            `json:"ring_timeout"` // how long the phone rings, whole seconds
	Deadline    time.Duration            `json:"deadline"`     // from the Call's creation
	RedialAfter map[Result]time.Duration `json:"redial_after"` // from the end of an attempt to the next dial
	Confirm     Confirm                  `json:"confirm,omitzero"`
	Machine     MachinePolicy            `json:"machine,omitzero"`
	Ladder      Ladder                   `json:"ladder,omitempty"` // in which order people are rung; empty: sequence
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
)

// DefaultPolicy is the article's: three dials in all, each ringing 30 s, because
// a longer ring may be repeated by Twilio over a route that hides the caller.
func DefaultPolicy() Policy {
	return Policy{
		MaxAttempts: 3,
		RingTimeout: 30 * time.Second,
		Deadline:    24 * time.Hour,
		RedialAfter: map[Result]time.Duration{
			NoAnswer: 0, Busy: 30 * time.Second, Failed: 10 * time.Second,
			Machine: time.Minute, Unconfirmed: 30 * time.Second,
		},
	}
}

// Redialed lists the results after which the phone rings again.
func Redialed() []Result { return []Result{NoAnswer, Busy, Failed, Machine, Unconfirmed} }

// PolicyError names the field of a Policy that is out of bounds.
type PolicyError struct{ Field, Problem string }

func (e *PolicyError) Error() string { return e.Field + " " + e.Problem }

// Check returns a *PolicyError for the first field that is out of bounds.
func (p Policy) Check() error {
	switch {
	case p.MaxAttempts < 1 || p.MaxAttempts > MaxAttemptsCeiling:
		return &PolicyError{"max_attempts", fmt.Sprintf("must be from 1 to %d", MaxAttemptsCeiling)}
	case p.RingTimeout < RingTimeoutFloor || p.RingTimeout > RingTimeoutCeiling:
		return &PolicyError{"ring_timeout", between(RingTimeoutFloor, RingTimeoutCeiling)}
	case p.RingTimeout%time.Second != 0:
		return &PolicyError{"ring_timeout", "must be whole seconds"}
	case p.Deadline < DeadlineFloor || p.Deadline > DeadlineCeiling:
		return &PolicyError{"deadline", between(DeadlineFloor, DeadlineCeiling)}
	}
	for _, r := range Redialed() {
		if d := p.RedialAfter[r]; d < 0 || d > RedialAfterCeiling {
			return &PolicyError{"redial_after." + string(r), between(0, RedialAfterCeiling)}
		}
	}
	return p.checkProof()
}

// between says it as people write durations: 168h, not 168h0m0s.
func between(least, most time.Duration) string {
	return strings.NewReplacer("h0m0s", "h", "m0s", "m").Replace(fmt.Sprintf("must be from %s to %s", least, most))
}

// delay is how long to wait after an attempt that ended so.
func (p Policy) delay(r Result) time.Duration {
	switch r {
	case Unplaced: // nobody was rung, so nobody needs a pause
		return 0
	case Ambiguous:
		r = Failed
	}
	return p.RedialAfter[r]
}
