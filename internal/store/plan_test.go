package store

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"redial/internal/call"
	"redial/internal/store/engine"
)

// mysqlIndexes are MySQL's indexes in place of others. It has none that cover some rows only.
var mysqlIndexes = map[string]string{
	"calls": "PRIMARY", "attempts": "PRIMARY", "deliveries": "PRIMARY", "also_held": "PRIMARY", "events": "events_of_call",
	"destinations": "PRIMARY", "PRIMARY": "PRIMARY", "calls_to_dial": "calls_due", "calls_to_ask": "calls_due",
	"calls_": "calls_", "calls_offered": "calls_", // whichever has fewer rows

	"calls_by_number_live": "calls_by_number", "calls_by_number_ended": "calls_by_number",
	"calls_by_maker_live": "calls_by_maker", "calls_by_maker_ended": "calls_by_maker",
	"calls_by_maker_": "calls_by_maker", "api_keys": "PRIMARY", "rota_overrides": "PRIMARY",
	"triggers": "PRIMARY", "incidents": "PRIMARY", "incident_members": "PRIMARY",
	"incidents_to_delete": "incidents_by_end", "sessions": "PRIMARY", "call_metadata": "PRIMARY",
}

// Statements about one call, or the next few, use an index, and read it in order. So their cost does not depend on how
// many calls there are.
func testPlans(t *testing.T, b backend) {
	s := b.open(t, nil)
	if kind(s) == "mysql" { // its planner looks at the rows
		fill(t, s)
	}
	one, list := []any{"a"}, []any{engine.List{"a", "b"}}
	const skips = engine.SkipLocked
	type plan struct {
		sql   string
		args  []any
		index []string // the indexes that the plan must name, in any order
		lock  engine.Lock
	}
	byIdempotencyKey, byScope := "idem_scope=? AND idem_key=?", "idem_scope=?"
	if s.Shared() {
		byIdempotencyKey, byScope = "calls_idem_scope_idem_key_key", "calls_idem_scope_idem_key_key"
	}
	by := map[string]engine.Index{
		selectListed + ofEndpoint: byEndpoint, selectSilent: byState, selectOld: toDelete, selectUnscrubbed: toScrub,
		selectCalls + dueToDial: dueBy[dueToDial], selectCalls + dueToAsk: dueBy[dueToAsk],
		selectCalls + dueToExpire: dueBy[dueToExpire], selectAuditBy: auditByMaker,
	}
	maps.Copy(by, todayBy)
	byPosition := map[string]string{
		"sqlite": "INTEGER PRIMARY KEY", "postgres": "events_by_position", "mysql": "PRIMARY",
	}[kind(s)]
	byAudit := map[string]string{"sqlite": "PRIMARY KEY", "postgres": "audit_pkey", "mysql": "PRIMARY"}[kind(s)]
	plans := []plan{
		{selectEntries, []any{int64(1)}, []string{byPosition}, 0},
		{selectNewest, nil, []string{byPosition}, 0},
		{selectSettled, []any{micros(begin.AddDate(1, 0, 0))}, []string{byPosition}, 0},
		{nextWake, []any{int64(0), int64(0), int64(0)}, []string{"calls_to_dial", "calls_to_ask", "calls_to_expire"}, 0},
		{selectFirstDue, []any{int64(0), 2}, []string{"calls_to_dial"}, 0},
		{selectCalls + dueToDial, []any{int64(1), 5, int64(0)}, []string{"calls_to_dial"}, skips},
		{selectCalls + dueToAsk, []any{int64(1), 5, int64(0)}, []string{"calls_to_ask"}, skips},
		{selectCalls + dueToExpire, []any{int64(1), 5, int64(0)}, []string{"calls_to_expire"}, skips},
		{selectNext, []any{"a", "", int64(1)}, []string{"calls_held", "also_held", "calls_offered", "destinations"}, 0},
		{selectRinging, list, []string{"destinations"}, 0},
		{nextHeld, []any{"a", "", 5}, []string{"calls_held"}, 0},
		{nextAlsoHeld, []any{"a", "", 5}, []string{"also_held"}, 0},
		{selectHeld, nil, []string{"calls_held", "also_held"}, 0},
		{selectUnoffered, []any{int64(1), 5}, []string{"calls_held", "calls_offered", "destinations"}, 0},
		{selectCalls + "id = $1", one, []string{"calls"}, engine.ForUpdate},
		{selectCalls + "id IN ($1)", list, []string{"calls"}, engine.ForUpdate},
		{selectAttempts + "IN ($1)", list, []string{"attempts"}, 0},
		{selectBySID, one, []string{"attempts_sid"}, 0},
		{selectSilent, []any{int64(1), "a"}, []string{"calls_by_state", "attempts"}, 0},
		{selectEvents, []any{"a", 0}, []string{"events"}, 0},
		{countOf, []any{"waiting", 5}, []string{"calls_"}, 0},
		{selectSession, []any{"a", int64(1)}, []string{"sessions"}, 0},
		{forgetSessions, []any{int64(1)}, []string{"sessions_by_end"}, 0},
		{countEnded, []any{"reached", "a", 5}, []string{"calls_by_outcome"}, 0},
		{countEndedOf, []any{"reached", "a", 5, "b"}, []string{"calls_by_maker_ended"}, 0},
		{countFirst, []any{"a", 5}, []string{"calls_by_outcome"}, 0},
		{countFirstOf, []any{"a", 5, "b"}, []string{"calls_by_maker_ended"}, 0},
		{countWaitingOf, []any{5, "b"}, []string{"calls_by_maker_live"}, 0},
		{countDialingOf, []any{5, "b"}, []string{"calls_"}, 0},
		{selectOldest, []any{1}, []string{"calls_by_state"}, 0},
		{selectOldestOf, []any{1, "b"}, []string{"calls_by_maker_live"}, 0},
		{countOfName, one, []string{"calls_by_maker_live"}, 0},
		{countToNumbers, list, []string{"calls_by_number_live", "also_called_by_number"}, 0},
		{selectBetween, []any{"a", "b", 5}, []string{"calls"}, 0},
		{selectAsked + "id = $1", one, []string{"calls"}, 0},
		{selectOld, []any{int64(1), 5}, []string{"calls_to_delete"}, 0},
		{selectUnscrubbed, []any{int64(1), 5}, []string{"calls_to_scrub"}, 0},
		{selectOldAudit, []any{"a", 5}, []string{byAudit}, skips},
		{selectAudit, []any{"a", 5}, []string{byAudit}, 0},
		{selectAuditBy, []any{"a", 5, "b"}, []string{"audit_by_maker"}, 0},
		{nextDeliveries, nil, []string{"deliveries_due"}, 0},
		{selectDeliveries + dueAtTarget, []any{"a", int64(1)}, []string{"deliveries_due"}, skips},
		{selectDeliveries + ofSequences, []any{list[0], engine.List{"1"}, 1, list[0]},
			[]string{"deliveries", "deliveries_by_endpoint"}, 0},
		{selectListed + ofCall, []any{"a", "a", 0}, []string{"deliveries"}, 0},
		{selectListed + ofCallTo, []any{"a", "a", 0, 5, engine.List{"a", "b"}}, []string{"deliveries"}, 0},
		{selectListed + ofEndpoint, []any{"a", "dead", "a", 1}, []string{"deliveries_by_endpoint"}, 0},
		{undelivered, one, []string{"deliveries_by_endpoint"}, 0},
		{forgetDeliveries, one, []string{"deliveries"}, 0},
		{selectFirsts, []any{"a", list[0]}, []string{byIdempotencyKey}, 0},
		{selectScope, one, []string{byScope}, 0},
		{selectWorking, []any{list[0], int64(1)}, []string{"api_keys"}, 0},
		{selectWorks, []any{"a", int64(1)}, []string{"api_keys"}, 0},
		{deleteCalls, []any{list[0]}, []string{"calls"}, 0},
		{selectGoingOn, []any{"a", 5}, []string{"calls_by_maker_live"}, 0},
		{countGoingOn, []any{"a", 5}, []string{"calls_by_maker_live"}, 0},
		{selectUnended, []any{int64(1)}, []string{"rota_overrides_by_end"}, 0},
		{selectOverride, []any{"a", "b"}, []string{"rota_overrides"}, engine.ForUpdate},
		{wakeEndpoint, []any{"a", int64(1)}, []string{"deliveries_by_endpoint"}, 0},
	}
	lists := []struct {
		q     Query
		index string
	}{
		{Query{}, "calls"}, {Query{Before: "a"}, "calls"}, {Query{State: call.Waiting, Before: "a"}, "calls_by_state"},
		{Query{Outcome: call.Reached}, "calls_by_outcome"},
		{Query{Outcome: call.Reached, State: call.Ended, Before: "a"}, "calls_by_outcome"},
	}
	for _, l := range lists {
		st := listSQL(l.q)
		by[st.SQL] = st.Index
		plans = append(plans, plan{st.SQL, st.Args, []string{l.index}, st.Lock})
	}
	for _, q := range []Query{
		{}, {State: call.Waiting}, {State: call.Dialing, Before: "a"}, {State: call.Ended},
		{Outcome: call.Reached, Before: "a"},
	} {
		for _, st := range searches(Query{By: "a", State: q.State, Outcome: q.Outcome, Before: q.Before}) {
			index := "calls_by_maker_ended"
			switch {
			case q.State == call.Dialing:
				index = "calls_by_state"
			case strings.Contains(st.SQL, "outcome IS NULL"):
				index = "calls_by_maker_live"
			}
			by[st.SQL] = st.Index
			plans = append(plans, plan{st.SQL, st.Args, []string{index}, st.Lock})
		}
		q.To = "a"
		for maker, indexes := range map[string][2]string{
			"":  {"calls_by_number_ended", "also_called_by_number"},
			"b": {"calls_by_maker_number", "also_called_by_maker"},
		} {
			q.By = maker
			for _, st := range searches(q) {
				index := indexes[0]
				switch {
				case strings.Contains(st.SQL, "outcome IS NULL"):
					index = "calls_by_number_live"
				case strings.Contains(st.SQL, "also_called"):
					index = indexes[1]
				}
				by[st.SQL] = st.Index
				plans = append(plans, plan{st.SQL, st.Args, []string{index}, st.Lock})
			}
		}
	}
	for _, st := range []engine.Statement{
		entrySQL(Query{Before: "b", From: "a", Through: "b"}, 1, "a"), {SQL: selectMakers, Args: []any{int64(1), "a"}},
		{SQL: deleteEntry, Args: []any{int64(1), "a", "b"}},
	} {
		plans = append(plans, plan{st.SQL, st.Args, []string{"call_metadata"}, 0})
	}
	for _, q := range []Query{{}, {State: call.Ended, Outcome: call.Reached, To: "a", By: "b"}} {
		st := matchingSQL(q, []int64{1, 2}, list[0].(engine.List))
		plans = append(plans, plan{st.SQL, st.Args, []string{"calls", "call_metadata"}, 0})
	}
	for _, st := range searches(Query{By: "a", From: "a", Through: "b"}) {
		by[st.SQL] = st.Index
		plans = append(plans, plan{st.SQL, st.Args, []string{"calls_by_maker_"}, st.Lock})
	}
	for _, q := range plans {
		if strings.Contains(q.sql, "LIMIT $") && len(q.args) < strings.Count(q.sql, "$") {
			q.args = append(q.args, 5)
		}
		plan := explained(t, s, engine.Statement{SQL: q.sql, Args: q.args, Lock: q.lock, Index: by[q.sql]})
		if findsNone(plan) {
			continue
		}
		for _, index := range q.index {
			if !strings.Contains(plan, named(s, index)) {
				t.Errorf("%s\ndoes not go by %s:\n%s", q.sql, index, plan)
			}
		}
		if tables := scanned(plan); len(tables) > 0 {
			t.Errorf("%s\nreads all of %q:\n%s", q.sql, tables, plan)
		}
		if kind(s) == "mysql" {
			st := engine.Statement{SQL: q.sql, Args: q.args, Lock: q.lock, Index: by[q.sql]}
			if n := readBy(t, s, st); n > 50 && !slices.Contains([]string{selectSilent, selectUnoffered}, q.sql) {
				t.Errorf("%s\nreads %d rows or entries of indexes:\n%s", q.sql, n, plan)
			}
		}
		for _, bad := range []string{
			"Seq Scan", "SCAN calls\n", "SCAN attempts\n", "SCAN events\n", "SCAN deliveries\n", "SCAN d\n",
			"SCAN audit", "SCAN call_metadata", "Sort", "TEMP B-TREE", "filesort", "index_merge",
		} {
			// What may be sorted: the few calls to a number, and on MySQL the deliveries of the one call.
			few := strings.Contains(q.sql, "AS live WHERE")
			sorts := (bad == "Sort" || bad == "TEMP B-TREE" || bad == "filesort") && few ||
				bad == "filesort" && (strings.Contains(q.sql, inOrder) || strings.Contains(q.sql, ofSequences))
			if strings.Contains(plan, bad) && !sorts {
				t.Errorf("%s\nhas a %s:\n%s", q.sql, bad, plan)
			}
		}
	}
}

// The same holds for the statements of batches, for one operation or several: these are the statements that are really
// sent.
func testPlansOfBatches(t *testing.T, b backend) {
	s := b.open(t, nil)
	if kind(s) == "mysql" {
		fill(t, s)
	}
	sent := map[string]engine.Statement{}
	transact := s.transact
	s.transact = func(ctx context.Context, fn func(*tx) error) error {
		return transact(ctx, func(x *tx) error {
			send := x.Send
			x.Send = func(list []engine.Statement) error {
				for _, st := range list {
					sent[st.SQL] = st
				}
				return send(list)
			}
			return fn(x)
		})
	}
	for _, n := range []int{1, 3} {
		var asked, repeated, ended []operation
		for range n {
			o := created(t, Idempotency{Scope: "scope", Key: "key" + wish().ID, Hash: "request"})
			asked = append(asked, o)
			for range 2 {
				asked = append(asked, created(t, Idempotency{}, to("+8180"+o.call.ID[1:])))
			}
			repeated = append(repeated, created(t, o.key))
			ended = append(ended, changed(o.call.ID, report(call.StatusBusy)))
			ended = append(ended, changed(asked[len(asked)-2].(*creating).call.ID, report(call.StatusCompleted)))
		}
		due := &claiming{which: []selection{{where: dueToDial}, {where: dueToAsk}, {where: dueToExpire}}, limit: 20}
		silent := &claiming{which: due.which, limit: 20}
		silent.now = begin.Add(time.Hour)
		for _, ops := range [][]operation{asked, repeated, {due}, ended, {silent}} {
			if err := errors.Join(together(t, s, ops...)...); err != nil {
				t.Fatal(err)
			}
		}
	}
	s.transact = transact
	seen := 0
	for sql, st := range sent {
		verb, _, _ := strings.Cut(sql, " ")
		if slices.Contains([]string{"SET", "BEGIN", "START", "COMMIT"}, verb) {
			continue
		}
		seen++
		plan := explained(t, s, engine.Statement{SQL: sql, Args: st.Args, Lock: st.Lock, Index: st.Index})
		if tables := scanned(plan); len(tables) > 0 {
			t.Errorf("%s\nreads all of %q:\n%s", sql, tables, plan)
		}
		for _, bad := range []string{"Seq Scan", "SCAN calls", "SCAN attempts", "SCAN events", "SCAN destinations"} {
			// SQLite also lists what a deletion would cascade to, here among the destinations.
			if strings.Contains(plan, bad) && !(bad == "SCAN destinations" && strings.HasPrefix(sql, "INSERT INTO calls")) {
				t.Errorf("%s\nhas a %s:\n%s", sql, bad, plan)
			}
		}
	}
	if seen < 15 {
		t.Errorf("only %d statements were seen", seen)
	}
}

// named is how a plan names an index.
func named(s *Store, index string) string {
	if kind(s) == "mysql" {
		return `"key": "` + cmp.Or(mysqlIndexes[index], index)
	}
	return index
}

// explained is a database's plan for a statement.
func explained(t *testing.T, s *Store, st engine.Statement) string {
	t.Helper()
	explain, columns := "EXPLAIN QUERY PLAN ", 4
	switch kind(s) {
	case "postgres":
		explain, columns = "EXPLAIN ", 1
	case "mysql":
		explain, columns = "EXPLAIN FORMAT=JSON ", 1
	}
	var plan strings.Builder
	err := s.tx(t.Context(), func(x *tx) error {
		if kind(s) == "mysql" { // the format that MySQL shares with MariaDB
			x.add(engine.Statement{SQL: "SET @plan = 1 /*!80300 , explain_json_format_version = 1 */"})
		}
		st.SQL, st.Affected = explain+st.SQL, nil
		st.Rows = func(scan func(...any) error) error {
			into := make([]any, columns)
			var line string
			for i := range into {
				into[i] = new(any)
			}
			into[columns-1] = &line
			err := scan(into...)
			plan.WriteString(line + "\n")
			return err
		}
		x.add(st)
		return x.flush()
	})
	if err != nil {
		t.Fatalf("%s: %v", st.SQL, err)
	}
	return strings.ReplaceAll(plan.String(), `"using_filesort": false`, "")
}

// readBy counts the rows and the entries of indexes that a statement reads, on MySQL.
func readBy(t *testing.T, s *Store, st engine.Statement) int {
	t.Helper()
	total := 0
	count := engine.Statement{SQL: "SHOW SESSION STATUS LIKE 'Handler_read%'", Rows: func(scan func(...any) error) error {
		var name string
		var n int
		err := scan(&name, &n)
		total += n
		return err
	}}
	if strings.HasPrefix(st.SQL, "SELECT") {
		st.Rows = func(func(...any) error) error { return nil }
	}
	before := 0
	err := s.tx(t.Context(), func(x *tx) error {
		total = 0
		x.add(count)
		if err := x.flush(); err != nil {
			return err
		}
		before, total = total, 0
		x.add(st, count)
		return x.flush()
	})
	if err != nil {
		t.Fatalf("%s: %v", st.SQL, err)
	}
	return total - before
}

// findsNone says whether MySQL or MariaDB has found, while planning, that there is no row with a key.
func findsNone(plan string) bool {
	return strings.Contains(plan, "Impossible WHERE") || strings.Contains(plan, "no matching row in const table")
}

// scanned are the tables that a plan of MySQL's reads as a whole, the temporary ones apart.
func scanned(plan string) (tables []string) {
	table := regexp.MustCompile(`"table_name": "(\w+)",\s+"access_type": "(ALL|index)"` +
		`[^}]*?"rows(?:_examined_per_scan)?": (\d+)`)
	for _, m := range table.FindAllStringSubmatch(plan, -1) {
		if rows, err := strconv.Atoi(m[3]); err != nil || rows > 10 {
			tables = append(tables, m[1])
		}
	}
	return tables
}

// fill writes calls of all kinds, with all that belongs to them.
func fill(t *testing.T, s *Store) {
	t.Helper()
	s.SendBy(&outlet{slots: 3})
	defer s.SendBy(nil)
	endpoint(t, s, "all", "*")
	pair := func(w *call.Wish) {
		w.People = []call.Person{{Number: "+8180" + w.ID[1:]}, {Number: "+8170" + w.ID[1:]}}
		w.To = w.People[0].Number
	}
	for _, round := range []struct{ ends, rings bool }{{true, false}, {false, true}, {false, false}} {
		for range 3 {
			var asked, over []operation
			for i := range 100 {
				o := created(t, Idempotency{Scope: "fill", Key: wish().ID, Hash: "x"},
					[]func(*call.Wish){pair, to(phone), func(*call.Wish) {}}[i%3], func(w *call.Wish) { w.By = "maker" })
				asked = append(asked, o)
				if round.ends {
					over = append(over, changed(o.call.ID, cancel))
				}
			}
			for _, ops := range [][]operation{asked, over} {
				if err := errors.Join(together(t, s, ops...)...); err != nil {
					t.Fatal(err)
				}
			}
			if round.rings {
				if _, err := s.ClaimToDial(t.Context(), begin, 100); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
	run(t, s, "INSERT INTO also_held (number, call_id) SELECT held_for, id FROM calls WHERE held_for > ''")
	run(t, s, "ANALYZE TABLE calls, attempts, events, deliveries, destinations, also_called, also_held")
}
