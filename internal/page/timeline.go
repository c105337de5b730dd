package page

import (
	"cmp"
	"time"

	"redial/internal/call"
)

// The measures of a timeline.
const (
	timelineWidth = px(880) // without the names at its left
	timelineRow   = px(28)
	boxWidth      = px(28) // of the next dial
	leastBar      = px(2)  // also of what took no time
)

// A timeline is the picture of a Call: a row for each person, time from left to right. A time in which nothing happens
// is folded.
type timeline struct {
	Width, Height px
	Rows          []line
	Ticks         []tick
	Folds         []fold
	Now           px       // where the present is; 0 once the Call has ended
	Next          *planned // the next dial; nil where none is planned
}

// A line is one person's.
type line struct {
	Name  string // may be empty, where the Call has one person
	To    string // E.164; empty once scrubbed
	Y     px
	Shut  []bar // when the person's phone may not ring
	Bars  []bar
	Marks []mark
}

// A bar is something that lasted.
type bar struct {
	Kind    string // queued, ringing, talking or shut
	Attempt int    // 0: of none
	X, W    px
	For     time.Duration
	Alive   bool // it goes on
}

// A mark is how an attempt ended.
type mark struct {
	Attempt int
	X       px
	At      time.Time
	Result  call.Result
}

// A fold is a time in which nothing happened.
type fold struct {
	X, W  px
	For   time.Duration
	After call.Result // of the attempt before it; empty: there was none
	Words bool        // there is room for words
}

// A planned dial is one to come.
type planned struct {
	X, Y px
	At   time.Time
}

// draw makes the picture of a Call as it is now, with times by the clock of zone.
func draw(c *call.Call, now time.Time, zone *time.Location) timeline {
	room := timelineWidth
	next := c.State == call.Waiting && c.NextAttemptAt.After(now)
	if next {
		room -= boxWidth
	}
	a := newAxis(busy(c, now), room)
	t := timeline{Width: a.width, Ticks: a.ticks(zone), Folds: folds(a, c)}
	for i, p := range people(c) {
		t.Rows = append(t.Rows, line{Name: p.Name, To: p.Number, Y: px(i) * timelineRow, Shut: shut(a, c.Policy.Window)})
	}
	t.Height = px(len(t.Rows)) * timelineRow
	for i := range c.Attempts {
		at := &c.Attempts[i]
		if r := at.Person; r >= 0 && r < len(t.Rows) {
			t.Rows[r].add(a, at, now)
		}
	}
	if c.State != call.Ended {
		t.Now = a.x(now)
	}
	if next {
		t.Next = &planned{X: a.x(c.NextAttemptAt), At: c.NextAttemptAt.In(zone)}
		t.Width += boxWidth
	}
	return t
}

func people(c *call.Call) []call.Person {
	if len(c.People) > 0 {
		return c.People
	}
	return []call.Person{{Number: c.To}}
}

// busy are the periods in which something happens.
func busy(c *call.Call, now time.Time) []period {
	out := []period{{c.CreatedAt, c.CreatedAt}}
	for i := range c.Attempts {
		a := &c.Attempts[i]
		out = append(out, period{a.DialedAt, ended(a, now)})
	}
	if c.State == call.Ended {
		return append(out, period{c.EndedAt, c.EndedAt})
	}
	out = append(out, period{now, now})
	if c.NextAttemptAt.After(now) {
		out = append(out, period{c.NextAttemptAt, c.NextAttemptAt})
	}
	return out
}

// ended is when an attempt was over; now while it is not.
func ended(a *call.Attempt, now time.Time) time.Time {
	if !a.EndedAt.IsZero() {
		return latest(a.EndedAt, a.DialedAt)
	}
	if a.Result() != "" {
		return latest(a.DialedAt, a.PlacedAt, a.InitiatedAt, a.RingingAt, a.AnsweredAt)
	}
	return latest(now, a.DialedAt)
}

// add draws an attempt: how long it was in Twilio's queue, rang and was talked on, and how it ended.
func (r *line) add(a axis, at *call.Attempt, now time.Time) {
	end, alive := ended(at, now), at.Result() == ""
	rang := first(at.RingingAt, at.AnsweredAt, end)
	answered := first(at.AnsweredAt, end)
	for _, b := range []struct {
		kind string
		period
	}{
		{"queued", period{at.DialedAt, rang}}, {"ringing", period{rang, answered}}, {"talking", period{answered, end}},
	} {
		if long := b.to.Sub(b.from); long > 0 {
			x := a.x(b.from)
			r.Bars = append(r.Bars, bar{
				Kind: b.kind, Attempt: at.N, X: x, W: max(leastBar, a.x(b.to)-x), For: long, Alive: alive && b.to.Equal(end),
			})
		}
	}
	if !alive {
		r.Marks = append(r.Marks, mark{Attempt: at.N, X: a.x(end), At: end, Result: at.Result()})
	}
}

// folds are the times in which nothing happened.
func folds(a axis, c *call.Call) []fold {
	var out []fold
	for _, s := range a.stretches {
		if s.folded {
			w := s.x1 - s.x0
			out = append(out, fold{X: s.x0, W: w, For: s.to.Sub(s.from), After: before(c, s.to), Words: w >= foldWidest/2})
		}
	}
	return out
}

// before is the result of the last attempt that was dialed before t.
func before(c *call.Call, t time.Time) call.Result {
	var r call.Result
	for i := range c.Attempts {
		if c.Attempts[i].DialedAt.Before(t) {
			r = c.Attempts[i].Result()
		}
	}
	return r
}

// shut are the times on the axis at which the window is closed.
func shut(a axis, w call.Window) []bar {
	var out []bar
	for _, s := range a.stretches {
		for from, to := range w.Closed(s.from, s.to) {
			x := s.x(from)
			out = append(out, bar{Kind: "shut", X: x, W: s.x(to) - x, For: to.Sub(from)})
		}
	}
	return out
}

// first is the first of times that is known.
func first(times ...time.Time) time.Time { return cmp.Or(times...) }

// latest is the latest of times.
func latest(times ...time.Time) time.Time {
	var t time.Time
	for _, u := range times {
		if u.After(t) {
			t = u
		}
	}
	return t
}
