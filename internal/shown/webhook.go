package shown

import (
	"redial/api"
	"redial/internal/store"
)

// Endpoint is a webhook endpoint as the API shows it: without its secrets.
func Endpoint(e *store.Endpoint) api.Endpoint {
	return api.Endpoint{
		ID: e.ID, Source: string(e.Source), URL: e.URL, Events: e.Events, By: e.By, CreatedAt: e.CreatedAt,
		DisabledAt: e.DisabledAt, DisabledReason: e.DisabledWhy,
	}
}

// EndpointWithSecret shows the newest secret, too, to the client that asked for a new secret.
func EndpointWithSecret(e *store.Endpoint) api.Endpoint {
	w := Endpoint(e)
	w.Secret = e.Secrets[0].Text
	return w
}

// Deliveries shows some deliveries as a page of them.
func Deliveries(list []store.Delivery) api.DeliveryList {
	page := api.DeliveryList{Deliveries: []api.Delivery{}}
	for i := range list {
		page.Deliveries = append(page.Deliveries, Delivery(&list[i]))
	}
	return page
}

// Delivery is a message to one endpoint, with the number of tries to send it.
func Delivery(d *store.Delivery) api.Delivery {
	w := api.Delivery{
		Event: d.EventID(), Endpoint: d.EndpointID, Call: d.CallID, Seq: d.Seq, Type: string(d.Type), At: d.At,
		State: string(d.State), NextTryAt: d.WakeAt, Tries: []api.Try{},
	}
	for _, t := range d.Tries {
		w.Tries = append(w.Tries, Try(t))
	}
	return w
}

// Try is one try to send a message.
func Try(t store.Try) api.Try {
	return api.Try{At: t.At, Status: t.Status, Duration: api.Duration(t.Duration), Error: t.Error}
}
