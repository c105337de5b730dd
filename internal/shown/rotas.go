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
	return api.Rota{
		Name: name, People: r.People, Every: r.Turn(), From: r.From.UTC(), Zone: r.From.Location().String(), At: at.UTC(),
		OnDuty: Duty(f, name, r.OnDuty(at, f.Known(name, overrides))),
	}
}

// Duty is who is on duty in a rota of a file, and why.
func Duty(f *trigger.File, rota string, d trigger.Duty) api.Duty {
	w := api.Duty{
		Rota: rota, Person: d.Person, Name: f.People[d.Person].Name, From: d.From.UTC(), Until: d.Until.UTC(),
	}
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
