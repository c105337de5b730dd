package store

import (
	"slices"
	"time"

	"redial/internal/call"
)

// numbered is an Event of a Call, at its position among the events of all Calls.
type numbered struct {
	position int64
	call     string
	event    call.Event
	resume   int64 // a Listener that has this entry and those before it misses nothing if it goes on after this position
}

// newCursor is a cursor that has yet to begin at a position. No place can join it before.
func newCursor(inOrder bool) cursor { return cursor{inOrder: inOrder, cut: maxPosition} }

// at begins at a position. No position up to it appears later.
func (c *cursor) at(base int64) { c.head, c.cut = base, base }

// cursor is how far the events of all Calls have been read. A transaction takes its positions before it commits, so a
// lower position may appear after a higher one. The events of one Call appear in their sequence: the transaction that
// writes the next event has the row's lock, and takes its position after the one before was committed.
type cursor struct {
	inOrder bool  // positions appear in their order: a missing one never appears
	head    int64 // the highest position that was seen
	gaps    []gap // below head, in their order
	recent  []numbered
	first   int   // how many entries were read before recent[0]
	cut     int64 // recent has all entries above this position
}

// gap is a range of positions that were not seen, and that open transactions may have taken.
type gap struct {
	from, to int64
	until    time.Time // then the gap is dropped: the transactions were rolled back
}

// Bounds of a cursor's memory, and of one search.
const (
	maxRecent = 1000
	// maxGaps is enough for several nodes that write full batches at the same time. Beyond it, the oldest gaps are
	// dropped.
	maxGaps = 5000
	nearby  = 20 // two gaps with at most so many positions between them are read as one
)

// settled is the position up to which nothing appears any more.
func (c *cursor) settled() int64 {
	if len(c.gaps) > 0 {
		return c.gaps[0].from - 1
	}
	return c.head
}

// take adds the rows of one read, which fill gaps or are above head, in the order of their positions. It returns those
// that are new. Positions that are missing among them become gaps until a time.
func (c *cursor) take(rows []numbered, until time.Time) (fresh []numbered) {
	for _, e := range rows {
		switch {
		case e.position > c.head:
			if e.position > c.head+1 && !c.inOrder {
				c.gaps = append(c.gaps, gap{c.head + 1, e.position - 1, until})
			}
			c.head = e.position
		case !c.fill(e.position):
			continue // it was seen before
		}
		e.resume = c.settled()
		fresh = append(fresh, e)
	}
	c.recent = append(c.recent, fresh...)
	c.gaps = c.gaps[max(0, len(c.gaps)-maxGaps):]
	if len(c.recent) > 2*maxRecent { // only now and then, because the rest has to be moved
		c.forget(len(c.recent) - maxRecent)
	}
	return fresh
}

// fill notes that a position was seen, and returns whether it was in a gap.
func (c *cursor) fill(position int64) bool {
	i, found := slices.BinarySearchFunc(c.gaps, position, func(g gap, position int64) int {
		switch {
		case g.to < position:
			return -1
		case g.from > position:
			return 1
		}
		return 0
	})
	if !found {
		return false
	}
	g := c.gaps[i]
	var left []gap
	if g.from < position {
		left = append(left, gap{g.from, position - 1, g.until})
	}
	if position < g.to {
		left = append(left, gap{position + 1, g.to, g.until})
	}
	c.gaps = slices.Replace(c.gaps, i, i+1, left...)
	return true
}

// giveUp drops the gaps whose time is over. The caller has looked for them at now, or later.
func (c *cursor) giveUp(now time.Time) {
	c.gaps = slices.DeleteFunc(c.gaps, func(g gap) bool { return !now.Before(g.until) })
}

// forget drops the n oldest entries.
func (c *cursor) forget(n int) {
	for _, e := range c.recent[:n] {
		c.cut = max(c.cut, e.position)
	}
	c.first += n
	c.recent = slices.Delete(c.recent, 0, n)
}

// missing are the ranges in which something may appear, in their order. The last one is everything above head. Gaps
// that are near each other are one range, together with the positions between them, because two transactions that
// write at the same time may take every other position. Each range but the last has less than limit positions, so that
// limit rows are all that it can have.
func (c *cursor) missing(limit int) (ranges []gap) {
	for _, g := range c.gaps {
		if n := len(ranges) - 1; n >= 0 && g.from-ranges[n].to <= nearby && g.to-ranges[n].from < int64(limit)-1 {
			ranges[n].to = g.to
			continue
		}
		ranges = append(ranges, gap{from: g.from, to: g.to})
	}
	return append(ranges, gap{from: c.head + 1, to: maxPosition})
}

// maxPosition is above every position that there can be.
const maxPosition = 1<<63 - 1

// place is how far a reader of the cursor has come.
type place struct {
	after  int64 // the reader needs nothing up to this position any more
	joined bool  // it reads the recent entries; otherwise the database, up to settled
	next   int   // index of its next entry, once joined
	resume int64 // everything up to this position was handed on, or will never appear
}

// begin is the place of a reader that wants what is read from now on.
func (c *cursor) begin() place {
	return place{joined: true, next: c.first + len(c.recent), resume: c.settled()}
}

// from is the place of a reader that goes on after a position.
func from(position int64) place { return place{after: position, resume: position} }

// entries moves a place on among the recent entries, and returns the wanted ones, limit at most. behind says that the
// reader must read the database: it has fallen behind the recent entries, or has not come up to them yet.
func (c *cursor) entries(p *place, wanted func(*numbered) bool, limit int) (list []numbered, behind bool) {
	if p.joined && p.next < c.first {
		p.joined, p.after = false, p.resume
	}
	if !p.joined {
		if p.after < c.cut {
			return nil, true
		}
		p.joined, p.next = true, c.first
	}
	for ; p.next < c.first+len(c.recent) && len(list) < limit; p.next++ {
		e := &c.recent[p.next-c.first]
		p.resume = max(p.resume, e.resume)
		if e.position > p.after && wanted(e) {
			list = append(list, *e)
			list[len(list)-1].resume = p.resume
		}
	}
	if p.next == c.first+len(c.recent) {
		p.resume = max(p.resume, c.settled()) // past gaps that were dropped
	}
	return list, false
}
