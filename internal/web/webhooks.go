package web

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"redial/api"
	"redial/internal/edge"
	"redial/internal/shown"
	"redial/internal/store"
)

// maxEndpoints bounds those that requests make: all are looked at whenever something happens.
const maxEndpoints = 100

// CreateEndpoint adds an endpoint, and shows its secret this once.
func (s *Server) CreateEndpoint(w http.ResponseWriter, r *http.Request) error {
	body, err := readBody(w, r)
	if err != nil {
		return err
	}
	e := store.Endpoint{
		ID: "we_" + rand.Text(), Source: store.FromAPI, Events: s.Webhooks.DefaultEvents(), CreatedAt: s.Store.Now(),
		By: asker(r.Context()).Name, OnlyOf: asker(r.Context()).OnlyOf(),
	}
	var f edge.Faults
	f.Object(body, "", edge.Fields{{"url", &e.URL}, {"events", (*[]string)(&e.Events)}})
	if f.None() {
		f.Wrong("url", s.Webhooks.CheckURL(e.URL))
		f.Wrong("events", s.Webhooks.CheckEvents(e.Events))
	}
	if err := f.Problem(); err != nil {
		return err
	}
	if err := s.addEndpoint(r.Context(), &e); err != nil {
		return err
	}
	s.Log.Info("webhook endpoint added", "endpoint", e.ID, "by", asker(r.Context()).Name)
	w.Header().Set("Location", s.basePath+"/v1/webhooks/"+e.ID)
	return reply(w, http.StatusCreated, shown.EndpointWithSecret(&e))
}

// addEndpoint gives an endpoint a secret and stores it, if there may be one more.
func (s *Server) addEndpoint(ctx context.Context, e *store.Endpoint) error {
	s.Webhooks.Rotate(e)
	err := s.Store.AddEndpoint(ctx, asker(ctx), *e, maxEndpoints)
	if errors.Is(err, store.ErrEndpoints) {
		return edge.Problem(http.StatusConflict, "there are %d endpoints already, and can't be more", maxEndpoints)
	}
	return err
}

// ListEndpoints shows a page of endpoints.
func (s *Server) ListEndpoints(w http.ResponseWriter, r *http.Request) error {
	v, limit := r.URL.Query(), defaultLimit
	var f edge.Faults
	f.Parameters(v, "cursor", "limit")
	readLimit(&f, v, &limit)
	if err := f.Problem(); err != nil {
		return err
	}
	list, err := s.seenEndpoints(r.Context()) // in the order of their ids; there are few
	if err != nil {
		return err
	}
	list = slices.DeleteFunc(list, func(e store.Endpoint) bool { return e.ID <= v.Get("cursor") })
	out := api.EndpointList{Endpoints: []api.Endpoint{}}
	for i := range list[:min(len(list), limit)] {
		out.Endpoints = append(out.Endpoints, shown.Endpoint(&list[i]))
	}
	if len(list) > limit {
		out.NextCursor = list[limit-1].ID
	}
	return reply(w, http.StatusOK, out)
}

// GetEndpoint shows an endpoint.
func (s *Server) GetEndpoint(w http.ResponseWriter, r *http.Request) error {
	e, err := s.Store.Endpoint(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, shown.Endpoint(&e))
}

// ownEndpoint is one that the API has made, and may change.
func (s *Server) ownEndpoint(r *http.Request) (store.Endpoint, error) {
	e, err := s.Store.Endpoint(r.Context(), r.PathValue("id"))
	if err == nil && e.Source != store.FromAPI {
		err = edge.Problem(http.StatusConflict, "this endpoint was not made by the API: its source is %s", e.Source)
	}
	return e, err
}

// DeleteEndpoint removes an endpoint, and all that was sent or is to be sent there.
func (s *Server) DeleteEndpoint(w http.ResponseWriter, r *http.Request) error {
	e, err := s.ownEndpoint(r)
	if err != nil {
		return err
	}
	if err := s.Store.RemoveEndpoint(r.Context(), asker(r.Context()), e.ID); err != nil {
		return err
	}
	s.Log.Info("webhook endpoint removed", "endpoint", e.ID, "by", asker(r.Context()).Name)
	w.WriteHeader(http.StatusNoContent)
	return nil
}

// RotateEndpoint gives an endpoint a new secret, and shows it this once.
func (s *Server) RotateEndpoint(w http.ResponseWriter, r *http.Request) error {
	e, err := s.ownEndpoint(r)
	if err != nil {
		return err
	}
	by := asker(r.Context())
	e, err = s.Store.ChangeEndpointBy(r.Context(), by, store.EndpointRotate, e.ID, s.Webhooks.Rotate)
	if err != nil {
		return err
	}
	s.Log.Info("webhook endpoint has a new secret", "endpoint", e.ID, "by", by.Name)
	return reply(w, http.StatusOK, shown.EndpointWithSecret(&e))
}

// EnableEndpoint has an endpoint that was given up sent to again.
func (s *Server) EnableEndpoint(w http.ResponseWriter, r *http.Request) error {
	by := asker(r.Context())
	e, err := s.Store.ChangeEndpointBy(r.Context(), by, store.EndpointEnable, r.PathValue("id"), func(e *store.Endpoint) {
		e.DisabledAt, e.DisabledWhy = time.Time{}, ""
	})
	if err != nil {
		return err
	}
	s.Log.Info("webhook endpoint enabled", "endpoint", e.ID, "by", by.Name)
	return reply(w, http.StatusOK, shown.Endpoint(&e))
}

// TestEndpoint sends an endpoint a message that only says that it arrived, and shows what the answer was.
func (s *Server) TestEndpoint(w http.ResponseWriter, r *http.Request) error {
	e, err := s.Store.Endpoint(r.Context(), r.PathValue("id"))
	if err != nil {
		return err
	}
	if err := s.Store.Note(r.Context(), asker(r.Context()), store.EndpointTest, e.ID); err != nil {
		return err
	}
	try, err := s.Webhooks.Test(r.Context(), &e)
	if err != nil {
		return err
	}
	return reply(w, http.StatusOK, shown.Try(try))
}

// ListDeliveries shows a page of what was sent to an endpoint, newest first.
func (s *Server) ListDeliveries(w http.ResponseWriter, r *http.Request) error {
	q, err := s.deliveryQuery(r)
	if err != nil {
		return err
	}
	if q.Endpoint == store.OfCall && asker(r.Context()).OnlyOf() != "" {
		return edge.Problem(http.StatusForbidden,
			"this API key may not list the webhooks of all calls: it lacks the scope operate")
	}
	if q.Endpoint != store.OfCall {
		e, err := s.Store.Endpoint(r.Context(), q.Endpoint)
		if err != nil {
			return err
		}
		if e.OnlyOf != asker(r.Context()).OnlyOf() && asker(r.Context()).OnlyOf() != "" {
			return edge.Problem(http.StatusForbidden,
				"this endpoint is told of all calls: to list that, this API key lacks the scope operate")
		}
	}
	limit := q.Limit
	q.Limit++ // one more tells whether there is a next page
	list, err := s.Store.Deliveries(r.Context(), q)
	if err != nil {
		return err
	}
	page := shown.Deliveries(list)
	if len(list) > limit {
		page.Deliveries = page.Deliveries[:limit]
		page.NextCursor = page.Deliveries[limit-1].Event
	}
	return reply(w, http.StatusOK, page)
}

func (s *Server) deliveryQuery(r *http.Request) (store.DeliveryQuery, error) {
	v := r.URL.Query()
	var f edge.Faults
	q := store.DeliveryQuery{Endpoint: r.PathValue("id"), State: store.DeliveryState(v.Get("state")), Limit: defaultLimit}
	f.Parameters(v, "cursor", "limit", "state")
	if q.State != "" && !slices.Contains(store.DeliveryStates(), q.State) {
		f.Add("state", "must be pending, delivered or dead")
	}
	if text := v.Get("cursor"); text != "" {
		id, seq, ok := store.ParseEventID(text)
		if !ok {
			f.Add("cursor", "must be the next_cursor of a page before")
		}
		q.Before = store.DeliveryKey{CallID: id, Seq: seq}
	}
	readLimit(&f, v, &q.Limit)
	return q, f.Problem()
}

// CallDeliveries shows a page of what was sent of a Call.
func (s *Server) CallDeliveries(w http.ResponseWriter, r *http.Request) error {
	v, limit := r.URL.Query(), defaultLimit
	after := store.DeliveryKey{CallID: r.PathValue("id")}
	var f edge.Faults
	f.Parameters(v, "cursor", "limit")
	readLimit(&f, v, &limit)
	if text := v.Get("cursor"); text != "" {
		endpoint, seq, _ := strings.Cut(text, ".")
		n, err := strconv.ParseInt(seq, 10, 32)
		if err != nil || n < 0 {
			f.Add("cursor", "must be the next_cursor of a page before")
		}
		after.EndpointID, after.Seq = endpoint, int(n)
	}
	if err := f.Problem(); err != nil {
		return err
	}
	if _, err := s.Store.Get(r.Context(), after.CallID); err != nil {
		return err
	}
	only, err := s.seenTargets(r.Context())
	if err != nil {
		return err
	}
	list, err := s.Store.DeliveriesOf(r.Context(), after, only, limit+1) // one more tells whether there is a next page
	if err != nil {
		return err
	}
	page := shown.Deliveries(list)
	if len(list) > limit {
		page.Deliveries = page.Deliveries[:limit]
		page.NextCursor = list[limit-1].EndpointID + "." + strconv.Itoa(list[limit-1].Seq)
	}
	return reply(w, http.StatusOK, page)
}

// ReplayDelivery puts a delivery back. A disabled endpoint takes none: it would be given
// up again at once.
func (s *Server) ReplayDelivery(w http.ResponseWriter, r *http.Request) error {
	id := r.PathValue("id")
	key, err := s.message(r.Context(), id, r.PathValue("event"))
	if err != nil {
		return err
	}
	if id != store.OfCall {
		e, err := s.Store.Endpoint(r.Context(), id)
		if err != nil {
			return err
		}
		if !e.DisabledAt.IsZero() {
			return edge.Problem(http.StatusConflict, "the endpoint is disabled: %s; enable it first", e.DisabledWhy)
		}
	}
	by := asker(r.Context())
	d, err := s.Store.Replay(r.Context(), by, key, s.Store.Now())
	if err != nil {
		return err
	}
	s.Log.Info("webhook replayed", "call", key.CallID, "endpoint", id, "event", d.EventID(), "by", by.Name)
	return reply(w, http.StatusOK, shown.Delivery(&d))
}

// StreamWebhooks writes the messages of the whole installation as server-sent events, from now on or from where
// somebody was before. The first one says how they may be signed. The id of each is where to go on after it.
func (s *Server) StreamWebhooks(w http.ResponseWriter, r *http.Request) error {
	events, after, err := s.streamQuery(r)
	if err != nil {
		return err
	}
	end, err := s.beginStream(w, r)
	if end == nil {
		return err
	}
	defer end()
	l, err := s.Store.Listen(r.Context(), after, events)
	if errors.Is(err, store.ErrListeners) {
		return edge.Problem(http.StatusConflict, "there are %d streams already, and can't be more", store.MaxListeners)
	}
	if err != nil {
		return err
	}
	defer l.Close()
	e := store.Endpoint{
		ID: "str_" + rand.Text(), Source: store.Stream, Events: events, CreatedAt: s.Store.Now(),
		By: asker(r.Context()).Name, OnlyOf: asker(r.Context()).OnlyOf(),
	}
	s.Webhooks.Rotate(&e)
	ready, err := json.Marshal(shown.EndpointWithSecret(&e))
	if err != nil {
		return err
	}
	write := func(id int64, kind, data string) { fmt.Fprintf(w, "id: %d\nevent: %s\ndata: %s\n\n", id, kind, data) }
	write(l.Position(), "ready", string(ready))
	beat := func() { fmt.Fprintf(w, stillHere+"id: %d\n\n", l.Position()) } // of what is not wanted, nothing is read again
	s.follow(w, r, l.Changed(), beat, func() (wrote, more bool, err error) {
		list, more, err := l.Next(r.Context())
		for _, h := range list {
			if !e.MayHear(&h.Call) {
				continue
			}
			wrote = true
			body, err := s.heard(r.Context(), &h)
			if err != nil {
				return true, false, err
			}
			write(h.Position, string(h.Event.Type), body)
		}
		return wrote, more, err
	})
	return nil
}

// heard is the message of an event as whoever listens may see it.
func (s *Server) heard(ctx context.Context, h *store.Happened) (string, error) {
	e := h.Event
	if !wholeNumbers(ctx) {
		e = shown.MaskedEvent(e)
	}
	return s.Webhooks.Body(seen(ctx, &h.Call), &e)
}

// streamQuery reads what a stream is to bring, and after what. The parameter resume, and ids that are no numbers, are
// of clients of the version before, whose streams are no more: they begin anew.
func (s *Server) streamQuery(r *http.Request) (events store.Filter, after int64, err error) {
	after = store.FromNow
	if !idOfVersionBefore(r.Header.Get("Last-Event-ID")) {
		if after, err = lastEventID(r, store.FromNow, math.MaxInt64); err != nil {
			return nil, 0, err
		}
	}
	v := r.URL.Query()
	var f edge.Faults
	f.Parameters(v, "events", "resume")
	text := v.Get("events")
	if text == "" {
		return store.Filter{"*"}, after, f.Problem()
	}
	types := strings.Split(text, ",")
	f.Wrong("events", s.Webhooks.CheckEvents(types))
	return types, after, f.Problem()
}

// idOfVersionBefore says that an id of a stream is a message's or the stream's own. A browser that has one sends it
// until it gets another, and never tries again after a 400.
func idOfVersionBefore(id string) bool {
	_, _, message := store.ParseEventID(id)
	return message || strings.HasPrefix(id, "str_")
}
