package store

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"redial/internal/call"
	"redial/internal/store/engine"
)

// numbers is the part of a batch that decides which Call may ring which number.
type numbers struct {
	*loaded
	swept       []string // numbers that a sweep has found free
	skipsLocked bool     // the batch is one claim that has met a lock: it passes over numbers that another node has locked

	unoffered bool // a number is free, and Calls that are held for it were not tried
	passed    bool // a number is free, and another node has locked the Calls that may be held for it
}

// want is a Call that is about to ring a number.
type want struct {
	number  string
	call    *stored
	attempt int
	mine    bool
	owner   string // the Call that has the number already
	unclear bool   // another node has locked the number
}

// settle frees the numbers that no longer ring, takes those that are about to ring, and offers each free number to the
// first Call held for it that can ring now. A number that another Call may be ringing is not taken. Its row stays
// locked until the transaction ends, so that the transaction which frees it sees the Calls that are held for it.
// Numbers are handled in their order, so that nodes don't wait for each other in a ring.
func (n *numbers) settle() error {
	wants, free := map[string][]*want{}, map[string]*freed{}
	for _, id := range slices.Sorted(maps.Keys(n.calls)) {
		c := n.calls[id]
		if c.err != nil || sameNumbers(&c.before, &c.after) {
			continue
		}
		had := c.before.LiveNumbers()
		for number, attempt := range c.after.LiveNumbers() {
			if _, ok := had[number]; !ok {
				wants[number] = append(wants[number], &want{number: number, call: c, attempt: attempt})
			}
		}
		for _, number := range c.frees() {
			f := cmp.Or(free[number], &freed{number: number})
			f.by, free[number] = append(f.by, id), f
		}
	}
	for _, number := range n.swept {
		free[number] = cmp.Or(free[number], &freed{number: number, swept: true})
	}
	if len(wants)+len(free) == 0 {
		return nil
	}
	list, err := n.passOn(wants, free)
	if err != nil {
		return fmt.Errorf("settling who rings which number: %w", err)
	}
	if err := n.refuse(wants); err != nil {
		return err
	}
	return n.release(list)
}

// sameNumbers says whether a Call rings the same numbers as before, as after most reports.
func sameNumbers(a, b *call.Call) bool {
	return a.Offered == b.Offered && (a.State == call.Ended) == (b.State == call.Ended) &&
		slices.EqualFunc(a.Attempts, b.Attempts, func(x, y call.Attempt) bool { return x.To == y.To && x.Live() == y.Live() })
}

// frees are the numbers that a Call rang, might have rung, or was offered, and that it does not ring now.
func (c *stored) frees() (numbers []string) {
	if c.err != nil || sameNumbers(&c.before, &c.after) {
		return nil
	}
	had, has := c.before.LiveNumbers(), c.after.LiveNumbers()
	if number := c.before.Offered; number != "" && number != c.after.Offered {
		had[number] = 0
	}
	for number := range had {
		if _, ok := has[number]; !ok {
			numbers = append(numbers, number)
		}
	}
	return numbers
}

// freed is a number that a batch finds free or frees, and the search for a Call that is held for it and can ring now.
type freed struct {
	number  string
	by      []string // the Calls that rang it, or might have rung it
	swept   bool     // found by a sweep; another node may have been faster
	next    []string // the Calls that are tried next; empty: there are no more
	most    int      // how many of them at most
	tried   string   // the last Call that was tried
	passed  bool     // a Call was passed over, because another node has locked it
	offered bool     // it was offered to a Call that can ring
	rings   bool     // another Call rings it, too

	elsewhere bool // another node's sweep handles it
}

// passOn frees and takes numbers, one after another, and finds the Calls that are tried first.
func (n *numbers) passOn(wants map[string][]*want, free map[string]*freed) (list []*freed, err error) {
	all := map[string]bool{}
	for number := range free {
		all[number] = true
	}
	for number := range wants {
		all[number] = true
	}
	for _, number := range slices.Sorted(maps.Keys(all)) {
		if f := free[number]; f != nil {
			list = append(list, f)
			for _, id := range f.by {
				n.add(engine.Statement{SQL: deleteDestination, Args: []any{number, id}})
			}
		}
		if n.skipsLocked {
			err = n.takeIfClear(wants[number])
		} else {
			err = n.take(wants[number]...)
		}
		if err != nil {
			return nil, err
		}
	}
	n.readRinging(list)
	for _, f := range list {
		n.trySweep(f)
		n.findNext(f, 1)
	}
	if err := n.flush(); err != nil {
		return nil, err
	}
	return slices.DeleteFunc(list, func(f *freed) bool { return f.elsewhere }), nil
}

// trySweep queues the lock of a number that a sweep has found. Without it, of two nodes that sweep at the same time,
// one would pass over the Call that the other is about to release, and release the next one as well.
func (n *numbers) trySweep(f *freed) {
	if f.swept {
		n.TryName("redial sweeps "+f.number, func(mine bool) { f.elsewhere = !mine })
	}
}

const deleteDestination = `DELETE FROM destinations WHERE number = $1 AND call_id = $2`

func destinationColumns(number, id *string, attempt, resurfaced *int) []column {
	return []column{{"number", number}, {"call_id", id}, {"attempt", attempt}, {"resurfaced", resurfaced}}
}

// takeDestination takes a number that no Call rings, not even one that resurfaced.
var takeDestination = func() bulk {
	cols := destinationColumns(new(string), new(string), new(int), new(int))
	b := insertionIfFree("destinations", cols, "call_id", "number")
	b.insert.Free.Index = "destinations_taken"
	b.insert.Free.Where, b.insert.Free.Alone = "resurfaced = 0", []string{"number"}
	return b
}()

// take queues the taking of numbers.
func (n *numbers) take(list ...*want) error {
	for _, w := range list {
		n.add(engine.Statement{
			SQL:  `SELECT call_id FROM destinations WHERE number = $1 ORDER BY resurfaced DESC`,
			Args: []any{w.number},
			Lock: engine.ForUpdate, Index: engine.Index{Table: "destinations", Name: "PRIMARY"},
			Rows: func(scan func(...any) error) error { return scan(&w.owner) }, // the last owner is the Call that has taken it
		})
		row := destinationColumns(&w.number, &w.call.after.ID, &w.attempt, new(int))
		err := n.write(&takeDestination, [][]column{row}, func(scan func(...any) error) error {
			w.mine = true
			return scan(new(string))
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// takeIfClear takes numbers, but not those that another node has locked. Such a number counts as taken: the Call is
// held for it, and the sweep finds it. Each lock is waited for only briefly, because the claim may want many numbers,
// and the other node may have stopped.
func (n *numbers) takeIfClear(list []*want) error {
	if len(list) == 0 {
		return nil
	}
	locked, err := n.Briefly(func() error { return n.take(list...) })
	for _, w := range list {
		if locked {
			w.unclear, w.mine, w.owner = true, false, ""
		}
	}
	return err
}

// takeAgain is how often a number is tried that other nodes take and free at the same moment. If it is still unclear
// then, it counts as taken: the Call is held for it, and the sweep finds it.
const takeAgain = 3

// refuse handles the numbers that were not free. The person there is not dialed; the Call goes on without that dial,
// or is held.
func (n *numbers) refuse(wants map[string][]*want) error {
	busy := map[*stored][]string{}
	for _, number := range slices.Sorted(maps.Keys(wants)) {
		for _, w := range wants[number] {
			for again := 0; again < takeAgain && !w.mine && w.owner == "" && !w.unclear; again++ {
				if err := errors.Join(n.take(w), n.flush()); err != nil {
					return fmt.Errorf("claiming the number: %w", err)
				}
			}
			switch {
			case w.mine || w.owner == w.call.after.ID:
			case w.call.waking != nil && w.call.after.Attempt(w.attempt).SID == "":
				busy[w.call] = append(busy[w.call], number)
			default: // it rings already: that is a fact, whichever Call has the number
				n.add(engine.Statement{
					SQL:  `INSERT INTO destinations (number, call_id, attempt, resurfaced) VALUES ($1, $2, $3, 1)`,
					Args: []any{number, w.call.after.ID, w.attempt},
				})
			}
		}
	}
	for c, numbers := range busy {
		had := c.after.LiveNumbers()
		c.wake(numbers...)
		n.renumber(c, had)
	}
	return nil
}

// renumber corrects the attempts of the numbers that a Call has taken, if an attempt before them was withdrawn, and
// frees the numbers that it does not ring after all.
func (n *numbers) renumber(c *stored, had map[string]int) {
	has := c.after.LiveNumbers()
	for _, number := range slices.Sorted(maps.Keys(had)) {
		switch has[number] {
		case had[number]:
		case 0:
			n.add(engine.Statement{SQL: deleteDestination, Args: []any{number, c.after.ID}})
		default:
			n.add(engine.Statement{
				SQL:  `UPDATE destinations SET attempt = $3 WHERE number = $1 AND call_id = $2`,
				Args: []any{number, c.after.ID, has[number]},
			})
		}
	}
}

// triesPerBatch is how many Calls that are held for free numbers a batch may try. The next sweep tries the others, so
// that other operations can be written in between.
const triesPerBatch = 32

// readRinging queues the reading of which of the numbers that this batch frees are rung by other Calls.
func (n *numbers) readRinging(list []*freed) {
	by := map[string]*freed{}
	for _, f := range list {
		if !f.swept {
			by[f.number] = f
		}
	}
	if len(by) == 0 {
		return
	}
	n.add(engine.Statement{
		SQL:  selectRinging,
		Args: []any{engine.List(slices.Sorted(maps.Keys(by)))},
		Rows: func(scan func(...any) error) error {
			var number string
			err := scan(&number)
			if f := by[number]; f != nil {
				f.rings = true
			}
			return err
		},
	})
}

// What is held for a number is looked for with each call that ends. For an engine that plans each statement anew, two
// plain ones are a quarter of the work of one that has both, and their conditions, within it.
const (
	selectRinging = `SELECT number FROM destinations WHERE number IN ($1)`
	nextHeld      = `SELECT id FROM calls WHERE held_for = $1 AND id > $2 ORDER BY id LIMIT $3`
	nextAlsoHeld  = `SELECT call_id FROM also_held WHERE number = $1 AND call_id > $2 ORDER BY call_id LIMIT $3`
)

// selectNext finds the oldest Calls after $2 that are held for a number, or also held for it, if the number is free
// and was offered to no Call that is due by $3. It is one statement, so that it sees a Call either offered or ringing
// that another node dials meanwhile.
const (
	selectNext = `SELECT id FROM (
		SELECT id FROM calls WHERE held_for = $1 AND id > $2` + ifUnoffered + ` ORDER BY id LIMIT $4) AS held
	UNION ALL SELECT call_id FROM (
		SELECT call_id FROM also_held WHERE number = $1 AND call_id > $2` + ifUnoffered + `
			ORDER BY call_id LIMIT $4) AS also`
	ifUnoffered = `
	AND NOT EXISTS (SELECT 1 FROM destinations AS d WHERE d.number = $1)
	AND NOT EXISTS (SELECT 1 FROM calls AS o WHERE o.state = 'waiting' AND o.offered = $1 AND o.wake_at <= $3)`
)

// findNext queues the search for the Calls that are tried next for a number, most at most. It treats a number that
// this batch frees as offered to nobody, because the batch's rows are only written later.
func (n *numbers) findNext(f *freed, most int) {
	f.most = most
	found := func(scan func(...any) error) error {
		var id string
		err := scan(&id)
		if !f.rings {
			f.next = append(f.next, id)
		}
		return err
	}
	if f.swept {
		n.add(engine.Statement{SQL: selectNext, Args: []any{f.number, f.tried, micros(n.now), most}, Rows: found})
		return
	}
	for _, sql := range []string{nextHeld, nextAlsoHeld} {
		n.add(engine.Statement{SQL: sql, Args: []any{f.number, f.tried, most}, Rows: found})
	}
}

// release offers each of the numbers to the first Call held for it that can ring now, which usually is the first of
// all. The other Calls that it tries are no longer held: they wait for their window, or have ended. It does not wait
// for a Call that another node has locked: a sweep handles that number, tries the Calls after the locked one, and
// comes again soon if none of them can ring.
func (n *numbers) release(list []*freed) error {
	for tries := triesPerBatch; ; {
		list = slices.DeleteFunc(list, func(f *freed) bool {
			if len(f.next) == 0 || tries == 0 {
				n.leave(f, tries)
				return true
			}
			return false
		})
		if len(list) == 0 {
			return nil
		}
		if err := n.lockNext(list); err != nil {
			return err
		}
		for _, f := range list {
			if !n.tryNext(f, &tries) && tries > 0 {
				n.findNext(f, tries)
			}
		}
		if err := n.flush(); err != nil {
			return fmt.Errorf("finding the next calls for a number: %w", err)
		}
	}
}

// lockNext reads and locks the Calls that are tried next, without those that another node has locked.
func (n *numbers) lockNext(list []*freed) error {
	var unread []string
	for _, f := range list {
		slices.Sort(f.next)
		f.next = f.next[:min(f.most, len(f.next))] // the oldest of the held and the also held
		for _, id := range f.next {
			if n.calls[id] == nil {
				unread = append(unread, id)
			}
		}
	}
	slices.Sort(unread)
	n.lock(unread, engine.SkipLocked)
	if err := n.flush(); err != nil {
		return fmt.Errorf("reading the next calls for a number: %w", err)
	}
	return nil
}

// tryNext offers a number to the Calls that were found, and says whether the batch is done with the number. Only a
// sweep passes over a locked Call, which usually is locked only for a moment.
func (n *numbers) tryNext(f *freed, tries *int) (over bool) {
	for len(f.next) > 0 && *tries > 0 {
		f.tried, f.next = f.next[0], f.next[1:]
		*tries--
		c := n.calls[f.tried]
		f.passed = f.passed || c == nil
		f.offered = c != nil && n.offer(c, f.number)
		if f.offered || c == nil && !f.swept {
			f.next = nil
			return true
		}
	}
	return false
}

// leave leaves a number to the sweep that was not offered to a Call, although one may be held for it.
func (n *numbers) leave(f *freed, tries int) {
	n.passed = n.passed || f.passed && !f.offered
	n.unoffered = n.unoffered || tries == 0 && !f.passed && !f.offered
}

// offer releases a Call that is held for a number, and says whether it can ring there now. A Call that can't be read
// or released is set aside.
func (n *numbers) offer(c *stored, number string) bool {
	_, err := c.step(func(c *call.Call) ([]call.Event, error) {
		return c.Release(number, n.now), nil // nothing happens if this batch or another node has released it
	})
	if err != nil {
		n.setAside(c.before.ID, n.now.Add(setAside))
		return false
	}
	if c.before.Held == "" { // the row was left by a node of an older version
		n.add(engine.Statement{SQL: deleteAlsoHeld, Args: []any{c.before.ID}})
	}
	return c.after.Offered == number
}

// holdAlso queues the changes of the numbers that Calls are also held for.
func (n *numbers) holdAlso(changed []*stored) error {
	for _, c := range changed {
		before, after := c.before.AlsoHeld(), c.after.AlsoHeld()
		if slices.Equal(before, after) {
			continue
		}
		if before != nil {
			n.add(engine.Statement{SQL: deleteAlsoHeld, Args: []any{c.after.ID}})
		}
		rows := make([][]column, len(after))
		for i := range after {
			rows[i] = heldColumns(&after[i], &c.after.ID)
		}
		if err := n.write(&insertAlsoHeld, rows, nil); err != nil {
			return err
		}
	}
	return nil
}

func heldColumns(number, id *string) []column { return []column{{"number", number}, {"call_id", id}} }

var insertAlsoHeld = insertionIfFree("also_held", heldColumns(new(string), new(string)), "", "number", "call_id")

const deleteAlsoHeld = `DELETE FROM also_held WHERE call_id = $1`

// setAside is how long a Call that can't be read is left alone.
const setAside = time.Hour

// setAside makes claims leave a Call alone until a time, also the one for its deadline, and takes it out of the
// searches for the next Call for a number.
func (t *tx) setAside(id string, until time.Time) {
	t.add(engine.Statement{
		SQL: `UPDATE calls SET wake_at = $2, deadline_at = CASE WHEN deadline_at < $2 THEN $2 ELSE deadline_at END,
			held_for = NULL, offered = NULL WHERE id = $1`,
		Args: []any{id, micros(until)},
	}, engine.Statement{SQL: deleteAlsoHeld, Args: []any{id}})
}
