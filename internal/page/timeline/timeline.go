package timeline

import (
	"cmp"
	"time"

	"redial/internal/call"
)

// The measures of a picture.
const (
	LineHeight = Px(28)
	BoxWidth   = Px(28) // of the next dial
	leastBar   = Px(2)  // also of what took no time
)

// A Picture is the story of a Call: a line for each person, time from left to right. A time in which nothing happens
// is folded.
type Picture struct {
	Width, Height Px
	Lines         []Line
	Ticks         []Tick
	Folds         []Fold
	Now           Px       // where the present is; 0 once the Call has ended
	Next          *Planned // the next dial; nil where none is planned
}

// A Line is one person's.
type Line struct {
	Name  string // may be empty, where the Call has one person
	To    string // E.164; empty once scrubbed
	Y     Px
	Shut  []Bar // when the person's phone may not ring
	Bars  []Bar
	Marks []Mark
}

// A Bar is something that lasted.
type Bar struct {
	Kind    string      // queued, ringing, talking or shut
	Attempt int         // 0: of none
	Result  call.Result // of the attempt; empty while it is alive
	X, W    Px
	For     time.Duration
	Alive   bool // it goes on
}

// A Mark is how an attempt ended.
type Mark struct {
	Attempt int
	X       Px
	At      time.Time
	Result  call.Result
}

// A Fold is a time in which nothing happened.
type Fold struct {
	X, W  Px
	For   time.Duration
	After call.Result // of the attempt before it; empty: there was none
	Words bool        // there is room for words
}

// A Planned dial is one to come.
type Planned struct {
	X, Y Px
	At   time.Time
}

// Draw makes the picture of a Call as it is now, with times by the clock of zone. It is as wide as asked for, or wider
// where much happened.
func Draw(c *call.Call, now time.Time, zone *time.Location, room Px) Picture {
	next := c.State == call.Waiting && c.NextAttemptAt.After(now)
	if next {
		room -= BoxWidth
	}
	a := newAxis(busy(c, now), room)
	p := Picture{Width: a.width, Ticks: a.ticks(zone), Folds: folds(a, c)}
	for i, who := range people(c) {
		p.Lines = append(p.Lines, Line{Name: who.Name, To: who.Number, Y: Px(i) * LineHeight, Shut: shut(a, c.Policy.Window)})
	}
	p.Height = Px(len(p.Lines)) * LineHeight
	for i := range c.Attempts {
		at := &c.Attempts[i]
		if r := at.Person; r >= 0 && r < len(p.Lines) {
			p.Lines[r].add(a, at, now)
		}
	}
	if c.State != call.Ended {
		p.Now = a.x(now)
	}
	if next {
		p.Next = &Planned{X: a.x(c.NextAttemptAt), Y: p.yOf(nextPerson(c, now)), At: c.NextAttemptAt.In(zone)}
		p.Width += BoxWidth
	}
	return p
}

// nextPerson is whom the next dial is to reach, as the core foresees it.
func nextPerson(c *call.Call, now time.Time) call.Person {
	for _, r := range c.Foreseen() {
		if dials := c.Foresee(r, now).Dials; len(dials) > 0 {
			return dials[0].Person
		}
	}
	return call.Person{}
}

// yOf is where a person's line is.
func (p *Picture) yOf(who call.Person) Px {
	for _, l := range p.Lines {
		if l.To == who.Number {
			return l.Y
		}
	}
	return 0
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
func (r *Line) add(a axis, at *call.Attempt, now time.Time) {
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
			r.Bars = append(r.Bars, Bar{
				Kind: b.kind, Attempt: at.N, Result: at.Result(), X: x, W: max(leastBar, a.x(b.to)-x), For: long,
				Alive: alive && b.to.Equal(end),
			})
		}
	}
	if !alive {
		r.Marks = append(r.Marks, Mark{Attempt: at.N, X: a.x(end), At: end, Result: at.Result()})
	}
}

// folds are the times in which nothing happened.
func folds(a axis, c *call.Call) []Fold {
	var out []Fold
	for _, s := range a.stretches {
		if s.folded {
			w := s.x1 - s.x0
			out = append(out, Fold{X: s.x0, W: w, For: s.to.Sub(s.from), After: before(c, s.to), Words: w >= foldWidest/2})
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
func shut(a axis, w call.Window) []Bar {
	var out []Bar
	for _, s := range a.stretches {
		for from, to := range w.Closed(s.from, s.to) {
			x := s.x(from)
			out = append(out, Bar{Kind: "shut", X: x, W: s.x(to) - x, For: to.Sub(from)})
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
