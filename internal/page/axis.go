package page

import (
	"fmt"
	"slices"
	"time"
)

// px is a length in the picture, in CSS pixels.
type px float64

// String writes it as SVG has it, to a tenth of a pixel.
func (p px) String() string { return fmt.Sprintf("%.1f", float64(p)) }

// A period is a time from its beginning to its end; they may be the same.
type period struct{ from, to time.Time }

// The measures of an axis.
const (
	foldOver     = 2 * time.Minute // a longer time in which nothing happens is folded
	foldWidest   = px(112)
	foldLeast    = px(14)
	foldShare    = px(0.6) // of the width, for all folds together
	stretchLeast = px(18)  // also of one moment, so that its mark has room
	tickApart    = px(140)
)

// An axis places times on a line. Where nothing happens for long, the line is folded: a fold is as wide as every other,
// however long it lasts.
type axis struct {
	width     px
	stretches []stretch // in their order, each beginning where the one before ends
}

// A stretch is a part of an axis on which a second is always as wide.
type stretch struct {
	period
	x0, x1 px
	folded bool
}

// newAxis makes an axis on which something happens in periods. It is as wide as asked for, or wider where the stretches
// need it.
func newAxis(periods []period, width px) axis {
	busy := joined(periods)
	folds := len(busy) - 1
	fold := px(0)
	if folds > 0 {
		fold = min(foldWidest, max(foldLeast, foldShare*width/px(folds)))
	}
	var seconds px
	for _, s := range busy {
		seconds += px(s.to.Sub(s.from).Seconds())
	}
	perSecond := px(0)
	if free := width - px(folds)*fold - px(len(busy))*stretchLeast; free > 0 && seconds > 0 {
		perSecond = free / seconds
	}
	a := axis{}
	for i, s := range busy {
		if i > 0 {
			a.add(period{busy[i-1].to, s.from}, fold, true)
		}
		a.add(s, stretchLeast+px(s.to.Sub(s.from).Seconds())*perSecond, false)
	}
	a.width = max(width, a.width)
	return a
}

func (a *axis) add(s period, width px, folded bool) {
	a.stretches = append(a.stretches, stretch{s, a.width, a.width + width, folded})
	a.width += width
}

// joined sorts periods, and joins those between which there is no fold.
func joined(periods []period) []period {
	sorted := slices.SortedFunc(slices.Values(periods), func(a, b period) int { return a.from.Compare(b.from) })
	var out []period
	for _, s := range sorted {
		if n := len(out); n > 0 && s.from.Sub(out[n-1].to) <= foldOver {
			if s.to.After(out[n-1].to) {
				out[n-1].to = s.to
			}
			continue
		}
		out = append(out, s)
	}
	return out
}

// x is the place of a time; one before the axis is at its beginning, one after it at its end.
func (a axis) x(t time.Time) px {
	for _, s := range a.stretches {
		if !t.After(s.to) {
			return s.x(t)
		}
	}
	if n := len(a.stretches); n > 0 {
		return a.stretches[n-1].x1
	}
	return 0
}

func (s stretch) x(t time.Time) px {
	long := s.to.Sub(s.from)
	if long <= 0 || !t.After(s.from) {
		return s.x0
	}
	return s.x0 + (s.x1-s.x0)*px(float64(t.Sub(s.from))/float64(long))
}

// A tick is a time that is written at the axis.
type tick struct {
	X    px
	At   time.Time
	Date bool // the first one of its day
}

// ticks are at most seven on an axis of the page's width: where a stretch begins, and at full times within.
func (a axis) ticks(zone *time.Location) []tick {
	var out []tick
	for _, s := range a.stretches {
		if s.folded {
			continue
		}
		for at := range s.full(zone) {
			t := tick{X: s.x(at), At: at.In(zone), Date: true}
			if n := len(out); n > 0 {
				if t.X-out[n-1].X < tickApart {
					continue
				}
				t.Date = t.At.Format(time.DateOnly) != out[n-1].At.Format(time.DateOnly)
			}
			out = append(out, t)
		}
	}
	return out
}

// steps are the distances between ticks that people read easily.
var steps = []time.Duration{
	time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 15 * time.Second, 30 * time.Second, time.Minute,
	2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute, time.Hour,
	2 * time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour,
}

// full yields a stretch's beginning and the full times within it, as far apart as ticks are.
func (s stretch) full(zone *time.Location) func(func(time.Time) bool) {
	return func(yield func(time.Time) bool) {
		long := s.to.Sub(s.from)
		if !yield(s.from) || s.x1-s.x0 < 2*tickApart {
			return
		}
		apart := time.Duration(float64(long) * float64(tickApart/(s.x1-s.x0)))
		step := steps[len(steps)-1]
		if i := slices.IndexFunc(steps, func(d time.Duration) bool { return d >= apart }); i >= 0 {
			step = steps[i]
		}
		_, offset := s.from.In(zone).Zone()
		shift := time.Duration(offset) * time.Second // full hours are full by the zone's clock
		for at := s.from.Add(shift).Truncate(step).Add(step - shift); at.Before(s.to); at = at.Add(step) {
			if !yield(at) {
				return
			}
		}
	}
}
