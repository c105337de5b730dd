package main

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"redial/api"
	"redial/internal/phone"
)

// These are the forms in which times are shown; zoned writes the zone.
const (
	zoneForm  = "-07:00"
	dateTime  = "2006-01-02 15:04:05 " + zoneForm
	timeOfDay = "15:04:05 " + zoneForm
	exactTime = "15:04:05.000 " + zoneForm
)

// readersZone is the zone of the reader's clock. Tests set it, because they can't set time.Local: other code of the
// process reads that at the same time.
var readersZone = time.Local

func local(t time.Time) time.Time { return t.In(readersZone) }

// zoned writes a time in such a form. It writes a zone without an offset as UTC, because +00:00 is harder to
// understand.
func zoned(t time.Time, form string) string {
	if offset(t) == 0 {
		form = strings.ReplaceAll(form, zoneForm, "UTC")
	}
	return t.Format(form)
}

// clock is a time by the reader's clock, with its zone.
func clock(t time.Time) string { return zoned(local(t), dateTime) }

// place is where a phone may be: the zones of that place; empty if unknown.
type place []*time.Location

// placeOf is the place of the call's window or, if that has no zone, of the number.
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

// clock is a time by the reader's clock, followed by the time at the phone.
func (p place) clock(t time.Time) string { return clock(t) + p.beside(t) }

// beside is the time at the phone, if it differs from the reader's; with the date, if that differs, too.
func (p place) beside(t time.Time) string {
	own := local(t)
	return p.show(t, func(there time.Time) string { return dated(there, own, "15:04 "+zoneForm) })
}

// hour is the same without the zone. It has the date if the day at the phone has changed after since.
func (p place) hour(t, since time.Time) string {
	return p.show(t, func(there time.Time) string { return dated(there, since.In(there.Location()), "15:04") })
}

// day is the date at the phone, and its zone.
func (p place) day(t time.Time) string {
	return p.show(t, func(there time.Time) string { return zoned(there, "2006-01-02 "+zoneForm) })
}

// show writes the time at the phone, if it differs from the reader's. If the phone may be in several zones, it writes
// the earliest and the latest time.
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

// dated writes a time, with the date if it differs from that of the other time.
func dated(t, other time.Time, form string) string {
	if t.Format(time.DateOnly) != other.Format(time.DateOnly) {
		form = time.DateOnly + " " + form
	}
	return zoned(t, form)
}

// stamp matches the times in the server's sentences, which are in UTC.
var stamp = regexp.MustCompile(`\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z`)

// byClock converts these times to the reader's clock.
func byClock(text string) string {
	return stamp.ReplaceAllStringFunc(text, func(s string) string {
		t, err := time.Parse(time.RFC3339, s)
		if err != nil {
			return s
		}
		return clock(t)
	})
}

// commonPlace is the place of all phones of a Call; empty if there are several places.
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

// brief is a time in few characters: today's without the date, one in another year without the hour.
func brief(t time.Time) string {
	own, now := local(t), time.Now()
	switch {
	case own.Format(time.DateOnly) == now.Format(time.DateOnly):
		return zoned(own, timeOfDay)
	case own.Year() == now.Year():
		return zoned(own, "01-02 15:04 "+zoneForm)
	}
	return zoned(own, "2006-01-02 "+zoneForm)
}

func counted(n int, what string) string {
	if n != 1 {
		what += "s"
	}
	return fmt.Sprintf("%d %s", n, what)
}
