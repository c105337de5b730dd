package store

import (
	"context"
	"fmt"
	"time"
)

// sweepMost is how many free numbers a Sweep handles: it may try a Call for each.
const sweepMost = triesPerBatch

// selectUnoffered finds numbers that Calls are held for, that no phone rings any more, and that were not offered to a
// Call which is due by $1. It looks once at each number, however many Calls are held for it.
const selectUnoffered = `SELECT value FROM (SELECT value FROM {each calls.held_for} AS held
		UNION ALL SELECT value FROM {each also_held.number} AS also) AS n
	WHERE (SELECT d.call_id FROM destinations AS d WHERE d.number = n.value LIMIT 1) IS NULL
		AND (SELECT o.id FROM calls AS o WHERE o.state = 'waiting' AND o.offered = n.value AND o.wake_at <= $1
			LIMIT 1) IS NULL
	LIMIT $2`

// selectHeld finds a number that a Call is held for; usually none is.
const selectHeld = `SELECT COALESCE((SELECT held_for FROM calls WHERE held_for > '' LIMIT 1),
	(SELECT number FROM also_held WHERE number > '' LIMIT 1), '')`

// Sweep finds free numbers that Calls are held for, and offers each to the first Call that can ring now. So no Call
// waits in vain, whatever became of the Call that was offered the number before. It writes nothing if nothing is
// wrong. It does a small step, and says whether there may be more to do, and whether it passed over Calls that another
// node has locked. Other nodes may sweep at the same time.
func (s *Store) Sweep(ctx context.Context, now time.Time) (more, passed bool, err error) {
	o, held := &sweeping{}, ""
	err = s.reading(ctx).each(selectHeld, nil, func(scan func(...any) error) error {
		return scan(&held)
	})
	if err == nil && held != "" {
		err = s.reading(ctx).each(selectUnoffered, []any{micros(now), sweepMost}, func(scan func(...any) error) error {
			var number string
			err := scan(&number)
			o.numbers = append(o.numbers, number)
			return err
		})
	}
	if err == nil && len(o.numbers) > 0 {
		err = s.commit(ctx, now, o)
	}
	if err != nil {
		return false, false, fmt.Errorf("looking for calls that are held for free numbers: %w", err)
	}
	return len(o.numbers) == sweepMost, o.passed, nil
}

// Unoffered receives when this process has left numbers free that Calls are held for: there is more for a Sweep to do.
func (s *Store) Unoffered() <-chan struct{} { return s.unoffered }

// sweeping is an operation: it offers numbers that seemed to be free, if they still are.
type sweeping struct {
	entry
	numbers []string
	passed  bool // its batch passed over Calls that another node has locked
}

func (o *sweeping) read(*reads) {}

func (o *sweeping) decide(b *batch) { b.swept = append(b.swept, o.numbers...) }

func (o *sweeping) write(*batch) {}

func (o *sweeping) committed(b *batch) { o.passed = b.passed }

func (o *sweeping) failed(err error) { o.err = err }
