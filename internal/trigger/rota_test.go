package trigger

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"redial/internal/call"
	"redial/internal/store"
)

func at(t *testing.T, zone, text string) time.Time {
	t.Helper()
	loc, err := call.Zone(zone)
	if err != nil {
		t.Fatal(err)
	}
	moment, err := time.ParseInLocation(fromForm, text, loc)
	if err != nil {
		t.Fatal(err)
	}
	return moment
}

func rota(t *testing.T, people []string, every, from string) *Rota {
	t.Helper()
	r := Rota{People: people}
	var err error
	if r.Every, err = parseEvery(every); err != nil {
		t.Fatal(err)
	}
	if r.From, err = parseFrom(from); err != nil {
		t.Fatal(err)
	}
	return &r
}

// A week of Aiko, then one of Ben: also before the rota began, and over the end of summer.
func TestWhoIsOnDuty(t *testing.T) {
	r := rota(t, []string{"aiko", "ben"}, "1w", "2026-10-19 09:00 Europe/Berlin")
	for _, tc := range []struct{ when, who, until string }{
		{"2026-10-19 09:00", "aiko", "2026-10-26 09:00"}, // summer ends on the 25th
		{"2026-10-26 08:59", "aiko", "2026-10-26 09:00"},
		{"2026-10-26 09:00", "ben", "2026-11-02 09:00"},
		{"2026-11-02 09:00", "aiko", "2026-11-09 09:00"},
		{"2026-10-19 08:59", "ben", "2026-10-19 09:00"},
		{"2026-10-12 08:59", "aiko", "2026-10-12 09:00"},
		{"2027-03-29 09:00", "ben", "2027-04-05 09:00"}, // summer began on the 28th
	} {
		got := r.OnDuty(at(t, "Europe/Berlin", tc.when).UTC(), nil)
		if got.Person != tc.who || !got.Until.Equal(at(t, "Europe/Berlin", tc.until)) || got.Override != nil {
			t.Errorf("%s: %+v, want %s until %s", tc.when, got, tc.who, tc.until)
		}
	}
}

// Where the clock skips the begin of a turn, it begins then; where it shows it twice, it begins the first time.
func TestTurnsInANightOfTheClocks(t *testing.T) {
	r := rota(t, []string{"a", "b", "c"}, "1h", "2026-03-29 00:30 Europe/Berlin") // 02:00 is 03:00
	for when, want := range map[string]string{
		"2026-03-28T23:29:00Z": "c", "2026-03-28T23:30:00Z": "a", "2026-03-29T00:30:00Z": "b",
		"2026-03-29T00:59:59Z": "b", "2026-03-29T01:00:00Z": "c", "2026-03-29T01:29:59Z": "c", "2026-03-29T01:30:00Z": "a",
	} {
		if got := r.OnDuty(instant(t, when), nil); got.Person != want {
			t.Errorf("%s: %+v, want %s", when, got, want)
		}
	}
	r = rota(t, []string{"a", "b", "c"}, "1h", "2026-10-25 01:30 Europe/Berlin") // 03:00 is 02:00
	for when, want := range map[string]string{
		"2026-10-24T23:30:00Z": "a", "2026-10-25T00:30:00Z": "b", "2026-10-25T01:10:00Z": "b", "2026-10-25T01:30:00Z": "b",
		"2026-10-25T02:29:59Z": "b", "2026-10-25T02:30:00Z": "c",
	} {
		if got := r.OnDuty(instant(t, when), nil); got.Person != want {
			t.Errorf("%s: %+v, want %s", when, got, want)
		}
	}
}

func instant(t *testing.T, text string) time.Time {
	t.Helper()
	m, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// The override that was made last counts.
func TestOverrides(t *testing.T) {
	r := rota(t, []string{"aiko", "ben"}, "1d", "2026-11-30 09:00 Asia/Tokyo")
	day := func(hour int) time.Time { return r.From.Add(time.Duration(hour) * time.Hour) }
	overrides := []store.Override{
		{Person: "carl", From: day(2), Until: day(8), MadeAt: day(0)},
		{Person: "dora", From: day(4), Until: day(6), MadeAt: day(1)},
		{Person: "nobody", From: day(9), Until: day(9), MadeAt: day(2)},
	}
	var got []string
	duties, _ := r.Duties(day(0), day(30), overrides, 100)
	for _, d := range duties {
		got = append(got, d.Person+d.From.Format(" 15-")+d.Until.Format("15"))
	}
	want := []string{"aiko 09-11", "carl 11-13", "dora 13-15", "carl 15-17", "aiko 17-09", "ben 09-09"}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// Zones whose clocks are changed, by an hour, by half an hour, or by a whole day.
var changing = []string{
	"Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/St_Johns", "Africa/Casablanca", "Asia/Tokyo",
	"America/Santiago", "Pacific/Apia", "Antarctica/Troll",
}

func drawRota(t *rapid.T) *Rota {
	loc, err := call.Zone(rapid.SampledFrom(changing).Draw(t, "zone"))
	if err != nil {
		t.Fatal(err)
	}
	people := []string{"a", "b", "c", "d", "e"}[:rapid.IntRange(1, 5).Draw(t, "people")]
	from := time.Date(2026, 1, 1, 0, rapid.IntRange(0, 365*24*60).Draw(t, "from"), 0, 0, time.UTC)
	if rapid.Bool().Draw(t, "samoa") { // which skipped 2011-12-30
		from = time.Date(2011, 12, 20, 0, rapid.IntRange(0, 20*24*60).Draw(t, "minute"), 0, 0, time.UTC)
	}
	every := time.Duration(rapid.SampledFrom([]int{1, 2, 8, 12, 24, 48, 168, 336}).Draw(t, "hours")) * time.Hour
	return &Rota{People: people, Every: every, From: firstShown(from, loc)}
}

// Whatever the clocks do: somebody is on duty at every moment, and it is one person; turns come in order, begin at the
// same time on the wall, and everybody has one.
func TestTurnsHaveNoGaps(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := drawRota(t)
		begin := r.From.Add(time.Duration(rapid.IntRange(-400*24*60, 400*24*60).Draw(t, "at")) * time.Minute)
		end := begin.Add(time.Duration(len(r.People)+1)*r.Every + 72*time.Hour)
		had := map[string]bool{}
		duties, _ := r.Duties(begin, end, nil, 10_000)
		for i, d := range duties {
			if i > 0 && !d.From.Equal(duties[i-1].Until) || !d.From.Before(d.Until) {
				t.Fatalf("a gap before %d: %+v", i, d)
			}
			if again := r.OnDuty(d.Until.Add(-1), nil); again != d {
				t.Fatalf("%+v, and at its end %+v", d, again)
			}
			shown := wall(d.From).Sub(wall(r.From)) % r.Every
			if _, before := d.From.Add(-1).Zone(); shown != 0 && before == offsetOf(d.From) {
				t.Fatalf("a turn begins at %v, and the rota at %v", d.From, r.From)
			}
			had[d.Person] = true
		}
		if len(had) != len(r.People) {
			t.Fatalf("only %v had a turn", had)
		}
	})
}

func offsetOf(t time.Time) int {
	_, offset := t.Zone()
	return offset
}

// At any moment whoever the rota says is the one whom a look at all overrides gives.
func TestOverridesLeaveNoGaps(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		r := drawRota(t)
		hour := func(name string) time.Time {
			return r.From.Add(time.Duration(rapid.IntRange(-50, 50).Draw(t, name)) * time.Hour)
		}
		var overrides []store.Override
		for i := range rapid.IntRange(0, 5).Draw(t, "overrides") {
			from := hour("from")
			until := from.Add(time.Duration(rapid.IntRange(0, 40).Draw(t, "long")) * time.Hour)
			overrides = append(overrides, store.Override{Person: string(rune('m' + i)), From: from, Until: until,
				MadeAt: r.From.Add(time.Duration(rapid.IntRange(0, 3).Draw(t, "made")) * time.Hour)})
		}
		begin := hour("begin")
		duties, _ := r.Duties(begin, begin.Add(100*time.Hour), overrides, 10_000)
		for i, d := range duties {
			if i > 0 && !d.From.Equal(duties[i-1].Until) || !d.From.Before(d.Until) {
				t.Fatalf("a gap before %d: %+v", i, d)
			}
			for at := later(d.From, begin); at.Before(d.Until); at = at.Add(30 * time.Minute) {
				if want := onDutyNaively(r, at, overrides); d.Person != want {
					t.Fatalf("at %v: %+v, want %s", at, d, want)
				}
			}
		}
	})
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func onDutyNaively(r *Rota, at time.Time, overrides []store.Override) string {
	var last *store.Override
	for i, o := range overrides {
		if covers(&o, at) && (last == nil || !o.MadeAt.Before(last.MadeAt)) {
			last = &overrides[i]
		}
	}
	if last != nil {
		return last.Person
	}
	return r.OnDuty(at, nil).Person
}

func TestRotasThatAreRefused(t *testing.T) {
	for _, text := range []string{"", "w", "0d", "1m", "1.5d", "-1d", "54w", "9999w", "1 w", "99999h"} {
		if every, err := parseEvery(text); err == nil {
			t.Errorf("every %q is %v", text, every)
		}
	}
	if every, err := parseEvery("53w"); err != nil || every != longestTurn {
		t.Error(every, err)
	}
	for _, text := range []string{
		"", "2026-11-30", "2026-11-30 09:00", "2026-11-30 09:00 Tokyo", "2026-11-30 09:00 Local",
		"2026-13-30 09:00 Asia/Tokyo",
		"2026-11-30 9 Asia/Tokyo", "1969-12-31 00:00 Etc/UTC", "9999-12-31 00:00 Etc/UTC",
	} {
		if from, err := parseFrom(text); err == nil {
			t.Errorf("from %q is %v", text, from)
		}
	}
}
