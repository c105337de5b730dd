package store

import (
	"fmt"
	"maps"
	"slices"

	"redial/internal/call"
)

// want is the wish of a Call to ring a number.
type want struct {
	number  string
	call    *stored
	attempt int
	mine    bool
	owner   string // the Call that has the number already
}

// settleNumbers lets go of the numbers that no longer ring, takes those that are
// about to, and wakes who has waited longest for what is free. A number that
// another Call may be ringing is not taken; its row stays locked until the
// transaction ends, so that who lets go of it sees who waits for it. Numbers are
// gone through in their order, so that nodes don't wait for each other in a ring.
func (b *batch) settleNumbers() error {
	wants, free := map[string][]*want{}, map[string][]string{}
	for _, id := range slices.Sorted(maps.Keys(b.calls)) {
		c := b.calls[id]
		if c.err != nil || sameNumbers(&c.before, &c.after) {
			continue
		}
		had, has := c.before.LiveNumbers(), c.after.LiveNumbers()
		for number, attempt := range has {
			if _, ok := had[number]; !ok {
				wants[number] = append(wants[number], &want{number: number, call: c, attempt: attempt})
			}
		}
		for number := range had {
			if _, ok := has[number]; !ok {
				free[number] = append(free[number], id)
			}
		}
		if c.after.State == call.Ended && c.before.State != call.Ended {
			for _, number := range c.after.Numbers() {
				if free[number] == nil {
					free[number] = []string{} // it may have been given a turn that it did not use
				}
			}
		}
	}
	if len(wants)+len(free) == 0 {
		return nil
	}
	heirs := b.passOn(wants, free)
	if err := b.flush(); err != nil {
		return fmt.Errorf("settling who rings which number: %w", err)
	}
	if err := b.refuse(wants); err != nil {
		return err
	}
	return b.release(heirs)
}

// sameNumbers says that a Call rings what it rang, as most reports leave it.
func sameNumbers(a, b *call.Call) bool {
	return (a.State == call.Ended) == (b.State == call.Ended) &&
		slices.EqualFunc(a.Attempts, b.Attempts, func(x, y call.Attempt) bool { return x.To == y.To && x.Live() == y.Live() })
}

// letsGo are the numbers that a Call rang, or might have, and does not any more.
func (c *stored) letsGo() (numbers []string) {
	if c.err != nil || sameNumbers(&c.before, &c.after) {
		return nil
	}
	if c.after.State == call.Ended {
		return c.after.Numbers()
	}
	has := c.after.LiveNumbers()
	for number := range c.before.LiveNumbers() {
		if _, ok := has[number]; !ok {
			numbers = append(numbers, number)
		}
	}
	return numbers
}

// passOn queues, number by number, what lets go of it, takes it, and finds who has
// waited longest.
func (b *batch) passOn(wants map[string][]*want, free map[string][]string) map[string]*string {
	heirs := map[string]*string{}
	for number := range free {
		heirs[number] = new(string)
	}
	all := maps.Clone(free)
	for number := range wants {
		all[number] = free[number]
	}
	for _, number := range slices.Sorted(maps.Keys(all)) {
		for _, id := range free[number] {
			b.add(statement{sql: `DELETE FROM destinations WHERE number = $1 AND call_id = $2`, args: []any{number, id}})
		}
		for _, w := range wants[number] {
			b.take(w)
		}
	}
	for _, number := range slices.Sorted(maps.Keys(heirs)) {
		b.findHeir(number, heirs[number])
	}
	return heirs
}

// take queues the taking of a number.
func (b *batch) take(w *want) {
	b.add(statement{
		sql:  `SELECT call_id FROM destinations WHERE number = $1 ORDER BY resurfaced DESC` + b.store.dialect.forUpdate,
		args: []any{w.number},
		rows: func(scan func(...any) error) error { return scan(&w.owner) }, // the last is who took it
	}, statement{
		sql: `INSERT INTO destinations (number, call_id, attempt, resurfaced)
			SELECT $1, $2, CAST($3 AS INTEGER), 0 WHERE NOT EXISTS (SELECT 1 FROM destinations WHERE number = $1)
			ON CONFLICT (number) WHERE resurfaced = 0 DO NOTHING`,
		args:     []any{w.number, w.call.after.ID, w.attempt},
		affected: func(n int64) { w.mine = n == 1 },
	})
}

// refuse deals with the numbers that could not be had: who was to be dialed there is
// not, and the Call goes without, or waits.
func (b *batch) refuse(wants map[string][]*want) error {
	busy := map[*stored][]string{}
	for _, number := range slices.Sorted(maps.Keys(wants)) {
		for _, w := range wants[number] {
			for !w.mine && w.owner == "" { // taken, or freed, by another node in this very moment
				b.take(w)
				if err := b.flush(); err != nil {
					return fmt.Errorf("claiming the number: %w", err)
				}
			}
			switch {
			case w.mine || w.owner == w.call.after.ID:
			case w.call.asleep != nil && w.call.after.Attempt(w.attempt).SID == "":
				busy[w.call] = append(busy[w.call], number)
			default: // it rings already, and that is a fact, whoever has the number
				b.add(statement{
					sql:  `INSERT INTO destinations (number, call_id, attempt, resurfaced) VALUES ($1, $2, $3, 1)`,
					args: []any{number, w.call.after.ID, w.attempt},
				})
			}
		}
	}
	for c, numbers := range busy {
		had := c.after.LiveNumbers()
		c.wakeAgain(numbers)
		b.renumber(c, had)
	}
	return nil
}

// renumber corrects the attempts of a Call's numbers, where one that is not dialed
// stood before them.
func (b *batch) renumber(c *stored, had map[string]int) {
	has := c.after.LiveNumbers()
	for _, number := range slices.Sorted(maps.Keys(has)) {
		if has[number] != had[number] {
			b.add(statement{
				sql:  `UPDATE destinations SET attempt = $3 WHERE number = $1 AND call_id = $2`,
				args: []any{number, c.after.ID, has[number]},
			})
		}
	}
}

const selectHeir = `SELECT id FROM calls WHERE held_for = $1 AND id > $2
	AND NOT EXISTS (SELECT 1 FROM destinations WHERE number = $1) ORDER BY id LIMIT 1`

// findHeir queues the search for the oldest Call, after one that was found before,
// that is held for a number, if that is free.
func (b *batch) findHeir(number string, heir *string) {
	last := *heir
	*heir = ""
	b.add(statement{
		sql:  selectHeir,
		args: []any{number, last},
		rows: func(scan func(...any) error) error { return scan(heir) },
	})
}

// release wakes the heirs of the numbers that are free. One that has been woken
// already, or can't be, is passed over.
func (b *batch) release(heirs map[string]*string) error {
	for {
		maps.DeleteFunc(heirs, func(_ string, heir *string) bool { return *heir == "" })
		if len(heirs) == 0 {
			return nil
		}
		unread := map[string]bool{}
		for _, heir := range heirs {
			unread[*heir] = b.calls[*heir] == nil
		}
		maps.DeleteFunc(unread, func(_ string, yes bool) bool { return !yes })
		b.lock(slices.Sorted(maps.Keys(unread)))
		if err := b.flush(); err != nil {
			return fmt.Errorf("waking the next call for a number: %w", err)
		}
		for number, heir := range heirs {
			released := false
			b.get(*heir).step(func(c *call.Call) ([]call.Event, error) {
				events := c.Release(b.now)
				released = len(events) > 0
				return events, nil
			})
			if released {
				delete(heirs, number)
			} else {
				b.findHeir(number, heir)
			}
		}
		if err := b.flush(); err != nil {
			return fmt.Errorf("waking the next call for a number: %w", err)
		}
	}
}
