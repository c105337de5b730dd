package trigger

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"redial/internal/call"
	"redial/internal/incident"
	"redial/internal/source"
	"redial/internal/store"
)

// world is a node with triggers, in a bubble whose clock is its own. Its phones ring when the test says so.
type world struct {
	t *testing.T
	*Triggers
	mu    sync.Mutex  // of what follows: the node looks by itself, too
	calls []string    // their ids, in the order in which they were made
	story []string    // what was heard, and what became of it
	when  []time.Time // each of these
}

// inWorld runs a story about the trigger named a.
func inWorld(t *testing.T, trigger string, story func(*world)) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, filepath.Join(t.TempDir(), "x.db"), trigger)
		story(w)
	})
}

func newWorld(t *testing.T, file, trigger string) *world {
	t.Helper()
	w := &world{t: t}
	s, err := store.Open(t.Context(), "sqlite:"+file, store.Options{
		Migrate: true, Bounds: store.Bounds{ToNumber: 20}, Committed: w.committed,
	})
	if err != nil {
		t.Fatal(err)
	}
	w.Triggers = New(s)
	w.Use(fileOf(t, trigger))
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); w.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		<-done
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

// committed tells of a call that is made or ends.
func (w *world) committed(c *call.Call, e *call.Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	defer func() {
		for len(w.when) < len(w.story) {
			w.when = append(w.when, e.At)
		}
	}()
	switch e.Type {
	case call.CallCreated:
		w.calls = append(w.calls, c.ID)
		w.story = append(w.story, fmt.Sprintf("call %d: %s", len(w.calls), c.Message.Say.Text))
	case call.CallEnded:
		w.story = append(w.story, fmt.Sprintf("call %d %s", slices.Index(w.calls, c.ID)+1, c.Outcome))
	case call.TriggerDoubted:
		w.story = append(w.story, "doubt: "+e.Reason)
	}
}

// tells tells the trigger of an event.
func (w *world) tells(e *source.Event) Told {
	w.t.Helper()
	told, err := w.Tell(w.t.Context(), store.Asker{Name: "ops"}, "a", e)
	if err != nil {
		w.t.Fatal(err)
	}
	synctest.Wait()
	return told
}

// waits lets time pass.
func (w *world) waits(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// answers has a call answered.
func (w *world) answers(call int) { w.rings(call, true) }

// nobody has a call answered by nobody, until it has used up its attempts.
func (w *world) nobody(call int) { w.rings(call, false) }

func (w *world) rings(n int, answered bool) {
	w.t.Helper()
	id := w.calls[n-1]
	for range 20 {
		due, err := w.store.ClaimToDial(w.t.Context(), w.store.Now(), 10)
		if err != nil {
			w.t.Fatal(err)
		}
		if len(due) == 0 {
			w.waits(30 * time.Second)
		}
		for _, d := range due {
			w.dialed(d.Call.ID, len(d.Call.Attempts), answered && d.Call.ID == id)
		}
		if c, err := w.store.Get(w.t.Context(), id); err != nil || c.State == call.Ended {
			synctest.Wait()
			return
		}
	}
	w.t.Fatal("the call has not ended")
}

func (w *world) dialed(id string, n int, answered bool) {
	status, duration := call.StatusNoAnswer, 0
	if answered {
		status, duration = call.StatusCompleted, 20
	}
	sid := fmt.Sprintf("CA-%s-%d", id, n)
	_, err := w.store.Change(w.t.Context(), id, w.store.Now(), func(c *call.Call) ([]call.Event, error) {
		events := c.Placed(n, sid, w.store.Now())
		if answered {
			events = append(events, c.Report(n, call.Report{SID: sid, Status: call.InProgress}, w.store.Now())...)
		}
		return append(events, c.Report(n, call.Report{SID: sid, Status: status, Duration: duration}, w.store.Now())...), nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// hears expects what was heard since the last time.
func (w *world) hears(story ...string) {
	w.t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	wants(w.t, "story", w.story, story)
	w.story = nil
}

// fires is an event about one thing that fires.
func fires(key string) *source.Event {
	m := source.Member{
		Key: key, State: source.Firing, Title: "Disk " + key, Severity: "critical", Labels: map[string]string{"team": "db"},
	}
	return &source.Event{Member: m, Source: source.JSON, Members: []source.Member{m}, Fires: 1}
}

func is(e *source.Event, state source.State) *source.Event {
	e.State, e.Fires = state, 0
	for i := range e.Members {
		e.Members[i].State = state
	}
	return e
}

// together is a group's event.
func together(events ...*source.Event) *source.Event {
	all := *events[0]
	all.Source, all.Key, all.Title, all.Members, all.Fires = source.Alertmanager, "{}:{}", "Disks", nil, 0
	all.State = source.Resolved
	for _, e := range events {
		all.Members = append(all.Members, e.Members...)
		if e.State == source.Firing {
			all.Fires++
			all.State = source.Firing
		}
	}
	return &all
}

const (
	once      = "to: [carl]\npolicy: {max_attempts: 1}\n"
	saysTitle = once + `say: {text: "{{ range .members }}{{ .title }}. {{ end }}"}` + "\n"
)

// An event rings; its repeats ring nobody while the call is under way, and after it has reached somebody.
func TestAStoryOfRepeats(t *testing.T) {
	inWorld(t, saysTitle, func(w *world) {
		told := w.tells(fires("one"))
		if len(told.Calls) != 1 || len(told.Incidents) != 1 || told.Why != "" || len(told.Recipients) != 1 {
			t.Errorf("%+v", told)
		}
		again := w.tells(fires("one"))
		if !slices.Equal(again.Joined, ids(told.Calls)) || again.Why != "a call tells of it already" {
			t.Errorf("%+v", again)
		}
		w.answers(1)
		w.hears("call 1: Disk one.", "call 1 reached")
		w.waits(time.Hour)
		if again := w.tells(fires("one")); again.Why != "somebody was reached about it already" {
			t.Errorf("%+v", again)
		}
		if told := w.tells(is(fires("one"), source.Acknowledged)); told.Why != "somebody takes care of it" {
			t.Errorf("%+v", told)
		}
		if told := w.tells(is(fires("one"), source.Resolved)); told.Why != "it is over" {
			t.Errorf("%+v", told)
		}
		w.waits(time.Hour)
		w.hears()
		w.tells(fires("one"))
		w.hears("call 2: Disk one.")
	})
}

// What resolves before anybody is reached is canceled, with words in the timeline.
func TestAStoryOfResolving(t *testing.T) {
	inWorld(t, saysTitle, func(w *world) {
		w.tells(together(fires("one"), fires("two")))
		w.tells(together(is(fires("one"), source.Resolved), fires("two")))
		w.hears("call 1: Disk one. Disk two.")
		told := w.tells(is(fires("two"), source.Resolved))
		if len(told.Canceled) != 1 || told.Why != "what the call told of is over: the call is canceled" {
			t.Errorf("%+v", told)
		}
		w.hears("call 1 canceled")
		events, err := w.store.Events(w.t.Context(), w.calls[0], 0, 10)
		if err != nil || events[1].Reason != "resolved: nothing that it tells of fires any more" {
			t.Errorf("%+v, %v", events, err)
		}
		w.waits(time.Hour)
		w.hears()
	})
}

// After a call that reached nobody a repeat rings again, a while later. A key that fires again after it resolved waits
// as long, and is dropped if it resolves before.
func TestAStoryOfRingingAgain(t *testing.T) {
	inWorld(t, saysTitle+"again_after: 20m\n", func(w *world) {
		w.tells(fires("one"))
		w.nobody(1)
		w.hears("call 1: Disk one.", "call 1 unreached")
		w.waits(10 * time.Minute)
		if told := w.tells(fires("one")); !strings.HasPrefix(told.Why, "it rings at ") {
			t.Errorf("%+v", told)
		}
		w.waits(9 * time.Minute)
		w.hears()
		w.waits(2 * time.Minute)
		w.hears("call 2: Disk one.")
		w.nobody(2)
		w.tells(is(fires("one"), source.Resolved))
		w.hears("call 2 unreached")
		w.tells(fires("one"))
		w.waits(10 * time.Minute)
		w.tells(is(fires("one"), source.Resolved))
		w.waits(time.Hour)
		w.hears()
	})
}

// What was canceled before any phone rang keeps nothing from ringing anew.
func TestAStoryOfNoRingAtAll(t *testing.T) {
	inWorld(t, saysTitle, func(w *world) {
		w.tells(fires("one"))
		w.tells(is(fires("one"), source.Resolved))
		w.tells(fires("one"))
		w.hears("call 1: Disk one.", "call 1 canceled", "call 2: Disk one.")
		told := w.tells(is(fires("one"), source.Acknowledged))
		if told.Why != "somebody takes care of what the call told of: the call is canceled" {
			t.Errorf("%+v", told)
		}
		w.hears("call 2 canceled")
	})
}

// Whom a template names for each of a group is rung, not whom it would name for all together.
func TestAStoryOfOneTeamInAGroup(t *testing.T) {
	inWorld(t, "to: ['{{ if hasPrefix `db` .labels.instance }}aiko{{ else }}carl{{ end }}']\n",
		func(w *world) {
			one, two, three := fires("one"), fires("two"), fires("three")
			for i, e := range []*source.Event{one, two, three} {
				e.Members[0].Labels = map[string]string{"instance": []string{"db1", "db2", "web1"}[i]}
			}
			told := w.tells(together(one, two, three))
			var names []string
			for _, r := range told.Recipients {
				names = append(names, r.Name)
			}
			slices.Sort(names)
			if len(told.Calls) != 2 || !slices.Equal(names, []string{"aiko", "carl"}) {
				t.Errorf("%d calls to %q", len(told.Calls), names)
			}
			told = w.tells(&source.Event{Source: source.Alertmanager, Fires: 2, Members: []source.Member{
				{State: source.Firing, Title: "x", Labels: one.Members[0].Labels},
				{State: source.Firing, Title: "y", Labels: three.Members[0].Labels},
			}})
			if len(told.Calls) != 2 {
				t.Errorf("without keys: %d calls to %+v", len(told.Calls), told.Recipients)
			}
		})
}

// hold waits before the first ring, and what resolves meanwhile rings nobody. The words are those that were told.
func TestAStoryOfHold(t *testing.T) {
	inWorld(t, once+"hold: 2m\nsay: {text: \"{{ .title }} {{ .raw.count }}\"}\n", func(w *world) {
		e := fires("one")
		e.Raw = map[string]any{"count": int64(42)}
		if told := w.tells(e); !strings.HasPrefix(told.Why, "it rings at ") || told.RingsAt.IsZero() {
			t.Errorf("%+v", told)
		}
		w.tells(is(fires("two"), source.Firing))
		w.waits(time.Minute)
		w.tells(is(fires("two"), source.Resolved))
		w.hears()
		w.waits(time.Minute)
		w.hears("call 1: Disk one 42.")
	})
}

// What somebody was reached about, and still fires, rings again if the trigger says so; not what is acknowledged.
func TestAStoryOfReminders(t *testing.T) {
	inWorld(t, saysTitle+"remind_after: 1h\n", func(w *world) {
		w.tells(fires("one"))
		w.answers(1)
		w.waits(59 * time.Minute)
		w.hears("call 1: Disk one.", "call 1 reached")
		w.waits(2 * time.Minute)
		w.answers(2)
		w.hears("call 2: Disk one.", "call 2 reached")
		if told := w.tells(is(fires("one"), source.Acknowledged)); len(told.Calls) != 0 {
			t.Errorf("%+v", told)
		}
		w.waits(5 * time.Hour)
		w.hears()
	})
}

// A storm is two calls: what fires while one rings is told in the next. Whoever answers that has heard of all.
func TestAStorm(t *testing.T) {
	inWorld(t, once+"remind_after: 2h\n", func(w *world) {
		for n := range 40 {
			w.tells(fires(fmt.Sprintf("n%02d", n)))
			w.waits(time.Second)
		}
		w.hears("call 1: Critical alert. Disk n 00.")
		w.answers(1)
		w.waits(10 * time.Second)
		if len(w.story) != 2 || !strings.Contains(w.story[1], "39") || strings.Count(w.story[1], "Disk") > 5 {
			t.Fatalf("%q", w.story)
		}
		w.hears(w.story...)
		w.answers(2)
		for n := range 40 {
			if told := w.tells(fires(fmt.Sprintf("n%02d", n))); told.Why != "somebody was reached about it already" {
				t.Fatalf("%+v", told)
			}
		}
		w.hears("call 2 reached")
	})
}

// To acknowledge ends the ringing, and leaves the incident open; to close it ends it. What its sender repeats of what
// was closed by hand is old news.
func TestAStoryByHand(t *testing.T) {
	inWorld(t, saysTitle, func(w *world) {
		by := store.Asker{Name: "ben"}
		began := time.Now()
		one := fires("one")
		one.Members[0].At = began
		id := w.tells(one).Incidents[0]
		i, err := w.Acknowledge(w.t.Context(), by, id)
		if err != nil || i.AcknowledgedAt.IsZero() || !i.ClosedAt.IsZero() {
			t.Errorf("%+v, %v", i, err)
		}
		w.waits(time.Hour)
		w.hears("call 1: Disk one.", "call 1 canceled")
		if told := w.tells(one); told.Why != "somebody takes care of it already" {
			t.Errorf("%+v", told)
		}
		for range 2 {
			i, err = w.Close(w.t.Context(), by, id)
			if err != nil || i.ClosedBy != "ben" || i.ClosedWhy != store.ClosedByHand {
				t.Errorf("%+v, %v", i, err)
			}
		}
		w.waits(time.Hour)
		if told := w.tells(one); told.Why != "it is old news: it was over already" {
			t.Errorf("%+v", told)
		}
		w.hears()
		anew := fires("one")
		anew.Members[0].At = time.Now()
		w.tells(anew)
		w.hears("call 2: Disk one.")
		if _, err := w.Close(w.t.Context(), by, "none"); !errors.Is(err, store.ErrNoIncident) {
			t.Error(err)
		}
		audit, err := w.store.Audit(w.t.Context(), "ben", "", 10)
		if err != nil || len(audit) != 2 {
			t.Errorf("%+v, %v", audit, err)
		}
	})
}

// What nothing was heard of is forgotten, and rings as new.
func TestAStoryOfForgetting(t *testing.T) {
	inWorld(t, saysTitle+"forget_after: 2h\n", func(w *world) {
		told := w.tells(fires("one"))
		w.answers(1)
		w.waits(time.Hour)
		w.tells(fires("one"))
		w.waits(2*time.Hour + time.Minute)
		i, err := w.store.Incident(w.t.Context(), told.Incidents[0])
		if err != nil || i.ClosedWhy != store.ClosedForgotten {
			t.Errorf("%+v, %v", i, err)
		}
		w.tells(fires("one"))
		w.hears("call 1: Disk one.", "call 1 reached", "call 2: Disk one.")
	})
}

// A warning is no reason to ring, and its end none to cancel.
func TestAStoryOfWhatDoesNotMatch(t *testing.T) {
	inWorld(t, saysTitle+"match: {severity: critical}\n", func(w *world) {
		warning := fires("warning")
		warning.Members[0].Severity = "warning"
		if told := w.tells(warning); told.Why != "nothing in the event fires and matches the trigger" {
			t.Errorf("%+v", told)
		}
		w.tells(together(warning, fires("one")))
		w.tells(is(warning, source.Resolved))
		w.waits(time.Minute)
		w.hears("call 1: Disk one.")
		gone := fires("one") // what it once matched by is not told any more
		gone.Members[0].Severity = ""
		w.tells(is(gone, source.Resolved))
		w.hears("call 1 canceled")
	})
}

// Without a key, or with once: false, each event rings by itself.
func TestAStoryOfWhatHasNoKey(t *testing.T) {
	for _, with := range []string{"", "once: false\n"} {
		inWorld(t, saysTitle+with, func(w *world) {
			for range 2 {
				e := fires("one")
				if with == "" {
					e.Key, e.Members[0].Key = "", ""
				}
				if told := w.tells(e); len(told.Calls) != 1 || len(told.Incidents) != 0 {
					t.Errorf("%+v", told)
				}
			}
			w.hears("call 1: Disk one.", "call 2: Disk one.")
		})
	}
}

// once names what is one: several members of an event may be, and fire while any of them does.
func TestAStoryOfOnce(t *testing.T) {
	inWorld(t, saysTitle+`once: "{{ .labels.team }}"`+"\n", func(w *world) {
		w.tells(together(fires("one"), fires("two")))
		w.tells(together(is(fires("one"), source.Resolved), fires("two")))
		w.tells(fires("three"))
		w.hears("call 1: Disk one. Disk two.")
		w.tells(is(fires("three"), source.Resolved))
		w.hears("call 1 canceled")
	})
}

// What shares a key with something that is over, and began before that ended, is no old news.
func TestAStoryOfOnceInTwoGroups(t *testing.T) {
	inWorld(t, saysTitle+`once: "{{ .labels.team }}"`+"\n", func(w *world) {
		start := w.store.Now()
		first, second := fires("one"), fires("two")
		for i, e := range []*source.Event{first, second} {
			e.At = start.Add(time.Duration(i) * time.Minute)
			e.Members[0].At = e.At
		}
		w.waits(2 * time.Minute)
		w.tells(first)
		w.tells(second)
		over := is(fires("one"), source.Resolved)
		over.Members[0].At, over.Members[0].Ended = first.At, w.store.Now()
		w.tells(over)
		w.hears("call 1: Disk one.", "call 1 canceled")
		w.waits(time.Hour)
		w.tells(second)
		w.hears("call 2: Disk two.")
	})
}

// Messages of one title ring each, and are over together when their title is.
func TestAStoryOfMessages(t *testing.T) {
	read := func(body string) *source.Event {
		e, err := source.Read(source.JSON, &source.Request{Body: []byte(body)})
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	inWorld(t, once+`say: {text: "{{ .text }}"}`, func(w *world) {
		for range 2 {
			w.tells(read(`{"title": "Watchtower", "text": "web is old"}`))
		}
		w.answers(1)
		w.tells(read(`{"title": "Watchtower", "text": "the database is gone"}`))
		w.hears("call 1: web is old.", "call 1 reached", "call 2: the database is gone.")
		w.tells(read(`{"title": "Watchtower", "state": "resolved"}`))
		w.hears("call 2 canceled")
	})
}

// A template of to says whom each member reaches; who is unknown is told where there is somebody else, and 422 where
// there is nobody.
func TestAStoryOfTeams(t *testing.T) {
	inWorld(t, "to: [\"{{ .labels.on }}\"]\npolicy: {max_attempts: 1}\nsay: {text: \"{{ .title }}\"}\n", func(w *world) {
		on := func(key, person string) *source.Event {
			e := fires(key)
			e.Labels = map[string]string{"on": person}
			e.Members[0].Labels = e.Labels
			return e
		}
		w.tells(on("one", "carl"))
		w.tells(on("two", "aiko"))
		w.tells(on("three", "carl"))
		if len(w.calls) != 2 {
			t.Errorf("%q", w.story)
		}
		w.answers(1)
		w.waits(10 * time.Second)
		if len(w.calls) != 3 {
			t.Errorf("%q", w.story)
		}
		told, err := w.Tell(w.t.Context(), store.Asker{}, "a", on("four", "zoe"))
		if !errors.Is(err, ErrNobody) || len(told.Doubts) == 0 || len(told.Incidents) != 0 {
			t.Errorf("%+v, %v", told, err)
		}
		if told := w.tells(together(on("five", "zoe"), on("six", "carl"))); len(told.Doubts) == 0 {
			t.Errorf("%+v", told)
		}
	})
}

// What goes wrong is told in the call's timeline, and it rings all the same.
func TestAStoryOfADoubt(t *testing.T) {
	inWorld(t, once+`say: {text: "{{ .raw.a.b.c }}"}`+"\n", func(w *world) {
		e := fires("one")
		e.Raw = map[string]any{"a": "text"}
		if told := w.tells(e); len(told.Doubts) != 1 {
			t.Errorf("%+v", told)
		}
		if len(w.story) != 2 || w.story[0] != "call 1: Critical alert. Disk one." ||
			!strings.HasPrefix(w.story[1], "doubt: say: ") {
			t.Errorf("%q", w.story)
		}
	})
}

// While a number has as many calls as it may have, what is told is kept, and rings as soon as it may.
func TestAStoryOfABound(t *testing.T) {
	inWorld(t, saysTitle+"once: false\n", func(w *world) {
		for range 20 {
			w.tells(fires("one"))
		}
		w.Use(fileOf(t, saysTitle))
		_, err := w.Tell(w.t.Context(), store.Asker{}, "a", fires("two"))
		if _, many := errors.AsType[*store.TooManyError](err); !many {
			t.Error(err)
		}
		w.nobody(1)
		w.waits(time.Minute)
		if got := w.story[len(w.story)-1]; got != "call 21: Disk two." {
			t.Errorf("%q", w.story)
		}
	})
}

// The file loses a trigger, or its node: what waits is forgotten in time, and rings nobody.
func TestAStoryOfATriggerThatIsGone(t *testing.T) {
	inWorld(t, saysTitle+"hold: 10m\n", func(w *world) {
		id := w.tells(fires("one")).Incidents[0]
		w.Use(nil)
		w.waits(30 * time.Hour)
		w.hears()
		if i, err := w.store.Incident(w.t.Context(), id); err != nil || i.ClosedWhy != store.ClosedForgotten {
			t.Errorf("%+v, %v", i, err)
		}
	})
}

// What says nothing new about what is wrong takes away none of what was told: an update, an end that is old news, or
// that somebody takes care of it.
func TestAStoryOfWordsThatStay(t *testing.T) {
	inWorld(t, saysTitle+"hold: 10m\n", func(w *world) {
		began := time.Now()
		one := fires("one")
		one.Members[0].At = began
		w.tells(one)
		for _, state := range []source.State{source.Updated, source.Resolved} {
			e := is(fires("one"), state)
			e.Members[0].Title, e.Members[0].Ended = "", began.Add(-time.Hour)
			if told := w.tells(e); len(told.Calls) != 0 {
				t.Errorf("%+v", told)
			}
		}
		w.waits(11 * time.Minute)
		w.hears("call 1: Disk one.")
	})
}

// What is told while another call of the trigger is under way is no call of its own, and a resolve is not answered
// with the calls of others.
func TestAStoryOfWhoseCallItIs(t *testing.T) {
	inWorld(t, saysTitle, func(w *world) {
		w.tells(fires("one"))
		if told := w.tells(fires("two")); !strings.HasPrefix(told.Why, "another call of the trigger is under way") {
			t.Errorf("%+v", told)
		}
		w.tells(fires("three"))
		if told := w.tells(is(fires("one"), source.Resolved)); len(told.Canceled) != 1 || len(told.Calls) != 0 {
			t.Errorf("%+v", told)
		}
		w.waits(time.Second)
		w.hears("call 1: Disk one.", "call 1 canceled", "call 2: Disk three. Disk two.")
		if told := w.tells(is(fires("three"), source.Resolved)); len(told.Joined) != 0 {
			t.Errorf("%+v", told)
		}
	})
}

// More than a trigger can know are told as one, once.
func TestAStoryOfTooMany(t *testing.T) {
	inWorld(t, once+"hold: 10m\nsay: {text: \"{{ .title }}\"}\n", func(w *world) {
		group := func(from int) *source.Event {
			var all []*source.Event
			for n := range 100 {
				all = append(all, fires(fmt.Sprintf("n%04d", from+n)))
			}
			return together(all...)
		}
		for n := range 10 {
			if told := w.tells(group(100 * n)); len(told.Doubts) != 0 {
				t.Fatalf("%+v", told)
			}
		}
		for n := range 3 {
			if told := w.tells(group(1000 + 100*n)); len(told.Doubts) != 1 || told.RingsAt.IsZero() {
				t.Fatalf("%+v", told)
			}
		}
		w.waits(10*time.Minute + time.Second)
		if len(w.calls) != 1 {
			t.Errorf("%q", w.story)
		}
		w.answers(1)
		w.hears("call 1: Disk n 1299, Disk n 0000, Disk n 0001, and 998 more.", "call 1 reached")
		w.tells(group(1300))
		w.waits(10*time.Minute + time.Second)
		if len(w.calls) != 2 { // what is new since may be known by name again
			t.Errorf("%d calls", len(w.calls))
		}
	})
}

// What is one too many rings, also after somebody was reached about others that were.
func TestWhatIsOneTooMany(t *testing.T) {
	f := fileOf(t, once)
	k := newTaker(f, f.Triggers["a"], store.Asker{}, fires("new"), Around{Now: friday})
	many := &incident.Member{Key: manyKey, Firing: true, Call: "1", Reached: friday, Seen: friday}
	known := incident.Trigger{
		Rules:   incident.Rules{AgainAfter: time.Minute, ForgetAfter: 24 * time.Hour},
		Members: map[string]*incident.Member{manyKey: many},
		Calls:   map[string]incident.Call{"1": {Reached: true, Ended: friday}},
	}
	known.Tell(k.fold(&known, true), friday.Add(time.Hour))
	if due := known.Due(friday.Add(time.Hour), k.People); len(due) != 1 {
		t.Errorf("%+v rings as %+v", many, due)
	}
}
