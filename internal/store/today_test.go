package store

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"redial/internal/call"
)

// Of the calls that were asked for since a time it is known how they ended; and of all that have not ended, how many
// they are: for everybody, and for a name.
func testToday(t *testing.T, b backend) {
	s := b.open(t, nil)
	n := 0
	made := func(at time.Time, by string) call.Call {
		n++
		number, id := fmt.Sprintf("+8190%08d", n), fmt.Sprintf("%s-7000-8000-%012d", idFrom(at)[:13], n)
		c, _ := createBy(t, s, Asker{Name: by}, Idempotency{}, to(number), func(w *call.Wish) { w.ID = id })
		return c
	}
	midnight := begin.Truncate(24 * time.Hour)
	yesterday := made(midnight.Add(-time.Millisecond), "shop")
	first, second := made(midnight, "shop"), made(begin, "shop")
	others := made(begin, "crm")
	dial(t, s, begin, yesterday.ID, first.ID, second.ID, others.ID)
	for _, c := range []call.Call{yesterday, first, others} {
		change(t, s, c.ID, report(call.StatusCompleted))
	}
	change(t, s, second.ID, report(call.StatusBusy)) // it waits for its second attempt
	last := made(begin.Add(time.Second), "shop")
	next := get(t, s, second.ID).NextAttemptAt

	for by, want := range map[string]Today{
		"": {
			Ended: map[call.Outcome]int{call.Reached: 2}, Newest: 2, First: 2, Waiting: 2,
			Oldest: second.ID, OldestNext: next,
		},
		"shop": {
			Ended: map[call.Outcome]int{call.Reached: 1}, Newest: 1, First: 1, Waiting: 2,
			Oldest: second.ID, OldestNext: next,
		},
		"crm": {Ended: map[call.Outcome]int{call.Reached: 1}, Newest: 1, First: 1},
	} {
		for _, o := range call.Outcomes() {
			want.Ended[o] += 0
		}
		got, err := s.Today(t.Context(), midnight, by)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%q: -want +got:\n%s", by, diff)
		}
	}
	dial(t, s, next, second.ID, last.ID)
	change(t, s, second.ID, report(call.StatusCompleted)) // at the second attempt
	got, err := s.Today(t.Context(), midnight, "shop")
	if err != nil || got.Newest != 2 || got.First != 1 || got.Dialing != 1 || got.Waiting != 0 || got.Oldest != "" {
		t.Errorf("%+v, %v", got, err)
	}
}

// Ids that are made from a time on are above its bound, and earlier ones are below.
func TestIDsAreInTheOrderOfTime(t *testing.T) {
	before, err := uuid.NewV7()
	if err != nil {
		t.Fatal(err)
	}
	seconds, nanos := before.Time().UnixTime()
	at := time.Unix(seconds, nanos)
	if id := before.String(); id < idFrom(at) || id >= idFrom(at.Add(time.Millisecond)) {
		t.Errorf("%s was made at %s, which begins at %s", id, at, idFrom(at))
	}
}
