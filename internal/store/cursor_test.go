package store

import (
	"cmp"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// table is what a cursor reads: events whose positions are taken before they can be seen.
type table struct {
	next int64
	open [][]numbered // rows of open transactions, each of which has locked its calls
	rows []numbered   // committed, in the order of their positions
	seqs map[string]int
}

// writes opens a transaction that takes the positions of events of some calls, one after another.
func (x *table) writes(calls ...string) {
	x.open = append(x.open, nil)
	x.goesOn(len(x.open)-1, calls...)
}

// goesOn makes a transaction take the next positions.
func (x *table) goesOn(i int, calls ...string) {
	for _, id := range calls {
		x.seqs[id]++
		x.next++
		e := numbered{position: x.next, call: id}
		e.event.Seq = x.seqs[id]
		x.open[i] = append(x.open[i], e)
	}
}

// ends commits a transaction, or rolls it back.
func (x *table) ends(i int, commits bool) {
	list := x.open[i]
	x.open = slices.Delete(x.open, i, i+1)
	if commits {
		x.rows = append(x.rows, list...)
		slices.SortFunc(x.rows, func(a, b numbered) int { return cmp.Compare(a.position, b.position) })
		return
	}
	for _, e := range list {
		x.seqs[e.call]-- // no other transaction has taken the next one
	}
}

func (x *table) busy(id string) bool {
	return slices.ContainsFunc(x.open, func(list []numbered) bool {
		return slices.ContainsFunc(list, func(e numbered) bool { return e.call == id })
	})
}

// in is what entriesIn reads.
func (x *table) in(ranges []gap, limit int) (list []numbered, more bool) {
	for _, g := range ranges {
		n := 0
		for _, e := range x.rows {
			if g.from <= e.position && e.position <= g.to && n < limit {
				list, n = append(list, e), n+1
			}
		}
		if n == limit {
			return list, true
		}
	}
	return list, false
}

// hearer reads what it can. Now and then it breaks off, and goes on at the position that it had.
type hearer struct {
	place  place
	resume int64 // the position after what it took last
	from   int64 // it must hear everything above
	heard  map[string]bool
}

func (h *hearer) takes(t *rapid.T, x *table, c *cursor, limit int) {
	entries, behind := c.entries(&h.place, func(*numbered) bool { return true }, limit)
	if behind {
		if h.place.after >= c.settled() {
			return
		}
		var more bool
		entries, more = x.in([]gap{{from: h.place.after + 1, to: c.settled()}}, limit)
		for i := range entries {
			entries[i].resume = entries[i].position
		}
		if h.place.after = c.settled(); more {
			h.place.after = entries[len(entries)-1].position
		}
		h.place.resume = h.place.after
	}
	for _, e := range entries {
		before := slices.IndexFunc(x.rows, func(o numbered) bool { return o.call == e.call && o.event.Seq == e.event.Seq-1 })
		if before >= 0 && x.rows[before].position > h.from && !h.heard[name(e.call, e.event.Seq-1)] {
			t.Fatalf("%s is heard, and not the one before it", name(e.call, e.event.Seq))
		}
		h.heard[name(e.call, e.event.Seq)] = true
		if e.resume < h.resume {
			t.Fatalf("who has come to %d goes on after %d", h.resume, e.resume)
		}
		h.resume = e.resume
	}
}

func name(id string, seq int) string { return fmt.Sprintf("%s/%d", id, seq) }

// listening is a cursor with its listeners, beside a table that others write.
type listening struct {
	x          *table
	c          cursor
	now        time.Time
	keep, most int // entries that are kept, rows that are read at once
	all        []*hearer
}

// look reads what is missing, as the feed does.
func (l *listening) look() {
	rows, more := l.x.in(l.c.missing(l.most), l.most)
	l.c.take(rows, l.now.Add(gapTime))
	if !more {
		l.c.giveUp(l.now)
	}
	if n := len(l.c.recent) - l.keep; n > 0 {
		l.c.forget(n)
	}
}

// write begins a transaction that writes some events.
func (l *listening) write(t *rapid.T) {
	var some []string
	for range rapid.IntRange(1, 4).Draw(t, "events") {
		if id := drawCall(t); !l.x.busy(id) {
			some = append(some, id)
		}
	}
	slices.Sort(some)
	if len(some) > 0 {
		l.x.writes(some...)
	}
}

// goOn writes one more event in a transaction that is open.
func (l *listening) goOn(t *rapid.T) {
	id := drawCall(t)
	if len(l.x.open) > 0 && !l.x.busy(id) {
		l.x.goesOn(rapid.IntRange(0, len(l.x.open)-1).Draw(t, "which"), id)
	}
}

func (l *listening) end(t *rapid.T) {
	if len(l.x.open) > 0 {
		l.x.ends(rapid.IntRange(0, len(l.x.open)-1).Draw(t, "which"), rapid.IntRange(0, 3).Draw(t, "rolls back") > 0)
	}
}

func (l *listening) listen(*rapid.T) {
	h := &hearer{place: from(0), heard: map[string]bool{}}
	if len(l.all)%2 == 1 {
		h.place, h.from = l.c.begin(), l.x.next // it may hear what is committed already but was not read yet
	}
	h.resume = h.place.resume
	l.all = append(l.all, h)
}

func (l *listening) take(t *rapid.T) {
	for _, h := range l.all {
		if rapid.Bool().Draw(t, "is quick") {
			h.takes(t, l.x, &l.c, rapid.IntRange(1, 5).Draw(t, "limit"))
		}
	}
}

func (l *listening) comeBack(t *rapid.T) {
	if len(l.all) > 0 {
		h := l.all[rapid.IntRange(0, len(l.all)-1).Draw(t, "who")]
		h.place = from(h.resume)
	}
}

// settle ends all transactions, and reads until nothing can be missing any more.
func (l *listening) settle(t *rapid.T) {
	for len(l.x.open) > 0 {
		l.x.ends(0, true)
	}
	for i := range 200 {
		if i == 100 {
			l.now = l.now.Add(gapTime) // a hearer that has fallen behind waits that long for missing positions
		}
		l.look()
		for _, h := range l.all {
			h.takes(t, l.x, &l.c, 5)
		}
	}
}

func drawCall(t *rapid.T) string {
	return rapid.SampledFrom([]string{"a", "b", "c", "d"}).Draw(t, "call")
}

// However transactions overlap, commit and roll back, a listener hears everything that is committed, each call's
// events in their sequence, also when it comes back, is slow, or falls behind.
func TestNothingIsMissed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := &listening{
			x: &table{seqs: map[string]int{}}, c: newCursor(false), now: begin,
			keep: rapid.IntRange(1, 30).Draw(t, "entries that are kept"),
			most: rapid.IntRange(3, 20).Draw(t, "rows that are read at once"),
		}
		for range rapid.IntRange(0, 3).Draw(t, "before") {
			l.x.writes("old")
			l.x.ends(0, true)
		}
		l.c.at(l.x.next)
		t.Repeat(map[string]func(*rapid.T){
			"write": l.write, "go on": l.goOn, "end": l.end, "look": func(*rapid.T) { l.look() },
			"listen": l.listen, "take": l.take, "come back": l.comeBack,
		})
		l.settle(t)
		for _, e := range l.x.rows {
			for i, h := range l.all {
				if e.position > h.from && !h.heard[name(e.call, e.event.Seq)] {
					t.Errorf("listener %d did not hear of %s at %d", i, name(e.call, e.event.Seq), e.position)
				}
			}
		}
		if l.c.settled() != l.c.head || len(l.c.gaps) > 0 {
			t.Errorf("after all, %v is still waited for", l.c.gaps)
		}
	})
}

// Two nodes write full batches at the same time, and take positions alternately. The events of the second node are
// heard once they are committed, however many gaps there were, and few ranges are read for them.
func TestWritersWhoTakeTurns(t *testing.T) {
	const events = 3 * batchMost
	x := &table{seqs: map[string]int{}}
	c := newCursor(false)
	c.at(0)
	look := func() (fresh, ranges int) {
		for more := true; more; {
			var rows []numbered
			missing := c.missing(feedStep)
			rows, more = x.in(missing, feedStep)
			fresh += len(c.take(rows, begin.Add(gapTime)))
			ranges = max(ranges, len(missing))
		}
		c.giveUp(begin)
		return fresh, ranges
	}
	x.writes()
	x.writes()
	for i := range events {
		x.goesOn(0, fmt.Sprintf("a%d", i))
		x.goesOn(1, fmt.Sprintf("b%d", i))
	}
	x.ends(1, true)
	if fresh, _ := look(); fresh != events {
		t.Errorf("of the first, %d are heard of", fresh)
	}
	x.ends(0, true)
	fresh, ranges := look()
	if fresh != events {
		t.Errorf("of the second, %d of %d are heard of", fresh, events)
	}
	if most := 2*events/(feedStep-2*nearby) + 2; ranges > most {
		t.Errorf("they are looked for in %d ranges, more than %d", ranges, most)
	}
	if len(c.gaps) > 0 {
		t.Errorf("%v is still waited for", c.gaps)
	}
}
