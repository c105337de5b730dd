package call

import (
	"maps"
	"slices"
	"testing"
	"time"
)

// What somebody asked for says whose request it was. What follows from it by itself does not.
func TestAnEventSaysWhoAskedForIt(t *testing.T) {
	s := unknown(t, func(w *Wish) { w.By = "shop" }).
		listed(1, Report{SID: "CA1", Status: StatusBusy}, Report{SID: "CA2", Status: StatusCompleted})
	events, err := s.Resolve(1, &Report{SID: "CA1", Status: StatusBusy}, "crm", s.now)
	if err != nil {
		t.Fatal(err)
	}
	s.got(events)
	if events, err = s.Redial("desk", s.now); err != nil {
		t.Fatal(err)
	}
	s.got(events).dials(2).hears(2, InProgress).got(s.Cancel(false, "night", s.now))
	s.after(time.Minute).got(s.Cancel(true, "late", s.now)).hears(2, StatusCompleted).is(Ended)
	want := map[EventType][]string{
		CallCreated: {"shop"}, AttemptResolved: {"crm"}, RedialRequested: {"desk"}, CallCancelRequested: {"night", "late"},
	}
	got := map[EventType][]string{}
	for _, e := range s.events {
		if e.By != "" {
			got[e.Type] = append(got[e.Type], e.By)
		}
	}
	if !maps.EqualFunc(got, want, slices.Equal) {
		t.Errorf("by %v, and not by %v", got, want)
	}
}
