package store

import (
	"context"
	"fmt"
	"time"

	"redial/internal/call"
	"redial/internal/crashpoint"
	"redial/internal/incident"
	"redial/internal/store/engine"
)

const (
	maxAbout    = 100 // members of a ring that the Teller is told more about than their names
	refusedWait = 10 * time.Second
	failedWait  = time.Minute
	failedMost  = 7 * 24 * time.Hour // after the last event about a member: then it is given up
)

// Tell has a Teller take in something that is told to a trigger, and writes what follows in the same transaction: the
// members, their incidents, the calls that ring, and those that are canceled. The trigger's row is locked first, so two
// nodes that are told the same at once make one call. It returns what became of it, ErrNoIncident, or ErrKeyEnded.
func (s *Store) Tell(ctx context.Context, t Telling) (ToldTrigger, error) {
	o := &telling{triggerRows: newTriggerRows(t, t.Now())}
	o.entry = entry{ctx: ctx, now: o.at, done: make(chan struct{})}
	run := func() error { return s.runIn(s.aside, []operation{o}) }
	err := ctx.Err()
	if err == nil {
		err = run()
	}
	if s.locked(err) {
		err = s.insist(ctx, run)
	}
	if err == nil {
		err = o.err
	}
	if err != nil {
		return ToldTrigger{}, fmt.Errorf("telling the trigger %s: %w", t.Trigger, err)
	}
	switch {
	case o.idle:
	case o.OnlyDue:
		crashpoint.Point(crashpoint.WakeTriggerAfterCommit)
	default:
		crashpoint.Point(crashpoint.TellAfterCommit)
	}
	return o.became, nil
}

// telling is an operation: it tells a trigger something. It has a batch of its own, as it locks rows beside Calls.
type telling struct {
	entry
	*triggerRows
	asks    *keyRead
	idle    bool // there is nothing to be done
	cancels []string
	rings   []*dueRing
	became  ToldTrigger
}

// dueRing is a call that is to be made.
type dueRing struct {
	incident.Ring
	call   call.Call
	events []call.Event
	err    error // why it could not be made
}

func (o *telling) read(r *reads) {
	o.asks = r.readKey(o.By.KeyID)
	r.first = append(r.first, o)
}

// prepare reads what the operation needs, and has the Teller decide what is canceled and what rings.
func (o *telling) prepare(l *loaded, r *reads) error {
	o.triggerRows = newTriggerRows(o.Telling, o.at)
	o.cancels, o.rings, o.became, o.err = nil, nil, ToldTrigger{}, nil
	if err := o.lock(l); err != nil {
		return err
	}
	if o.idle = o.isIdle(); o.idle {
		return nil
	}
	if err := o.readRelated(l); err != nil {
		return err
	}
	o.at = o.Now() // what was read is not later: a call that ends may have been waited for
	o.taken = o.Teller.Take(&o.trigger, o.at, o.isFull())
	o.cancels = o.trigger.Pointless()
	r.byID = append(r.byID, o.cancels...)
	for _, due := range o.trigger.Due(o.at, o.Teller.People) {
		made, err := o.make(l, due)
		if err != nil {
			return err
		}
		if o.rings = append(o.rings, made); made.err == nil {
			r.asked = append(r.asked, &made.call)
		}
	}
	return nil
}

// make has the Teller make the call of a ring. It reads what was told before of those of its members of which this
// Telling says nothing new.
func (o *telling) make(l *loaded, due incident.Ring) (*dueRing, error) {
	about, missing := map[string]string{}, engine.List{}
	first := due.Members[:min(len(due.Members), maxAbout)]
	for _, m := range first {
		if told, is := o.taken.About[m.Key]; is {
			about[m.Key] = told.Data
		} else {
			missing = append(missing, m.Key)
		}
	}
	of := Incident{ID: first[0].Incident, By: o.By.Name, Event: o.taken.Group.Data}
	if i := o.incidents[of.ID]; i != nil {
		of = i.before
		of.Event = o.taken.Group.Data
	}
	if len(missing) > 0 {
		l.add(engine.Statement{SQL: selectAbout, Args: []any{o.Trigger, missing},
			Rows: func(scan func(...any) error) error {
				var key, data string
				err := scan(&key, asText{&data})
				about[key] = data
				return err
			}})
	}
	if _, told := o.taken.About[first[0].Key]; !told || of.Event == "" {
		l.add(engine.Statement{SQL: selectEvent, Args: []any{of.ID},
			Rows: func(scan func(...any) error) error { return scan(asText{&of.Event}) }})
	}
	if err := l.flush(); err != nil {
		return nil, err
	}
	list := make([]string, len(first))
	for i, m := range first {
		list[i] = about[m.Key]
	}
	r := &dueRing{Ring: due}
	r.call, r.events, r.err = o.Teller.Make(due, list, of)
	return r, nil
}

func (o *telling) decide(b *batch) {
	switch {
	case o.idle:
		return
	case o.asks.ended():
		o.err, o.idle = ErrKeyEnded, true
		return
	case o.Incident != "" && o.incidents[o.Incident] == nil:
		o.err, o.idle = ErrNoIncident, true
		return
	}
	for _, id := range o.cancels {
		o.cancel(b, id)
	}
	for _, r := range o.rings {
		o.ring(b, r)
	}
	if o.Deed != "" {
		b.note(o.By, AuditEntry{At: o.at, What: o.Deed, Of: o.Incident})
	}
	if o.OnlyDue {
		crashpoint.Point(crashpoint.WakeTriggerBeforeCommit)
	} else {
		crashpoint.Point(crashpoint.TellBeforeCommit)
	}
}

// cancel withdraws a call that tells of nothing any more. Whoever listens to it hears it to the end.
func (o *telling) cancel(b *batch, id string) {
	after, err := b.get(id).step(func(c *call.Call) ([]call.Event, error) { return c.Withdraw(o.taken.Words, o.at), nil })
	if err != nil { // its row is gone, or can't be read: it rings nobody
		return
	}
	o.became.Canceled = append(o.became.Canceled, after)
	if after.State == call.Ended {
		o.trigger.Calls[id] = incident.Call{Ended: after.EndedAt, Reached: after.Outcome == call.Reached}
	}
	if after.State == call.Ended && len(after.Attempts) == 0 { // no phone rang: what fires anew need not wait
		for _, m := range o.trigger.Members {
			if m.Call == id {
				m.Call, m.People = "", ""
			}
		}
	}
}

// ring adds the call of a ring. If it can't be made now, its members wait a while.
func (o *telling) ring(b *batch, r *dueRing) {
	wait := failedWait
	if r.err == nil {
		if r.err = b.admit(&r.call); r.err != nil {
			wait = refusedWait
		}
	}
	if r.err != nil {
		o.became.Refused = r.err
		for _, m := range r.Members {
			if m.NotBefore = o.at.Add(wait); o.at.Sub(m.Seen) > failedMost {
				m.TellAt = time.Time{}
			}
		}
		return
	}
	o.trigger.Rung(r.Ring, r.call.ID)
	b.addNew(&r.call).record(&r.call, r.events)
	b.note(o.By, deeds(r.call.ID, r.events)...)
	o.became.Made = append(o.became.Made, r.call)
}

func (o *telling) write(b *batch) {
	if o.idle {
		return
	}
	for _, r := range o.rings {
		if r.err == nil {
			b.newCalls = append(b.newCalls, callColumns(&r.call))
		}
	}
	b.others = append(b.others, o.save)
	o.became.Members = o.told()
}

func (o *telling) committed(b *batch) {
	if !o.idle {
		poke(b.store.triggered)
	}
}

func (o *telling) failed(err error) { o.err = err }
