package main

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"redial/api"
	"redial/internal/phone"
)

// How times are shown; zoned writes the zone.
const (
	zoneForm  = "-07:00"
	dateTime  = "2006-01-02 15:04:05 " + zoneForm
	timeOfDay = "15:04:05 " + zoneForm
	exactTime = "15:04:05.000 " + zoneForm
)

// readersZone is that of the reader's clock. Tests set it: the time.Local of the process is read by whatever runs in
// it.
var readersZone = time.Local

func local(t time.Time) time.Time { return t.In(readersZone) }

// zoned writes a time in such a form. A zone that has the time of UTC is called so: nobody is to ask
// what +00:00 is.
func zoned(t time.Time, form string) string {
	if offset(t) == 0 {
		form = strings.ReplaceAll(form, zoneForm, "UTC")
	}
	return t.Format(form)
}

// clock is a time by the reader's clock, with the zone of that.
func clock(t time.Time) string { return zoned(local(t), dateTime) }

// place is where a phone may be, as the zones of it; empty where nobody knows.
type place []*time.Location

// placeOf is the place that the call's window goes by, or else that of the number.
func placeOf(number string, w *api.Window) (p place) {
	var zones []string
	switch n, err := phone.Parse(number, ""); {
	case w != nil && len(w.Zones) > 0:
		zones = w.Zones
	case w != nil && w.Zone != "":
		zones = []string{w.Zone}
	case err == nil:
		zones = n.Zones
	}
	for _, name := range zones {
		if zone, err := time.LoadLocation(name); err == nil {
			p = append(p, zone)
		}
	}
	return p
}

// clock is a time by the reader's clock, and beside it by that at the phone.
func (p place) clock(t time.Time) string { return clock(t) + p.beside(t) }

// beside is what the clock shows at the phone, where that differs from the reader's, with the date where
// that differs, too.
func (p place) beside(t time.Time) string {
	own := local(t)
	return p.show(t, func(there time.Time) string { return dated(there, own, "15:04 "+zoneForm) })
}

// hour is the same without the zone, and with the date where the day there is not the one at since.
func (p place) hour(t, since time.Time) string {
	return p.show(t, func(there time.Time) string { return dated(there, since.In(there.Location()), "15:04") })
}

// day is the date at the phone, and its zone.
func (p place) day(t time.Time) string {
	return p.show(t, func(there time.Time) string { return zoned(there, "2006-01-02 "+zoneForm) })
}

// show writes a time as it is at the phone, where the clock there differs from the reader's; where the phone
// may be in several zones, the earliest and the latest.
func (p place) show(t time.Time, form func(there time.Time) string) string {
	if len(p) == 0 {
		return ""
	}
	first, last := t.In(p[0]), t.In(p[0])
	for _, zone := range p[1:] {
		at := t.In(zone)
		if offset(at) < offset(first) {
			first = at
		}
		if offset(at) > offset(last) {
			last = at
		}
	}
	switch {
	case offset(first) != offset(last):
		return " (" + form(first) + " to " + form(last) + " there)"
	case offset(first) == offset(local(t)):
		return ""
	}
	return " (" + form(first) + " there)"
}

func offset(t time.Time) int {
	_, seconds := t.Zone()
	return seconds
}

// dated writes a time, with the date where that is not the date of another one.
func dated(t, other time.Time, form string) string {
	if t.Format(time.DateOnly) != other.Format(time.DateOnly) {
		form = time.DateOnly + " " + form
	}
	return zoned(t, form)
}

// stamp finds the times in the server's sentences, which are in UTC.
var stamp = regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z`)

// byClock writes them by the reader's clock.
func byClock(text string) string {
	return stamp.ReplaceAllStringFunc(text, func(s string) string {
		t, err := time.Parse(time.RFC3339, s)
		if err != nil {
			return s
		}
		return clock(t)
	})
}

// commonPlace is where all phones of a Call are, empty if they are in several places.
func commonPlace(c *api.Call) place {
	first := placeOf(c.To, c.Policy.Window)
	for _, p := range c.People {
		other := placeOf(p.Number, c.Policy.Window)
		if !slices.EqualFunc(first, other, func(a, b *time.Location) bool { return a.String() == b.String() }) {
			return nil
		}
	}
	return first
}
