package call

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// Other files that a machine keeps beside the zones are no zones: they may be another clock on the next machine.
func TestZoneNames(t *testing.T) {
	for _, name := range []string{"localtime", "posixrules", "Local", "Factory", "", "right/Asia/Tokyo",
		"posix/Asia/Tokyo", "zone.tab", "tzdata.zi", "../etc/localtime", "/etc/localtime", AnyOfNumber} {
		if w := hours(9, 21, name); w.check(time.Minute) == nil {
			t.Errorf("%q is taken for a zone", name)
		}
	}
	for _, name := range []string{"Asia/Tokyo", "UTC", "Etc/GMT+9", "US/Pacific", "EST5EDT",
		"America/Argentina/Buenos_Aires"} {
		if err := hours(9, 21, name).check(time.Minute); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	w := anyOf(9, 21, "Asia/Tokyo", "localtime")
	if w.check(time.Minute) == nil {
		t.Errorf("%v is taken", w.Zones)
	}
}

func TestClocks(t *testing.T) {
	for _, tc := range []struct{ names, from, to, want string }{
		{"Europe/Berlin Europe/Busingen Europe/Paris", "2026-11-26", "2026-12-26", "Europe/Berlin"},
		{"Australia/Sydney Australia/Brisbane Australia/Perth", "2026-06-01", "2026-06-20",
			"Australia/Sydney Australia/Perth"},
		{"Australia/Sydney Australia/Brisbane Australia/Perth", "2026-09-25", "2026-10-10",
			"Australia/Sydney Australia/Brisbane Australia/Perth"},
		{"America/Denver America/Phoenix", "2026-12-01", "2026-12-30", "America/Denver"},
		{"America/Denver America/Phoenix", "2026-10-25", "2026-11-10", "America/Denver America/Phoenix"},
		{"Asia/Almaty Asia/Oral Asia/Qyzylorda", "2026-12-01", "2026-12-30", "Asia/Almaty"},
		{"Nowhere/One Nowhere/Two Asia/Tokyo", "2026-12-01", "2026-12-30", "Nowhere/One Nowhere/Two Asia/Tokyo"},
	} {
		got := clocks(strings.Fields(tc.names), at(t, tc.from+"T00:00:00Z"), at(t, tc.to+"T00:00:00Z"))
		if diff := cmp.Diff(strings.Fields(tc.want), got); diff != "" {
			t.Errorf("from %s to %s, -want +got:\n%s", tc.from, tc.to, diff)
		}
	}
}

// Of any zones, those that count as one show the same time at every minute, and those that don't differ at some
// minute.
func TestClocksAsTheWallsShowThem(t *testing.T) {
	all := []string{
		"Australia/Sydney", "Australia/Brisbane", "Australia/Lord_Howe", "Europe/Berlin", "Europe/Paris", "Africa/Lagos",
		"America/Denver", "America/Phoenix", "America/New_York", "America/Havana", "Asia/Tokyo", "Asia/Seoul",
		"Europe/London", "Atlantic/Azores", "Africa/Casablanca", "Africa/El_Aaiun",
	}
	rapid.Check(t, func(t *rapid.T) {
		names := rapid.SliceOfNDistinct(rapid.SampledFrom(all), 2, 5, rapid.ID).Draw(t, "zones")
		from := morning.Add(time.Duration(rapid.IntRange(0, 365*24*60).Draw(t, "from")) * time.Minute)
		to := from.Add(time.Duration(rapid.IntRange(1, 15*24*60).Draw(t, "minutes")) * time.Minute)
		got := clocks(names, from, to)
		walls := map[string]string{}
		for _, name := range names {
			loc, _ := time.LoadLocation(name)
			var b strings.Builder
			for at := from; at.Before(to); at = at.Add(time.Minute) {
				local := at.In(loc)
				fmt.Fprint(&b, local.Hour()*60+local.Minute(), " ")
			}
			walls[b.String()] = name
		}
		if len(walls) != len(got) {
			t.Fatalf("of %v, %v differ from %s to %s, and the walls show %d times", names, got, from, to, len(walls))
		}
	})
}

func anyOf(from, to int, zones ...string) Window {
	w := hours(from, to, zones[0])
	w.Zones = zones
	return w
}

// When can a ring of one minute begin, if the number may be in several zones?
func TestWindowsOfSeveralZones(t *testing.T) {
	coasts := anyOf(9, 19, "America/New_York", "America/Los_Angeles")
	sunday := coasts
	sunday.Days, sunday.Holidays = []Day{"sun"}, []string{"2026-04-12"}
	night := anyOf(22, 6, "Asia/Tokyo", "Europe/Berlin")
	for name, tc := range map[string]struct {
		window   Window
		from, to string
	}{
		"open in both":             {coasts, "2026-04-01T13:00:00-04:00", "2026-04-01T13:00:00-04:00"},
		"open in the east":         {coasts, "2026-04-01T09:00:00-04:00", "2026-04-01T12:00:00-04:00"},
		"open in the west":         {coasts, "2026-04-01T17:00:00-07:00", "2026-04-02T09:00:00-07:00"},
		"closes in the east first": {coasts, "2026-04-01T15:59:30-07:00", "2026-04-02T09:00:00-07:00"},
		"on a day of both":         {sunday, "2026-04-05T00:00:00-04:00", "2026-04-05T09:00:00-07:00"},
		"but for holidays":         {sunday, "2026-04-05T20:00:00-04:00", "2026-04-19T09:00:00-07:00"},
		"nights that meet":         {night, "2026-04-01T12:00:00+09:00", "2026-04-02T05:00:00+09:00"},
		// Berlin's clock changes in the night of 29 March; from then on the two are seven hours apart.
		"before clocks are changed": {anyOf(17, 9, "Asia/Tokyo", "Europe/Berlin"), "2026-03-28T00:30:00+09:00",
			"2026-03-28T01:00:00+09:00"},
		"after": {anyOf(17, 9, "Asia/Tokyo", "Europe/Berlin"), "2026-03-29T16:00:00+09:00",
			"2026-03-30T00:00:00+09:00"},
	} {
		from := at(t, tc.from)
		if got := tc.window.fits(from, time.Minute, from.AddDate(0, 1, 0)); !got.Equal(at(t, tc.to)) {
			t.Errorf("%s: %s rings at %s, want %s", name, tc.window, got.In(at(t, tc.to).Location()), tc.to)
		}
	}
}

// The reason names the zone whose clock forbids a ring now, and the ring ends when the first zone's window closes.
func TestWhyNotNowOfSeveralZones(t *testing.T) {
	s := begin(t, in(anyOf(9, 21, "Asia/Tokyo", "Asia/Dubai")), deadline(72*time.Hour)) // 18:00 and 13:00
	s.dials(1).after(3*time.Hour-time.Minute).hears(1, StatusBusy).waits(17*time.Hour + time.Minute)
	if e := s.last(RedialScheduled); e.Waiting != "a ring would outlast 09:00-21:00 Asia/Tokyo" {
		t.Errorf("scheduled with %q", e.Waiting)
	}
	if why := s.after(10 * time.Hour).WaitsFor(s.now); why != "outside 09:00-21:00 Asia/Tokyo" {
		t.Errorf("at seven in Tokyo: %q", why)
	}
	if _, err := s.after(3*time.Hour).Redial("", s.now); err == nil ||
		!strings.Contains(err.Error(), "outside 09:00-21:00 Asia/Dubai") {
		t.Errorf("at five in Dubai: %v", err)
	}
	s.after(10*time.Hour + 53*time.Minute).dials(2)
	if want := at(t, "2026-04-02T21:00:00+09:00"); !s.Attempt(2).HangUpAt.Equal(want) {
		t.Errorf("it may ring until %s", s.Attempt(2).HangUpAt)
	}
}

// A window that is never open in all zones at once is refused with their names. For one that opens after the
// deadline, the refusal says that.
func TestWindowsThatNeverOpen(t *testing.T) {
	russia := []string{"Europe/Kaliningrad", "Europe/Moscow", "Asia/Vladivostok", "Asia/Kamchatka"}
	for want, w := range map[string]Window{
		"never opens: at no hour of the week is it open in all of " + strings.Join(russia, ", ") +
			" at once": anyOf(9, 19, russia...),
		"does not open before the deadline, 2026-04-02T09:00:00Z": {
			Days: []Day{"wed"}, Zone: russia[0], Zones: russia, From: 9 * 3600, To: 22 * 3600,
		},
	} {
		_, _, err := New(wish(in(w), func(w *Wish) { w.Policy.Deadline.At = at(t, "2026-04-02T09:00:00Z") }),
			at(t, "2026-04-01T10:00:00Z"))
		if e, ok := err.(*PolicyError); !ok || e.Field != "window" || !strings.HasPrefix(e.Problem, want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	if _, _, err := New(wish(in(anyOf(9, 20, russia...)), deadline(48*time.Hour)), morning); err != nil {
		t.Errorf("an hour is left: %v", err)
	}
}

// The clocks of a policy's zones are compared for as long as a call with it may ring.
func TestClocksAsLongAsTheCallLives(t *testing.T) {
	p := DefaultPolicy()
	names := []string{"Australia/Sydney", "Australia/Brisbane"} // apart from each other from 4 October 2026 on
	p.Deadline.After = 72 * time.Hour
	for from, want := range map[string]int{"2026-09-25T00:00:00Z": 1, "2026-10-01T00:00:00Z": 2} {
		if got := p.Clocks(names, at(t, from)); len(got) != want {
			t.Errorf("from %s: %v", from, got)
		}
	}
	p.Deadline = When{At: morning} // past, which another check reports
	if got := p.Clocks(names, morning.AddDate(1, 0, 0)); !slices.Contains(got, "Australia/Sydney") {
		t.Error(got)
	}
}
