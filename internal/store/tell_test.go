package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"redial/internal/call"
	"redial/internal/incident"
	"redial/internal/store/engine"
)

// rules are those of the trigger of these tests.
var rules = incident.Rules{AgainAfter: 15 * time.Minute, ForgetAfter: 24 * time.Hour}

// teller tells a trigger of events, and rings one number.
type teller struct {
	t      testing.TB
	rules  incident.Rules
	events []incident.Event
	about  map[string]About
	number string
	now    time.Time
	why    Closing
	fails  error
	made   *[]string // what each call was to tell
	full   *int      // counts how often the trigger was full
}

func (o teller) Take(t *incident.Trigger, _ time.Time, full bool) Taken {
	if full && o.full != nil {
		*o.full++
	}
	t.Rules = o.rules
	t.Forget(o.now)
	t.Tell(o.events, o.now)
	return Taken{About: o.about, Group: About{"A group", `"event"`}, Why: o.why, Words: "it is over"}
}

func (o teller) People(*incident.Member) string { return o.number }

func (o teller) Make(r incident.Ring, about []string, of Incident) (call.Call, []call.Event, error) {
	if o.fails != nil {
		return call.Call{}, nil, o.fails
	}
	if o.made != nil {
		*o.made = append(*o.made, fmt.Sprint(about, of.Event, len(r.Members)))
	}
	return call.New(wish(to(o.number)), o.now)
}

// fixed is a clock that stands still.
func fixed(at time.Time) func() time.Time { return func() time.Time { return at } }

// fires is a member that fires, and belongs to a group, if that is not empty.
func fires(key, group string) incident.Event {
	return incident.Event{
		Key: key, Group: group, State: incident.Firing, Rings: true, Incident: "i" + key + fmt.Sprint(lastID.Add(1)),
	}
}

func over(key string) incident.Event { return incident.Event{Key: key, State: incident.Over} }

// tell tells the trigger of events.
func tell(t testing.TB, s *Store, now time.Time, events ...incident.Event) ToldTrigger {
	t.Helper()
	told, err := tellWith(t, s, teller{now: now, events: events})
	if err != nil {
		t.Fatal(err)
	}
	return told
}

func tellWith(t testing.TB, s *Store, o teller) (ToldTrigger, error) {
	t.Helper()
	o.t, o.about, o.why = t, map[string]About{}, ClosedResolved
	if o.rules == (incident.Rules{}) {
		o.rules = rules
	}
	if o.number == "" {
		o.number = "+819012345678"
	}
	telling := Telling{Trigger: "alerts", By: Asker{Name: "ops"}, Now: fixed(o.now), Teller: o}
	for _, e := range o.events {
		telling.Keys = append(telling.Keys, e.Key)
		if e.Group != "" {
			telling.Groups = append(telling.Groups, e.Group)
		}
		if e.State == incident.Firing {
			o.about[e.Key] = About{"It is " + e.Key, `"` + e.Key + `"`}
		}
	}
	return s.Tell(t.Context(), telling)
}

// wake looks at the trigger, if its time has come.
func wake(t testing.TB, s *Store, now time.Time) ToldTrigger {
	t.Helper()
	told, err := s.Tell(t.Context(), Telling{
		Trigger: "alerts", Now: fixed(now), OnlyDue: true,
		Teller: teller{t: t, rules: rules, now: now, number: "+819012345678"},
	})
	if err != nil {
		t.Fatal(err)
	}
	return told
}

func incidents(t testing.TB, s *Store, q IncidentQuery) []Incident {
	t.Helper()
	q.Limit = max(q.Limit, 1)
	list, _, err := s.Incidents(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

// An event that fires is a member, an incident and a call, in one transaction; one that resolves cancels it.
func testTell(t *testing.T, b backend) {
	s := b.open(t, nil)
	told := tell(t, s, begin, fires("disk", "db"), fires("load", "db"))
	if len(told.Made) != 1 {
		t.Fatalf("%d calls", len(told.Made))
	}
	id := told.Made[0].ID
	equal(t, get(t, s, id).State, call.Waiting)
	m := told.Members["disk"]
	if m.Call != id || !m.Live || !m.RingsAt.IsZero() || told.Members["load"].Incident != m.Incident {
		t.Errorf("%+v", told.Members)
	}
	equal(t, incidents(t, s, IncidentQuery{Limit: 5}), []Incident{{
		ID: m.Incident, Trigger: "alerts", Key: "db", Grouped: true, Title: "A group", By: "ops", Members: 2, Firing: 2,
		Call: id, OpenedAt: begin, SeenAt: begin,
	}})
	repeated := tell(t, s, begin.Add(time.Minute), fires("disk", "db"))
	if len(repeated.Made) != 0 || repeated.Members["disk"].Call != id {
		t.Errorf("%+v", repeated)
	}
	if over := tell(t, s, begin.Add(time.Minute), over("disk")); len(over.Canceled) != 0 {
		t.Errorf("%+v", over)
	}
	gone := tell(t, s, begin.Add(2*time.Minute), over("load"))
	if len(gone.Canceled) != 1 || gone.Canceled[0].ID != id {
		t.Fatalf("%+v", gone)
	}
	list := events(t, s, id)
	equal(t, types(list), []call.EventType{call.CallCreated, call.CallCancelRequested, call.CallEnded})
	equal(t, list[1].Reason, "it is over")
	i, err := s.Incident(t.Context(), m.Incident)
	if err != nil || i.ClosedWhy != ClosedResolved || !i.ClosedAt.Equal(begin.Add(2*time.Minute)) || i.Firing != 0 {
		t.Errorf("%+v, %v", i, err)
	}
	equal(t, count(t, s, "SELECT count(*) FROM incident_members WHERE about IS NULL AND title = ''"), 2)
	equal(t, count(t, s, "SELECT count(*) FROM incidents WHERE event IS NULL"), 1)
	equal(t, count(t, s, "SELECT count(*) FROM incident_members WHERE people <> '' OR wants <> ''"), 0)
	again := tell(t, s, begin.Add(3*time.Minute), fires("disk", "db"))
	if m := again.Members["disk"]; len(again.Made) != 1 || m.Incident == i.ID { // no phone rang before
		t.Errorf("%+v", again)
	}
	if _, err := s.Incident(t.Context(), "none"); !errors.Is(err, ErrNoIncident) {
		t.Error(err)
	}
}

// Senders say when something began more finely than times are kept. What comes late is old news all the same.
func testFineTimes(t *testing.T, b backend) {
	s := b.open(t, nil)
	began := begin.Add(-time.Hour).Truncate(time.Microsecond).Add(999 * time.Nanosecond)
	for key, ended := range map[string]time.Time{
		"after it": began.Add(time.Minute), "ahead of our clock": begin.Add(time.Minute), "at once": began,
	} {
		fire, end := fires(key, ""), over(key)
		fire.Began, end.Began, end.Ended = began, began, ended
		tell(t, s, begin, fire)
		tell(t, s, begin, end)
		if told := tell(t, s, begin, fire); told.Members[key].Firing {
			t.Errorf("it ended %s, and fires again: %+v", key, told)
		}
	}
}

// However often an event comes at once, on how many nodes: one call.
func testTellAtOnce(t *testing.T, b backend) {
	for _, known := range []bool{false, true} { // whether something was told to the trigger before
		nodes := b.pair(t)
		if known {
			tell(t, nodes[0], begin, over("disk"))
		}
		var all sync.WaitGroup
		for n := range 50 {
			all.Go(func() { tell(t, nodes[n%2], begin, fires("disk", "db"), fires("load", "db")) })
		}
		all.Wait()
		equal(t, count(t, nodes[0], "SELECT count(*) FROM calls"), 1)
		equal(t, count(t, nodes[0], "SELECT count(*) FROM incidents"), 1)
		equal(t, count(t, nodes[0], "SELECT firing FROM incidents"), 2)
		equal(t, count(t, nodes[0], "SELECT members FROM triggers"), 2)
	}
}

// What comes while a call tells of something is told in the next one, when the first has ended.
func testTellWhileItRings(t *testing.T, b backend) {
	s := b.open(t, nil)
	first := tell(t, s, begin, fires("a", "")).Made[0]
	for _, key := range []string{"b", "c"} {
		if told := tell(t, s, begin, fires(key, "")); len(told.Made) != 0 || told.Members[key].RingsAt.IsZero() {
			t.Fatalf("%+v", told)
		}
	}
	names, next, err := s.DueTriggers(t.Context(), begin, 10)
	if err != nil || len(names) != 0 || !next.Equal(begin.Add(5*time.Second)) {
		t.Fatalf("%q, %v, %v", names, next, err)
	}
	if told := wake(t, s, begin.Add(time.Second)); len(told.Members) != 0 {
		t.Errorf("it is not due: %+v", told)
	}
	if told := wake(t, s, next); len(told.Made) != 0 {
		t.Errorf("%+v", told)
	}
	change(t, s, first.ID, cancel)
	if names, _, err = s.DueTriggers(t.Context(), begin.Add(time.Minute), 10); err != nil {
		t.Fatal(err)
	}
	equal(t, names, []string{"alerts"})
	var made []string
	told, err := s.Tell(t.Context(), Telling{
		Trigger: "alerts", Now: fixed(begin.Add(time.Minute)), OnlyDue: true,
		Teller: teller{t: t, rules: rules, now: begin.Add(time.Minute), number: "+819012345678", made: &made},
	})
	if err != nil || len(told.Made) != 1 || told.Members["b"].Call != told.Made[0].ID ||
		told.Members["c"].Call != told.Made[0].ID {
		t.Fatalf("%+v, %v", told, err)
	}
	equal(t, made, []string{`["b" "c"]"event"2`})
}

// A call that can't be made now is tried again, and what was told is kept.
func testRingRefused(t *testing.T, b backend) {
	s := b.open(t, func(o *Options) { o.Bounds.ToNumber = 1 })
	create(t, s, to("+819012345678"))
	told := tell(t, s, begin, fires("a", ""))
	if _, full := errors.AsType[*TooManyError](told.Refused); !full || len(told.Made) != 0 {
		t.Fatalf("%+v", told)
	}
	failed := errors.New("nobody is on duty")
	told, err := tellWith(t, s, teller{
		now: begin, number: "+818012345678", events: []incident.Event{fires("b", "")}, fails: failed,
	})
	if err != nil || !errors.Is(told.Refused, failed) || !told.Members["b"].RingsAt.Equal(begin.Add(failedWait)) {
		t.Fatalf("%+v, %v", told, err)
	}
	run(t, s, "DELETE FROM calls")
	if told := wake(t, s, begin.Add(failedWait)); len(told.Made) != 1 || told.Members["a"].Call != told.Members["b"].Call {
		t.Errorf("%+v", told)
	}
}

// By hand an incident is closed, or somebody takes care of it; the audit says who.
func testIncidentByHand(t *testing.T, b backend) {
	s := b.open(t, nil)
	made := tell(t, s, begin, fires("a", "g"), fires("b", "g"), fires("c", "other"))
	id := made.Members["a"].Incident
	hand := func(state incident.State, deed Deed) (ToldTrigger, error) {
		o := teller{t: t, rules: rules, now: begin.Add(time.Minute), why: ClosedByHand, number: "+819012345678"}
		for _, key := range []string{"a", "b"} {
			o.events = append(o.events, incident.Event{Key: key, State: state})
		}
		return s.Tell(t.Context(), Telling{
			Trigger: "alerts", By: Asker{Name: "ben"}, Now: fixed(o.now), Incident: id, Deed: deed, Teller: o,
		})
	}
	if told, err := hand(incident.Acknowledged, IncidentAcknowledge); err != nil || len(told.Canceled) != 0 {
		t.Fatalf("%+v, %v", told, err) // c still rings
	}
	i, err := s.Incident(t.Context(), id)
	if err != nil || !i.AcknowledgedAt.Equal(begin.Add(time.Minute)) || !i.ClosedAt.IsZero() || i.Acknowledged != 2 {
		t.Errorf("%+v, %v", i, err)
	}
	if _, err := hand(incident.Closed, IncidentClose); err != nil {
		t.Fatal(err)
	}
	i, err = s.Incident(t.Context(), id)
	if err != nil || i.ClosedWhy != ClosedByHand || i.ClosedBy != "ben" {
		t.Errorf("%+v, %v", i, err)
	}
	audit, err := s.Audit(t.Context(), "ben", "", 10)
	if err != nil || len(audit) != 2 || audit[0].What != IncidentClose || audit[0].Of != id {
		t.Errorf("%+v, %v", audit, err)
	}
	id = "none"
	if _, err := hand(incident.Closed, IncidentClose); !errors.Is(err, ErrNoIncident) {
		t.Error(err)
	}
	if told := tell(t, s, begin.Add(2*time.Minute), over("c")); len(told.Canceled) != 1 {
		t.Errorf("%+v", told)
	}
}

// Incidents are listed by trigger, by key, and by whether they are open, a page at a time.
func testIncidentsAreListed(t *testing.T, b backend) {
	s := b.open(t, nil)
	var want []string
	for n := range 5 {
		key := fmt.Sprintf("k%d", n)
		told := tell(t, s, begin, fires(key, ""))
		want = append(want, told.Members[key].Incident)
	}
	slices.Reverse(want)
	tell(t, s, begin, over("k1"), over("k2"))
	ids := func(q IncidentQuery) (ids []string) {
		for {
			list, more, err := s.Incidents(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			for _, i := range list {
				ids = append(ids, i.ID)
			}
			if !more {
				return ids
			}
			q.Before = ids[len(ids)-1]
		}
	}
	equal(t, ids(IncidentQuery{Limit: 2}), want)
	for _, trigger := range []string{"", "alerts"} {
		equal(t, ids(IncidentQuery{Trigger: trigger, Open: true, Limit: 2}), []string{want[0], want[1], want[4]})
		equal(t, ids(IncidentQuery{Trigger: trigger, Closed: true, Limit: 2}), []string{want[2], want[3]})
		equal(t, ids(IncidentQuery{Trigger: trigger, Key: "k3", Limit: 2}), []string{want[1]})
	}
	equal(t, ids(IncidentQuery{Trigger: "others", Limit: 2}), nil)
	equal(t, ids(IncidentQuery{Open: true, Closed: true, Limit: 2}), nil)
	members, err := s.IncidentMembers(t.Context(), want[0], "", 10)
	if err != nil || len(members) != 1 || members[0].Title != "It is k4" || !members[0].Firing {
		t.Errorf("%+v, %v", members, err)
	}
}

// What nothing was heard of is forgotten, and its incident closed.
func testIncidentsAreForgotten(t *testing.T, b backend) {
	s := b.open(t, nil)
	made := tell(t, s, begin, fires("a", "")).Made[0]
	change(t, s, made.ID, cancel)
	wake(t, s, begin.Add(5*time.Second))
	_, next, err := s.DueTriggers(t.Context(), begin.Add(time.Minute), 10)
	if err != nil || !next.Equal(begin.Add(rules.ForgetAfter)) {
		t.Fatalf("%v, %v", next, err)
	}
	wake(t, s, next)
	equal(t, incidents(t, s, IncidentQuery{})[0].ClosedWhy, ClosedForgotten)
	equal(t, count(t, s, "SELECT count(*) FROM incident_members"), 0)
	equal(t, count(t, s, "SELECT count(*) FROM triggers WHERE members = 0 AND wake_at IS NULL"), 1)
	if told := tell(t, s, next, over("a")); len(told.Members) != 0 {
		t.Errorf("%+v", told)
	}
}

// Incidents that are closed go when their time is over; what is open stays.
func testIncidentsAreRetained(t *testing.T, b backend) {
	s := b.open(t, nil)
	tell(t, s, begin, fires("a", ""), fires("b", ""))
	tell(t, s, begin.Add(time.Minute), over("a"))
	for _, c := range []struct {
		at   time.Duration
		left int
	}{{time.Hour, 2}, {time.Hour + time.Minute, 1}, {1000 * time.Hour, 1}} {
		if _, err := s.Retain(t.Context(), begin.Add(c.at), time.Hour); err != nil {
			t.Fatal(err)
		}
		equal(t, len(incidents(t, s, IncidentQuery{Limit: 5})), c.left)
	}
	scrubs := b.open(t, func(o *Options) { o.ScrubEnded = true })
	tell(t, scrubs, begin, fires("a", ""))
	tell(t, scrubs, begin, over("a"))
	equal(t, incidents(t, scrubs, IncidentQuery{})[0].Title, "")
}

// timed is a teller that goes by the time of its turn.
type timed struct {
	teller
	before func() // it takes anything in; nil: nothing happens
}

func (o *timed) Take(t *incident.Trigger, now time.Time, full bool) Taken {
	if o.before != nil {
		o.before()
	}
	o.now = now
	return o.teller.Take(t, now, full)
}

// What waits for its turn is decided by the time at which that comes, not by the time at which it was told: its call
// would begin before the end of the one that was waited for.
func testTellsByTheTimeOfItsTurn(t *testing.T, b backend) {
	s := b.open(t, nil)
	about := func(key, number string, before func()) *timed {
		return &timed{teller{t: t, rules: rules, events: []incident.Event{fires(key, "")}, number: number}, before}
	}
	taking, told := make(chan struct{}), make(chan struct{})
	var later atomic.Bool
	first := about("a", "+819012345678", sync.OnceFunc(func() {
		close(taking)
		<-told
		later.Store(true)
	}))
	var all sync.WaitGroup
	all.Go(func() {
		telling := Telling{Trigger: "alerts", Now: fixed(begin), Keys: []string{"a"}, Teller: first}
		if _, err := s.Tell(t.Context(), telling); err != nil {
			t.Error(err)
		}
	})
	<-taking
	asked := sync.OnceFunc(func() { close(told) })
	now := func() time.Time {
		defer asked()
		if later.Load() {
			return begin.Add(time.Minute)
		}
		return begin
	}
	second, err := s.Tell(t.Context(), Telling{
		Trigger: "alerts", Now: now, Keys: []string{"b"}, Teller: about("b", "+818012345678", nil),
	})
	all.Wait()
	if err != nil || len(second.Made) != 1 {
		t.Fatalf("%+v, %v", second, err)
	}
	equal(t, second.Made[0].CreatedAt, begin.Add(time.Minute))
	equal(t, second.Members["b"].Seen, begin.Add(time.Minute))
}

// The key that tells of an event may have ended: then nothing is stored.
func testAnEndedKeyTellsNothing(t *testing.T, b backend) {
	s := b.open(t, nil)
	o := teller{t: t, rules: rules, now: begin, events: []incident.Event{fires("a", "")}, number: "+819012345678"}
	_, err := s.Tell(t.Context(), Telling{
		Trigger: "alerts", By: Asker{Name: "ops", KeyID: "gone"}, Now: fixed(begin), Keys: []string{"a"}, Teller: o,
	})
	if !errors.Is(err, ErrKeyEnded) {
		t.Error(err)
	}
	equal(t, count(t, s, "SELECT (SELECT count(*) FROM calls) + (SELECT count(*) FROM incidents)"), 0)
}

// Every statement of an incident goes by an index.
func testPlansOfIncidents(t *testing.T, b backend) {
	s := b.open(t, nil)
	fillIncidents(t, s)
	list := engine.List{"a", "b"}
	by := map[string]engine.Index{selectOldIncidents: oldIncidents, selectIncidents + incidentsGroup: openGroups}
	for _, p := range []struct {
		sql, index string
		args       []any
	}{
		{selectTrigger, "triggers", []any{"a"}},
		{selectMembers + membersByKey, "incident_members", []any{"a", list}},
		{selectMembers + membersActive, "incident_members_active", []any{"a"}},
		{selectMembers + membersFiring, "incident_members_by_incident", []any{"a", "b"}},
		{selectMembers + membersForgot, "incident_members_forget", []any{"a", 1, 5}},
		{selectMembers + membersShown, "incident_members_by_incident", []any{"a", "b", 5}},
		{selectForget, "incident_members_forget", []any{"a", 1}},
		{selectAbout, "incident_members", []any{"a", list}},
		{forgetMembers, "incident_members", []any{"a", list}},
		{selectIncidents + incidentsByID, "incidents", []any{list}},
		{selectIncidents + incidentsGroup, "incidents_open_groups", []any{"a", list}},
		{selectEvent, "incidents", []any{"a"}},
		{selectBecame, "calls", []any{list}},
		{dueTriggers, "triggers_due", []any{1, 5}},
		{nextTrigger, "triggers_due", nil},
		{selectOldIncidents, "incidents_to_delete", []any{1, 5}},
	} {
		plan := explained(t, s, engine.Statement{SQL: p.sql, Args: p.args, Index: by[p.sql]})
		if findsNone(plan) {
			continue
		}
		if !strings.Contains(plan, named(s, p.index)) || readsMuch(plan) {
			t.Errorf("%s\ndoes not go by %s:\n%s", p.sql, p.index, plan)
		}
	}
	for _, q := range []IncidentQuery{
		{}, {Open: true}, {Closed: true}, {Trigger: "a"}, {Trigger: "a", Open: true}, {Trigger: "a", Closed: true},
		{Key: "a"}, {Key: "a", Trigger: "b"}, {Key: "a", Trigger: "b", Open: true},
	} {
		q.Before, q.Limit = "z", 5
		st := q.statement()
		plan := explained(t, s, st)
		if readsMuch(plan) {
			t.Errorf("%s\n%s", st.SQL, plan)
		}
	}
}

// fillIncidents writes incidents of three triggers, most of which are closed, with a member each. It returns how many
// are closed.
func fillIncidents(t *testing.T, s *Store) (closed int) {
	t.Helper()
	var incidents, members, triggers [][]column
	for i := range 600 {
		name, id := []string{"a", "b", "c"}[i%3], fmt.Sprintf("i%03d", i)
		in := Incident{ID: id, Trigger: name, Key: "k" + id, Grouped: i%2 == 0, OpenedAt: begin, SeenAt: begin}
		m := memberRow{trigger: name, Member: incident.Member{Key: "k" + id, Incident: id, Firing: true, Seen: begin}}
		m.active = true
		if i%30 > 2 {
			closed++
			in.ClosedAt, in.ClosedWhy = begin.Add(time.Duration(i)*time.Second), ClosedResolved
			m.Firing, m.active, m.forgetAt = false, false, in.ClosedAt.Add(time.Hour)
		}
		incidents = append(incidents, withEvent(&in, incidentColumns(&in)))
		members = append(members, aboutMember(&m, new(string)))
		triggers = append(triggers, triggerColumns(&id, new(int), &in.SeenAt))
	}
	err := s.tx(t.Context(), func(x *tx) error {
		return errors.Join(x.write(&insertIncident, incidents, nil), x.write(&insertMember, members, nil),
			x.write(&insertTrigger, triggers, nil), x.flush())
	})
	if err != nil {
		t.Fatal(err)
	}
	if kind(s) == "mysql" { // its planner looks at the rows
		run(t, s, "ANALYZE TABLE triggers, incidents, incident_members")
	}
	return closed
}

// readsMuch says whether a plan reads all incidents, or sorts.
func readsMuch(plan string) bool {
	return len(scanned(plan)) > 0 || slices.ContainsFunc([]string{
		"Seq Scan", "SCAN incidents\n", "Sort", "TEMP B-TREE", "filesort",
	}, func(bad string) bool { return strings.Contains(plan, bad) })
}

// Wherever the database goes away on the way, nothing is stored, or all of it; and the event that is sent again rings
// once. The same holds for the end of what it tells of.
func testTellWhileTheDatabaseGoesAway(t *testing.T, b backend) {
	away := errors.New("the database is away")
	for _, lost := range []bool{false, true} {
		for nth := 1; ; nth++ {
			s := b.open(t, nil)
			aside, sent := s.aside, 0
			s.aside = func(ctx context.Context, fn func(*tx) error) error {
				err := aside(ctx, func(x *tx) error {
					send := x.Send
					x.Send = func(list []engine.Statement) error {
						if sent++; sent == nth && !lost {
							return away
						}
						return send(list)
					}
					return fn(x)
				})
				if sent++; err == nil && lost && sent >= nth {
					err = ErrUnclear // it is committed, and the answer is lost
				}
				return err
			}
			o := teller{now: begin, events: []incident.Event{fires("a", "g"), fires("b", "")}}
			_, err := tellWith(t, s, o)
			s.aside = aside
			if err == nil {
				break // it needs no more than that
			}
			if n := count(t, s, "SELECT count(*) FROM calls"); (n == 1) != lost {
				t.Fatalf("%d calls after %v", n, err)
			}
			tell(t, s, begin, o.events...)
			equal(t, count(t, s, "SELECT count(*) FROM calls"), 1)
			equal(t, count(t, s, "SELECT count(*) FROM incidents"), 2)
			equal(t, count(t, s, "SELECT members FROM triggers"), 2)
			if lost {
				break
			}
		}
	}
}

// A trigger has a bound. What is forgotten makes room again, however much that is.
func testManyMembers(t *testing.T, b backend) {
	s := b.open(t, nil)
	quiet := teller{now: begin, fails: errors.New("nobody is rung")}
	fulls := 0
	for n := range 12 {
		o := quiet
		for i := range 100 {
			o.events = append(o.events, fires(fmt.Sprintf("m%04d", n*100+i), "g"))
		}
		o.full = &fulls
		if _, err := tellWith(t, s, o); err != nil {
			t.Fatal(err)
		}
	}
	equal(t, fulls, 2) // of those with more than a thousand that are to ring
	equal(t, count(t, s, "SELECT members FROM triggers"), 1200)
	run(t, s, "UPDATE incident_members SET active = 0, tell_at = NULL, forget_at = 1")
	run(t, s, "UPDATE triggers SET wake_at = 1")
	at := begin.Add(100 * time.Hour)
	for range 3 {
		wake(t, s, at)
	}
	equal(t, count(t, s, "SELECT count(*) FROM incident_members"), 0)
	equal(t, count(t, s, "SELECT count(*) FROM triggers WHERE members = 0 AND wake_at IS NULL"), 1)
	equal(t, incidents(t, s, IncidentQuery{})[0].ClosedWhy, ClosedForgotten)
}
