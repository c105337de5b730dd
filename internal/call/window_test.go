package call

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func at(t testing.TB, text string) time.Time {
	t.Helper()
	when, err := time.Parse(time.RFC3339, text)
	if err != nil {
		t.Fatal(err)
	}
	return when.UTC()
}

func hours(from, to int, zone string) Window {
	return Window{From: from * 3600, To: to * 3600, Zone: zone}
}

// When can a ring of one minute begin, at the earliest?
func TestWindows(t *testing.T) {
	tokyo, weekdays := hours(9, 21, "Asia/Tokyo"), hours(9, 21, "Asia/Tokyo")
	weekdays.Days = []Day{"mon", "tue", "wed", "thu", "fri"}
	holiday := weekdays
	holiday.Holidays = []string{"2026-04-06"} // a Monday
	night := hours(22, 6, "Asia/Tokyo")
	fridayNight, newYear := night, night
	fridayNight.Days = []Day{"fri"}
	newYear.Holidays = []string{"2027-01-01"}
	onlyDays := Window{Days: []Day{"sat", "sun"}, Zone: "Asia/Tokyo"}
	for name, tc := range map[string]struct {
		window   Window
		from, to string
	}{
		"always":                          {Window{}, "2026-04-01T03:00:00+09:00", "2026-04-01T03:00:00+09:00"},
		"in the middle":                   {tokyo, "2026-04-01T12:34:56.789+09:00", "2026-04-01T12:34:56.789+09:00"},
		"as it opens":                     {tokyo, "2026-04-01T09:00:00+09:00", "2026-04-01T09:00:00+09:00"},
		"before it opens":                 {tokyo, "2026-04-01T08:59:59.999+09:00", "2026-04-01T09:00:00+09:00"},
		"after it has closed":             {tokyo, "2026-04-01T21:00:00+09:00", "2026-04-02T09:00:00+09:00"},
		"the last ring that fits":         {tokyo, "2026-04-01T20:59:00+09:00", "2026-04-01T20:59:00+09:00"},
		"one that would outlast it":       {tokyo, "2026-04-01T20:59:00.001+09:00", "2026-04-02T09:00:00+09:00"},
		"over the weekend":                {weekdays, "2026-04-03T22:00:00+09:00", "2026-04-06T09:00:00+09:00"},
		"and the holiday after it":        {holiday, "2026-04-03T22:00:00+09:00", "2026-04-07T09:00:00+09:00"},
		"over midnight":                   {night, "2026-04-01T23:59:30+09:00", "2026-04-01T23:59:30+09:00"},
		"over midnight, in the morning":   {night, "2026-04-02T05:58:00+09:00", "2026-04-02T05:58:00+09:00"},
		"over midnight, too late":         {night, "2026-04-02T05:59:30+09:00", "2026-04-02T22:00:00+09:00"},
		"Friday's night ends on Saturday": {fridayNight, "2026-04-04T03:00:00+09:00", "2026-04-04T03:00:00+09:00"},
		"Thursday's does not":             {fridayNight, "2026-04-03T03:00:00+09:00", "2026-04-03T22:00:00+09:00"},
		"no night reaches into a holiday": {newYear, "2026-12-31T23:59:30+09:00", "2027-01-02T22:00:00+09:00"},
		"whole days, over their midnight": {onlyDays, "2026-04-04T23:59:50+09:00", "2026-04-04T23:59:50+09:00"},
		"whole days, at their end":        {onlyDays, "2026-04-05T23:59:50+09:00", "2026-04-11T00:00:00+09:00"},

		// In Berlin, the night of 29 March 2026 has no hour from 02:00 to 03:00.
		"spring, Berlin: opens when its hour does not come": {
			Window{From: 2*3600 + 1800, To: 6 * 3600, Zone: "Europe/Berlin"},
			"2026-03-29T01:00:00+01:00", "2026-03-29T03:00:00+02:00"},
		"spring, Berlin: closes when its hour does not come": {
			Window{From: 22 * 3600, To: 2*3600 + 1800, Zone: "Europe/Berlin"},
			"2026-03-29T01:59:30+01:00", "2026-03-29T22:00:00+02:00"},
		"spring, Berlin: the morning after": {hours(9, 21, "Europe/Berlin"), "2026-03-28T21:00:00+01:00",
			"2026-03-29T09:00:00+02:00"},
		// The night of 25 October has that hour twice.
		"autumn, Berlin: opens twice": {
			Window{From: 2*3600 + 1800, To: 3 * 3600, Zone: "Europe/Berlin"},
			"2026-10-25T02:59:30+02:00", "2026-10-25T02:30:00+01:00"},
		"autumn, Berlin: closes at the first, is open at the second": {
			Window{From: 22 * 3600, To: 2*3600 + 1800, Zone: "Europe/Berlin"},
			"2026-10-25T02:29:30+02:00", "2026-10-25T02:00:00+01:00"},
		"autumn, Berlin: the morning after": {hours(9, 21, "Europe/Berlin"), "2026-10-24T21:00:00+02:00",
			"2026-10-25T09:00:00+01:00"},
		"spring, New York": {hours(9, 21, "America/New_York"), "2026-03-07T21:00:00-05:00",
			"2026-03-08T09:00:00-04:00"},
		"autumn, New York": {hours(9, 21, "America/New_York"), "2026-10-31T21:00:00-04:00",
			"2026-11-01T09:00:00-05:00"},
	} {
		from := at(t, tc.from)
		if got := tc.window.fits(from, time.Minute, from.AddDate(0, 1, 0)); !got.Equal(at(t, tc.to)) {
			t.Errorf("%s: %s rings at %s, want %s", name, tc.window, got.In(at(t, tc.to).Location()), tc.to)
		}
	}
}

// For any window, asked at any time: a ring that fits is wholly in the window, and no ring that begins sooner is.
func TestARingThatFitsIsInTheWindow(t *testing.T) {
	allOpen := func(w Window, from time.Time, long time.Duration) bool {
		for at := from; at.Before(from.Add(long)); at = at.Add(time.Second) {
			if !open(w, at) {
				return false
			}
		}
		return true
	}
	rapid.Check(t, func(t *rapid.T) {
		w, long := randomWindow(t), 45*time.Second
		near := rapid.SampledFrom([]string{"2026-03-28T12:00:00Z", "2026-10-24T12:00:00Z", "2026-03-07T12:00:00Z",
			"2026-10-31T12:00:00Z", "2026-04-01T09:00:00Z"}).Draw(t, "near")
		from, _ := time.Parse(time.RFC3339, near)
		from = from.Add(time.Duration(rapid.IntRange(0, 30*3600).Draw(t, "after")) * time.Second)
		limit := from.AddDate(0, 0, 14)
		if w.IsZero() || w.check(long) != nil {
			return
		}
		got := w.fits(from, long, limit)
		if got.Before(limit) && !allOpen(w, got, long) {
			t.Fatalf("%s: it rings at %s, and the window is not open", w, got)
		}
		for range 20 {
			wait := rapid.Int64Range(0, int64(got.Sub(from))).Draw(t, "sooner")
			if sooner := from.Add(time.Duration(wait)); sooner.Before(got) && allOpen(w, sooner, long) {
				t.Fatalf("%s: it rings at %s, and could at %s", w, got, sooner)
			}
		}
	})
}

func TestWindowsAreWrittenAsPeopleDo(t *testing.T) {
	for want, w := range map[string]Window{
		"09:00-21:00 Asia/Tokyo": hours(9, 21, "Asia/Tokyo"),
		"mon-wed,fri,sun 22:30-06:00:30 Etc/UTC": {Days: []Day{"sun", "mon", "tue", "wed", "fri"}, From: 22*3600 + 1800,
			To: 6*3600 + 30, Zone: "Etc/UTC"},
		"sat-sun Asia/Tokyo":     {Days: []Day{"sat", "sun"}, Zone: "Asia/Tokyo"},
		"09:00-24:00 Asia/Tokyo": hours(9, 24, "Asia/Tokyo"),
	} {
		if got := w.String(); got != want {
			t.Errorf("%+v is %q, want %q", w, got, want)
		}
	}
}

func TestWindowBounds(t *testing.T) {
	for field, w := range map[string]Window{
		"window.days":     {Days: []Day{"someday"}, Zone: "Asia/Tokyo"},
		"window.hours":    {From: 9 * 3600, To: 9*3600 + 30, Zone: "Asia/Tokyo"},
		"window.zone":     hours(9, 21, "Asia/Atlantis"),
		"window.holidays": {Holidays: []string{"25.12.2026"}, Zone: "Asia/Tokyo"},
		"window":          {Days: []Day{"mon"}, Zone: "Asia/Tokyo"}, // not before the deadline
	} {
		_, _, err := New(wish(func(p *Wish) { p.Policy.Window = w }), morning)
		if e, ok := err.(*PolicyError); !ok || e.Field != field {
			t.Errorf("%+v: %v, want an error about %s", w, err, field)
		}
	}
	for _, w := range []Window{hours(9, 21, ""), hours(9, 21, "Local"), {From: -1, To: 5, Zone: "Etc/UTC"},
		{From: 5, To: secondsOfDay + 1, Zone: "Etc/UTC"}} {
		if w.check(time.Minute) == nil {
			t.Errorf("%+v is taken", w)
		}
	}
}

func in(w Window) func(*Wish) { return func(p *Wish) { p.Policy.Window = w } }

// morning is 18:00 in Tokyo.
func TestWaitsForTheWindow(t *testing.T) {
	s := begin(t, in(hours(9, 21, "Asia/Tokyo")), deadline(72*time.Hour), attempts(5)).dials(1)
	s.after(3*time.Hour-30*time.Second).hears(1, StatusBusy).waits(12*time.Hour + 30*time.Second)
	if e := s.last(RedialScheduled); e.Reason != "busy" || e.Waiting != "outside 09:00-21:00 Asia/Tokyo" {
		t.Errorf("scheduled with %+v", e)
	}
	s.after(12*time.Hour+30*time.Second).dials(2).hears(2, StatusBusy).waits(30 * time.Second)

	// Nobody woke the call until the evening.
	s.after(13 * time.Hour).sleeps().is(Waiting)
	if e := s.last(CallDeferred); e.Waiting != "outside 09:00-21:00 Asia/Tokyo" ||
		!e.NextAttemptAt.Equal(s.NextAttemptAt) {
		t.Errorf("deferred with %+v", e)
	}
	s.waits(11 * time.Hour).after(11 * time.Hour).dials(3)

	// A dial that Twilio did not take is not sent at night, either.
	s.hears(3, StatusNoAnswer).after(11*time.Hour + 59*time.Minute).wakes(Action{Dial, 4})
	s.postponed(4, time.Minute).waits(12*time.Hour + time.Minute)
}

// When the window opens, no Event tells of the redial again: its time is past.
func TestTheOpeningOfTheWindowIsNoNews(t *testing.T) {
	s := begin(t, in(hours(9, 21, "Asia/Tokyo")), deadline(72*time.Hour)).dials(1).after(3*time.Hour).hears(1, StatusBusy)
	s.after(12 * time.Hour).dials(2)
	s.told(CallCreated, AttemptDialed, AttemptPlaced, AttemptEnded, RedialScheduled, AttemptDialed, AttemptPlaced)
}

// When the number is free again, no Event repeats the redial that was planned before.
func TestAFreeNumberIsNoNewsOfARedial(t *testing.T) {
	s := begin(t).dials(1).hears(1, StatusBusy).after(time.Minute)
	_, events := s.Wake(s.now, "", s.To)
	s.got(events).after(time.Minute).got(s.Release(s.Held, s.now)).dials(2)
	s.told(CallCreated, AttemptDialed, AttemptPlaced, AttemptEnded, RedialScheduled, CallHeld, CallReleased,
		AttemptDialed, AttemptPlaced)
}

func TestNoRingIsBegunThatWouldOutlastTheWindow(t *testing.T) {
	last := 3*time.Hour - SendWindow - 30*time.Second - ringGrace // from morning on, to 21:00 in Tokyo
	window := in(hours(9, 21, "Asia/Tokyo"))
	begin(t, window).after(last).dials(1)
	begin(t, window).after(last + time.Second).sleeps().is(Waiting).waits(12*time.Hour + 41*time.Second)
}

func TestAWindowThatOpensAfterTheDeadline(t *testing.T) {
	s := begin(t, in(hours(9, 21, "Asia/Tokyo")), deadline(10*time.Hour)).dials(1)
	s.after(3*time.Hour).hears(1, StatusBusy).ends(Expired)
}

func TestTheFirstDialWaits(t *testing.T) {
	s := begin(t, in(hours(9, 12, "Asia/Tokyo"))).waits(15 * time.Hour)
	if e := s.last(CallCreated); e.Waiting != "outside 09:00-12:00 Asia/Tokyo" || !e.NextAttemptAt.Equal(s.NextAttemptAt) {
		t.Errorf("created with %+v", e)
	}
	s = begin(t, func(w *Wish) { w.Policy.NotBefore.At = morning.Add(time.Hour) }).waits(time.Hour)
	if e := s.last(CallCreated); e.Waiting != "not before 2026-04-01T10:00:00Z" {
		t.Errorf("created with %+v", e)
	}
	s.after(time.Hour).dials(1)
}

// not_before is not given as a reason once it is past.
func TestTheFirstDialIsLate(t *testing.T) {
	s := begin(t, func(w *Wish) { w.Policy.NotBefore.After = time.Hour })
	s.after(time.Hour)
	_, events := s.Wake(s.now, "", s.To) // another call rings the number
	s.got(events).after(time.Hour).got(s.Release(s.Held, s.now))
	if why := s.WaitsFor(s.now); why != "" {
		t.Errorf("it waits for %q", why)
	}
	s.dials(1).told(CallCreated, CallHeld, CallReleased, AttemptDialed, AttemptPlaced)
}

func TestDeadlineByTheClock(t *testing.T) {
	end := morning.Add(time.Minute)
	s := begin(t, func(w *Wish) { w.Policy.Deadline = When{At: end} })
	if !s.Deadline.Equal(end) {
		t.Errorf("the deadline is %s", s.Deadline)
	}
	s.dials(1).after(40*time.Second).hears(1, StatusBusy).ends(Expired)
}

// A call is ended when its window closes while Twilio holds it in the queue, or while it rings on.
func TestWhatStillRingsWhenTheWindowClosesIsEnded(t *testing.T) {
	window, last := in(hours(9, 21, "Asia/Tokyo")), 3*time.Hour-time.Minute
	s := begin(t, window, deadline(72*time.Hour)).after(last).dials(1).after(time.Minute).
		wakes(Action{HangUp, 1}, Action{LookUp, 1})
	if e := s.events[len(s.events)-2]; e.Type != AttemptHungUp || e.Reason != "the window closes" {
		t.Errorf("hung up with %+v", e)
	}
	s.hears(1, StatusCanceled).results(Unplaced).waits(12 * time.Hour)
	s = begin(t, window).after(last).dials(1).after(35*time.Second).hears(1, Ringing).after(25*time.Second).
		wakes(Action{HangUp, 1}, Action{LookUp, 1})
	s.hears(1, StatusCanceled).results(NoAnswer)
	s = begin(t, window).after(last).dials(1).hears(1, InProgress).after(time.Minute)
	if s.Attempt(1).HangUpAt != (time.Time{}) {
		t.Error("a conversation is ended as the window closes")
	}
}

func TestDelaysOneByOne(t *testing.T) {
	s := begin(t, attempts(6), func(w *Wish) {
		w.Policy.RedialAfter[NoAnswer] = Delays{0, 5 * time.Minute, 30 * time.Minute}
		w.Policy.RedialAfter[Busy] = nil
	})
	for n, wait := range []time.Duration{0, 5 * time.Minute, 30 * time.Minute, 30 * time.Minute} {
		s.dials(n+1).hears(n+1, StatusNoAnswer).waits(wait).after(wait)
	}
	s.dials(5).hears(5, StatusBusy).waits(0).dials(6).hears(6, StatusBusy).ends(Unreached)
}

func TestNoMoreOfOneResult(t *testing.T) {
	s := begin(t, attempts(6), func(w *Wish) { w.Policy.MaxPerResult = map[Result]int{Busy: 2} })
	s.dials(1).hears(1, StatusBusy).after(time.Minute).dials(2).hears(2, StatusNoAnswer).dials(3).hears(3, StatusBusy)
	s.ends(Unreached).results(Busy, NoAnswer, Busy)
}

func TestJitterIsDrawnOnce(t *testing.T) {
	drawn := map[time.Duration]bool{}
	for _, secret := range []string{"a", "b", "c", "d"} {
		s := begin(t, func(w *Wish) { w.Secret, w.Policy.Jitter = secret, time.Minute })
		s.dials(1).hears(1, StatusBusy)
		wait := s.NextAttemptAt.Sub(s.now)
		if wait < 30*time.Second || wait > 90*time.Second {
			t.Errorf("it waits %s", wait)
		}
		drawn[wait] = true
		s.after(time.Second).hears(1, StatusBusy).sleeps().after(wait - time.Second).dials(2)
	}
	if len(drawn) < 3 {
		t.Errorf("drawn were only %v", drawn)
	}
}

func TestRingNow(t *testing.T) {
	now := func(s *tale) error {
		c := s.Call.Clone()
		events, err := c.Redial("", s.now)
		if err == nil {
			s.Call = c
			s.got(events)
		}
		return err
	}
	s := begin(t, attempts(4), in(hours(9, 21, "Asia/Tokyo")), deadline(72*time.Hour))
	s.RedialAsked = morning.Add(-time.Hour) // long ago
	s.dials(1).hears(1, StatusBusy).waits(30 * time.Second)
	if err := now(s); err != nil {
		t.Fatal(err)
	}
	s.waits(0).dials(2)
	if err := now(s); err != ErrDialed {
		t.Errorf("while it rings: %v", err)
	}
	s.after(time.Second).hears(2, StatusBusy).waits(30 * time.Second) // the request was for one dial
	s.after(5 * time.Hour)
	e, ok := now(s).(*NotNowError)
	if want := at(t, "2026-04-02T09:00:00+09:00"); !ok || e.Waiting != "outside 09:00-21:00 Asia/Tokyo" ||
		!e.At.Equal(want) {
		t.Errorf("at night: %v", e)
	}
	s.got(s.Hold(s.To, s.now))
	if err := now(s); err != ErrHeld {
		t.Errorf("while the number is taken: %v", err)
	}
	if err := now(s.canceled()); err != ErrEnded {
		t.Errorf("after the end: %v", err)
	}
}

// A request for the next dial at once brings one dial, and only of a person who may be rung.
func TestRingNowIsOneDial(t *testing.T) {
	s := begin(t, people(2), func(w *Wish) { w.Policy.Ladder, w.Policy.RedialAfter[Busy] = Rounds, Delays{time.Hour} })
	s.dials(1).hears(1, StatusBusy).dials(2).hears(2, StatusBusy).waits(time.Hour).after(time.Minute)
	events, err := s.Redial("", s.now)
	if err != nil {
		t.Fatal(err)
	}
	s.got(events).dials(3).after(time.Second).hears(3, StatusBusy).waits(time.Hour - time.Minute - time.Second)
}

// A request for the next dial at once still holds after a dial that never rang.
func TestRingNowOutlastsADialThatNeverRang(t *testing.T) {
	s := begin(t, func(w *Wish) { w.Policy.RedialAfter[Busy] = Delays{time.Hour} }).dials(1).hears(1, StatusBusy).
		after(time.Minute)
	events, err := s.Redial("", s.now)
	if err != nil {
		t.Fatal(err)
	}
	s.got(events).wakes(Action{Dial, 2}).after(time.Minute).listed(2).after(time.Minute).listed(2).results(Busy, Unplaced)
	s.waits(0).wakes(Action{Dial, 3})
}

// The reasons why a call is not dialed now are true.
func TestWhyNotNow(t *testing.T) {
	// Two people are rung at once, and the pause of the first counts.
	s := begin(t, people(2), func(w *Wish) { w.Policy.Ladder = Parallel })
	s.wakes(Action{Dial, 1}, Action{Dial, 2}).hears(1, StatusBusy).hears(2, StatusFailed)
	if why, want := s.WaitsFor(s.now), "the pause after attempt 1: busy"; why != want {
		t.Errorf("%q, want %q", why, want)
	}
	// The window is open, but not for long enough.
	s = begin(t, in(hours(9, 21, "Asia/Tokyo"))).dials(1).after(3*time.Hour-time.Minute).hears(1, StatusBusy)
	if e, want := s.last(RedialScheduled), "a ring would outlast 09:00-21:00 Asia/Tokyo"; e.Waiting != want {
		t.Errorf("%q, want %q", e.Waiting, want)
	}
	// The clock was set back, which is no trouble at Twilio.
	s = begin(t).dials(1).hears(1, StatusBusy).after(-time.Hour)
	if _, err := s.Redial("", s.now); err == nil || !strings.Contains(err.Error(), "the pause after attempt 1: busy") {
		t.Errorf("%v", err)
	}
}

// The window closes for a call in Twilio's queue, too, however long it waits there.
func TestTheWindowClosesOnAQueue(t *testing.T) {
	s := begin(t, in(hours(9, 21, "Asia/Tokyo"))).after(3*time.Hour - 14*time.Minute).dials(1)
	if at := s.now.Add(14 * time.Minute); !s.Attempt(1).HangUpAt.Equal(at) {
		t.Errorf("it is ended at %s, want %s", s.Attempt(1).HangUpAt, at)
	}
}

// A live attempt may still ring until the end, and each ring may be sent late.
func TestTheLatestEnd(t *testing.T) {
	s := begin(t, attempts(2), func(w *Wish) { w.Policy.RedialAfter = nil })
	ring := s.Policy.ringLength()
	if by := s.EndsBy(s.now); !by.Equal(s.now.Add(2 * ring)) {
		t.Errorf("before the first dial: by %s", by)
	}
	s.dials(1)
	if by := s.after(time.Second).EndsBy(s.now); !by.Equal(morning.Add(2 * ring)) {
		t.Errorf("while it rings: by %s", by)
	}
}

// What was heard of an attempt may outweigh what is said of it last: the latest end is after the longest pause that can
// still follow.
func TestTheLatestEndAfterWhatWasHeard(t *testing.T) {
	const long, short = time.Hour, time.Minute
	pauses := func(d map[Result]Delays) func(*Wish) {
		return func(w *Wish) { w.Policy.RedialAfter, w.Policy.Machine.Do = d, MachineRedial }
	}
	for _, tc := range []struct {
		about  string
		pauses map[Result]Delays
		heard  Report
		want   time.Duration // until it is dialed again; 0: it is not
	}{
		{"what was answered did not fail", map[Result]Delays{Failed: {long}, Machine: {short}},
			Report{Status: InProgress}, short},
		{"what was answered did not fail, and the pause after a machine is as long",
			map[Result]Delays{Failed: {long}, Machine: {long}}, Report{Status: InProgress}, long},
		{"a person who hears the message is reached", map[Result]Delays{Unconfirmed: {long}, Busy: {short}},
			Report{Status: Ringing, AnsweredBy: human}, short},
		{"a machine is no person who was busy", map[Result]Delays{Busy: {long}, Machine: {short}},
			Report{Status: InProgress, AnsweredBy: "machine_start"}, short},
		{"a person was reached", map[Result]Delays{Busy: {long}, Unconfirmed: {long}},
			Report{Status: InProgress, AnsweredBy: human, Instructs: true}, 0},
	} {
		t.Run(tc.about, func(t *testing.T) {
			s := begin(t, attempts(2), pauses(tc.pauses)).dials(1)
			tc.heard.SID = "CA1"
			s.got(s.Report(1, tc.heard, s.now))
			want := s.now
			if s.Attempt(1).AnsweredAt.IsZero() {
				want = want.Add(s.Policy.ringLength())
			}
			if tc.want > 0 {
				want = want.Add(tc.want + s.Policy.ringLength())
			}
			if by := s.EndsBy(s.now); !by.Equal(want) {
				t.Errorf("by %s, want %s", by, want)
			}
		})
	}
}

// The forecast of a Call, whatever its past, is what then happens to it.
func TestWhatIsForeseenHappens(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x := newChaos(t, randomProof, randomHours)
		actions := x.actions()
		delete(actions, "clock set back") // the forecast assumes that the clock goes on
		t.Repeat(actions)
		if x.c.Held != "" {
			x.tell(func(c *Call) []Event { return c.Release(c.Held, x.now) })
		}
		toCome := func(a Attempt) bool { return x.now.Before(a.EndedAt) }
		if x.now.Before(x.c.CreatedAt) || slices.ContainsFunc(x.c.Attempts, toCome) {
			return
		}
		r := rapid.SampledFrom(x.c.Foreseen()).Draw(t, "result")
		wasTaken := func(a Attempt) bool { return a.Live() && (!a.AnsweredAt.IsZero() || a.SID != "") }
		if slices.ContainsFunc(x.c.Attempts, wasTaken) && r == Refused {
			return // the carrier can't refuse a call that it has taken
		}
		x.endsInTime()
		f := x.c.Foresee(r, x.now)
		if diff := cmp.Diff(f, x.live(r)); diff != "" {
			t.Fatalf("-foreseen +happened:\n%s", diff)
		}
	})
}

// endsInTime checks that the Call, however its attempts end, is over by the time that it names.
func (x *chaos) endsInTime() {
	by := x.c.EndsBy(x.now)
	for _, r := range x.c.Foreseen() {
		if f := x.c.Foresee(r, x.now); x.c.State != Ended && by.Before(f.EndsAt) {
			x.Fatalf("at the latest it ends at %s, and with %s at %s", by, r, f.EndsAt)
		}
	}
}

// live lets every attempt end with r.
func (x *chaos) live(r Result) Forecast {
	f := Forecast{Result: r}
	end := func(n int, r Result) {
		sid := x.c.Attempt(n).SID
		if sid == "" {
			sid = "CA" + x.now.String()
		}
		by, last := "", Status(r)
		switch r {
		case Refused:
			x.tell(func(c *Call) []Event { return c.Refused(n, Refusal{}, x.now) })
			return
		case Machine, Unconfirmed, Completed:
			by = map[Result]string{Machine: "machine_start", Unconfirmed: "unknown", Completed: "human"}[r]
			last = StatusCompleted
			x.tell(func(c *Call) []Event {
				return c.Report(n, Report{SID: sid, Status: InProgress, AnsweredBy: by, Instructs: true}, x.now)
			})
		}
		if r == Completed {
			x.tell(func(c *Call) []Event { return c.Pressed(n, sid, 1, confirms, x.now) })
		}
		x.tell(func(c *Call) []Event { return c.Report(n, Report{SID: sid, Status: last}, x.now) })
	}
	endAll := func() {
		for i := range x.c.Attempts {
			if x.c.Attempts[i].Live() {
				end(i+1, r)
			}
		}
	}
	endAll()
	for x.c.State != Ended {
		_, _, waiting := x.c.nextDial(x.now)
		if x.now.Before(x.c.WakeAt) {
			x.now = x.c.WakeAt
		}
		var acts []Action
		x.step(func(c *Call) ([]Action, []Event) {
			woken, events := c.Wake(x.now, "")
			acts = woken
			return woken, events
		})
		for _, a := range acts {
			dialed := x.c.Attempt(a.Attempt)
			f.Dials = append(f.Dials, Planned{dialed.N, x.c.Person(dialed.Person), x.now, waiting})
		}
		if r == NoAnswer {
			for i := range x.c.Attempts {
				if x.c.Attempts[i].Live() {
					x.now = x.now.Add(x.c.Policy.RingTimeout)
					break
				}
			}
		}
		endAll()
	}
	f.Outcome, f.EndsAt = x.c.Outcome, x.c.EndedAt
	return f
}

func TestWhatEachEndComesTo(t *testing.T) {
	s := begin(t, attempts(2), func(w *Wish) {
		w.Policy.Confirm.Kind, w.Policy.Machine = ConfirmAnyKey, MachinePolicy{Do: MachineLeaveMessage, End: true}
	})
	for r, want := range map[Result]Outcome{
		NoAnswer: Unreached, Busy: Unreached, Failed: Unreached, Machine: Unreached, Unconfirmed: Unreached,
		Refused: OutcomeRefused, Completed: Reached,
	} {
		dials := map[Result]int{Machine: 1, Refused: 1, Completed: 1}[r]
		if dials == 0 {
			dials = 2
		}
		if f := s.Foresee(r, s.now); f.Outcome != want || len(f.Dials) != dials || !slices.Contains(s.Foreseen(), r) {
			t.Errorf("if always %s, it ends %s after %d dials", r, f.Outcome, len(f.Dials))
		}
	}
}

// The window is closed in the times that Closed yields, and in no others.
func TestClosedTimes(t *testing.T) {
	type shut struct{ from, to time.Time }
	rapid.Check(t, func(t *rapid.T) {
		w := randomWindow(t)
		near := rapid.SampledFrom([]string{"2026-03-28T12:00:00Z", "2026-10-24T12:00:00Z", "2026-06-01T00:00:00Z"})
		from, _ := time.Parse(time.RFC3339, near.Draw(t, "near"))
		to := from.Add(time.Duration(rapid.IntRange(1, 60*3600).Draw(t, "long")) * time.Second)
		var all []shut
		for f, u := range w.Closed(from, to) {
			if n := len(all); !f.Before(u) || f.Before(from) || u.After(to) || n > 0 && !all[n-1].to.Before(f) {
				t.Fatalf("%s: closed from %s to %s, after %v", w, f, u, all)
			}
			all = append(all, shut{f, u})
		}
		for range 50 {
			at := from.Add(time.Duration(rapid.IntRange(0, int(to.Sub(from).Seconds())-1).Draw(t, "at")) * time.Second)
			inside := slices.ContainsFunc(all, func(s shut) bool { return !at.Before(s.from) && at.Before(s.to) })
			if inside == open(w, at) {
				t.Fatalf("%s is closed at %s: %t, and %v says otherwise", w, at, !inside, all)
			}
		}
	})
}
