package page

import (
	"html/template"
	"time"

	"redial/internal/call"
	"redial/internal/page/timeline"
)

// The frame of a drawing, beside the picture: names at its left, words of the folds above it, times below it.
const (
	frameNames = timeline.Px(168)
	frameAbove = timeline.Px(36)
	frameBelow = timeline.Px(44)
	frameEdge  = timeline.Px(16) // so that no mark is cut off
	frameWhole = timeline.Px(1118)
	tickText   = timeline.Px(64) // a time beside its tick
)

// A drawing is the picture of a Call, with words.
type drawing struct {
	Width, Height timeline.Px
	Left, Top     timeline.Px // where the picture begins
	Long, Tall    timeline.Px // the picture itself
	Alive         bool        // the Call has not ended: the present is marked
	Lines         []drawnLine
	Folds         []drawnFold
	Ticks         []drawnTick
	Now           timeline.Px
	Next          *drawnNext
}

// A drawnLine is that of one person.
type drawnLine struct {
	Y     timeline.Px
	Name  template.HTML // empty where the Call has one person
	Shut  []drawnBar
	Bars  []drawnBar
	Marks []drawnMark
}

// A drawnBar is a time that an attempt was in a state, or the window was closed.
type drawnBar struct {
	timeline.Bar
	Role  string
	Title template.HTML
}

// A drawnMark is how an attempt ended.
type drawnMark struct {
	state
	X       timeline.Px // its left edge
	Attempt int
	Title   template.HTML
}

// A drawnFold is a time in which nothing happened.
type drawnFold struct {
	timeline.Fold
	Middle timeline.Px
	Long   template.HTML // how long it is, which is written where there is room
	Why    template.HTML // how the attempt before it ended; empty: there was none
	Says   template.HTML // both
}

// A drawnTick is a time at the axis.
type drawnTick struct {
	X     timeline.Px
	Clock string
	Day   string // the first one of its day
	Last  bool   // there is no room at its right
}

// A drawnNext is the next dial.
type drawnNext struct {
	X, Y  timeline.Px
	Title template.HTML
	At    int64 // milliseconds of Unix, for the clock that runs
	Left  string
}

// markOf is the sign of a result at the end of an attempt.
var markOf = map[call.Result]string{
	call.Completed: "reached", call.NoAnswer: "waiting", call.Busy: "ringing", call.Failed: "unreached",
	call.Refused: "refused", call.Unplaced: "canceled", call.Canceled: "canceled", call.Machine: "doubt",
	call.Unconfirmed: "doubt", call.Ambiguous: "doubt",
}

// drawing draws a Call as it is now.
func (v viewer) drawing(c *call.Call) (drawing, error) {
	left := frameEdge
	if len(c.People) > 1 {
		left = frameNames
	}
	p := timeline.Draw(c, v.now, v.zoneOf(whoOf(c).Number), frameWhole-left-frameEdge)
	d := drawing{Width: left + p.Width + frameEdge, Left: left, Top: frameAbove, Long: p.Width, Tall: p.Height}
	d.Alive, d.Now = c.State != call.Ended, p.Now
	d.Height = frameAbove + p.Height + frameBelow
	words := wording{v: v}
	for i := range p.Lines {
		l := words.line(&p.Lines[i])
		if left == frameNames {
			l.Name = words.name(&p.Lines[i])
		}
		d.Lines = append(d.Lines, l)
	}
	for _, f := range p.Folds {
		d.Folds = append(d.Folds, words.fold(f))
	}
	for _, t := range p.Ticks {
		d.Ticks = append(d.Ticks, v.tick(t, p.Width))
	}
	if p.Next != nil {
		d.Next = v.nextDial(p.Next, words.say("picture.next"))
	}
	return d, words.err
}

// wording gives words to what is drawn. It remembers the first error.
type wording struct {
	v   viewer
	err error
}

func (w *wording) say(id string, pairs ...any) template.HTML {
	said, err := w.v.say(id, pairs...)
	if w.err == nil {
		w.err = err
	}
	return said
}

// name is whom a line is about.
func (w *wording) name(l *timeline.Line) template.HTML {
	if l.Name != "" {
		return template.HTML(template.HTMLEscapeString(l.Name))
	}
	number, err := w.v.number(l.To)
	if w.err == nil {
		w.err = err
	}
	return number
}

func (w *wording) line(l *timeline.Line) drawnLine {
	d := drawnLine{Y: l.Y}
	for _, b := range l.Shut {
		d.Shut = append(d.Shut, drawnBar{b, "", w.say("picture.shut")})
	}
	for _, b := range l.Bars {
		d.Bars = append(d.Bars, drawnBar{b, roleOfBar(&b), w.say("picture."+b.Kind, "Number", b.Attempt, "For", span(b.For))})
	}
	for _, m := range l.Marks {
		said := w.say("bar", "Number", m.Attempt, "Said", w.say("result."+string(m.Result)))
		d.Marks = append(d.Marks, drawnMark{
			state: state{Shape: markOf[m.Result], Role: barOf[m.Result].Role}, X: m.X - 7, Attempt: m.Attempt, Title: said,
		})
	}
	return d
}

// roleOfBar is the role of a bar: what goes on is live, and a conversation is worth what it came to.
func roleOfBar(b *timeline.Bar) string {
	switch {
	case b.Alive:
		return "live"
	case b.Kind == "talking":
		return barOf[b.Result].Role
	}
	return "still"
}

func (w *wording) fold(f timeline.Fold) drawnFold {
	d := drawnFold{Fold: f, Middle: f.X + f.W/2, Long: w.say("picture.waits", "Long", w.long(f.For))}
	if f.After != "" {
		d.Why = w.say("result." + string(f.After))
	}
	d.Says = d.Long
	if d.Why != "" {
		d.Says = w.say("picture.fold", "Long", w.long(f.For), "Why", d.Why)
	}
	return d
}

// long is a length of time in words, to the minute, or to the hour where it is more than a day.
func (w *wording) long(d time.Duration) template.HTML {
	minutes := int(d.Round(time.Minute) / time.Minute)
	switch hours := minutes / 60; {
	case hours == 0:
		return w.say("long.minutes", "Minutes", minutes)
	case hours < 24:
		return w.say("long.hours", "Hours", hours, "Minutes", minutes%60)
	default:
		return w.say("long.days", "Days", hours/24, "Hours", hours%24)
	}
}

// tick writes a time at an axis that is as wide as said.
func (v viewer) tick(t timeline.Tick, width timeline.Px) drawnTick {
	d := drawnTick{X: t.X, Clock: t.At.Format("15:04:05"), Last: t.X > width-tickText}
	if t.Date {
		d.Day = t.At.Format(forms[v.Language].date)
	}
	return d
}

// nextDial is the box of the next dial. Within the hour it counts down.
func (v viewer) nextDial(p *timeline.Planned, title template.HTML) *drawnNext {
	d := &drawnNext{X: p.X, Y: p.Y, Title: title}
	if left := p.At.Sub(v.now); left < soon {
		d.At, d.Left = p.At.UnixMilli(), span(left)
	}
	return d
}
