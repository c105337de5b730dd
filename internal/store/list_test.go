package store

import (
	"errors"
	"fmt"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"redial/internal/call"
)

func listed(t testing.TB, s *Store, q Query) (ids []string) {
	t.Helper()
	calls, _, err := s.List(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range calls {
		equal(t, c.Call, get(t, s, c.ID))
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
		{Query{Outcome: call.Reached, State: call.Ended}, []string{reached}},
		{Query{Outcome: call.Reached, State: call.Waiting}, nil},
		{Query{Outcome: call.Expired}, nil},
		{Query{To: phone}, []string{dialing, reached}},
		{Query{To: phone, State: call.Ended, Outcome: call.Reached}, []string{reached}},
		{Query{To: phone, State: call.Ended, Before: reached}, nil},
	} {
		tc.q.Limit = 10
		equal(t, listed(t, s, tc.q), tc.want)
	}
}

// A list by a number has the calls of everybody who may be rung at it, and one by a name those that this name made,
// with any filters and cursor: the same calls in the same order as the same filters find among all calls.
func testListTo(t *testing.T, b backend) {
	s := b.open(t, nil)
	const other = "+815012340000"
	ladder := func(numbers ...string) func(*call.Wish) {
		return func(w *call.Wish) {
			w.To, w.People = numbers[0], nil
			for i, n := range numbers {
				w.People = append(w.People, call.Person{Number: n, Name: fmt.Sprintf(`"Nobody" %d`, i)})
			}
		}
	}
	made := 0
	create := func(t *testing.T, s *Store, change func(*call.Wish)) call.Call {
		made++
		return create(t, s, func(w *call.Wish) { change(w); w.By = []string{"crm", "", "shop", "crm"}[made/3%4] })
	}
	plain := func(w *call.Wish) { w.To, w.Policy.NotBefore.After = phone, time.Hour }
	second := func(w *call.Wish) { ladder(other, phone, "+815012340001")(w); w.Policy.NotBefore.After = time.Hour }
	ends := func(id string, with call.Status) {
		t.Helper()
		dial(t, s, begin, id)
		change(t, s, id, report(with))
	}
	for range 3 {
		create(t, s, second)
		ends(create(t, s, to(phone)).ID, call.StatusCompleted)
		ends(create(t, s, ladder("+819000000001", phone)).ID, call.StatusCompleted)
		change(t, s, create(t, s, second).ID, cancel)
		change(t, s, create(t, s, plain).ID, cancel)
		create(t, s, func(w *call.Wish) { w.Policy.NotBefore.After = time.Hour }) // a call to another person
		ends(create(t, s, ladder("+819000000009", "+819000000010")).ID, call.StatusCompleted)
	}
	create(t, s, plain)
	dial(t, s, begin, create(t, s, ladder("+819000000020", phone)).ID)

	all, _, err := s.List(t.Context(), Query{Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	for _, state := range append(call.States(), "") {
		for _, outcome := range append(call.Outcomes(), "") {
			for _, by := range []string{"", "shop", "crm", "nobody"} {
				for _, number := range []string{"", phone, other, "+815012340001", "+819000000010", "+819999999999"} {
					var want []string
					for _, c := range all {
						if (number == "" || slices.Contains(c.Numbers(), number)) && (by == "" || c.By == by) &&
							(state == "" || c.State == state) && (outcome == "" || c.Outcome == outcome) {
							want = append(want, c.ID)
						}
					}
					q := Query{To: number, By: by, State: state, Outcome: outcome, Limit: 3}
					var got []string
					for {
						page := listed(t, s, q)
						got = append(got, page...)
						if len(page) < q.Limit {
							break
						}
						q.Before = page[len(page)-1]
					}
					if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
						t.Errorf("to %s by %s, %q %q (-want +got):\n%s", number, by, state, outcome, diff)
					}
				}
			}
		}
	}
	for _, c := range all {
		if c.State == call.Ended && slices.Contains(c.Numbers(), phone) {
			if err := s.Scrub(t.Context(), Asker{}, c.ID, begin); err != nil {
				t.Fatal(err)
			}
		}
	}
	equal(t, listed(t, s, Query{To: phone, State: call.Ended, Limit: 100}), nil)
	equal(t, len(listed(t, s, Query{To: phone, Limit: 100})), 5)
}

// Calls from before the migration are listed as well.
func testListToOfBefore(t *testing.T, b backend) {
	if b.first > 8 { // there was no version before
		return
	}
	s := b.open(t, nil)
	c := create(t, s, func(w *call.Wish) {
		w.People = []call.Person{{Number: "+815012340000"}, {Number: phone, Name: "A, \u00e9 \"b\" {", Say: "[x]"}}
		w.To = w.People[0].Number
	})
	ended := create(t, s, func(w *call.Wish) { w.To = c.To; w.People = c.People; w.Policy.NotBefore.After = time.Hour })
	change(t, s, ended.ID, cancel)
	migrateDown(t, s, 8)
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	equal(t, listed(t, s, Query{To: phone, Limit: 10}), []string{ended.ID, c.ID})
	equal(t, listed(t, s, Query{To: phone, State: call.Waiting, Limit: 10}), []string{c.ID})
	equal(t, listed(t, s, Query{To: phone, Outcome: call.OutcomeCanceled, Limit: 10}), []string{ended.ID})
	run(t, s, "DELETE FROM calls WHERE id = $1", ended.ID)
	equal(t, count(t, s, "SELECT count(*) FROM also_called"), 1)
}

// Calls that a node of the version before writes while the migration runs are listed as well: the migration waits for
// its transaction.
func TestListToOfCallsMadeMeanwhile(t *testing.T) {
	s := backends[1].open(t, nil)
	c := create(t, s, func(w *call.Wish) {
		w.People = []call.Person{{Number: "+815012340000"}, {Number: phone}}
		w.To = w.People[0].Number
	})
	migrateDown(t, s, 10)
	run(t, s, "DELETE FROM also_called")
	other, err := s.engine.Pools().Read.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Rollback()
	const later = "019a0000-0000-7000-8000-000000000000"
	const copied = `INSERT INTO calls
		SELECT (jsonb_populate_record(c, jsonb_build_object('id', $2::text))).* FROM calls AS c WHERE id = $1`
	if _, err := other.ExecContext(t.Context(), copied, c.ID, later); err != nil {
		t.Fatal(err)
	}
	migrated := make(chan error, 1)
	go func() { migrated <- s.Migrate(t.Context()) }()
	for len(migrated) == 0 && count(t, s, `SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'calls'::regclass
		AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`) == 0 {
		runtime.Gosched()
	}
	if err := errors.Join(other.Commit(), <-migrated); err != nil {
		t.Fatal(err)
	}
	got := listed(t, s, Query{To: phone, Limit: 10})
	slices.Sort(got)
	equal(t, got, slices.Sorted(slices.Values([]string{c.ID, later})))
}

func testBetween(t *testing.T, b backend) {
	s := b.open(t, nil)
	byShop := func(w *call.Wish) { w.By = "shop" }
	ids := []string{create(t, s, byShop).ID, create(t, s, byShop).ID, create(t, s, byShop).ID}
	change(t, s, ids[1], cancel)
	for _, tc := range []struct {
		from, to string
		limit    int
		want     []string
	}{
		{ids[0], ids[2], 5, []string{ids[2], ids[1], ids[0]}},
		{ids[0], ids[2], 2, []string{ids[2], ids[1]}},
		{ids[1], ids[1], 5, []string{ids[1]}},
		{ids[2] + "0", ids[2] + "9", 5, nil},
	} {
		for by, want := range map[string][]string{"": tc.want, "shop": tc.want, "crm": nil} {
			got, err := s.Between(t.Context(), tc.from, tc.to, by, tc.limit)
			if err != nil {
				t.Fatal(err)
			}
			equal(t, got, want)
		}
	}
}

// The Idempotency-Key of a call is known until the call's personal data is removed.
func testIdempotencyKeys(t *testing.T, b backend) {
	s := b.open(t, nil)
	create(t, s)
	w := wish()
	c, events, err := call.New(w, begin)
	if err != nil {
		t.Fatal(err)
	}
	key := Idempotency{Scope: "scope", Key: "order-42", Hash: "hash"}
	if _, _, err := s.Create(t.Context(), Asker{}, c, events, key); err != nil {
		t.Fatal(err)
	}
	known := func(want string) {
		t.Helper()
		list, _, err := s.List(t.Context(), Query{Limit: 9})
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range list {
			alone, err := s.Asked(t.Context(), a.ID)
			if err != nil {
				t.Fatal(err)
			}
			equal(t, alone, a)
		}
		equal(t, []string{list[0].IdempotencyKey, list[1].IdempotencyKey}, []string{want, ""})
	}
	known("order-42")
	change(t, s, c.ID, cancel)
	if err := s.Scrub(t.Context(), Asker{}, c.ID, begin); err != nil {
		t.Fatal(err)
	}
	known("")
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
		create(t, s) // newer calls do not disturb the paging
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
	_, err := s.Change(t.Context(), other.ID, begin, steps(func(o *call.Call) []call.Event {
		return o.Placed(1, sid(c.ID, 1), begin)
	}))
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
		next, err := s.Timer.Next(t.Context())
		if err != nil || !next.Dial.Equal(wantDial) || !next.Ask.Equal(wantAsk) {
			t.Fatalf("%+v, %v, want %s, %s", next, err, wantDial, wantAsk)
		}
	}
	check(time.Time{}, time.Time{})
	c := create(t, s, to(phone), lasting(time.Hour))
	check(begin, c.Deadline)
	dial(t, s, begin, c.ID)
	asked := get(t, s, c.ID).WakeAt
	check(time.Time{}, asked)
	second := create(t, s, to(phone), lasting(10*time.Second))
	dial(t, s, begin) // it is held: nothing is due for it before its deadline
	check(second.Deadline, second.Deadline)
	change(t, s, second.ID, cancel)
	check(time.Time{}, asked)
}
