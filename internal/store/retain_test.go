package store

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"redial/internal/call"
	"redial/internal/store/engine"
)

// person is a name that must not be found anywhere after a Call is scrubbed.
const person = "Sakura"

// personal stores an ended Call that is full of a person's data.
func personal(t testing.TB, s *Store) call.Call {
	t.Helper()
	c := create(t, s, func(w *call.Wish) {
		w.From, w.To = "+81-from-"+person, fmt.Sprintf("+81-to-%s-%s", person, w.ID)
		w.Message = call.Message{Say: &call.Say{Text: "Hello " + person}}
		w.Options = []byte(`{"CallerName":"` + person + `"}`)
		w.Metadata = map[string]string{person: person}
		w.Policy.Confirm = call.Confirm{
			Kind: call.ConfirmPIN, PINLength: 4, PINSalt: "salt of " + person, PINHash: "hash of " + person,
			Prompt: "Your code, " + person,
		}
		w.Policy.Machine = call.MachinePolicy{Do: call.MachineLeaveMessage, Say: "Call us back, " + person}
		w.People = []call.Person{{Number: w.To, Name: person, Say: "Hello " + person}}
	})
	dial(t, s, begin, c.ID)
	return change(t, s, c.ID, func(c *call.Call) []call.Event {
		return c.Refused(1, call.Refusal{Code: 21211, Message: c.To + " is invalid", Status: 400}, begin)
	})
}

// everything is all text in the database.
func everything(t testing.TB, s *Store) string {
	t.Helper()
	var all strings.Builder
	for _, table := range []string{"calls", "also_called", "attempts", "events", "destinations", "deliveries"} {
		rows, err := s.engine.Pools().Read.QueryContext(t.Context(), "SELECT * FROM "+table)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		names, err := rows.Columns()
		if err != nil {
			t.Fatal(err)
		}
		for rows.Next() {
			row := make([]any, len(names))
			for i := range row {
				row[i] = new(any)
			}
			if err := rows.Scan(row...); err != nil {
				t.Fatal(err)
			}
			for i := range row {
				if text, ok := (*row[i].(*any)).([]byte); ok {
					*row[i].(*any) = string(text)
				}
				fmt.Fprintf(&all, "%s.%s = %v\n", table, names[i], *row[i].(*any))
			}
		}
		if err := rows.Err(); err != nil {
			t.Fatal(err)
		}
	}
	return all.String()
}

func traces(t testing.TB, s *Store) (lines []string) {
	t.Helper()
	for line := range strings.Lines(everything(t, s)) {
		if strings.Contains(line, person) {
			lines = append(lines, line)
		}
	}
	return lines
}

func testScrub(t *testing.T, b backend) {
	s := b.open(t, nil)
	c := personal(t, s)
	before := events(t, s, c.ID)
	if len(traces(t, s)) < 8 {
		t.Fatalf("too little to scrub: %q", traces(t, s))
	}
	for range 2 {
		if err := s.Scrub(t.Context(), Asker{}, c.ID, begin.Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		equal(t, traces(t, s), nil)
	}
	got := get(t, s, c.ID)
	want := c
	want.To, want.From, want.Message, want.Options, want.Metadata = "", "", call.Message{}, nil, nil
	want.People, want.Policy = nil, want.Policy.Impersonal()
	want.Attempts[0].To, want.Attempts[0].Refusal = "", &call.Refusal{Code: 21211, Status: 400}
	equal(t, got, want)
	for i := range before {
		before[i].Message = ""
	}
	equal(t, events(t, s, c.ID), before)

	// A report about a refused attempt may still come. The removed texts must not come back with it.
	change(t, s, c.ID, report(call.Ringing))
	equal(t, traces(t, s), nil)
}

// What somebody answered by a key, and what might have been answered, is forgotten with them.
func testScrubAnswer(t *testing.T, b backend) {
	s := b.open(t, nil)
	keys := map[string]call.Meaning{
		"1": {Do: call.KeyAnswers, Answer: person + " comes"}, "2": {Do: call.KeyPassesOn},
	}
	c := create(t, s, func(w *call.Wish) {
		w.Policy.Confirm = call.Confirm{Kind: call.ConfirmKeys, Keys: keys}
	})
	dial(t, s, begin, c.ID)
	change(t, s, c.ID, func(c *call.Call) []call.Event {
		return c.Pressed(1, sid(c.ID, 1), 1, c.Policy.Confirm.Means("1"), begin)
	})
	change(t, s, c.ID, report(call.StatusCompleted))
	got := get(t, s, c.ID)
	if e := got.Evidence(); e == nil || e.Answer != keys["1"].Answer || len(traces(t, s)) < 3 {
		t.Fatalf("the evidence is %+v, and the database has %q", e, traces(t, s))
	}
	if err := s.Scrub(t.Context(), Asker{}, c.ID, begin.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	equal(t, traces(t, s), nil)
	left := get(t, s, c.ID)
	equal(t, left.Attempts[0].ConfirmedAt, got.Attempts[0].ConfirmedAt)
	equal(t, left.Policy.Confirm.Keys, map[string]call.Meaning{"1": {Do: call.KeyAnswers}, "2": keys["2"]})
}

// The other people whom the call might have reached are scrubbed, too.
func testScrubOthers(t *testing.T, b backend) {
	s := b.open(t, nil)
	c := create(t, s, func(w *call.Wish) {
		w.To, w.Policy.NotBefore.After = "+81-first", time.Hour
		w.People = []call.Person{{Number: w.To}, {Number: "+81-" + person, Name: person}, {Number: "+81-2-" + person}}
	})
	change(t, s, c.ID, cancel)
	equal(t, len(traces(t, s)), 3) // the people, and the number of each
	if err := s.Scrub(t.Context(), Asker{}, c.ID, begin.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	equal(t, traces(t, s), nil)
}

// What a trigger's template yielded is forgotten, too.
func testScrubDoubt(t *testing.T, b backend) {
	s := b.open(t, nil)
	c := create(t, s, func(w *call.Wish) { w.Metadata = map[string]string{"trigger": "alerts"} })
	change(t, s, c.ID, func(c *call.Call) []call.Event {
		return append(c.Doubt("to: "+person+" is no name", begin), c.Cancel(false, "", begin)...)
	})
	if len(traces(t, s)) == 0 {
		t.Fatalf("too little to scrub: %q", traces(t, s))
	}
	if err := s.Scrub(t.Context(), Asker{}, c.ID, begin.Add(time.Hour)); err != nil {
		t.Fatal(err)
	}
	equal(t, traces(t, s), nil)
}

// The texts of a refusal are also scrubbed if the attempt turned out to ring.
func testScrubOverturned(t *testing.T, b backend) {
	s := b.open(t, nil)
	c := personal(t, s)
	change(t, s, c.ID, report(call.StatusBusy))
	if err := s.Scrub(t.Context(), Asker{}, c.ID, begin); err != nil {
		t.Fatal(err)
	}
	equal(t, traces(t, s), nil)
}

func testScrubNeedsEnd(t *testing.T, b backend) {
	s := b.open(t, nil)
	c := create(t, s)
	if err := s.Scrub(t.Context(), Asker{}, c.ID, begin); !errors.Is(err, ErrNotEnded) {
		t.Errorf("%v, want ErrNotEnded", err)
	}
	equal(t, get(t, s, c.ID), c)
}

func testScrubEnded(t *testing.T, b backend) {
	s := b.open(t, func(o *Options) { o.ScrubEnded = true })
	kept := create(t, s, to(phone)) // it has not ended, so all its data stays
	next := create(t, s, to(phone))
	dial(t, s, begin, kept.ID)
	c := personal(t, s)
	equal(t, traces(t, s), nil)
	equal(t, c.To, "+81-to-"+person+"-"+c.ID) // the step that ended it still sees it
	change(t, s, kept.ID, report(call.StatusCompleted))
	equal(t, get(t, s, kept.ID).To, "")
	dial(t, s, begin, next.ID) // the number is free nevertheless
	change(t, s, kept.ID, report(call.StatusBusy))
	if id, n, err := s.BySID(t.Context(), sid(kept.ID, 1)); err != nil || id != kept.ID || n != 1 {
		t.Errorf("%s, %d, %v", id, n, err)
	}
}

func retain(t testing.TB, s *Store, now time.Time, retention time.Duration) (rounds int) {
	t.Helper()
	for more := true; more; rounds++ {
		var err error
		if more, err = s.Retain(t.Context(), now, retention); err != nil {
			t.Fatal(err)
		}
	}
	return rounds
}

func testRetain(t *testing.T, b backend) {
	const day = 24 * time.Hour
	s := b.open(t, nil)
	left := func(retention, age time.Duration) (calls, traced int) {
		retain(t, s, begin.Add(age), retention)
		return count(t, s, "SELECT count(*) FROM calls WHERE state = 'ended'"), min(1, len(traces(t, s)))
	}
	waiting := createDue(t, s, begin.Add(time.Hour))
	c := personal(t, s)
	for _, tc := range []struct {
		retention, age time.Duration
		calls, traced  int
	}{
		{90 * day, 90*day - time.Second, 1, 1},
		{0, 0, 1, 0}, // scrubbed at once; the row stays for late callbacks
		{0, 48*time.Hour - time.Second, 1, 0},
		{0, 48 * time.Hour, 0, 0},
	} {
		calls, traced := left(tc.retention, tc.age)
		if calls != tc.calls || traced != tc.traced {
			t.Errorf("retention %s, age %s: %d calls, %d with traces", tc.retention, tc.age, calls, traced)
		}
	}
	if _, err := s.Get(t.Context(), c.ID); !isNotFound(err) {
		t.Errorf("%v, want ErrNotFound", err)
	}
	equal(t, count(t, s, "SELECT (SELECT count(*) FROM attempts) + (SELECT count(*) FROM events)"), 1) // waiting's own
	personal(t, s)
	if calls, _ := left(90*day, 90*day); calls != 0 {
		t.Error("a call outlived its retention")
	}
	equal(t, get(t, s, waiting.ID).State, call.Waiting)

	for range retainStep + 1 {
		c := filled(call.Ended)
		c.EndedAt = begin
		if _, _, err := s.Create(t.Context(), Asker{}, c, nil, Idempotency{}); err != nil {
			t.Fatal(err)
		}
	}
	equal(t, retain(t, s, begin, 0), 2)
	equal(t, count(t, s, "SELECT count(*) FROM calls WHERE scrubbed_at IS NULL"), 1)
}

// A call that can't be read keeps nobody's personal data from being removed, not even its own.
// What a node removes, it locks, and nothing else: another node takes the next ones at the same time.
func testTwoNodesRetainAtOnce(t *testing.T, b backend) {
	if !b.shared || b.isolation != 0 {
		return // SQLite has one writer; under SERIALIZABLE only correctness counts
	}
	const few, all = 2, 12
	nodes := b.pair(t)
	closed := fillIncidents(t, nodes[0]) // of a few rows a planner rather reads them all
	for range all {
		c := create(t, nodes[0])
		change(t, nodes[0], c.ID, cancel)
		if err := nodes[0].Note(t.Context(), shop, EndpointTest, c.ID); err != nil {
			t.Fatal(err)
		}
		scrubbed := create(t, nodes[0])
		change(t, nodes[0], scrubbed.ID, cancel)
		run(t, nodes[0], "UPDATE calls SET scrubbed_at = 1 WHERE id = $1", scrubbed.ID)
	}
	end := micros(begin.Add(100_000 * time.Hour))
	for _, old := range []struct {
		selected string
		by       engine.Index
		upTo     any
		there    int
	}{
		{selectOld, toDelete, end, all}, {selectUnscrubbed, toScrub, end, all}, {selectOldAudit, engine.Index{}, "b", all},
		{selectOldIncidents, oldIncidents, end, closed},
	} {
		var mine, others []string
		err := nodes[0].tx(t.Context(), func(x *tx) (err error) {
			if mine, err = x.lockBy(old.by, engine.SkipLocked, old.selected, old.upTo, few); err != nil {
				return err
			}
			return nodes[1].tx(t.Context(), func(x *tx) (err error) {
				others, err = x.lockBy(old.by, engine.SkipLocked, old.selected, old.upTo, 1000)
				return err
			})
		})
		if err != nil {
			t.Fatal(err)
		}
		if len(mine) != few || len(others) != old.there-few {
			t.Errorf("%s\none node locked %d rows, and left the other %d of %d",
				old.selected, len(mine), len(others), old.there)
		}
	}
}

func testScrubDamaged(t *testing.T, b backend) {
	s := b.open(t, nil)
	damaged, odd, fine := personal(t, s), personal(t, s), personal(t, s)
	run(t, s, "UPDATE calls SET policy = '{' WHERE id = $1", damaged.ID)
	run(t, s, "UPDATE attempts SET refusal = '{' || refusal WHERE call_id = $1", odd.ID)
	if more, err := s.Retain(t.Context(), begin.Add(25*time.Hour), 24*time.Hour); err != nil || more {
		t.Fatal(more, err)
	}
	for _, c := range []call.Call{damaged, odd, fine} {
		equal(t, get(t, s, c.ID).Outcome, c.Outcome)
	}
	if text := everything(t, s); strings.Contains(text, person) {
		t.Errorf("personal data is left:\n%s", text)
	}
}
