package incident

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// Whatever is told in whatever order: nobody is rung about what does not fire, or somebody takes care of; two rings
// about one thing keep their distance; there is one call at a time for each team; no call rings on about nothing; and
// in the end everything that fires was told.
func TestLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rules := usual
		rules.Hold = time.Duration(rapid.IntRange(0, 3).Draw(t, "hold")) * time.Minute
		rules.RemindAfter = time.Duration(rapid.SampledFrom([]int{0, 60}).Draw(t, "remind")) * time.Minute
		w := watched{T: t, world: newWorld(rules), ended: map[string]time.Time{}}
		w.team = func(key string) string { return map[string]string{"a": "x", "b": "x", "c": "y"}[key] }
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			w.step(rapid.SampledFrom([]string{"a", "b", "c"}).Draw(t, "key"))
			w.check()
		}
		for range 200 { // all calls end, one after another, and nothing else is told
			for call, c := range w.Calls {
				if c.Live {
					w.end(call, false)
				}
			}
			w.wait(time.Minute)
		}
		for _, m := range w.Members {
			if m.Firing && !m.Acknowledged && m.Call == "" {
				t.Fatalf("never told: %+v", *m)
			}
		}
	})
}

// watched is a world that is held against the laws.
type watched struct {
	*rapid.T
	*world
	read  int                  // lines of the story that were
	ended map[string]time.Time // the last call about a key
}

// step does something about a key.
func (w *watched) step(key string) {
	switch rapid.SampledFrom([]string{"fire", "fire", "over", "acknowledge", "end", "wait"}).Draw(w.T, "step") {
	case "fire":
		w.tell(fires(key))
		before := fmt.Sprintf("%+v", *w.Members[key])
		if news := w.Tell([]Event{fires(key)}, w.now); news[0] || fmt.Sprintf("%+v", *w.Members[key]) != before {
			w.Fatalf("told twice: %s, then %+v", before, *w.Members[key])
		}
	case "over":
		w.tell(over(key))
	case "acknowledge":
		w.tell(Event{Key: key, State: Acknowledged})
	case "end":
		if m := w.Members[key]; m != nil && w.Live(m) {
			w.ended[key] = w.now
			w.end(m.Call, rapid.Bool().Draw(w.T, "reached"))
		}
	case "wait":
		for range rapid.IntRange(1, 40).Draw(w.T, "minutes") {
			w.wait(time.Minute)
			w.check()
		}
	}
}

func (w *watched) check() {
	for _, line := range w.story[w.read:] {
		if rest, rings := strings.CutPrefix(line, "ring "); rings {
			_, keys, _ := strings.Cut(rest, ": ")
			for key := range strings.FieldsSeq(keys) {
				w.rang(key, line)
			}
		}
	}
	w.read = len(w.story)
	w.oneCallEach()
	if p := w.Pointless(); len(p) > 0 {
		w.Fatalf("%s rings on for nothing", p)
	}
	if wake := w.WakeAt(w.now, w.people); !wake.IsZero() && !wake.After(w.now) {
		w.Fatalf("it wakes at %v, and it is %v", wake, w.now)
	}
}

// rang holds a ring about a key against the laws.
func (w *watched) rang(key, line string) {
	if m := w.Members[key]; m == nil || !m.Firing || m.Acknowledged {
		w.Fatalf("%s, and %+v", line, m)
	}
	if end, had := w.ended[key]; had && w.now.Before(end.Add(w.AgainAfter)) {
		w.Fatalf("%s at %v, and the last ended at %v", line, w.now, end)
	}
}

// oneCallEach looks for two calls to the same people, and keeps when calls have ended.
func (w *watched) oneCallEach() {
	live := map[string]string{}
	for _, m := range w.Members {
		switch {
		case w.Live(m):
			if other, two := live[m.People]; two && other != m.Call {
				w.Fatalf("calls %s and %s reach %s at once", other, m.Call, m.People)
			}
			live[m.People] = m.Call
		case m.Call != "":
			w.ended[m.Key] = w.Calls[m.Call].Ended
		}
	}
}
