package shown

import (
	"cmp"
	"time"

	"redial/api"
	"redial/internal/call"
	"redial/internal/store"
)

// Call is a Call as the API shows it.
func Call(c *call.Call) api.Call {
	w := api.Call{
		ID: c.ID, State: string(c.State), Outcome: string(c.Outcome), To: c.To, From: c.From,
		Policy: Policy(c.Policy), Reached: reached(c.Evidence()),
		Attempts: make([]api.Attempt, len(c.Attempts)),
		Refusal:  refusal(c.Refusal()), Held: c.Held != "", Metadata: c.Metadata, Webhook: c.Webhook,
		By: c.By, CreatedAt: c.CreatedAt, DeadlineAt: c.Deadline, NextAttemptAt: c.NextAttemptAt,
		CancelRequestedAt: c.CancelRequested, EndedAt: c.EndedAt,
	}
	w.Twiml, w.URL = c.Message.Twiml, c.Message.URL
	if c.Message.Say != nil {
		w.Say = new(api.Say(*c.Message.Say))
	}
	for _, p := range c.People {
		w.People = append(w.People, api.Person(p))
	}
	for i := range c.Attempts {
		w.Attempts[i] = attempt(&c.Attempts[i])
	}
	return w
}

func attempt(a *call.Attempt) api.Attempt {
	return api.Attempt{
		Number: a.N, To: a.To, SID: a.SID, Status: string(a.Status()), Result: string(a.Result()),
		DialedAt: a.DialedAt, PlacedAt: a.PlacedAt, RingingAt: a.RingingAt, AnsweredAt: a.AnsweredAt, EndedAt: a.EndedAt,
		AnsweredBy: a.AnsweredBy, ConfirmedAt: a.ConfirmedAt, PassedOnAt: a.PassedOnAt, WrongKeys: a.WrongKeys,
		Duration: a.Duration, SIPCode: a.SIPCode, Refusal: refusal(a.Refusal),
	}
}

// Policy is a Policy as the API shows it.
func Policy(p call.Policy) api.Policy {
	w := api.Policy{
		Preset: p.Preset, MaxAttempts: new(p.MaxAttempts), RingTimeout: new(api.Duration(p.RingTimeout)),
		TalkLimit: new(api.Duration(p.MostTalk())),
		NotBefore: when(p.NotBefore), Deadline: when(p.Deadline),
		RedialAfter: map[string]api.Delays{}, Window: window(p.Window),
		Confirm: confirm(p.Confirm), Machine: machine(p.Machine), Ladder: string(cmp.Or(p.Ladder, call.Sequence)),
	}
	if p.Jitter != 0 {
		w.Jitter = new(api.Duration(p.Jitter))
	}
	for r, delays := range p.RedialAfter {
		for _, d := range delays {
			w.RedialAfter[string(r)] = append(w.RedialAfter[string(r)], api.Duration(d))
		}
	}
	for r, n := range p.MaxPerResult {
		if w.MaxPerResult == nil {
			w.MaxPerResult = map[string]int{}
		}
		w.MaxPerResult[string(r)] = n
	}
	return w
}

func when(w call.When) *api.Moment {
	if w == (call.When{}) {
		return nil
	}
	return &api.Moment{After: api.Duration(w.After), At: w.At}
}

func window(w call.Window) *api.Window {
	if w.IsZero() {
		return nil
	}
	out := &api.Window{Hours: w.Hours(), Zone: w.Place(), Zones: w.Zones, Holidays: w.Holidays}
	for _, d := range w.Days {
		out.Days = append(out.Days, string(d))
	}
	return out
}

// Forecast is a Forecast as the API shows it.
func Forecast(f call.Forecast) api.Forecast {
	w := api.Forecast{Result: string(f.Result), Attempts: []api.Planned{}, Outcome: string(f.Outcome), EndsAt: f.EndsAt}
	for _, p := range f.Dials {
		w.Attempts = append(w.Attempts, api.Planned{
			Number: p.Attempt, To: p.Person.Number, Name: p.Person.Name, At: p.At, Waiting: p.Waiting,
		})
	}
	return w
}

// Explanation says what will become of a Call after now. waiting is what keeps it from being dialed, and known is
// the Call that the forecasts are made from. For a Call that has ended it makes no forecast.
func Explanation(c, known *call.Call, waiting []string, now time.Time) api.Explanation {
	w := api.Explanation{
		State: string(c.State), Outcome: string(c.Outcome), NextAttemptAt: c.NextAttemptAt,
		DeadlineAt: c.Deadline, Policy: Policy(c.Policy),
	}
	if c.State == call.Ended {
		return w
	}
	w.Waiting, w.EndsBy = waiting, c.EndsBy(now)
	for _, r := range known.Foreseen() {
		w.If = append(w.If, Forecast(known.Foresee(r, now)))
	}
	return w
}

// maskedPIN stands for every PIN, because the length of a PIN helps to guess it.
const maskedPIN = "****"

func confirm(c call.Confirm) *api.Confirm {
	w := &api.Confirm{AnyKey: c.Kind == call.ConfirmAnyKey, Digit: c.Digit, Prompt: c.Prompt}
	if c.Kind == call.ConfirmPIN {
		w.PIN = maskedPIN
	}
	for key, m := range c.EachKey {
		if w.Keys == nil {
			w.Keys = map[string]api.Meaning{}
		}
		w.Keys[key] = meaning(m)
	}
	return w
}

func meaning(m call.Meaning) api.Meaning {
	if m.Do == call.KeyAnswers {
		return api.Meaning{Answer: m.Answer}
	}
	return api.Meaning{Do: string(m.Do)}
}

func machine(m call.MachinePolicy) *api.Machine {
	w := &api.Machine{Do: string(cmp.Or(m.Do, "ignore")), Say: m.Say}
	if m.End {
		w.Then = "end"
	}
	return w
}

func reached(e *call.Evidence) *api.Reached {
	if e == nil {
		return nil
	}
	return &api.Reached{
		Attempt: e.Attempt, To: e.Person.Number, Name: e.Person.Name, By: e.By, Answer: e.Answer, At: e.At,
		Listened: e.Listened,
	}
}

func refusal(r *call.Refusal) *api.Refusal {
	if r == nil {
		return nil
	}
	return &api.Refusal{Code: r.Code, Message: r.Message}
}

// Event is an Event as the API shows it.
func Event(e call.Event) api.Event {
	var waited []api.Wait
	for _, w := range e.Waited {
		waited = append(waited, api.Wait(w))
	}
	return api.Event{
		Seq: e.Seq, Type: string(e.Type), At: e.At, Attempt: e.Attempt, SID: e.SID, Person: e.Person,
		Result: string(e.Result), Outcome: string(e.Outcome), By: e.By, Reason: e.Reason, Answer: e.Answer,
		Waiting: e.Waiting, Waited: waited, Code: e.Code, Message: e.Message,
		SIPCode: e.SIPCode, Duration: e.Duration, NextAttemptAt: e.NextAttemptAt,
	}
}

// AccountPause is the account's pause as the API shows it. It leaves out that the account is full: that is no
// trouble, and each call says that it waits for it. Twilio's words may be about any call: only those who may see all
// calls are shown them.
func AccountPause(p *store.Pause, all bool) *api.AccountPause {
	if p == nil || p.Kind == store.PauseOfFull {
		return nil
	}
	shown := &api.AccountPause{Since: p.Since, Code: p.Code, NextCheckAt: p.NextCheckAt}
	if all || p.Kind == store.PauseOfSetup { // whose words are redial's own
		shown.Message = p.Message
	}
	return shown
}
