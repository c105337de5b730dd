package trigger

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync/atomic"

	"github.com/prometheus/client_golang/prometheus"

	"redial/internal/call"
	"redial/internal/incident"
	"redial/internal/seldom"
	"redial/internal/source"
	"redial/internal/store"
)

// Triggers ring phones about events, by the file that is in force.
type Triggers struct {
	store     *store.Store
	file      atomic.Pointer[File]
	Overrides Overrides // of its rotas
	log       *slog.Logger
	metrics   *metrics
	looks     seldom.Failures // looks at what is due that failed
}

// New returns Triggers without a file: until Use gives them one, no event rings a phone.
func New(s *store.Store) *Triggers {
	t := &Triggers{store: s, Overrides: Overrides{store: s}, log: slog.New(slog.DiscardHandler), metrics: newMetrics(nil)}
	t.looks.Log = func(last error, n int) {
		t.log.Error("looking what triggers wait for failed", "count", n, "err", last)
	}
	return t
}

// Observe says where is told what goes wrong, and what is counted.
func (t *Triggers) Observe(log *slog.Logger, r prometheus.Registerer) {
	t.log, t.metrics = log, newMetrics(r)
}

// File is the file in force, nil if there is none.
func (t *Triggers) File() *File { return t.file.Load() }

// Use puts a file in force for every event that comes from now on.
func (t *Triggers) Use(f *File) { t.file.Store(f) }

// Tell tells a trigger what has happened. When it returns, what follows is on disk: also with a *store.TooManyError,
// which says that a call can't be made yet; it is made as soon as it can be. It returns ErrNoTrigger, ErrNobody with
// the doubts that explain it, or an error of the store.
func (t *Triggers) Tell(ctx context.Context, by store.Asker, name string, e *source.Event) (Told, error) {
	f := t.File()
	tr, err := f.Named(name)
	if err != nil {
		return Told{}, err
	}
	k := newTaker(f, tr, by, e, t.Overrides.around(ctx, t.store.Now()))
	told, err := t.tell(ctx, k)
	t.report(&told, err)
	return told, err
}

func (t *Triggers) tell(ctx context.Context, k *taker) (Told, error) {
	told := Told{Trigger: k.trigger.Name}
	failed := k.nobody
	if len(k.events) > 0 {
		became, err := t.store.Tell(ctx, store.Telling{
			Trigger: k.trigger.Name, By: k.by, Now: t.store.Now, Keys: k.keys(), Groups: k.groups(), Teller: k,
		})
		if err != nil {
			return told, err
		}
		k.fill(&told, &became)
		if told.refused != nil {
			failed = told.refused
		}
	}
	for _, members := range k.apart {
		made, err := t.ringApart(ctx, k, members)
		if err != nil {
			told.Doubts = k.allDoubts()
			return told, err
		}
		told.Calls = append(told.Calls, made)
	}
	told.Recipients, told.Doubts = k.recipients, k.allDoubts()
	if failed == nil && len(told.Calls) == 0 {
		told.Why = k.why(&told)
	}
	return told, failed
}

// ringApart makes a call about the members that belong to no incident.
func (t *Triggers) ringApart(ctx context.Context, k *taker, members []source.Member) (call.Call, error) {
	c, events, err := k.call(k.event, members, k.by.Name, nil)
	if err != nil {
		return call.Call{}, err
	}
	c, _, err = t.store.Create(ctx, k.by, c, events, store.Idempotency{})
	return c, err
}

// report counts an event, and tells whoever runs redial what went wrong.
func (t *Triggers) report(told *Told, err error) {
	t.metrics.count(told, err)
	t.tellDoubts(told)
}

func (t *Triggers) tellDoubts(told *Told) {
	if len(told.Doubts) > 0 {
		t.metrics.doubts.Add(float64(len(told.Doubts)))
		t.log.Error("a trigger went wrong", "trigger", told.Trigger, "calls", ids(told.Calls),
			"doubts", strings.Join(told.Doubts, "; "))
	}
}

// Close closes an incident by hand: nothing rings about it any more, and what its sender repeats of it is old news.
func (t *Triggers) Close(ctx context.Context, by store.Asker, id string) (store.Incident, error) {
	return t.byHand(ctx, by, id, incident.Closed, store.IncidentClose)
}

// Acknowledge ends the ringing about an incident, as somebody takes care of it. The incident stays open.
func (t *Triggers) Acknowledge(ctx context.Context, by store.Asker, id string) (store.Incident, error) {
	return t.byHand(ctx, by, id, incident.Acknowledged, store.IncidentAcknowledge)
}

// byHand does something about an incident by hand. It returns the incident as it is then, or store.ErrNoIncident.
// Nothing happens to one that is closed.
func (t *Triggers) byHand(
	ctx context.Context, by store.Asker, id string, state incident.State, deed store.Deed,
) (store.Incident, error) {
	i, err := t.store.Incident(ctx, id)
	if err != nil || !i.ClosedAt.IsZero() {
		return i, err
	}
	k := t.looking(ctx, i.Trigger, by)
	k.incident, k.state = id, state
	_, err = t.store.Tell(ctx, store.Telling{
		Trigger: i.Trigger, By: by, Now: t.store.Now, Incident: id, Deed: deed, Teller: k,
	})
	if err != nil {
		return store.Incident{}, fmt.Errorf("the incident %s: %w", id, err)
	}
	return t.store.Incident(ctx, id)
}

// looking is a taker without an event. Where the file in force has no such trigger, it rings nobody.
func (t *Triggers) looking(ctx context.Context, name string, by store.Asker) *taker {
	f := t.File()
	tr, err := f.Named(name)
	if err != nil {
		f, tr = nil, gone(name)
	}
	return newTaker(f, tr, by, nil, t.Overrides.around(ctx, t.store.Now()))
}

// gone is a trigger that the file in force does not have. It rings nobody, and forgets nothing that a file could want
// to be kept: that of another node may have it.
func gone(name string) *Trigger {
	return &Trigger{Name: name, AgainAfter: defaultAgain, ForgetAfter: mostKept}
}
