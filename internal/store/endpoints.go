package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"time"

	"redial/internal/call"
	"redial/internal/store/engine"
)

// ErrNoEndpoint is returned if there is no such endpoint.
var ErrNoEndpoint = errors.New("there is no such endpoint")

// Source says who made an Endpoint.
type Source string

// The sources of an Endpoint.
const (
	FromConfig Source = "config" // the configuration, with secrets of its own that are not stored
	FromAPI    Source = "api"
	Stream     Source = "stream" // a Listener, for as long as it listens; it has no row
)

// Sources lists every Source.
func Sources() []Source { return []Source{FromConfig, FromAPI, Stream} }

// OfCall stands instead of an endpoint's id where the webhook was named in the Call's own request.
const OfCall = "call"

// Endpoint is where webhooks go.
type Endpoint struct {
	ID          string
	Source      Source
	URL         string
	Events      Filter
	Secrets     []Secret // the newest first
	CreatedAt   time.Time
	By          string    // the name of the API key that made it; empty: nobody knows, or the configuration
	OnlyOf      string    // it is told of the calls that this name made; empty: of all
	DisabledAt  time.Time // zero: it is enabled
	DisabledWhy string
}

// Secret signs messages until it expires at Until. If Until is zero, it does not expire.
type Secret struct {
	Text  string    `json:"text"`
	Until time.Time `json:"until,omitzero"`
}

// LogValue keeps the secret out of logs.
func (Secret) LogValue() slog.Value { return slog.StringValue("(secret)") }

// Filter lists the types of events that are wanted: "call.ended", or "call.*", or "*".
type Filter []string

// Wants says whether a Filter lists an event's type.
func (f Filter) Wants(t call.EventType) bool {
	return slices.ContainsFunc(f, func(p string) bool {
		prefix, all := strings.CutSuffix(p, "*")
		return all && strings.HasPrefix(string(t), prefix) || p == string(t)
	})
}

// MayHear says whether an endpoint may be told of a Call.
func (e *Endpoint) MayHear(c *call.Call) bool { return e.OnlyOf == "" || e.OnlyOf == c.By }

// Host is the host and port of a URL, as HOST:PORT. It is the target of Calls' own webhooks, because there may be as
// many of their URLs as Calls.
func Host(link string) string {
	u, err := url.Parse(link)
	if err != nil || u.Host == "" {
		return ""
	}
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return net.JoinHostPort(strings.ToLower(u.Hostname()), port)
}

func endpointColumns(e *Endpoint) []column {
	return []column{
		{"id", &e.ID},
		{"source", (*string)(&e.Source)},
		{"url", &e.URL},
		{"created_at", asMicros{&e.CreatedAt}},
		{"made_by", asText{&e.By}},
		{"only_of", asText{&e.OnlyOf}},
		{"events", asJSON{&e.Events}},
		{"secrets", asJSON{&e.Secrets}},
		{"disabled_at", asMicros{&e.DisabledAt}},
		{"disabled_why", asText{&e.DisabledWhy}},
	}
}

// endpointFixed is how many of endpointColumns never change.
const endpointFixed = 6

var (
	selectEndpoints = "SELECT " + names(endpointColumns(new(Endpoint))) + " FROM endpoints WHERE expires_at IS NULL"
	insertEndpoint  = insertion("endpoints", endpointColumns(new(Endpoint)))
	updateEndpoint  = updating("endpoints", 1, mutableEndpoint(new(Endpoint)))
)

func mutableEndpoint(e *Endpoint) []column {
	return append([]column{{"id", &e.ID}}, endpointColumns(e)[endpointFixed:]...)
}

// readEndpoints reads all Endpoints: there are few.
func readEndpoints(found func(*Endpoint)) engine.Statement {
	return engine.Statement{SQL: selectEndpoints + " ORDER BY id", Rows: func(scan func(...any) error) error {
		e := new(Endpoint)
		if err := scan(fields(endpointColumns(e))...); err != nil {
			return err
		}
		found(e)
		return nil
	}}
}

// Endpoints returns all Endpoints, in the order of their ids.
func (s *Store) Endpoints(ctx context.Context) (list []Endpoint, err error) {
	st := readEndpoints(func(e *Endpoint) { list = append(list, *e) })
	if err := s.reading(ctx).each(st.SQL, nil, st.Rows); err != nil {
		return nil, fmt.Errorf("reading the endpoints: %w", err)
	}
	return list, nil
}

// Endpoint returns the Endpoint with this id, or ErrNoEndpoint.
func (s *Store) Endpoint(ctx context.Context, id string) (Endpoint, error) {
	list, err := s.Endpoints(ctx)
	if err != nil {
		return Endpoint{}, err
	}
	for _, e := range list {
		if e.ID == id {
			return e, nil
		}
	}
	return Endpoint{}, ErrNoEndpoint
}

// ErrEndpoints is returned if a source has as many endpoints as it may have.
var ErrEndpoints = errors.New("there are as many endpoints as there can be")

// AddEndpoint stores a new Endpoint, if there are fewer than most of its source. From then on it is sent what happens
// to any Call, on any node.
func (s *Store) AddEndpoint(ctx context.Context, by Asker, e Endpoint, most int) error {
	err := s.tx(ctx, func(t *tx) error {
		// Another node that adds one at the same time waits here, and then counts this one, too.
		if _, err := t.lockIDs(engine.ForUpdate, "SELECT id FROM endpoints ORDER BY id"); err != nil {
			return err
		}
		others, err := queryIDs(t, "SELECT id FROM endpoints WHERE source = $1", string(e.Source))
		if err != nil {
			return err
		}
		if len(others) >= most {
			return ErrEndpoints
		}
		if err := t.write(&insertEndpoint, [][]column{endpointColumns(&e)}, nil); err != nil {
			return err
		}
		return t.note(by, AuditEntry{At: e.CreatedAt, What: EndpointCreate, Of: e.ID, Detail: Host(e.URL)})
	})
	if err != nil {
		return fmt.Errorf("adding an endpoint: %w", err)
	}
	return nil
}

// ChangeEndpoint runs a step on an Endpoint, and saves the result. If the Endpoint is now disabled, its pending
// messages become due soon, so that the Sender sees that they are not to be sent. They become due only after a lease
// has passed, because a message that is being sent just now may still arrive.
func (s *Store) ChangeEndpoint(ctx context.Context, id string, step func(*Endpoint)) (e Endpoint, err error) {
	return s.ChangeEndpointBy(ctx, Asker{}, "", id, step)
}

// ChangeEndpointBy is ChangeEndpoint on behalf of somebody, who does something that has a name. The same transaction
// keeps that in the audit, if the step changed anything.
func (s *Store) ChangeEndpointBy(
	ctx context.Context, by Asker, what Deed, id string, step func(*Endpoint),
) (e Endpoint, err error) {
	err = s.tx(ctx, func(t *tx) error {
		before, err := t.endpoint(id)
		if err != nil {
			return err
		}
		e = before
		step(&e)
		if !reflect.DeepEqual(before, e) {
			if err := t.note(by, AuditEntry{At: s.Now(), What: what, Of: id}); err != nil {
				return err
			}
		}
		if !e.DisabledAt.IsZero() {
			t.add(engine.Statement{SQL: wakeEndpoint, Args: []any{id, micros(s.Now().Add(DeliveryLease))}})
		}
		return t.update(&updateEndpoint, []rowChange{{mutableEndpoint(&before), mutableEndpoint(&e)}})
	})
	if err != nil {
		return e, fmt.Errorf("changing endpoint %s: %w", id, err)
	}
	s.wakeSender()
	return e, nil
}

// DeliveryLease is how long a claimed Delivery is left alone. By then the node that claimed it has sent it, or is
// dead.
const DeliveryLease = 30 * time.Second

const wakeEndpoint = `UPDATE deliveries SET wake_at = $2 WHERE endpoint_id = $1 AND state = 'pending' AND wake_at > $2`

// endpoint locks and reads an Endpoint.
func (t *tx) endpoint(id string) (e Endpoint, err error) {
	found := false
	t.add(engine.Statement{
		SQL:  selectEndpoints + " AND id = $1",
		Args: []any{storable(id)},
		Lock: engine.ForUpdate,
		Rows: func(scan func(...any) error) error {
			found = true
			return scan(fields(endpointColumns(&e))...)
		},
	})
	err = t.flush()
	if err == nil && !found {
		err = ErrNoEndpoint
	}
	return e, err
}

// RemoveEndpoint deletes an endpoint, and all its messages, sent or not.
func (s *Store) RemoveEndpoint(ctx context.Context, by Asker, id string) error {
	err := s.tx(ctx, func(t *tx) error {
		e, err := t.endpoint(id)
		if err != nil {
			return err
		}
		if err := t.removeEndpoint(id); err != nil {
			return err
		}
		return t.note(by, AuditEntry{At: s.Now(), What: EndpointDelete, Of: id, Detail: Host(e.URL)})
	})
	if err != nil {
		return fmt.Errorf("removing endpoint %s: %w", id, err)
	}
	return nil
}

func (t *tx) removeEndpoint(id string) error {
	t.add(engine.Statement{SQL: `DELETE FROM deliveries WHERE endpoint_id = $1`, Args: []any{id}})
	return t.exec(`DELETE FROM endpoints WHERE id = $1`, id)
}

// expireEndpoints deletes the rows that a node of the version before kept for its listeners.
func (t *tx) expireEndpoints(now time.Time) error {
	ids, err := queryIDs(t, `SELECT id FROM endpoints WHERE expires_at <= $1`, micros(now))
	for _, id := range ids {
		err = errors.Join(err, t.removeEndpoint(id))
	}
	return err
}

// notConfigured is why an endpoint is disabled that is no longer in the configuration.
const notConfigured = "it is no longer configured"

// ConfigureEndpoints makes the listed endpoints those of the configuration. An endpoint that is no longer listed is
// disabled. It is enabled when it is listed again.
func (s *Store) ConfigureEndpoints(ctx context.Context, want []Endpoint) error {
	list, err := s.Endpoints(ctx)
	if err != nil {
		return err
	}
	missing := map[string]Endpoint{}
	for _, e := range want {
		missing[e.ID] = e
	}
	for _, e := range list {
		w, wanted := missing[e.ID]
		delete(missing, e.ID)
		if e.Source != FromConfig {
			continue
		}
		_, err := s.ChangeEndpoint(ctx, e.ID, func(e *Endpoint) { e.configure(w.Events, wanted, s.Now()) })
		if err != nil {
			return err
		}
	}
	for _, e := range missing {
		if err := s.AddEndpoint(ctx, Asker{}, e, math.MaxInt); err != nil && !s.blames(err) { // another node added it
			return err
		}
	}
	return nil
}

func (e *Endpoint) configure(events Filter, wanted bool, now time.Time) {
	switch {
	case wanted && e.DisabledWhy == notConfigured:
		e.Events, e.DisabledAt, e.DisabledWhy = events, time.Time{}, ""
	case wanted:
		e.Events = events
	case e.DisabledAt.IsZero():
		e.DisabledAt, e.DisabledWhy = now, notConfigured
	}
}
