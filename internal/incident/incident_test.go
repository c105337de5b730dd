package incident

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

var morning = time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC)

// world is a trigger, its clock, and what it did.
type world struct {
	Trigger
	now   time.Time
	calls int
	story []string // what was rung, canceled and reached
	team  func(key string) string
}

func newWorld(rules Rules) *world {
	return &world{
		Trigger: Trigger{Rules: rules, Members: map[string]*Member{}, Calls: map[string]Call{}}, now: morning,
		team: func(string) string { return "team" },
	}
}

var usual = Rules{AgainAfter: 15 * time.Minute, ForgetAfter: 24 * time.Hour}

func (w *world) people(m *Member) string { return w.team(m.Key) }

// look does what is due, as a node does after each event and when it wakes.
func (w *world) look() {
	w.Forget(w.now)
	for _, call := range w.Pointless() {
		w.story = append(w.story, "cancel "+call)
		w.Calls[call] = Call{Ended: w.now}
	}
	for _, r := range w.Due(w.now, w.people) {
		w.calls++
		call, keys := fmt.Sprint(w.calls), []string{}
		for _, m := range r.Members {
			keys = append(keys, m.Key)
		}
		w.Rung(r, call)
		w.story = append(w.story, "ring "+call+": "+strings.Join(keys, " "))
	}
}

func (w *world) tell(events ...Event) {
	w.Tell(events, w.now)
	w.look()
}

// end ends a call.
func (w *world) end(call string, reached bool) {
	w.Calls[call] = Call{Ended: w.now, Reached: reached}
	w.look()
}

// wait lets time pass, and looks whenever that is due.
func (w *world) wait(d time.Duration) {
	until := w.now.Add(d)
	for {
		wake := w.WakeAt(w.now, w.people)
		if wake.IsZero() || wake.After(until) {
			break
		}
		w.now = wake
		w.look()
	}
	w.now = until
}

func (w *world) expect(t *testing.T, story ...string) {
	t.Helper()
	if diff := cmp.Diff(story, w.story); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	w.story = nil
}

func fires(key string) Event {
	return Event{Key: key, Group: "{}:{}", State: Firing, Rings: true, Incident: "i" + key}
}
func over(key string) Event { return Event{Key: key, State: Over} }

// A repeat rings nobody while the call is under way, and after it has reached somebody.
func TestRepeatsRingNobody(t *testing.T) {
	w := newWorld(usual)
	w.tell(fires("a"))
	w.expect(t, "ring 1: a")
	w.tell(fires("a"))
	w.wait(time.Hour)
	w.tell(fires("a"))
	w.end("1", true)
	w.tell(fires("a"))
	w.wait(23 * time.Hour)
	w.tell(fires("a"))
	w.expect(t)
	w.tell(over("a"))
	w.tell(fires("a"))
	w.expect(t, "ring 2: a")
}

// After an end that reached nobody, a repeat rings again, a while later; without a repeat nobody is rung.
func TestARepeatAfterNobodyWasReached(t *testing.T) {
	w := newWorld(usual)
	w.tell(fires("a"))
	w.end("1", false)
	w.wait(10 * time.Minute)
	w.expect(t, "ring 1: a")
	w.tell(fires("a"))
	w.wait(4 * time.Minute)
	w.expect(t)
	w.wait(time.Minute)
	w.expect(t, "ring 2: a")
	w.end("2", false)
	w.wait(3 * time.Hour)
	w.expect(t)
	w.tell(fires("a"))
	w.expect(t, "ring 3: a")
}

// Two rings of one key keep their distance over a resolve; one that waits is dropped if it resolves.
func TestRingsKeepTheirDistance(t *testing.T) {
	w := newWorld(usual)
	w.tell(fires("a"))
	w.tell(over("a"))
	w.expect(t, "ring 1: a", "cancel 1")
	for range 5 {
		w.wait(time.Minute)
		w.tell(fires("a"))
		w.wait(time.Minute)
		w.tell(over("a"))
	}
	w.expect(t)
	w.tell(fires("a"))
	w.wait(4*time.Minute + 59*time.Second)
	w.expect(t)
	w.wait(time.Second)
	w.expect(t, "ring 2: a")
}

// What fires and resolves within hold rings nobody.
func TestHold(t *testing.T) {
	rules := usual
	rules.Hold = time.Minute
	w := newWorld(rules)
	w.tell(fires("a"))
	w.wait(59 * time.Second)
	w.tell(fires("a"))
	w.tell(over("a"))
	w.wait(time.Hour)
	w.expect(t)
	w.tell(fires("a"))
	w.wait(time.Minute)
	w.expect(t, "ring 1: a")
}

// What was reached and still fires is told again, if the trigger wants it, until somebody takes care of it.
func TestReminders(t *testing.T) {
	rules := usual
	rules.RemindAfter = 2 * time.Hour
	w := newWorld(rules)
	w.tell(fires("a"))
	w.end("1", true)
	w.wait(2 * time.Hour)
	w.end("2", true)
	w.wait(time.Hour)
	w.expect(t, "ring 1: a", "ring 2: a")
	w.tell(Event{Key: "a", State: Acknowledged})
	w.wait(5 * time.Hour)
	w.expect(t)
	w = newWorld(rules)
	w.tell(fires("a"))
	w.end("1", true)
	for range 13 { // nothing is heard of it any more
		w.wait(2 * time.Hour)
		for call, c := range w.Calls {
			if c.Live {
				w.end(call, true)
			}
		}
	}
	if len(w.Members) != 0 || len(w.story) != 12 {
		t.Errorf("%q", w.story)
	}
}

// To acknowledge ends the ringing, and leaves the incident open: its repeats ring nobody.
func TestAcknowledge(t *testing.T) {
	w := newWorld(usual)
	w.tell(fires("a"), fires("b"))
	w.tell(Event{Key: "a", State: Acknowledged})
	w.expect(t, "ring 1: a b")
	w.tell(Event{Key: "b", State: Acknowledged}, Event{Key: "nobody", State: Acknowledged})
	w.expect(t, "cancel 1")
	w.wait(time.Hour)
	w.tell(fires("a"), fires("b"))
	w.wait(time.Hour)
	w.expect(t)
	w.tell(over("a"))
	w.tell(fires("a"))
	w.expect(t, "ring 2: a")
}

// A storm is two calls: the first, and one about all that came meanwhile.
func TestAStorm(t *testing.T) {
	w := newWorld(usual)
	w.team = func(key string) string { return key[:1] }
	w.tell(fires("a1"))
	for i := range 50 {
		w.now = w.now.Add(time.Second)
		w.tell(fires(fmt.Sprintf("a%d", 10+i)))
	}
	w.tell(fires("b1"))
	w.expect(t, "ring 1: a1", "ring 2: b1")
	w.wait(time.Minute)
	w.end("1", true)
	if len(w.story) != 1 || len(strings.Fields(w.story[0])) != 52 {
		t.Errorf("%q", w.story)
	}
	w.end("3", true)
	w.wait(23 * time.Hour)
	for key := range w.Members {
		w.tell(fires(key))
	}
	if len(w.story) != 1 {
		t.Errorf("%q", w.story)
	}
}

// What is told twice, or too late, is no news; nor is what is told of something that nobody knows.
func TestNews(t *testing.T) {
	w := newWorld(usual)
	w.now = morning.Add(3 * time.Hour)
	warning, late, early := fires("w"), fires("a"), over("a")
	warning.Rings = false
	ended := over("a")
	ended.Ended = morning.Add(time.Hour)
	late.Began, early.Ended = morning.Add(time.Minute), morning
	anew := fires("a")
	anew.Began = morning.Add(2 * time.Hour)
	acknowledged := Event{Key: "a", State: Acknowledged}
	events := []Event{over("a"), acknowledged, warning, fires("a"), fires("a"), acknowledged, acknowledged, ended, ended,
		acknowledged, late, anew, early}
	want := []bool{false, false, false, true, false, true, false, true, false, false, false, true, false}
	if diff := cmp.Diff(want, w.Tell(events, w.now)); diff != "" {
		t.Error(diff)
	}
}

// What a call tells of is kept as long as the call lives, and what is still to ring until it has.
func TestWhatIsForgotten(t *testing.T) {
	rules := usual
	rules.AgainAfter, rules.ForgetAfter = 3*time.Hour, time.Hour
	w := newWorld(rules)
	w.tell(fires("a"))
	w.wait(5 * time.Hour)
	w.end("1", false)
	if len(w.Members) != 0 {
		t.Error("it is kept when its call has ended")
	}
	w.tell(fires("b"))
	w.tell(over("b"))
	w.tell(fires("b"))
	w.wait(4 * time.Hour)
	w.expect(t, "ring 1: a", "ring 2: b", "cancel 2", "ring 3: b")
}

// What is told late does not make what is over fire, and an end that is older than the beginning ends nothing. What
// was closed by hand is not opened by a repeat of its sender.
func TestOldNews(t *testing.T) {
	at := func(minute int) time.Time { return morning.Add(time.Duration(minute) * time.Minute) }
	fired, ended := fires("a"), over("a")
	fired.Began, ended.Ended = at(1), at(3)
	w := newWorld(usual)
	w.now = at(10)
	w.tell(fired)
	w.tell(ended)
	w.wait(time.Hour)
	w.tell(fired)
	w.expect(t, "ring 1: a", "cancel 1")
	fired.Began = at(5)
	w.tell(fired)
	w.tell(ended)
	w.expect(t, "ring 2: a")
	w.tell(Event{Key: "a", State: Closed})
	w.wait(time.Hour)
	w.tell(fired)
	w.expect(t, "cancel 2")
}

// An end that comes before what it ends makes that old news, if the trigger is for it.
func TestAnEndThatComesFirst(t *testing.T) {
	at := func(minute int) time.Time { return morning.Add(time.Duration(minute) * time.Minute) }
	fired, ended, other := fires("a"), over("a"), over("b")
	fired.Began, ended.Ended, ended.Rings, other.Ended = at(1), at(3), true, at(3)
	w := newWorld(usual)
	w.now = at(10)
	w.tell(ended, other)
	w.tell(fired)
	w.expect(t)
	fired.Began = at(5)
	w.tell(fired)
	w.expect(t, "ring 1: a")
	if w.Members["b"] != nil {
		t.Error("the end of something that the trigger is not for is kept")
	}
}

// Times that can't be silence nothing, and end what they say is over.
func TestTimesThatCantBe(t *testing.T) {
	at := func(hours float64) time.Time { return morning.Add(time.Duration(hours * float64(time.Hour))) }
	for name, sent := range map[string]struct{ began, ended, anew time.Time }{
		"an end that is still to come":      {at(-1), at(500000), at(1)},
		"an end before the beginning":       {at(-1), at(-2), at(1)},
		"a clock that is hours ahead":       {at(5), at(5.5), at(6)},
		"a beginning that is years ahead":   {at(500000), at(500001), at(1)},
		"a beginning that is still to come": {at(2), at(-1), at(3)},
	} {
		t.Run(name, func(t *testing.T) {
			fired, ended := fires("a"), over("a")
			fired.Began, ended.Began, ended.Ended = sent.began, sent.began, sent.ended
			w := newWorld(usual)
			w.tell(fired)
			w.tell(ended)
			w.wait(time.Hour)
			w.expect(t, "ring 1: a", "cancel 1")
			if sent.began.Before(at(24)) { // it can be known
				w.tell(fired)
				w.expect(t)
			}
			fired.Began = sent.anew
			w.tell(fired)
			w.expect(t, "ring 2: a")
		})
	}
}

// One group, as Alertmanager's default route makes it, of a critical alert and a warning, in every order: the critical
// one rings once, the warning never, and the call is canceled when the critical one is over.
func TestTwoSeveritiesInOneGroup(t *testing.T) {
	warning := fires("w")
	warning.Rings = false
	steps := map[string]Event{"fire c": fires("c"), "end c": over("c"), "fire w": warning, "end w": over("w")}
	for _, order := range orders([]string{"fire c", "end c", "fire w", "end w"}) {
		if slices.Index(order, "end c") < slices.Index(order, "fire c") {
			continue
		}
		for _, reached := range []bool{true, false} {
			w := newWorld(usual)
			for _, step := range order {
				w.tell(steps[step])
				w.tell(steps[step]) // its pair tells the same
				if step == "fire c" && reached {
					w.end("1", true)
				}
				w.wait(time.Minute)
			}
			if reached {
				w.expect(t, "ring 1: c")
			} else {
				w.expect(t, "ring 1: c", "cancel 1")
			}
		}
	}
}

func orders(all []string) (list [][]string) {
	if len(all) == 0 {
		return [][]string{nil}
	}
	for i, one := range all {
		rest := slices.Delete(slices.Clone(all), i, i+1)
		for _, order := range orders(rest) {
			list = append(list, append([]string{one}, order...))
		}
	}
	return list
}

// Members of a group are one incident, from the first that fires to the last that ends; others are each their own.
func TestIncidents(t *testing.T) {
	w := newWorld(usual)
	lone := fires("z")
	lone.Group = ""
	w.tell(fires("a"), fires("b"), lone)
	w.tell(over("a"))
	w.tell(fires("c"), over("b"), over("c"))
	w.tell(fires("d"))
	got := map[string]string{}
	for key, m := range w.Members {
		got[key] = m.Incident
	}
	if diff := cmp.Diff(map[string]string{"a": "ia", "b": "ia", "c": "ia", "d": "id", "z": "iz"}, got); diff != "" {
		t.Error(diff)
	}
}
