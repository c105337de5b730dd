// Package chaos is the machine that proves redial's promise: it runs real nodes
// against a simulated Twilio that errs, kills and stops them at any moment, and
// then holds three records against each other: what was asked for, what really
// rang, and what redial recorded. See docs/reliability.md.
package chaos

import (
	"cmp"
	"fmt"
	"slices"

	"redial/api"
	"redial/internal/sim"
)

// Asked is a call that redial has answered 201.
type Asked struct {
	ID, To string
}

// Finding is a way in which the three records contradict each other.
type Finding struct {
	Kind Kind
	What string
}

// Kind says which promise was broken.
type Kind string

// The promises.
const (
	Lost    Kind = "lost"       // a call that was asked for is not there, or has not ended
	Twice   Kind = "rung twice" // a phone rang when it should not have
	Differs Kind = "differs"    // the record is not what happened
)

// audit is what the three records come to so far.
type audit struct {
	findings []Finding
	calls    map[string]*api.Call
	legs     map[string]*sim.Leg
	claimed  map[string]string // sid to the call that has it
}

// Audit returns every discrepancy between what was asked for, what rang, and
// what was recorded.
func Audit(asked []Asked, legs []sim.Leg, calls []api.Call) []Finding {
	a := &audit{calls: map[string]*api.Call{}, legs: map[string]*sim.Leg{}, claimed: map[string]string{}}
	for i := range calls {
		a.calls[calls[i].ID] = &calls[i]
	}
	for i := range legs {
		a.legs[legs[i].SID] = &legs[i]
	}
	a.asked(asked)
	for i := range calls {
		a.call(&calls[i])
	}
	for i := range legs {
		if a.claimed[legs[i].SID] == "" {
			a.find(Differs, "%s rang as %s, and no attempt says so", legs[i].To, legs[i].SID)
		}
	}
	a.atOnce(legs)
	return a.findings
}

func (a *audit) find(k Kind, what string, args ...any) {
	a.findings = append(a.findings, Finding{k, fmt.Sprintf(what, args...)})
}

// asked holds the calls against what was asked for.
func (a *audit) asked(asked []Asked) {
	wanted := map[string]bool{}
	for _, q := range asked {
		wanted[q.ID] = true
		switch c := a.calls[q.ID]; {
		case c == nil:
			a.find(Lost, "call %s was answered 201, and is not there", q.ID)
		case c.Outcome == "":
			a.find(Lost, "call %s never ended: it is %s", q.ID, c.State)
		case c.To != q.To:
			a.find(Differs, "call %s goes to %s, not to %s", q.ID, c.To, q.To)
		}
	}
	for id := range a.calls {
		if !wanted[id] {
			a.find(Differs, "nobody asked for call %s", id)
		}
	}
}

// call holds a call's attempts against what really rang.
func (a *audit) call(c *api.Call) {
	dials, answered := 0, false
	for i := range c.Attempts {
		at := &c.Attempts[i]
		leg := a.leg(c, at)
		if at.Result != "unplaced" && at.Result != "refused" {
			dials++
		}
		if answered && leg != nil {
			a.find(Twice, "call %s: %s was rung again after it had been answered", c.ID, at.To)
		}
		answered = answered || leg != nil && leg.Status == "completed"
	}
	most := *c.Policy.MaxAttempts
	if dials > most {
		a.find(Twice, "call %s: %d dials, and its policy allows %d", c.ID, dials, most)
	}
	if answered != (c.Outcome == "reached") {
		a.find(Differs, "call %s is %s; answered: %t", c.ID, c.Outcome, answered)
	}
	if c.Outcome == "unreached" && dials < most && len(c.Attempts)-dials < 5 {
		a.find(Differs, "call %s is given up after %d dials of %d", c.ID, dials, most)
	}
}

// leg finds what an attempt was at the other side, and compares how it ended.
func (a *audit) leg(c *api.Call, at *api.Attempt) *sim.Leg {
	if at.SID == "" {
		if at.Result != "unplaced" && at.Result != "refused" {
			a.find(Differs, "call %s: attempt %d is %s, and has no CallSid", c.ID, at.Number, at.Status)
		}
		return nil
	}
	leg := a.legs[at.SID]
	switch {
	case leg == nil:
		a.find(Differs, "call %s: attempt %d is %s, which never was", c.ID, at.Number, at.SID)
		return nil
	case a.claimed[at.SID] != "":
		a.find(Differs, "%s is an attempt of both %s and %s", at.SID, a.claimed[at.SID], c.ID)
	case leg.To != at.To:
		a.find(Differs, "call %s: attempt %d to %s rang %s", c.ID, at.Number, at.To, leg.To)
	case at.Result != ended(leg):
		a.find(Differs, "call %s: attempt %d is recorded as %s, and was %s", c.ID, at.Number, cmp.Or(at.Result, at.Status), ended(leg))
	}
	a.claimed[at.SID] = c.ID
	return leg
}

// ended is the result that a leg's end amounts to. Nobody but the ring guard
// cancels here.
func ended(l *sim.Leg) string {
	switch {
	case l.Status == "canceled" && l.DialedAt.IsZero():
		return "unplaced"
	case l.Status == "canceled":
		return "no-answer"
	}
	return l.Status
}

// atOnce looks for phones that were rung twice at the same time.
func (a *audit) atOnce(legs []sim.Leg) {
	byNumber := map[string][]sim.Leg{}
	for _, l := range legs {
		byNumber[l.To] = append(byNumber[l.To], l)
	}
	for number, list := range byNumber {
		slices.SortFunc(list, func(x, y sim.Leg) int { return x.CreatedAt.Compare(y.CreatedAt) })
		for i := 1; i < len(list); i++ {
			if before := list[i-1]; before.EndedAt.IsZero() || list[i].CreatedAt.Before(before.EndedAt) {
				a.find(Twice, "%s was rung by %s while %s was alive", number, list[i].SID, before.SID)
			}
		}
	}
}
