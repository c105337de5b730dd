package call

import (
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"
)

// Window is when a phone may ring, by the clock of a zone, or of several: then it is open only while it is open in
// all of them. The zero Window is always open.
type Window struct {
	Days     []Day    `json:"days,omitempty"`     // on which it opens; none: every day
	From     int      `json:"from"`               // second of the day at which it opens
	To       int      `json:"to"`                 // and closes; before From: on the next day; 0 and 0: it is open all day
	Zone     string   `json:"zone,omitempty"`     // IANA
	Zones    []string `json:"zones,omitempty"`    // of several: all of them, IANA, the first one as Zone too
	Holidays []string `json:"holidays,omitempty"` // dates such as 2026-12-25, on which nothing rings
}

// AnyOfNumber stands for the Zones in which a window's numbers may be.
const AnyOfNumber = "any-of-number"

// Place is the window's zone, or AnyOfNumber where there are several.
func (w Window) Place() string {
	if len(w.Zones) > 0 {
		return AnyOfNumber
	}
	return w.Zone
}

// Day is a day of the week.
type Day string

// Days lists every Day, the first of the week first.
func Days() []Day { return []Day{"mon", "tue", "wed", "thu", "fri", "sat", "sun"} }

const (
	secondsOfDay = 24 * 60 * 60
	holidayForm  = time.DateOnly
	maxHolidays  = 366
)

// IsZero says that the window is always open, wherever that is.
func (w Window) IsZero() bool {
	return len(w.Days) == 0 && w.From == 0 && w.To == 0 && len(w.Holidays) == 0
}

// String is the window as people write it: mon-fri 09:00-21:00 Asia/Tokyo.
func (w Window) String() string {
	var parts []string
	if len(w.Days) > 0 {
		parts = append(parts, dayRanges(w.Days))
	}
	if hours := w.Hours(); hours != "" {
		parts = append(parts, hours)
	}
	return strings.Join(append(parts, w.Place()), " ")
}

// Hours is the part of the day, such as 09:00-21:00; empty when it is all of it.
func (w Window) Hours() string {
	if w.From == 0 && w.To == 0 {
		return ""
	}
	return clock(w.From) + "-" + clock(w.To)
}

func clock(second int) string {
	text := fmt.Sprintf("%02d:%02d:%02d", second/3600, second/60%60, second%60)
	return strings.TrimSuffix(text, ":00")
}

// dayRanges writes days as ranges: mon-fri,sun.
func dayRanges(days []Day) string {
	var parts []string
	all := Days()
	for i := 0; i < len(all); i++ {
		if !slices.Contains(days, all[i]) {
			continue
		}
		first := i
		for i+1 < len(all) && slices.Contains(days, all[i+1]) {
			i++
		}
		text := string(all[first])
		if i > first {
			text += "-" + string(all[i])
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, ",")
}

// each yields the window in each of its zones.
func (w Window) each(yield func(Window) bool) {
	if len(w.Zones) == 0 {
		yield(w)
		return
	}
	one := w
	one.Zones = nil
	for _, one.Zone = range w.Zones {
		if !yield(one) {
			return
		}
	}
}

// local returns a time by the window's clock.
func (w Window) local(t time.Time) time.Time {
	loc, err := zone(w.Zone)
	if err != nil { // checked when the Call was made
		loc = time.UTC
	}
	return t.In(loc)
}

// showsOpen says whether the clock of the window's one zone shows an open time at t, also in a night when it is
// changed.
func (w Window) showsOpen(t time.Time) bool {
	local := w.local(t)
	second := local.Hour()*3600 + local.Minute()*60 + local.Second()
	y, m, d := local.Date()
	today := time.Date(y, m, d, 12, 0, 0, 0, time.UTC)
	switch {
	case w.isHoliday(today):
		return false
	case w.From == 0 && w.To == 0:
		return w.opensOn(today)
	case w.From < w.To:
		return second >= w.From && second < w.To && w.opensOn(today)
	}
	yesterday := today.AddDate(0, 0, -1)
	return second >= w.From && w.opensOn(today) || second < w.To && w.opensOn(yesterday) && !w.isHoliday(yesterday)
}

// opensOn says whether the window opens on the weekday of a date. It knows no holidays.
func (w Window) opensOn(date time.Time) bool {
	return len(w.Days) == 0 || slices.Contains(w.Days, Days()[(date.Weekday()+6)%7])
}

func (w Window) isHoliday(date time.Time) bool {
	return len(w.Holidays) > 0 && slices.Contains(w.Holidays, date.Format(holidayForm))
}

// clockEdge is the next time after t at which the clock of the window's one zone may open or close it: where its
// hours begin or end, at midnight, and when the clock is changed.
func (w Window) clockEdge(t time.Time) time.Time {
	local := w.local(t)
	second := local.Hour()*3600 + local.Minute()*60 + local.Second()
	next := secondsOfDay
	for _, s := range []int{w.From, w.To} {
		if s > second && s < next {
			next = s
		}
	}
	at := local.Add(time.Duration(next-second)*time.Second - time.Duration(local.Nanosecond()))
	if _, changed := local.ZoneBounds(); !changed.IsZero() && changed.Before(at) {
		at = changed
	}
	return at.UTC()
}

// closes is when, from t on, the window first is closed in one of its zones: t itself, if it is closed then. It is
// t plus long at the latest.
func (w Window) closes(t time.Time, long time.Duration) time.Time {
	end := t.Add(long)
	for one := range w.each {
		for at := t; at.Before(end); at = one.clockEdge(at) {
			if !one.showsOpen(at) {
				end = at
			}
		}
	}
	return end
}

// fits is the earliest time, not before t, from which the window stays open for long. If there is none before limit,
// it returns limit or a later time. Each zone in turn moves t to where its own clock opens the window. If another
// zone is closed there, or closes too soon, the next round begins at the time of that.
func (w Window) fits(t time.Time, long time.Duration, limit time.Time) time.Time {
	if w.IsZero() {
		return t
	}
	for t.Before(limit) {
		for one := range w.each {
			for t.Before(limit) && !one.showsOpen(t) {
				t = one.clockEdge(t)
			}
		}
		end := w.closes(t, long)
		if end.Equal(t.Add(long)) {
			return t
		}
		t = end
	}
	return t
}

// reason says why no ring begins at t, in the first zone that keeps it from ringing;
// long is how long it may ring.
func (w Window) reason(t time.Time, long time.Duration) string {
	for one := range w.each {
		if local := one.local(t); one.isHoliday(local) {
			return "holiday " + local.Format(holidayForm) + " " + one.Zone
		}
		if !one.showsOpen(t) {
			return "outside " + one.String()
		}
	}
	for one := range w.each {
		if end := one.closes(t, long); end.Before(t.Add(long)) {
			return "a ring would outlast " + one.String()
		}
	}
	return "" // it may begin
}

// never says why no ring of a call made at now can begin before its deadline.
func (w Window) never(now, deadline time.Time, ring time.Duration) string {
	week := w
	week.Holidays = nil
	if end := now.AddDate(0, 0, 8); len(w.Zones) > 0 && !week.fits(now, ring, end).Before(end) {
		return "never opens: at no hour of the week is it open in all of " + strings.Join(w.Zones, ", ") +
			" at once; give the zone in which the person is"
	}
	return "does not open before the deadline, " + deadline.UTC().Format(time.RFC3339)
}

// Closed yields the times between from and to at which the window is closed, in their order: from when, and until when.
func (w Window) Closed(from, to time.Time) iter.Seq2[time.Time, time.Time] {
	return func(yield func(time.Time, time.Time) bool) {
		for at := from; !w.IsZero() && at.Before(to); {
			shut := w.closes(at, to.Sub(at))
			if !shut.Before(to) {
				return
			}
			at = w.fits(shut, time.Second, to)
			if at.After(to) {
				at = to
			}
			if !yield(shut, at) {
				return
			}
		}
	}
}
