package timeline

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"redial/internal/call"
)

const width = Px(880)

var noon = time.Date(2026, 11, 27, 12, 0, 0, 0, time.UTC)

// drawnCall draws a Call with any number of attempts, which may overlap and lie days apart.
func drawnCall(t *rapid.T) (*call.Call, time.Time) {
	seconds := func(most int, name string) time.Duration {
		return time.Duration(rapid.IntRange(0, most).Draw(t, name)) * time.Second
	}
	c := &call.Call{State: call.Dialing, CreatedAt: noon}
	for range rapid.IntRange(1, 4).Draw(t, "people") {
		c.People = append(c.People, call.Person{Number: "+819012345678"})
	}
	at := noon
	for n := range rapid.IntRange(0, 30).Draw(t, "attempts") {
		at = at.Add(seconds(100_000, "pause"))
		a := call.Attempt{N: n + 1, Person: rapid.IntRange(0, len(c.People)-1).Draw(t, "person"), DialedAt: at}
		if rapid.Bool().Draw(t, "rings") {
			a.RingingAt = at.Add(seconds(20, "queued"))
		}
		if rapid.Bool().Draw(t, "ends") {
			a.EndedAt = at.Add(seconds(100, "lasts"))
			a.Finals = []call.Status{call.StatusNoAnswer}
		}
		c.Attempts = append(c.Attempts, a)
	}
	now := at.Add(seconds(100_000, "later"))
	if rapid.Bool().Draw(t, "waits") {
		c.State, c.NextAttemptAt = call.Waiting, now.Add(seconds(100_000, "next"))
	}
	if rapid.Bool().Draw(t, "windowed") {
		c.Policy.Window = call.Window{From: 9 * 3600, To: 21 * 3600, Zone: "Asia/Tokyo"}
	}
	return c, now
}

func TestATimelineStaysInItsPicture(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, now := drawnCall(t)
		d := Draw(c, now, time.UTC, width)
		within := func(what string, from, width Px) {
			if from < 0 || width < 0 || from+width > d.Width+leastBar+0.001 {
				t.Fatalf("%s is from %s, %s wide, in a picture of %s", what, from, width, d.Width)
			}
		}
		bars := 0
		for _, r := range d.Lines {
			for _, b := range slices.Concat(r.Bars, r.Shut) {
				within(b.Kind, b.X, b.W)
			}
			for _, m := range r.Marks {
				within("a mark", m.X, 0)
			}
			bars += len(r.Marks)
		}
		for _, f := range d.Folds {
			within("a fold", f.X, f.W)
			if f.For <= foldOver {
				t.Errorf("%s is folded", f.For)
			}
		}
		within("now", d.Now, 0)
		if d.Next != nil {
			within("the next dial", d.Next.X, BoxWidth)
		}
		over := 0
		for i := range c.Attempts {
			if c.Attempts[i].Result() != "" {
				over++
			}
		}
		if bars != over {
			t.Errorf("%d of %d results are marked", bars, over)
		}
	})
}

func TestTheAxisKeepsTheOrderOfTimes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c, now := drawnCall(t)
		a := newAxis(busy(c, now), width)
		before, last := Px(-1), time.Time{}
		for i, s := range a.stretches {
			if s.x0 != max(before, 0) || s.x1 < s.x0 || i > 0 && !s.from.Equal(last) {
				t.Fatalf("stretch %d is from %s to %s, after %s", i, s.x0, s.x1, before)
			}
			before, last = s.x1, s.to
		}
		u := noon.Add(time.Duration(rapid.Int64Range(-1e15, 1e16).Draw(t, "u")))
		v := u.Add(time.Duration(rapid.Int64Range(0, 1e15).Draw(t, "longer")))
		if a.x(u) > a.x(v) {
			t.Errorf("%s is at %s, and the later %s at %s", u, a.x(u), v, a.x(v))
		}
		for i, k := range a.ticks(time.UTC) {
			if i > 0 && k.X-a.ticks(time.UTC)[i-1].X < a.apart {
				t.Errorf("tick %d is too near to the one before", i)
			}
		}
		if n := len(a.ticks(time.UTC)); a.width == width && n > 7 {
			t.Errorf("%d ticks", n)
		}
	})
}

func TestTicksAreFullByTheClockThatIsShown(t *testing.T) {
	kathmandu, err := time.LoadLocation("Asia/Kathmandu") // 5:45 from UTC
	if err != nil {
		t.Fatal(err)
	}
	from := noon.Add(7 * time.Minute)
	got := newAxis([]period{{from, from.Add(90 * time.Minute)}}, width).ticks(kathmandu)
	var texts []string
	for _, k := range got {
		texts = append(texts, k.At.Format(time.TimeOnly))
	}
	want := []string{"17:52:00", "18:15:00", "18:30:00", "18:45:00", "19:00:00", "19:15:00"}
	if !slices.Equal(texts, want) {
		t.Errorf("ticks at %q, want %q", texts, want)
	}
}

func TestAQuietTimeIsFolded(t *testing.T) {
	c := &call.Call{Wish: call.Wish{To: "+819012345678"}, State: call.Ended, CreatedAt: noon, Attempts: []call.Attempt{
		{N: 1, DialedAt: noon, RingingAt: noon.Add(2 * time.Second), EndedAt: noon.Add(32 * time.Second),
			Finals: []call.Status{call.StatusNoAnswer}},
		{N: 2, DialedAt: noon.Add(30 * time.Minute), RingingAt: noon.Add(30*time.Minute + 2*time.Second),
			AnsweredAt: noon.Add(30*time.Minute + 9*time.Second), EndedAt: noon.Add(31 * time.Minute),
			Finals: []call.Status{call.StatusCompleted}},
	}, EndedAt: noon.Add(31 * time.Minute)}
	d := Draw(c, noon.Add(time.Hour), time.UTC, width)
	if len(d.Folds) != 1 || d.Folds[0].After != call.NoAnswer || !d.Folds[0].Words ||
		d.Folds[0].For != 29*time.Minute+28*time.Second {
		t.Errorf("folds %+v", d.Folds)
	}
	var kinds []string
	for _, b := range d.Lines[0].Bars {
		kinds = append(kinds, b.Kind)
	}
	if want := []string{"queued", "ringing", "queued", "ringing", "talking"}; !slices.Equal(kinds, want) {
		t.Errorf("bars %q, want %q", kinds, want)
	}
}
