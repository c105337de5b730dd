package store

import (
	"testing"
	"time"

	"redial/internal/call"
)

func listed(t testing.TB, s *Store, q Query) (ids []string) {
	t.Helper()
	calls, _, err := s.List(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range calls {
		equal(t, c, get(t, s, c.ID))
		ids = append(ids, c.ID)
	}
	return ids
}

func testListFilters(t *testing.T, b backend) {
	s := b.open(t, nil)
	reached, canceled := create(t, s, to(phone)).ID, create(t, s).ID
	dial(t, s, begin, reached, canceled)
	change(t, s, reached, report(call.StatusCompleted))
	change(t, s, canceled, report(call.StatusCanceled))
	dialing := create(t, s, to(phone)).ID
	dial(t, s, begin, dialing)
	waiting := create(t, s).ID
	for _, tc := range []struct {
		q    Query
		want []string
	}{
		{Query{}, []string{waiting, dialing, canceled, reached}},
		{Query{State: call.Waiting}, []string{waiting}},
		{Query{State: call.Dialing}, []string{dialing}},
		{Query{State: call.Ended}, []string{canceled, reached}},
		{Query{Outcome: call.Reached}, []string{reached}},
		{Query{Outcome: call.Expired}, nil},
		{Query{To: phone}, []string{dialing, reached}},
		{Query{To: phone, State: call.Ended, Outcome: call.Reached}, []string{reached}},
		{Query{To: phone, State: call.Ended, Before: reached}, nil},
	} {
		tc.q.Limit = 10
		equal(t, listed(t, s, tc.q), tc.want)
	}
}

func testListPages(t *testing.T, b backend) {
	s := b.open(t, nil)
	var want []string
	for range 7 {
		want = append([]string{create(t, s).ID}, want...)
	}
	var got []string
	for before, page := "", 1; page < 9; page++ {
		ids := listed(t, s, Query{Before: before, Limit: 3})
		if len(ids) == 0 {
			break
		}
		got = append(got, ids...)
		before = ids[len(ids)-1]
		create(t, s) // newer ones do not disturb the paging
	}
	equal(t, got, want)
}

func testBySID(t *testing.T, b backend) {
	s := b.open(t, nil)
	c := create(t, s)
	dial(t, s, begin, c.ID)
	change(t, s, c.ID, report(call.StatusNoAnswer))
	dial(t, s, begin, c.ID)
	change(t, s, c.ID, report(call.Ringing))
	for n := 1; n <= 2; n++ {
		id, got, err := s.BySID(t.Context(), sid(c.ID, n))
		if err != nil || id != c.ID || got != n {
			t.Errorf("%s, %d, %v, want %s, %d", id, got, err, c.ID, n)
		}
	}
	other := create(t, s)
	dial(t, s, begin, other.ID)
	_, err := s.Change(t.Context(), other.ID, begin, steps(func(o *call.Call) []call.Event { return o.Placed(1, sid(c.ID, 1), begin) }))
	if err == nil {
		t.Error("two attempts have one sid")
	}
}

func testCounts(t *testing.T, b backend) {
	s := b.open(t, nil)
	check := func(want map[call.State]int) {
		t.Helper()
		got, err := s.Counts(t.Context(), 10)
		if err != nil {
			t.Fatal(err)
		}
		equal(t, got, want)
	}
	check(map[call.State]int{call.Waiting: 0, call.Dialing: 0, call.Ended: 0})
	one, two := create(t, s), create(t, s)
	dial(t, s, begin, one.ID, two.ID)
	change(t, s, one.ID, report(call.StatusCompleted))
	create(t, s)
	create(t, s)
	check(map[call.State]int{call.Waiting: 2, call.Dialing: 1, call.Ended: 1})
	if some, err := s.Counts(t.Context(), 1); err != nil || some[call.Waiting] != 1 {
		t.Errorf("%v, %v, though one was to be counted at most", some, err)
	}
}

func testNextWake(t *testing.T, b backend) {
	s := b.open(t, nil)
	check := func(wantDial, wantAsk time.Time) {
		t.Helper()
		dial, ask, err := s.NextWake(t.Context())
		if err != nil || !dial.Equal(wantDial) || !ask.Equal(wantAsk) {
			t.Fatalf("%s, %s, %v, want %s, %s", dial, ask, err, wantDial, wantAsk)
		}
	}
	check(time.Time{}, time.Time{})
	c := create(t, s, to(phone), lasting(time.Hour))
	check(begin, c.Deadline)
	dial(t, s, begin, c.ID)
	asked := get(t, s, c.ID).WakeAt
	check(time.Time{}, asked)
	second := create(t, s, to(phone), lasting(10*time.Second))
	dial(t, s, begin) // held: there is nothing to do for it before its deadline
	check(second.Deadline, second.Deadline)
	change(t, s, second.ID, cancel)
	check(time.Time{}, asked)
}
