package shown

import (
	"strings"

	"redial/api"
	"redial/internal/phone"
	"redial/internal/source"
	"redial/internal/store"
	"redial/internal/trigger"
)

// Told is what became of an event.
func Told(t *trigger.Told) api.Told {
	told := api.Told{Trigger: t.Trigger, Calls: []string{}, Why: t.Why, Doubts: t.Doubts}
	for i := range t.Calls {
		told.Calls = append(told.Calls, t.Calls[i].ID)
	}
	return told
}

// Trigger is a trigger of a file as the API shows it. secret says where its secret is.
func Trigger(t *trigger.Trigger, secret string) api.Trigger {
	w := api.Trigger{Name: t.Name, Source: string(t.Source), Match: t.Match, To: []string{}, Secret: secret}
	for _, to := range t.To {
		text := to.Source()
		if strings.HasPrefix(text, "+") {
			text = phone.Mask(text)
		}
		w.To = append(w.To, text)
	}
	return w
}

// Test is what a trigger would do about an event. When it would ring is left out.
func Test(t *trigger.Trigger, e *source.Event, x *trigger.Explained) api.TriggerTest {
	w := api.TriggerTest{
		Trigger: t.Name, Recipients: []api.Recipient{}, Why: x.Why, Hold: api.Duration(t.Hold), Doubts: x.Doubts,
		Event: api.TestedEvent{
			Key: e.Key, State: string(e.State), Title: e.Title, Text: e.Text, Severity: e.Severity, Members: len(e.Members),
			Ringing: x.Ringing, Doubts: e.Doubts,
		},
	}
	for i, r := range x.Recipients {
		to := api.Recipient{Name: r.Name, Number: r.Number, Say: x.Says[i]}
		if r.Rota != "" {
			duty := Duty(r.Rota, r.Person.Name, r.Duty)
			to.OnDuty = &duty
		}
		w.Recipients = append(w.Recipients, to)
	}
	return w
}

// NewSecret is a trigger's secret, for whoever has just made it. The URL below hostURL is left out where nothing is
// known of how others reach redial.
func NewSecret(x *store.TriggerSecret, secret, hostURL string) api.TriggerSecret {
	w := api.TriggerSecret{
		Trigger: x.Trigger, Secret: secret, Path: "/hooks/" + secret, Hint: x.Hint, By: x.MadeBy, MadeAt: x.MadeAt,
	}
	if hostURL != "" {
		w.URL = hostURL + w.Path
	}
	return w
}
