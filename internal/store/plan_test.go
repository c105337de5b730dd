package store

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"redial/internal/call"
	"redial/internal/store/engine"
)

// Whatever has to do with one call, or with the next few, is found by an index, and
// in its order: what it costs does not depend on how many calls there are.
func testPlans(t *testing.T, b backend) {
	s := b.open(t, nil)
	among := func(sql string) string { return strings.ReplaceAll(sql, "AMONG", s.dialect.among) }
	one, list := []any{"a"}, []any{s.dialect.list([]string{"a", "b"})}
	type plan struct {
		sql   string
		args  []any
		index []string // that have to be named; any order
	}
	plans := []plan{
		{nextWake, []any{int64(0), int64(0), int64(0)}, []string{"calls_to_dial", "calls_to_ask", "calls_to_expire"}},
		{selectFirstDue, []any{int64(0), 2}, []string{"calls_to_dial"}},
		{selectCalls + dueToDial + s.dialect.skipLocked, []any{int64(1), 5, int64(0)}, []string{"calls_to_dial"}},
		{selectCalls + dueToAsk + s.dialect.skipLocked, []any{int64(1), 5, int64(0)}, []string{"calls_to_ask"}},
		{selectCalls + dueToExpire + s.dialect.skipLocked, []any{int64(1), 5, int64(0)}, []string{"calls_to_expire"}},
		{selectNext, []any{"a", "", int64(1)}, []string{"calls_held", "also_held", "calls_offered", "destinations"}},
		{selectHeld, nil, []string{"calls_held", "also_held"}},
		{selectUnoffered, []any{int64(1), 5}, []string{"calls_held", "calls_offered", "destinations"}},
		{selectCalls + "id = $1" + s.dialect.forUpdate, one, []string{"calls"}},
		{among(selectCalls + "id AMONG"), list, []string{"calls"}},
		{among(selectAttempts + "AMONG"), list, []string{"attempts"}},
		{selectBySID, one, []string{"attempts_sid"}},
		{selectSilent, []any{int64(1), "a"}, []string{"calls_by_state", "attempts"}},
		{selectEvents, []any{"a", 0}, []string{"events"}},
		{countOf, []any{"waiting", 5}, []string{"calls_"}},
		{selectBetween, []any{"a", "b", 5}, []string{"calls"}},
		{selectAsked + "id = $1", one, []string{"calls"}},
		{selectOld, []any{int64(1), 5}, []string{"calls_to_delete"}},
		{selectUnscrubbed, []any{int64(1), 5}, []string{"calls_to_scrub"}},
		{nextDeliveries, nil, []string{"deliveries_due"}},
		{selectDeliveries + dueAtTarget + s.dialect.skipLocked, []any{"a", int64(1)}, []string{"deliveries_due"}},
		{selectDeliveries + s.dialect.ofSequences(), []any{list[0], s.dialect.list([]string{"1"}), 1, list[0]}, []string{"deliveries", "deliveries_by_endpoint"}},
		{selectListed + ofCall, []any{"a", "a", 0}, []string{"deliveries"}},
		{selectListed + ofEndpoint, []any{"a", "dead", "a", 1}, []string{"deliveries_by_endpoint"}},
		{selectDeliveries + ofStream, one, []string{"deliveries_by_endpoint"}},
		{undelivered, one, []string{"deliveries_by_endpoint"}},
		{forgetDeliveries, one, []string{"deliveries"}},
		{wakeEndpoint, []any{"a", int64(1)}, []string{"deliveries_by_endpoint"}},
	}
	lists := []struct {
		q     Query
		index string
	}{
		{Query{}, "calls"}, {Query{Before: "a"}, "calls"}, {Query{State: call.Waiting, Before: "a"}, "calls_by_state"},
		{Query{Outcome: call.Reached}, "calls_by_outcome"}, {Query{Outcome: call.Reached, State: call.Ended, Before: "a"}, "calls_by_outcome"},
	}
	for _, l := range lists {
		st := listSQL(l.q)
		plans = append(plans, plan{st.sql, st.args, []string{l.index}})
	}
	for _, q := range []Query{{}, {State: call.Waiting}, {State: call.Dialing, Before: "a"}, {State: call.Ended}, {Outcome: call.Reached, Before: "a"}} {
		q.To = "a"
		for _, st := range toSQL(q) {
			index := "also_called_by_number"
			switch {
			case strings.Contains(st.sql, "outcome IS NULL"):
				index = "calls_by_number_live"
			case !strings.Contains(st.sql, "also_called"):
				index = "calls_by_number_ended"
			}
			plans = append(plans, plan{st.sql, st.args, []string{index}})
		}
	}
	for _, q := range plans {
		if strings.Contains(q.sql, "LIMIT $") && len(q.args) < strings.Count(q.sql, "$") {
			q.args = append(q.args, 5)
		}
		plan := explained(t, s, q.sql, q.args)
		for _, index := range q.index {
			if !strings.Contains(plan, index) {
				t.Errorf("%s\ndoes not go by %s:\n%s", q.sql, index, plan)
			}
		}
		for _, bad := range []string{"Seq Scan", "SCAN calls\n", "SCAN attempts\n", "SCAN events\n", "SCAN deliveries\n", "SCAN d\n", "Sort", "TEMP B-TREE"} {
			if strings.Contains(plan, bad) {
				t.Errorf("%s\nhas a %s:\n%s", q.sql, bad, plan)
			}
		}
	}
}

// Nor does what any batch of a call's life sends, alone or with others: these statements
// are the ones that are run, whoever writes them.
func testPlansOfBatches(t *testing.T, b backend) {
	s := b.open(t, nil)
	sent := map[string][]any{}
	transact := s.transact
	s.transact = func(ctx context.Context, fn func(*tx) error) error {
		return transact(ctx, func(x *tx) error {
			send := x.Send
			x.Send = func(list []engine.Statement) error {
				for _, st := range list {
					sent[st.SQL] = st.Args
				}
				return send(list)
			}
			return fn(x)
		})
	}
	for _, n := range []int{1, 3} {
		var asked, repeated, ended []operation
		for range n {
			o := created(t, Idempotency{"scope", "key" + wish().ID, "request"})
			asked = append(asked, o, created(t, Idempotency{}, to("+8180"+o.call.ID[1:])), created(t, Idempotency{}, to("+8180"+o.call.ID[1:])))
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
	for sql, args := range sent {
		if verb, _, _ := strings.Cut(sql, " "); verb == "SET" || verb == "COMMIT" || strings.HasPrefix(sql, "BEGIN") {
			continue
		}
		seen++
		plan := explained(t, s, sql, args)
		for _, bad := range []string{"Seq Scan", "SCAN calls", "SCAN attempts", "SCAN events", "SCAN destinations"} {
			// SQLite names what a deletion would cascade to, of those that are ringing, too.
			if strings.Contains(plan, bad) && !(bad == "SCAN destinations" && strings.HasPrefix(sql, "INSERT INTO calls")) {
				t.Errorf("%s\nhas a %s:\n%s", sql, bad, plan)
			}
		}
	}
	if seen < 15 {
		t.Errorf("only %d statements were seen", seen)
	}
}

// explained is what a database says about how it will run a statement.
func explained(t *testing.T, s *Store, sql string, args []any) string {
	t.Helper()
	explain, columns := "EXPLAIN QUERY PLAN ", 4
	if s.dialect.shared {
		explain, columns = "EXPLAIN ", 1
	}
	var plan strings.Builder
	err := s.tx(t.Context(), func(x *tx) error {
		return x.each(explain+sql, args, func(scan func(...any) error) error {
			into := make([]any, columns)
			var line string
			for i := range into {
				into[i] = new(any)
			}
			into[columns-1] = &line
			err := scan(into...)
			plan.WriteString(line + "\n")
			return err
		})
	})
	if err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return plan.String()
}
