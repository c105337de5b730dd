package timeline

import (
	"cmp"
	"fmt"
	"iter"
	"slices"
	"time"
)

// Px is a length in the picture, in CSS pixels.
type Px float64

// String writes it as SVG has it, to a tenth of a pixel.
func (p Px) String() string { return fmt.Sprintf("%.1f", float64(p)) }

// A period is a time from its beginning to its end; they may be the same.
type period struct{ from, to time.Time }

// The measures of an axis.
const (
	foldOver     = 2 * time.Minute // a longer time in which nothing happens is folded
	foldWidest   = Px(112)
	foldLeast    = Px(14)
	foldShare    = Px(0.6) // of the width, for all folds together
	stretchLeast = Px(18)  // also of one moment, so that its mark has room
	ticksMost    = Px(7)
)

// An axis places times on a line. Where nothing happens for long, the line is folded: a fold is as wide as every other,
// however long it lasts.
type axis struct {
	width     Px
	apart     Px        // between two ticks, at least
	stretches []stretch // in their order, each beginning where the one before ends
}

// A stretch is a part of an axis on which a second is always as wide.
type stretch struct {
	period
	x0, x1 Px
	folded bool
}

// newAxis makes an axis on which something happens in periods. It is as wide as asked for, or wider where the stretches
// need it.
func newAxis(periods []period, width Px) axis {
	busy := joined(periods)
	folds := len(busy) - 1
	fold := Px(0)
	if folds > 0 {
		fold = min(foldWidest, max(foldLeast, foldShare*width/Px(folds)))
	}
	var seconds Px
	for _, s := range busy {
		seconds += Px(s.to.Sub(s.from).Seconds())
	}
	perSecond := Px(0)
	if free := width - Px(folds)*fold - Px(len(busy))*stretchLeast; free > 0 && seconds > 0 {
		perSecond = free / seconds
	}
	a := axis{apart: width / ticksMost}
	for i, s := range busy {
		if i > 0 {
			a.add(period{busy[i-1].to, s.from}, fold, true)
		}
		a.add(s, stretchLeast+Px(s.to.Sub(s.from).Seconds())*perSecond, false)
	}
	a.width = max(width, a.width)
	return a
}

func (a *axis) add(s period, width Px, folded bool) {
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
func (a axis) x(t time.Time) Px {
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

func (s stretch) x(t time.Time) Px {
	long := s.to.Sub(s.from)
	if long <= 0 || !t.After(s.from) {
		return s.x0
	}
	return s.x0 + (s.x1-s.x0)*Px(float64(t.Sub(s.from))/float64(long))
}

// A Tick is a time that is written at the axis.
type Tick struct {
	X    Px
	At   time.Time
	Date bool // the first one of its day
}

// ticks are at most seven on an axis that is not wider than asked for: where a stretch begins, and at full times
// within, where there is room.
func (a axis) ticks(zone *time.Location) []Tick {
	var out []Tick
	add := func(x Px, at time.Time) {
		i, _ := slices.BinarySearchFunc(out, x, func(t Tick, x Px) int { return cmp.Compare(t.X, x) })
		if (i == 0 || x-out[i-1].X >= a.apart) && (i == len(out) || out[i].X-x >= a.apart) {
			out = slices.Insert(out, i, Tick{X: x, At: at.In(zone)})
		}
	}
	for _, s := range a.stretches {
		if !s.folded {
			add(s.x0, s.from)
		}
	}
	for _, s := range a.stretches {
		for at := range s.full(zone, a.apart) {
			add(s.x(at), at)
		}
	}
	for i := range out {
		out[i].Date = i == 0 || out[i].At.Format(time.DateOnly) != out[i-1].At.Format(time.DateOnly)
	}
	return out
}

// steps are the distances between ticks that people read easily.
var steps = []time.Duration{
	time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 15 * time.Second, 30 * time.Second, time.Minute,
	2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 15 * time.Minute, 30 * time.Minute, time.Hour,
	2 * time.Hour, 3 * time.Hour, 6 * time.Hour, 12 * time.Hour,
}

// full yields the full times within a stretch, at least so far apart.
func (s stretch) full(zone *time.Location, apart Px) iter.Seq[time.Time] {
	return func(yield func(time.Time) bool) {
		if s.folded || s.x1-s.x0 < apart {
			return
		}
		least := time.Duration(float64(s.to.Sub(s.from)) * float64(apart/(s.x1-s.x0)))
		step := steps[len(steps)-1]
		if i := slices.IndexFunc(steps, func(d time.Duration) bool { return d >= least }); i >= 0 {
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
