package store

import (
	"strings"
	"testing"
)

// Whatever has to do with one call, or with the next few, is found by an index, and
// in its order: what it costs does not depend on how many calls there are.
func testPlans(t *testing.T, b backend) {
	s := b.open(t, nil)
	among := func(sql string) string { return strings.ReplaceAll(sql, "AMONG", s.dialect.among) }
	one, list := []any{"a"}, []any{s.dialect.list([]string{"a", "b"})}
	for _, q := range []struct {
		sql   string
		args  []any
		index []string // that have to be named; any order
	}{
		{nextWake, []any{int64(0), int64(0), int64(0)}, []string{"calls_to_dial", "calls_to_ask", "calls_to_expire"}},
		{selectCalls + dueToDial + s.dialect.skipLocked, []any{int64(1), 5, int64(0)}, []string{"calls_to_dial"}},
		{selectCalls + dueToAsk + s.dialect.skipLocked, []any{int64(1), 5, int64(0)}, []string{"calls_to_ask"}},
		{selectCalls + dueToExpire + s.dialect.skipLocked, []any{int64(1), 5, int64(0)}, []string{"calls_to_expire"}},
		{selectHeir, []any{"a", ""}, []string{"calls_held"}},
		{selectCalls + "id = $1" + s.dialect.forUpdate, one, []string{"calls"}},
		{among(selectCalls + "id AMONG"), list, []string{"calls"}},
		{among(selectAttempts + "AMONG"), list, []string{"attempts"}},
		{selectBySID, one, []string{"attempts_sid"}},
		{selectEvents, []any{"a", 0}, []string{"events"}},
		{listSQL(Query{}, new([]any)), nil, []string{"calls"}},
		{listSQL(Query{Before: "a"}, new([]any)), one, []string{"calls"}},
		{listSQL(Query{State: "waiting", Before: "a"}, new([]any)), []any{"waiting", "a"}, []string{"calls_by_state"}},
		{listSQL(Query{Outcome: "reached", Before: "a"}, new([]any)), []any{"reached", "a"}, []string{"calls_by_outcome"}},
		{listSQL(Query{To: "a", Before: "a"}, new([]any)), []any{"a", "a"}, []string{"calls_by_number"}},
		{selectOld, []any{int64(1), 5}, []string{"calls_to_delete"}},
		{selectUnscrubbed, []any{int64(1), 5}, []string{"calls_to_scrub"}},
		{nextDeliveries, nil, []string{"deliveries_due"}},
		{selectDeliveries + dueAtHost + s.dialect.skipLocked, []any{"a", int64(1)}, []string{"deliveries_due"}},
		{among(selectDeliveries + ofPending), list, []string{"deliveries"}},
		{selectDeliveries + ofCall, one, []string{"deliveries"}},
		{selectDeliveries + ofEndpoint, []any{"a", "dead", "a", 1}, []string{"deliveries_by_endpoint"}},
		{selectDeliveries + ofStream, one, []string{"deliveries_by_endpoint"}},
		{undelivered, one, []string{"deliveries_by_endpoint"}},
		{forgetDeliveries, one, []string{"deliveries"}},
		{wakeEndpoint, []any{"a", int64(1)}, []string{"deliveries_by_endpoint"}},
	} {
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
