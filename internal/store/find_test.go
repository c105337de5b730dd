package store

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"redial/internal/call"
	"redial/internal/store/engine"
)

// found are the ids of all pages of a Query.
func found(t testing.TB, s *Store, q Query) (ids []string) {
	t.Helper()
	for pages := 0; ; pages++ {
		calls, next, err := s.List(t.Context(), q)
		if err != nil || len(calls) > q.Limit || pages > 2000 {
			t.Fatalf("page %d of %d calls: %v", pages, len(calls), err)
		}
		for _, c := range calls {
			ids = append(ids, c.ID)
		}
		if next == "" {
			return ids
		}
		q.Before = next
	}
}

func matches(c *call.Call, q Query) bool {
	sids, has := []string{}, func(e Entry) bool { return c.Metadata[e.Name] == e.Value }
	for _, a := range c.Attempts {
		sids = append(sids, a.SID)
	}
	return (q.State == "" || c.State == q.State) && (q.Outcome == "" || c.Outcome == q.Outcome) &&
		(q.By == "" || c.By == q.By) && (q.To == "" || slices.Contains(c.Numbers(), q.To)) &&
		(q.SID == "" || slices.Contains(sids, q.SID)) &&
		(q.Since.IsZero() || !c.CreatedAt.Before(q.Since)) && (q.Until.IsZero() || c.CreatedAt.Before(q.Until)) &&
		(q.From == "" || q.From <= c.ID && c.ID <= q.Through) &&
		!slices.ContainsFunc(q.Metadata, func(e Entry) bool { return !has(e) })
}

// Every combination of filters finds the calls that match all of them, in the order of the list, page by page.
func testFind(t *testing.T, b backend) {
	s := b.open(t, nil)
	const other = "+815012340000"
	var all []call.Call
	make1 := func(i int) {
		at := begin.Add(time.Duration(i) * time.Minute)
		w := wish(func(w *call.Wish) {
			w.ID = idOf(at.UnixMilli(), fmt.Sprintf("7000-8000-%012d", i))
			w.By, w.To = []string{"crm", "shop", ""}[i%3], []string{phone, other}[i/2%2]
			if i%5 == 0 {
				w.People = []call.Person{{Number: w.To}, {Number: "+815012340001"}}
			}
			w.Metadata = map[string]string{"order": fmt.Sprint(i / 4), "shop": "tokyo", "odd": fmt.Sprint(i%2 == 1)}
			if i%4 == 0 {
				w.Metadata[call.MetaTrigger] = "db-down"
			}
		})
		c, events, err := call.New(w, at)
		if err == nil {
			_, _, err = s.Create(t.Context(), Asker{}, c, events, Idempotency{})
		}
		if err != nil {
			t.Fatal(err)
		}
		switch i % 4 {
		case 0:
			change(t, s, w.ID, func(c *call.Call) []call.Event { _, events := c.Wake(at, ""); return events })
			change(t, s, w.ID, report(call.StatusCompleted))
		case 1:
			change(t, s, w.ID, cancel)
		}
		all = append(all, get(t, s, w.ID))
	}
	for i := range 24 {
		make1(i)
	}
	slices.Reverse(all)
	entries := [][]Entry{
		nil, {{"order", "2"}}, {{"shop", "tokyo"}}, {{"shop", "tokyo"}, {"odd", "true"}}, {{call.MetaTrigger, "db-down"}},
		{{"order", "2"}, {"order", "3"}}, {{"shop", "Tokyo"}}, {{"sho", "ptokyo"}}, {{"shopt", "okyo"}},
	}
	times := []Query{
		{}, {Since: all[9].CreatedAt}, {Until: all[9].CreatedAt.Truncate(time.Millisecond)},
		{Since: all[20].CreatedAt, Until: all[5].CreatedAt.Truncate(time.Millisecond)},
		{Since: begin.Add(24 * time.Hour)}, {SID: sid(all[3].ID, 1)}, {SID: "CA-none"},
		{From: all[8].ID, Through: all[8].ID},
	}
	n := 0
	for _, metadata := range entries {
		for _, q := range times {
			for _, state := range append(call.States(), "") {
				for _, outcome := range []call.Outcome{"", call.Reached, call.OutcomeCanceled} {
					for i, by := range []string{"", "shop", "nobody"} {
						q.To = []string{"", phone, "+815012340001"}[(n+i)%3]
						q.Metadata, q.State, q.Outcome, q.By, q.Limit = metadata, state, outcome, by, 1+n%4
						var want []string
						for i := range all {
							if matches(&all[i], q) {
								want = append(want, all[i].ID)
							}
						}
						if got := found(t, s, q); !slices.Equal(got, want) {
							t.Fatalf("%+v finds %v, not %v", q, got, want)
						}
						n++
					}
				}
			}
		}
	}
}

// Nothing by which a call is found outlasts its personal data, whatever removes that.
func testFoundNoLonger(t *testing.T, b backend) {
	for name, remove := range map[string]func(*Store, string) error{
		"a deletion": func(s *Store, id string) error { return s.Scrub(t.Context(), Asker{}, id, begin) },
		"retention": func(s *Store, _ string) error {
			_, err := s.Retain(t.Context(), begin.Add(time.Hour), time.Minute)
			return err
		},
		"late retention": func(s *Store, _ string) error {
			_, err := s.Retain(t.Context(), begin.Add(1000*time.Hour), time.Minute)
			return err
		},
		"retention of a damaged row": func(s *Store, id string) error {
			run(t, s, "UPDATE calls SET metadata = '{', policy = '{' WHERE id = $1", id)
			_, err := s.Retain(t.Context(), begin.Add(time.Hour), time.Minute)
			return err
		},
	} {
		s := b.open(t, nil)
		with := func(w *call.Wish) { w.By, w.Metadata = "shop", map[string]string{"order": "42", "shop": "tokyo"} }
		id := create(t, s, with).ID
		equal(t, count(t, s, "SELECT count(*) FROM call_metadata"), 2)
		change(t, s, id, cancel)
		if err := remove(s, id); err != nil {
			t.Fatal(err)
		}
		if n := count(t, s, "SELECT count(*) FROM call_metadata"); n > 0 {
			t.Errorf("%s leaves %d entries", name, n)
		}
		equal(t, listed(t, s, Query{Metadata: []Entry{{"order", "42"}}, Limit: 5}), nil)
	}
	s := b.open(t, func(o *Options) { o.ScrubEnded = true })
	change(t, s, create(t, s, func(w *call.Wish) { w.Metadata = map[string]string{"order": "42"} }).ID, cancel)
	equal(t, count(t, s, "SELECT count(*) FROM call_metadata"), 0)
}

// What is kept of an entry tells nothing of it without the installation's key, and no two installations keep the same.
func testEntriesAreKeyed(t *testing.T, b backend) {
	kept := map[int]bool{}
	for range 2 {
		s := b.open(t, nil)
		run(t, s, "DELETE FROM search_keys")
		s.searchKey.Store(nil)
		if err := s.Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		create(t, s, func(w *call.Wish) { w.Metadata = map[string]string{"order": "42"} })
		kept[count(t, s, "SELECT hash FROM call_metadata")] = true
	}
	if len(kept) != 2 {
		t.Error("two installations keep the same of an entry")
	}
}

// A call is found by eight entries of its metadata, redial's own among them.
func testEightEntries(t *testing.T, b backend) {
	s := b.open(t, nil)
	metadata := map[string]string{call.MetaTrigger: "db-down", call.MetaIncident: "inc_1"}
	for i := range 9 {
		metadata[fmt.Sprintf("a%d", i)] = "x"
	}
	c := create(t, s, func(w *call.Wish) { w.Metadata = metadata })
	names, others := c.Searchable()
	equal(t, others, []string{"a6", "a7", "a8"})
	equal(t, len(names), call.MaxSearchable)
	for name, value := range metadata {
		var want []string
		if slices.Contains(names, name) {
			want = []string{c.ID}
		}
		equal(t, listed(t, s, Query{Metadata: []Entry{{name, value}}, Limit: 5}), want)
	}
}

// A list of few among many reads no more for each page because there are many.
func testFindReadsLittle(t *testing.T, b backend) {
	s := b.open(t, nil)
	const many = maxCandidates + 100
	var all sync.WaitGroup
	for i := range many {
		c, events, err := call.New(wish(func(w *call.Wish) {
			w.By, w.Metadata = "shop", map[string]string{"shop": "tokyo", "kind": "order"}
			if i == 0 {
				w.Metadata["rare"] = "yes"
			}
		}), begin)
		if err != nil {
			t.Fatal(err)
		}
		all.Go(func() {
			if _, _, err := s.Create(t.Context(), Asker{}, c, events, Idempotency{}); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	rows := 0
	view := s.view
	s.view = counting(view, &rows)
	first := []Entry{{"shop", "tokyo"}}
	for name, tc := range map[string]struct {
		q           Query
		pages, most int // rows of all pages
	}{
		"all":                {Query{Metadata: first}, many/200 + 1, 8 * 2 * maxCandidates},
		"none of these":      {Query{Metadata: first, State: call.Ended}, 2, 2*maxCandidates + 200},
		"none at the number": {Query{Metadata: first, To: phone}, 1, maxCandidates + 10},
		"two entries, none": {
			Query{Metadata: append(first, Entry{"kind", "order"}), Outcome: call.Reached}, 2, 4*maxCandidates + 200,
		},
		"one is rare":     {Query{Metadata: append(first, Entry{"rare", "yes"})}, 1, maxCandidates + 20},
		"one is nobody's": {Query{Metadata: append(first, Entry{"rare", "no"})}, 1, maxCandidates + 20},
	} {
		rows = 0
		tc.q.Limit = 200
		pages, q := 0, tc.q
		for {
			_, next, err := s.List(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			if pages++; next == "" {
				break
			}
			q.Before = next
		}
		if pages > tc.pages || rows > tc.most {
			t.Errorf("%s: %d pages, and %d may be; %d rows read, and %d may be", name, pages, tc.pages, rows, tc.most)
		}
	}
}

// counting counts the rows that statements answer.
func counting(transact transaction, rows *int) transaction {
	return func(ctx context.Context, fn func(*tx) error) error {
		return transact(ctx, func(x *tx) error {
			send := x.Send
			x.Send = func(list []engine.Statement) error {
				for i := range list {
					if each := list[i].Rows; each != nil {
						list[i].Rows = func(scan func(...any) error) error { *rows++; return each(scan) }
					}
				}
				return send(list)
			}
			return fn(x)
		})
	}
}
