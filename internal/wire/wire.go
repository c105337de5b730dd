// Package wire shows what package call knows as the API shows it.
package wire

import (
	"cmp"
	"strings"

	"redial/api"
	"redial/internal/call"
)

// Call is a Call as the API shows it.
func Call(c *call.Call) api.Call {
	w := api.Call{
		ID: c.ID, State: string(c.State), Outcome: string(c.Outcome), To: c.To, From: c.From,
		Policy: wirePolicy(c.Policy), Reached: wireEvidence(c.Evidence()),
		Attempts: make([]api.Attempt, len(c.Attempts)),
		Refusal:  wireRefusal(c.Refusal()), Held: c.Held != "", Metadata: c.Metadata, Webhook: c.Webhook,
		CreatedAt: c.CreatedAt, DeadlineAt: c.Deadline, NextAttemptAt: c.NextAttemptAt,
		CancelRequestedAt: c.CancelRequested, EndedAt: c.EndedAt,
	}
	for _, p := range c.People {
		w.People = append(w.People, api.Person(p))
	}
	for i := range c.Attempts {
		w.Attempts[i] = wireAttempt(&c.Attempts[i])
	}
	return w
}

func wireAttempt(a *call.Attempt) api.Attempt {
	return api.Attempt{
		Number: a.N, To: a.To, SID: a.SID, Status: string(a.Status()), Result: string(a.Result()),
		DialedAt: a.DialedAt, PlacedAt: a.PlacedAt, RingingAt: a.RingingAt, AnsweredAt: a.AnsweredAt, EndedAt: a.EndedAt,
		AnsweredBy: a.AnsweredBy, ConfirmedAt: a.ConfirmedAt, WrongKeys: a.WrongKeys,
		Duration: a.Duration, SIPCode: a.SIPCode, Refusal: wireRefusal(a.Refusal),
	}
}

func wirePolicy(p call.Policy) api.Policy {
	w := api.Policy{
		MaxAttempts: new(p.MaxAttempts), RingTimeout: new(api.Duration(p.RingTimeout)), Deadline: new(api.Duration(p.Deadline)),
		RedialAfter: map[string]api.Duration{}, Confirm: wireConfirm(p.Confirm), Machine: wireMachine(p.Machine),
		Ladder: string(cmp.Or(p.Ladder, call.Sequence)),
	}
	for r, d := range p.RedialAfter {
		w.RedialAfter[string(r)] = api.Duration(d)
	}
	return w
}

func wireConfirm(c call.Confirm) *api.Confirm {
	w := &api.Confirm{AnyKey: c.Kind == call.ConfirmAnyKey, Digit: c.Digit, Prompt: c.Prompt}
	if c.Kind == call.ConfirmPIN {
		w.PIN = strings.Repeat("*", c.PINLength)
	}
	return w
}

func wireMachine(m call.MachinePolicy) *api.Machine {
	w := &api.Machine{Do: string(cmp.Or(m.Do, "ignore")), Say: m.Say}
	if m.End {
		w.Then = "end"
	}
	return w
}

func wireEvidence(e *call.Evidence) *api.Reached {
	if e == nil {
		return nil
	}
	return &api.Reached{Attempt: e.Attempt, To: e.Person.Number, Name: e.Person.Name, By: e.By, At: e.At, Listened: e.Listened}
}

func wireRefusal(r *call.Refusal) *api.Refusal {
	if r == nil {
		return nil
	}
	return &api.Refusal{Code: r.Code, Message: r.Message}
}

// Event is an Event as the API shows it.
func Event(e call.Event) api.Event {
	return api.Event{
		Seq: e.Seq, Type: string(e.Type), At: e.At, Attempt: e.Attempt, SID: e.SID,
		Result: string(e.Result), Outcome: string(e.Outcome), Reason: e.Reason, Code: e.Code, Message: e.Message,
		SIPCode: e.SIPCode, Duration: e.Duration, NextAttemptAt: e.NextAttemptAt,
	}
}
