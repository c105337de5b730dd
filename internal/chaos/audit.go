package chaos

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"redial/api"
	"redial/internal/sim"
)

// Asked is a call that redial has taken (it answered 201), and the numbers that it is to reach.
type Asked struct {
	ID string
	To []string
}

// Finding is a contradiction between the three records.
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
	Unheard Kind = "unheard"    // an event was not delivered, or not as it was recorded, or out of sequence
)

// audit holds the three records, and the findings so far.
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

// Noted returns each call whose asking is not kept once, and each entry of a call that is not there: a call and the
// entry that says who asked for it are written together. What a trigger rings later, of its own, nobody asks for.
func Noted(calls []api.Call, entries []api.AuditEntry) []Finding {
	a, asked := &audit{calls: map[string]*api.Call{}}, map[string]int{}
	for i := range calls {
		a.calls[calls[i].ID] = &calls[i]
	}
	for _, e := range entries {
		if a.calls[e.Of] == nil {
			a.find(Differs, "%s did %s of %s, which is not there", e.By, e.What, e.Of)
		}
		if e.What == "call.create" {
			asked[e.Of]++
		}
	}
	for _, c := range calls {
		if n := asked[c.ID]; n != 1 && (n != 0 || !byTrigger(&c)) {
			a.find(Differs, "call %s was asked for %d times, by the audit", c.ID, n)
		}
	}
	return a.findings
}

// byTrigger says whether a trigger made the call.
func byTrigger(c *api.Call) bool { return c.Metadata["trigger"] != "" }

func (a *audit) find(k Kind, what string, args ...any) {
	a.findings = append(a.findings, Finding{k, fmt.Sprintf(what, args...)})
}

// asked compares the calls with what was asked for.
func (a *audit) asked(asked []Asked) {
	wanted := map[string]bool{}
	for _, q := range asked {
		wanted[q.ID] = true
		switch c := a.calls[q.ID]; {
		case c == nil:
			a.find(Lost, "call %s was answered 201, and is not there", q.ID)
		case c.Outcome == "":
			a.find(Lost, "call %s never ended: it is %s", q.ID, c.State)
		case !slices.Equal(people(c), q.To):
			a.find(Differs, "call %s goes to %s, not to %s", q.ID, people(c), q.To)
		}
	}
	for id := range a.calls {
		if !wanted[id] {
			a.find(Differs, "nobody asked for call %s", id)
		}
	}
}

// call compares a call's attempts with what really rang.
func (a *audit) call(c *api.Call) {
	dials, seen, out := map[string]int{}, map[int]evidence{}, map[string]bool{}
	var over time.Time // the end of the first conversation that proves a person
	for i := range c.Attempts {
		at := &c.Attempts[i]
		leg := a.leg(c, at)
		if at.Result != "unplaced" && at.Result != "refused" {
			dials[at.To]++
		}
		if leg == nil {
			continue
		}
		if out[at.To] {
			a.find(Twice, "call %s: %s was rung again after it had heard that the call is passed on", c.ID, at.To)
		}
		out[at.To] = out[at.To] || said(leg, passed) || said(leg, lastOne)
		seen[at.Number] = proves(c.Policy, leg)
		if seen[at.Number] == yes && (over.IsZero() || leg.EndedAt.Before(over)) {
			over = leg.EndedAt
		}
	}
	a.rungAfter(c, over)
	most := *c.Policy.MaxAttempts
	for to, n := range dials {
		if n > most {
			a.find(Twice, "call %s: %d dials to %s, and its policy allows %d", c.ID, n, to, most)
		}
	}
	a.reached(c, seen)
	for _, to := range people(c) {
		if c.Outcome == "unreached" && dials[to] < most && !spent(c, to) {
			a.find(Differs, "call %s gives up on %s after %d dials of %d", c.ID, to, dials[to], most)
		}
	}
}

// rungAfter finds attempts that began after a person had been reached: after the end of the first conversation
// that proves it, or after redial recorded it.
func (a *audit) rungAfter(c *api.Call, over time.Time) {
	if r := c.Reached; r != nil && (over.IsZero() || r.At.Before(over)) {
		over = r.At
	}
	for i := range c.Attempts {
		if at := &c.Attempts[i]; at.SID != "" && !over.IsZero() && at.DialedAt.After(over) {
			a.find(Twice, "call %s: %s was rung though a person had been reached", c.ID, at.To)
		}
	}
}

// reached compares the outcome, and the evidence for it, with what was pressed and said.
func (a *audit) reached(c *api.Call, seen map[int]evidence) {
	sure := slices.Contains(slices.Collect(maps.Values(seen)), yes)
	if sure && c.Outcome != "reached" {
		a.find(Differs, "call %s is %s, and a person was reached", c.ID, c.Outcome)
	}
	if c.Outcome != "reached" {
		return
	}
	r := c.Reached
	if r == nil || seen[r.Attempt] == no {
		a.find(Differs, "call %s is reached, and nothing proves it", c.ID)
		return
	}
	for n, p := range seen {
		if p == yes && n != r.Attempt && asksForKey(c.Policy) {
			a.find(Differs, "call %s: attempt %d reached a person, and %d heard that it had", c.ID, r.Attempt, n)
		}
	}
}

// people are the numbers that a call may ring.
func people(c *api.Call) []string {
	if len(c.People) == 0 {
		return []string{c.To}
	}
	return numbers(c.People)
}

func numbers(people []api.Person) (list []string) {
	for _, p := range people {
		list = append(list, p.Number)
	}
	return list
}

// spent says whether a number may be given up before its dials are used up: a dial was refused, five dials never
// rang, a machine took the message, or somebody there passed the call on.
func spent(c *api.Call, to string) bool {
	unplaced := 0
	for _, at := range c.Attempts {
		if at.To != to {
			continue
		}
		switch {
		case at.Result == "refused", !at.PassedOnAt.IsZero(),
			at.Result == "machine" && detects(c.Policy) && c.Policy.Machine.Then == "end":
			return true
		case at.Result == "unplaced":
			unplaced++
		}
	}
	return unplaced >= 5
}

// evidence is whether a conversation proves that a person was there.
type evidence int

const (
	no      evidence = iota
	perhaps          // the right key was pressed, or a person detected, but the phone did not hear what should follow
	yes
)

// proves judges by what the phone did and heard, not by what redial recorded.
func proves(p api.Policy, l *sim.Leg) evidence {
	switch {
	case l.Status != "completed":
		return no
	case asksForKey(p) && said(l, thanks):
		return yes
	case asksForKey(p) && slices.ContainsFunc(l.Pressed, func(keys string) bool { return right(*p.Confirm, keys) }) &&
		!said(l, taken):
		return perhaps
	case asksForKey(p), detects(p) && l.AnsweredBy != "human":
		return no
	case detects(p) && !heardTheMessage(l): // the message could not be fetched, came too late, or got lost
		return perhaps
	}
	return yes
}

// said says whether the phone heard these words.
func said(l *sim.Leg, words string) bool {
	return slices.ContainsFunc(l.Heard, func(s string) bool { return strings.Contains(s, words) })
}

// heardTheMessage says whether the phone heard anything else than that the call is taken, or an error.
func heardTheMessage(l *sim.Leg) bool {
	return slices.ContainsFunc(l.Heard, func(s string) bool {
		return !strings.Contains(s, taken) && !strings.Contains(s, broken)
	})
}

func asksForKey(p api.Policy) bool {
	c := p.Confirm
	return c != nil && (c.AnyKey || c.PIN != "" || c.Digit != "" || len(c.Keys) > 0)
}

// pin is the PIN of every call that wants one.
const pin = "2468"

func right(c api.Confirm, keys string) bool {
	switch {
	case c.AnyKey:
		return keys != ""
	case c.PIN != "":
		return keys == pin
	case len(c.Keys) > 0:
		m, ok := c.Keys[keys]
		return ok && m.Do != "pass-on"
	}
	return keys == c.Digit
}

func detects(p api.Policy) bool { return p.Machine != nil && p.Machine.Do != "ignore" }

// What redial says to somebody who has confirmed, who comes too late, and who leaves the call to others or to nobody.
const (
	thanks  = "It is confirmed"
	taken   = "already"
	passed  = "is passed on"
	lastOne = "nobody else to call"
	broken  = "application error" // what Twilio says when redial says nothing
)

// leg finds the leg of an attempt, and compares how the two ended.
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
	case !slices.Contains(results(c, at, leg), at.Result):
		a.find(Differs, "call %s: attempt %d is recorded as %s, and was %s (answered by %q, heard %q)", c.ID, at.Number,
			cmp.Or(at.Result, at.Status), results(c, at, leg)[0], leg.AnsweredBy, leg.Heard)
	}
	a.claimed[at.SID] = c.ID
	return leg
}

// results returns the results that fit how a leg ended. Only redial cancels here: a ring that goes on for too
// long, or one that nobody needs any more, as somebody was reached or nothing fires.
func results(c *api.Call, at *api.Attempt, l *sim.Leg) []string {
	needless := c.Reached != nil && c.Reached.Attempt != at.Number || !c.CancelRequestedAt.IsZero()
	switch {
	case l.Status == "canceled" && needless:
		return []string{"canceled", "no-answer", "unplaced"}
	case l.Status == "canceled" && l.DialedAt.IsZero():
		return []string{"unplaced"}
	case l.Status == "canceled":
		return []string{"no-answer"}
	case l.Status != "completed":
		return []string{l.Status}
	}
	unproven := "unconfirmed"
	if detects(c.Policy) && (l.AnsweredBy == "fax" || strings.HasPrefix(l.AnsweredBy, "machine_")) {
		unproven = "machine"
	}
	switch proves(c.Policy, l) {
	case yes:
		return []string{"completed"}
	case perhaps:
		return []string{"completed", unproven}
	}
	return []string{unproven}
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
