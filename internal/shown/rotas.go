package shown

import (
	"time"

	"redial/api"
	"redial/internal/store"
	"redial/internal/trigger"
)

// Rota is a rota of a file as the API shows it, and who is on duty at a moment by its overrides.
func Rota(f *trigger.File, name string, at time.Time, overrides []store.Override) api.Rota {
	r := f.Rotas[name]
	duty := r.OnDuty(at, f.Known(name, overrides))
	return api.Rota{
		Name: name, People: r.People, Every: r.Turn(), From: r.From.UTC(), Zone: r.From.Location().String(), At: at.UTC(),
		OnDuty: Duty(name, f.People[duty.Person].Name, duty),
	}
}

// Duty is who is on duty in a rota, and why. called is their name for people.
func Duty(rota, called string, d trigger.Duty) api.Duty {
	w := api.Duty{Rota: rota, Person: d.Person, Name: called, From: d.From.UTC(), Until: d.Until.UTC()}
	if d.Override != nil {
		o := Override(d.Override)
		w.Override = &o
	}
	return w
}

// Override is an override of a rota as the API shows it.
func Override(o *store.Override) api.RotaOverride {
	return api.RotaOverride{
		ID: o.ID, Rota: o.Rota, Person: o.Person, From: o.From, Until: o.Until, MadeAt: o.MadeAt, By: o.By,
	}
}
