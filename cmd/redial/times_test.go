package main

import (
	"strings"
	"testing"
	"time"

	"redial/api"
)

// inZone sets the reader's clock to a zone.
func inZone(t *testing.T, name string) {
	t.Helper()
	zone, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	before := readersZone
	readersZone = zone
	t.Cleanup(func() { readersZone = before })
}

// A time has the reader's zone, followed by the time at the phone if that differs.
func TestTimesHereAndThere(t *testing.T) {
	for _, test := range []struct {
		reader, number string
		window         *api.Window
		at, want       string
	}{
		{"Asia/Tokyo", "+819012345678", nil, "2026-11-26T07:20:03Z", "2026-11-26 16:20:03 +09:00"},
		{"Asia/Seoul", "+819012345678", nil, "2026-11-26T07:20:03Z", "2026-11-26 16:20:03 +09:00"},
		{"UTC", "+819012345678", nil, "2026-11-26T07:20:03Z", "2026-11-26 07:20:03 UTC (16:20 +09:00 there)"},
		{"Europe/Berlin", "+819012345678", nil, "2026-11-26T16:20:03Z",
			"2026-11-26 17:20:03 +01:00 (2026-11-27 01:20 +09:00 there)"},
		{"Europe/Berlin", "+819012345678", nil, "2026-07-26T12:20:03Z", "2026-07-26 14:20:03 +02:00 (21:20 +09:00 there)"},
		{"Europe/Berlin", "+4915112345678", nil, "2026-07-26T12:20:03Z", "2026-07-26 14:20:03 +02:00"},
		{"Asia/Kolkata", "+12125551234", nil, "2026-11-26T16:20:03Z", "2026-11-26 21:50:03 +05:30 (11:20 -05:00 there)"},
		{"America/New_York", "+819012345678", &api.Window{Zone: "Europe/London"}, "2026-11-26T16:20:03Z",
			"2026-11-26 11:20:03 -05:00 (16:20 UTC there)"},
		{"UTC", "+61491570156", nil, "2026-11-26T02:00:00Z", "2026-11-26 02:00:00 UTC (08:30 +06:30 to 13:00 +11:00 there)"},
		{"UTC", "+1", &api.Window{Zones: []string{"Asia/Tokyo", "Asia/Seoul"}}, "2026-11-26T02:00:00Z",
			"2026-11-26 02:00:00 UTC (11:00 +09:00 there)"},
		{"UTC", "", nil, "2026-11-26T02:00:00Z", "2026-11-26 02:00:00 UTC"},
		{"UTC", "+819012345678", &api.Window{Zone: "Mars/Olympus"}, "2026-11-26T02:00:00Z", "2026-11-26 02:00:00 UTC"},
	} {
		inZone(t, test.reader)
		at, err := time.Parse(time.RFC3339, test.at)
		if err != nil {
			t.Fatal(err)
		}
		if got := placeOf(test.number, test.window).clock(at); got != test.want {
			t.Errorf("in %s, of %s: %q, not %q", test.reader, test.number, got, test.want)
		}
	}
}

// The server's sentences are in UTC; a person reads them in local time.
func TestSentencesByTheReadersClock(t *testing.T) {
	inZone(t, "Asia/Tokyo")
	for text, want := range map[string]string{
		"it may not ring now (not before 2026-11-26T16:20:03Z), but at 2026-11-26T16:20:03.25Z": "it may not ring now " +
			"(not before 2026-11-27 01:20:03 +09:00), but at 2026-11-27 01:20:03 +09:00",
		"outside 09:00-21:00 Asia/Tokyo": "outside 09:00-21:00 Asia/Tokyo",
		"2026-13-45T99:99:99Z":           "2026-13-45T99:99:99Z",
	} {
		if got := byClock(text); got != want {
			t.Errorf("%q, not %q", got, want)
		}
	}
}

// What happens today by the reader's clock is shown without a date, whatever day it is elsewhere.
func TestTodayIsTheReaders(t *testing.T) {
	for _, zone := range []string{"Etc/GMT-14", "Etc/GMT+12"} { // in one of them the date differs from this process's
		inZone(t, zone)
		var out strings.Builder
		now := time.Now()
		newTeller(&api.Call{}, 0).event(&out, api.Event{Type: "call.created", At: now})
		if date := local(now).Format(time.DateOnly); strings.Contains(out.String(), date) {
			t.Errorf("in %s, today's date stands before what happens today:\n%s", zone, out.String())
		}
	}
}
