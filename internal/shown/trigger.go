package shown

import (
	"redial/api"
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
