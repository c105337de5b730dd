package store

import (
	"context"
	"fmt"

	"redial/internal/call"
	"redial/internal/store/engine"
)

// admission is the part of a batch that holds new Calls against the Bounds. It does not see the Calls that other
// transactions make at the same time.
type admission struct {
	*loaded
	counts map[subject]int // as this batch has counted them
	added  map[subject]int // new Calls of this batch, as they were added to Store.counted
}

func newAdmission(l *loaded) admission {
	return admission{loaded: l, counts: map[subject]int{}, added: map[subject]int{}}
}

// count queues the counting for new Calls. It goes before their insertion.
func (a *admission) count(list []*call.Call) {
	bounds := a.store.bounds
	var numbers engine.List
	for _, c := range list {
		for _, s := range bounds.subjects(c) {
			if _, queued := a.counts[s]; queued || bounds.on(s) > exactBound && a.store.counted.isFresh(s) {
				continue
			}
			a.counts[s] = 0
			if s.number != "" {
				numbers = append(numbers, s.number)
				continue
			}
			a.add(engine.Statement{SQL: countOfName, Args: []any{s.name, bounds.OfName}, Rows: a.counted})
		}
	}
	if len(numbers) > 0 {
		a.add(engine.Statement{SQL: countToNumbers, Args: []any{numbers}, Rows: a.counted})
	}
}

const (
	countOfName = `SELECT CAST($1 AS TEXT), '', count(*) FROM (
		SELECT id FROM calls WHERE made_by = $1 AND outcome IS NULL LIMIT $2) AS live`
	countToNumbers = `SELECT '', to_number, count(*) FROM calls WHERE outcome IS NULL AND to_number IN ($1)
		GROUP BY to_number
	UNION ALL SELECT '', number, count(*) FROM also_called WHERE outcome = '' AND number IN ($1) GROUP BY number`
)

// counted takes a row of a count.
func (a *admission) counted(scan func(...any) error) error {
	var s subject
	var n int
	err := scan(&s.name, &s.number, &n)
	a.counts[s] += n
	return err
}

// of is how many Calls that have not ended there are for a subject, with the new ones of this batch.
func (a *admission) of(s subject) int {
	n, counted := a.counts[s]
	if a.store.bounds.on(s) <= exactBound {
		return n
	}
	if counted {
		a.store.counted.set(s, n)
		delete(a.counts, s)
	}
	return a.store.counted.get(s)
}

// isFull returns a *TooManyError if a bound is known not to permit one more Call, without a count.
func (a *admission) isFull(c *call.Call) error {
	return a.store.bounds.check(c, func(s subject) int {
		if _, queued := a.counts[s]; queued {
			return 0
		}
		return a.store.counted.get(s)
	})
}

// admit checks a new Call, and counts it.
func (a *admission) admit(c *call.Call) error {
	if err := a.store.bounds.check(c, a.of); err != nil {
		return err
	}
	for _, s := range a.store.bounds.subjects(c) {
		if a.store.bounds.on(s) <= exactBound {
			a.counts[s]++
			continue
		}
		a.store.counted.add(s, 1)
		a.added[s]++
	}
	return nil
}

// recall takes back what a batch has added that has failed.
func (a *admission) recall() {
	for s, n := range a.added {
		a.store.counted.add(s, -n)
	}
	clear(a.added)
}

// CheckBounds returns a *TooManyError if a bound does not permit a new Call now.
func (s *Store) CheckBounds(ctx context.Context, c *call.Call) error {
	return s.view(ctx, func(t *tx) error {
		a := newAdmission(&loaded{tx: t})
		a.count([]*call.Call{c})
		if err := t.flush(); err != nil {
			return fmt.Errorf("counting the calls that wait: %w", err)
		}
		return s.bounds.check(c, func(on subject) int {
			if n, counted := a.counts[on]; counted {
				return n
			}
			return s.counted.get(on)
		})
	})
}
