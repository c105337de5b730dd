package store

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"redial/internal/call"
	"redial/internal/store/engine"
)

// numbers is the part of a batch that is about who rings which number.
type numbers struct {
	*loaded
	swept       []string // numbers that a sweep has found free
	skipsLocked bool     // a claim alone that has met a Lock: it leaves the numbers that another node has locked

	unoffered bool // a number is free, and Calls that are held for it were not tried
	passed    bool // a number is free, and another node has locked the Calls that may be held for it
}

// want is the wish of a Call to ring a number.
type want struct {
	number  string
	call    *stored
	attempt int
	mine    bool
	owner   string // the Call that has the number already
	unclear bool   // another node has locked the number
}

// settle frees the numbers that no longer ring, takes those that are about to,
// and offers what is free to the first Call held for it that can ring now. A number that
// another Call may be ringing is not taken; its row stays locked until the transaction
// ends, so that whoever frees it sees which Calls are held for it. Numbers are gone through
// in their order, so that nodes don't wait for each other in a ring.
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

// sameNumbers says that a Call rings what it rang, as most reports leave it.
func sameNumbers(a, b *call.Call) bool {
	return a.Offered == b.Offered && (a.State == call.Ended) == (b.State == call.Ended) &&
		slices.EqualFunc(a.Attempts, b.Attempts, func(x, y call.Attempt) bool { return x.To == y.To && x.Live() == y.Live() })
}

// frees are the numbers that a Call rang, or might have, or was offered, and that it does
// not ring now.
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

// freed is a number that a batch finds free, or makes so, and the search for a Call that is
// held for it and can ring now.
type freed struct {
	number  string
	by      []string // the Calls that rang it, or might have
	swept   bool     // found by a sweep: another node's may have been faster
	next    []string // the Calls that are tried next; none: that is all
	most    int      // of them
	tried   string   // the last that was
	passed  bool     // one was passed over, as another node has it locked
	offered bool     // to one that can ring

	elsewhere bool // another node's sweep sees to it
}

// passOn frees and takes, number by number, and finds the Calls that are tried first.
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
	for _, f := range list {
		n.trySweep(f)
		n.findNext(f, 1)
	}
	if err := n.flush(); err != nil {
		return nil, err
	}
	return slices.DeleteFunc(list, func(f *freed) bool { return f.elsewhere }), nil
}

// trySweep queues the lock of a number that a sweep has found. Of two nodes that sweep at the same
// time one would pass over the Call that the other is about to release, and release the next.
func (n *numbers) trySweep(f *freed) {
	if f.swept {
		n.TryName("redial sweeps "+f.number, func(mine bool) { f.elsewhere = !mine })
	}
}

const deleteDestination = `DELETE FROM destinations WHERE number = $1 AND call_id = $2`

func destinationColumns(number, id *string, attempt, resurfaced *int) []column {
	return []column{{"number", number}, {"call_id", id}, {"attempt", attempt}, {"resurfaced", resurfaced}}
}

// takeDestination takes a number that no Call rings, one that resurfaced neither.
var takeDestination = func() bulk {
	cols := destinationColumns(new(string), new(string), new(int), new(int))
	b := insertionIfFree("destinations", cols, "call_id", "number")
	b.insert.Free.Where, b.insert.Free.Alone = "resurfaced = 0", []string{"number"}
	return b
}()

// take queues the taking of numbers.
func (n *numbers) take(list ...*want) error {
	for _, w := range list {
		n.add(engine.Statement{
			SQL:  `SELECT call_id FROM destinations WHERE number = $1 ORDER BY resurfaced DESC`,
			Args: []any{w.number},
			Lock: engine.ForUpdate,
			Rows: func(scan func(...any) error) error { return scan(&w.owner) }, // the last is who took it
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

// takeIfClear takes a number, or finds that another node has it locked. Such a one passes for
// taken: who would have been dialed there is held for it, and the sweep finds it. It waits for each number only
// briefly: the claim may be about many, and the node that has locked them may stand still.
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

// takeAgain is how often a number is tried that another node takes, or frees, in this very
// moment. One that can't be told passes for taken: whoever is held for it, the sweep finds.
const takeAgain = 3

// refuse deals with the numbers that could not be had: who was to be dialed there is
// not, and the Call goes without, or waits.
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
			default: // it rings already, and that is a fact, whoever has the number
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

// renumber corrects the attempts of the numbers that a Call has taken, where one that is
// not dialed stood before them, and frees those that it does not ring after all.
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

// triesPerBatch is how many Calls a batch may try, that were held for numbers which are
// free now. What is left, the next sweep tries: others want to write, too.
const triesPerBatch = 32

// selectNext finds the oldest Calls, after one that was tried before, that are held for a
// number, or also for it, if that is free, and was offered to no Call that is due by $3.
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

// findNext queues the search for the Calls that are tried next for a number, at most so many.
// What this batch itself frees is offered to nobody: the rows are only written later.
func (n *numbers) findNext(f *freed, most int) {
	due := int64(math.MinInt64)
	if f.swept {
		due = micros(n.now)
	}
	f.most = most
	n.add(engine.Statement{
		SQL:  selectNext,
		Args: []any{f.number, f.tried, due, most},
		Rows: func(scan func(...any) error) error {
			var id string
			err := scan(&id)
			f.next = append(f.next, id)
			return err
		},
	})
}

// release offers each of the numbers to the first Call held for it that can ring now: as a
// rule that is the first of all. The others that it tries are held no longer: they wait for
// their window, or have ended. Nobody waits for a Call that another node has locked: a sweep sees
// to the number, which tries those behind it, and where none of them can ring, soon comes again.
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

// lockNext reads the Calls that are tried next, but for those that another node has locked.
func (n *numbers) lockNext(list []*freed) error {
	var unread []string
	for _, f := range list {
		slices.Sort(f.next)
		f.next = f.next[:min(f.most, len(f.next))] // the oldest of those that are held by either
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

// tryNext offers a number to the Calls that were found, and says whether that is all that this
// batch can do. Only a sweep passes over one that is locked: as a rule that is for a moment.
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

// leave leaves a number to the sweep that was offered to nobody, though there may be somebody.
func (n *numbers) leave(f *freed, tries int) {
	n.passed = n.passed || f.passed && !f.offered
	n.unoffered = n.unoffered || tries == 0 && !f.passed && !f.offered
}

// offer releases a Call that is held for a number, and says whether it can ring there now.
// One that can't be read, or released, is set aside.
func (n *numbers) offer(c *stored, number string) bool {
	_, err := c.step(func(c *call.Call) ([]call.Event, error) {
		return c.Release(number, n.now), nil // nothing, where this batch or another node has seen to it
	})
	if err != nil {
		n.setAside(c.before.ID, n.now.Add(setAside))
		return false
	}
	if c.before.Held == "" { // a node of an older version left the row
		n.add(engine.Statement{SQL: deleteAlsoHeld, Args: []any{c.before.ID}})
	}
	return c.after.Offered == number
}

// holdAlso queues what has changed of the numbers that Calls are also held for.
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

// setAside is how long what can't be read is left alone.
const setAside = time.Hour

// setAside has a Call left alone until a time, also by its deadline, and by those who look
// for the next Call for a number.
func (t *tx) setAside(id string, until time.Time) {
	t.add(engine.Statement{
		SQL: `UPDATE calls SET wake_at = $2, deadline_at = CASE WHEN deadline_at < $2 THEN $2 ELSE deadline_at END,
			held_for = NULL, offered = NULL WHERE id = $1`,
		Args: []any{id, micros(until)},
	}, engine.Statement{SQL: deleteAlsoHeld, Args: []any{id}})
}
