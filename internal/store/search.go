package store

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"redial/internal/call"
	"redial/internal/store/engine"
)

// Query selects Calls; empty fields select all. At most Limit Calls are listed, the newest first, of those before the
// id Before.
type Query struct {
	State    call.State
	Outcome  call.Outcome
	To       string    // the number of any of the Call's people
	By       string    // the name that made them
	SID      string    // of any attempt
	Metadata []Entry   // all of which they have
	Since    time.Time // they were made then or later, to the millisecond
	Until    time.Time // they were made before
	From     string    // the ids between which they are,
	Through  string    // both included
	Before   string
	Limit    int
}

// Entry is an entry of a Call's metadata.
type Entry struct{ Name, Value string }

// impossible says that no Call can match a Query: only a Call that has ended has an outcome, and ids have an order.
func (q *Query) impossible() bool {
	return q.Outcome != "" && q.State != "" && q.State != call.Ended || q.Through != "" && q.From > q.Through
}

// narrow turns the times of a Query into ids, which are ordered in time.
func (q *Query) narrow() {
	if !q.Since.IsZero() {
		q.within(idFrom(q.Since), "")
	}
	if !q.Until.IsZero() {
		q.within("", idThrough(q.Until.Add(time.Millisecond-1).UnixMilli()-1))
	}
}

// idFrom is the first possible id of the Calls that are asked for from a time on: ids begin with their time.
func idFrom(since time.Time) string { return idOf(since.UnixMilli(), "0000-0000-000000000000") }

// idThrough is the last possible id of a millisecond since 1970.
func idThrough(ms int64) string { return idOf(ms, "ffff-ffff-ffffffffffff") }

func idOf(ms int64, rest string) string {
	digits := fmt.Sprintf("%012x", min(max(ms, 0), 1<<48-1))
	return digits[:8] + "-" + digits[8:] + "-" + rest
}

// within leaves out the Calls whose ids are not between two, both included. An empty one is no bound.
func (q *Query) within(from, through string) {
	q.From = max(q.From, from)
	if through != "" && (q.Through == "" || through < q.Through) {
		q.Through = through
	}
}

// conditions of rows, with their parameters.
type conditions struct {
	where []string
	args  []any
}

func (c *conditions) add(cond, v string) {
	if v != "" {
		c.args = append(c.args, storable(v))
		c.where = append(c.where, fmt.Sprintf("%s $%d", cond, len(c.args)))
	}
}

// newest completes the SQL of a page, which an index has in its order. It reads one row more than the limit, which
// tells whether there are more.
func (c *conditions) newest(selected, id string, index engine.Index, q Query) engine.Statement {
	c.add(id+" <", q.Before)
	c.add(id+" >=", q.From)
	c.add(id+" <=", q.Through)
	if len(c.where) == 0 {
		c.where = []string{"TRUE"}
	}
	c.args = append(c.args, q.Limit+1)
	where := strings.Join(c.where, " AND ")
	return engine.Statement{
		SQL:  fmt.Sprintf("%s%s ORDER BY %s DESC LIMIT $%d", selected, where, id, len(c.args)),
		Args: c.args, Index: index,
	}
}

// listSQL selects the Calls of a Query without a number and a name.
func listSQL(q Query) engine.Statement {
	var c conditions
	if q.Outcome == "" {
		c.add("state =", string(q.State))
	}
	c.add("outcome =", string(q.Outcome))
	var by engine.Index
	switch {
	case q.Outcome != "":
		by = byOutcome
	case q.State != "":
		by = byState
	}
	return c.newest(selectAsked, "id", by, q)
}

// The indexes by which Calls are found.
var (
	byID          = engine.Index{Table: "calls", Name: "PRIMARY"}
	byState       = engine.Index{Table: "calls", Name: "calls_by_state"}
	byOutcome     = engine.Index{Table: "calls", Name: "calls_by_outcome"}
	byNumber      = engine.Index{Table: "calls", Name: "calls_by_number"}
	byMaker       = engine.Index{Table: "calls", Name: "calls_by_maker"}
	byMakerNumber = engine.Index{Table: "calls", Name: "calls_by_maker_number"}
	alsoByNumber  = engine.Index{Table: "also_called", Name: "also_called_by_number"}
	alsoByMaker   = engine.Index{Table: "also_called", Name: "also_called_by_maker"}
)

// searches find the ids of the Calls of a Query with a number or a name. They search separately for each outcome. Each
// search reads only its part of an index, from the newest entry on. A single search would also read what the Query
// leaves out.
func searches(q Query) (list []engine.Statement) {
	live, ended := liveTo, endedTo
	if q.To == "" {
		live, ended = liveOf, endedOf
	}
	if q.Outcome == "" && q.State != call.Ended {
		list = append(list, live(q)...)
	}
	for _, o := range call.Outcomes() {
		if q.Outcome == o || q.Outcome == "" && (q.State == "" || q.State == call.Ended) {
			list = append(list, ended(q, o)...)
		}
	}
	return list
}

// newestOf returns the newest ids that some searches find, at most limit.
func newestOf(t *tx, searches []engine.Statement, limit int) (ids []string, err error) {
	for _, st := range searches {
		st.Rows = func(scan func(...any) error) error {
			var id string
			err := scan(&id)
			ids = append(ids, id)
			return err
		}
		t.add(st)
	}
	if err := t.flush(); err != nil {
		return nil, err
	}
	slices.Sort(ids)
	slices.Reverse(ids)
	return ids[:min(len(ids), limit)], nil
}

const selectIDs = "SELECT id FROM calls WHERE "

// liveOf selects the Calls of a name that have not ended. Those that are being dialed are few, whoever made them: they
// are found by their state, and the name is compared in a way for which no index is used.
func liveOf(q Query) []engine.Statement {
	var c conditions
	by := byMaker
	if q.State == call.Dialing {
		by = byState
		c.add("state =", string(q.State))
		c.add("made_by || '' =", q.By)
	} else {
		c.where = []string{"outcome IS NULL"}
		c.add("made_by =", q.By)
		c.add("state <>", otherThan(q.State))
	}
	return []engine.Statement{c.newest(selectIDs, "id", by, q)}
}

func endedOf(q Query, o call.Outcome) []engine.Statement {
	var c conditions
	c.add("made_by =", q.By)
	c.add("outcome =", string(o))
	return []engine.Statement{c.newest(selectIDs, "id", byMaker, q)}
}

// otherThan is the other one of the states of Calls that have not ended. Conditions exclude it instead of naming the
// state that is meant, so that planners use the index of the number or the name.
func otherThan(s call.State) string {
	return map[call.State]string{call.Waiting: string(call.Dialing), call.Dialing: string(call.Waiting)}[s]
}

// liveTo selects the Calls to a number that have not ended. It searches separately among the Calls' first numbers and
// their other numbers, as endedTo does. How many there may be to a number is bounded, so those of a name are found
// among them. The inner LIMIT, which is never reached, keeps a planner from going through all Calls in the order of
// their ids, as it would where it takes the name and the number to be common.
func liveTo(q Query) []engine.Statement {
	other := otherThan(q.State)
	first := conditions{where: []string{"outcome IS NULL"}}
	first.add("to_number =", q.To)
	first.add("state <>", other)
	also := conditions{where: []string{"outcome = ''"}}
	also.add("number =", q.To)
	if other != "" {
		also.args = append(also.args, other)
		also.where = append(also.where,
			fmt.Sprintf("EXISTS (SELECT 1 FROM calls WHERE id = call_id AND state <> $%d)", len(also.args)))
	}
	also.add("made_by =", q.By)
	if q.By == "" {
		return []engine.Statement{
			first.newest(selectIDs, "id", byNumber, q), also.newest(selectAlso, "call_id", alsoByNumber, q),
		}
	}
	first.add("id <", q.Before)
	first.add("id >=", q.From)
	first.add("id <=", q.Through)
	among := conditions{args: first.args}
	among.add("made_by =", q.By)
	live := "SELECT id FROM (SELECT id, made_by FROM calls WHERE " + strings.Join(first.where, " AND ") +
		" ORDER BY id DESC LIMIT 1000000) AS live WHERE "
	return []engine.Statement{
		among.newest(live, "id", byNumber, Query{Limit: q.Limit}),
		also.newest(selectAlso, "call_id", alsoByMaker, q),
	}
}

const selectAlso = "SELECT call_id FROM also_called WHERE "

func endedTo(q Query, o call.Outcome) []engine.Statement {
	var first, also conditions
	first.add("to_number =", q.To)
	first.add("outcome =", string(o))
	first.add("made_by =", q.By)
	also.add("number =", q.To)
	also.add("outcome =", string(o))
	also.add("made_by =", q.By)
	byFirst, byAlso := byNumber, alsoByNumber
	if q.By != "" {
		byFirst, byAlso = byMakerNumber, alsoByMaker
	}
	return []engine.Statement{
		first.newest(selectIDs, "id", byFirst, q),
		also.newest(selectAlso, "call_id", byAlso, q),
	}
}
