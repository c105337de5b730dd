package store

import (
	"slices"
	"time"

	"redial/internal/call"
	"redial/internal/store/engine"
)

// loaded has the Calls that a batch has read.
type loaded struct {
	*tx
	now   time.Time // the latest time of an operation
	calls map[string]*stored

	row  call.Call // as it was read last
	bad  error     // what was wrong with it
	into []any     // its fields
}

// lock queues the reading and locking of Calls with known ids.
func (l *loaded) lock(ids []string, how engine.Lock) {
	ids = slices.DeleteFunc(ids, func(id string) bool { return id != storable(id) })
	if len(ids) == 0 {
		return
	}
	l.add(engine.Statement{
		SQL:   selectCalls + "id IN ($1) ORDER BY id",
		Args:  []any{engine.List(ids)},
		Lock:  how,
		Index: byID,
		Rows: func(scan func(...any) error) error {
			_, err := l.found(scan)
			return err
		},
	})
	l.readAttempts(ids)
}

// found adds a Call's row.
func (l *loaded) found(scan func(...any) error) (*stored, error) {
	if l.into == nil {
		l.into = lenient(fields(callColumns(&l.row)), &l.bad)
	}
	l.bad = nil
	if err := scan(l.into...); err != nil {
		return nil, err
	}
	if have := l.calls[l.row.ID]; have != nil {
		return have, nil
	}
	c := &stored{before: l.row, after: l.row, err: l.bad}
	l.calls[c.before.ID] = c
	return c, nil
}

// readAttempts queues the reading of the attempts of Calls, whose rows may be read later.
func (l *loaded) readAttempts(ids []string) {
	if len(ids) == 0 {
		return
	}
	l.add(l.store.attemptsOf(ids, func(id string, a *call.Attempt) {
		if c := l.calls[id]; c != nil {
			c.before.Attempts = append(c.before.Attempts, *a)
			c.after.Attempts = c.before.Attempts
		}
	}, func(id string, err error) {
		if c := l.calls[id]; c != nil && c.err == nil {
			c.err = err
		}
	}))
}

// get returns a Call that was read. Its err says if it can't be had.
func (l *loaded) get(id string) *stored {
	if c := l.calls[id]; c != nil {
		return c
	}
	return &stored{err: ErrNotFound}
}

// withdraw gives an error to others of the batch that find a new Call by its Idempotency-Key.
func (l *loaded) withdraw(c *call.Call, why error) {
	if l.calls[c.ID] != nil {
		l.calls[c.ID] = &stored{err: why}
	}
}

// addNew adds a new Call, whose row is inserted by its operation.
func (l *loaded) addNew(c *call.Call) *stored {
	if l.calls[c.ID] == nil {
		l.calls[c.ID] = &stored{before: *c, after: *c}
		l.calls[c.ID].before.Attempts = nil // so that they are written like all changed attempts
	}
	return l.calls[c.ID]
}
