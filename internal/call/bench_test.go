package call

import (
	"testing"
	"time"
)

// One dial that is not answered: what a Call costs apart from the database.
func BenchmarkDialAndReport(b *testing.B) {
	c := begin(b, attempts(MaxAttemptsCeiling)).Call
	b.ReportAllocs()
	for b.Loop() {
		c := c.Clone()
		c.Wake(morning, "")
		c.Placed(1, "CA1", morning)
		for _, s := range []Status{Initiated, Ringing, StatusNoAnswer} {
			c.Report(1, Report{SID: "CA1", Status: s}, morning)
		}
	}
}

func BenchmarkHolds(b *testing.B) {
	s := begin(b).dials(1)
	key := s.Key(1)
	b.ReportAllocs()
	for b.Loop() {
		s.Holds(key, 1)
	}
}

// BenchmarkWorstWindow settles the call that asks its window the most: ten people, each
// ready later than the one before, and holidays on all days but the last before the deadline.
func BenchmarkWorstWindow(b *testing.B) {
	for name, zones := range map[string][]string{"1zone": nil, "11zones": {
		"Europe/Berlin", "Europe/London", "Europe/Moscow", "Europe/Kyiv", "Asia/Dubai",
		"Asia/Karachi", "Asia/Dhaka", "Atlantic/Azores", "Africa/Lagos", "Africa/Nairobi", "Asia/Kolkata"}} {
		b.Run(name, func(b *testing.B) { worstWindow(b, zones) })
	}
}

func worstWindow(b *testing.B, zones []string) {
	c, _, err := New(wish(people(MaxPeople), deadline(30*24*time.Hour)), morning)
	if err != nil {
		b.Fatal(err)
	}
	w := hours(9, 21, "Europe/Berlin")
	for day := range maxHolidays {
		w.Holidays = append(w.Holidays, morning.AddDate(0, 0, 29-maxHolidays+day).Format(time.DateOnly))
	}
	open := at(b, "2026-04-30T09:00:00+02:00")
	if zones != nil {
		w.Zones, w.To = zones, 24*3600
		open = at(b, "2026-04-30T09:00:00+00:00")
	}
	c.Policy.Window = w
	for n := range MaxPeople {
		ended := morning.Add(time.Duration(n) * time.Second)
		c.Attempts = append(c.Attempts, Attempt{N: n + 1, Person: n, Finals: []Status{StatusBusy}, EndedAt: ended})
	}
	for b.Loop() {
		d := c
		d.settle(morning)
		if want := open; !d.NextAttemptAt.Equal(want) {
			b.Fatalf("it rings at %s", d.NextAttemptAt)
		}
	}
}
