package engine

import (
	"fmt"
	"regexp"
	"strings"
	"sync"
)

// Statement is one piece of SQL.
type Statement struct {
	// SQL is a text that every engine understands; the other fields say what differs between engines. Parameters are
	// written $1, $2, …; an engine may write them differently. A parameter that is a List stands in IN ($1).
	// {each TABLE.COLUMN} stands for a table with one column, value: each text of that column once, but for the empty one.
	// {least TABLE.COLUMN OF KEY} stands for a table with two, value and least: each text of the column KEY that has any
	// COLUMN, and the least one. They are read from an index that begins with these columns, KEY first, and need only
	// have the rows where they are not NULL, by a look or two for each text, however many rows have it.
	// ORDER BY {null COLUMN}, … names a column that is NULL in all rows of the condition, so it changes no order. Some
	// planners see only with it that an index has the order, others only without it.
	SQL  string
	Args []any // integers, text, nil, a driver.Valuer of these, or a List
	Lock Lock  // of the rows that a SELECT returns, not those of its subqueries
	// Index serves the condition and the order of a SELECT, for an engine that might choose another one: it would read
	// all rows, and lock those that it passes. Others choose by themselves.
	Index Index

	Rows     func(scan func(...any) error) error // if set, is called for each row of the answer
	Affected func(n int64)                       // if set, is told how many rows the statement wrote
}

// Index is an index of a table, by its name in the schema of an engine that has to be told.
type Index struct{ Table, Name string }

// List is a parameter that stands for any number of texts: WHERE id IN ($1).
type List []string

// Lock says which locks a statement takes on the rows that it reads. It has no effect where there is only one writer.
type Lock int

// The locks. A transaction waits for a locked row for a short time. Then it fails with the Fault Locked.
const (
	NoLock     Lock = iota
	ForUpdate       // locks the rows until the transaction ends, and waits for those that others have locked
	SkipLocked      // the same, but passes over those that others have locked
)

// texts keeps the text that an engine sends for each statement's text, so that it is made once.
type texts struct {
	mu   sync.RWMutex
	made map[textKey]string
}

type textKey struct {
	sql  string
	lock Lock
}

// of returns the text and the parameters that are sent for a statement. lists is the engine's form of IN ($1), with %d
// for the number. as turns a List into what the driver takes. locks are the engine's words for each Lock.
func (t *texts) of(st *Statement, lists string, as func(List) any, locks *[3]string) (string, []any, error) {
	listed := hasList(st.Args)
	if !listed && locks[st.Lock] == "" && !strings.Contains(st.SQL, "{") {
		return st.SQL, st.Args, nil
	}
	args := st.Args
	if listed {
		args = withLists(args, as)
	}
	key := textKey{st.SQL, st.Lock}
	t.mu.RLock()
	text, ok := t.made[key]
	t.mu.RUnlock()
	if ok {
		return text, args, nil
	}
	text = byLooks.replaced(st.SQL) + locks[st.Lock]
	for i, arg := range st.Args {
		if _, ok := arg.(List); !ok {
			continue
		}
		in := fmt.Sprintf("IN ($%d)", i+1)
		if !strings.Contains(text, in) {
			return "", nil, fmt.Errorf("a list is to stand in %s: %s", in, st.SQL)
		}
		text = strings.ReplaceAll(text, in, fmt.Sprintf(lists, i+1))
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.made == nil {
		t.made = map[textKey]string{}
	}
	t.made[key] = text
	return text, args, nil
}

// What stands in braces: each has the table and the column of {each …}, least has the table, the column and the key of
// {least …}, null has the column of {null …}.
var (
	each  = regexp.MustCompile(`\{each (\w+)\.(\w+)\}`)
	least = regexp.MustCompile(`\{least (\w+)\.(\w+) OF (\w+)\}`)
	null  = regexp.MustCompile(`\{null (\w+)\}, `)
)

// braces are an engine's texts in place of what stands in braces.
type braces struct {
	each  func(table, column string) string
	least func(table, column, key string) string
	null  string // $1 is the column
}

func (b *braces) replaced(text string) string {
	text = each.ReplaceAllStringFunc(text, func(found string) string {
		m := each.FindStringSubmatch(found)
		return b.each(m[1], m[2])
	})
	text = least.ReplaceAllStringFunc(text, func(found string) string {
		m := least.FindStringSubmatch(found)
		return b.least(m[1], m[2], m[3])
	})
	return null.ReplaceAllString(text, b.null)
}

// byLooks are the texts of an engine that looks for the first text, and then again and again for the one after it.
var byLooks = braces{
	each: func(table, column string) string {
		return "(" + looks(table, column, "") + "SELECT value FROM v WHERE value IS NOT NULL)"
	},
	least: func(table, column, key string) string {
		return "(" + looks(table, key, " AND t."+column+" IS NOT NULL") + fmt.Sprintf("SELECT value, (SELECT t.%[2]s "+
			"FROM %[1]s AS t WHERE t.%[3]s = v.value AND t.%[2]s IS NOT NULL ORDER BY t.%[2]s LIMIT 1) AS least "+
			"FROM v WHERE value IS NOT NULL)", table, column, key)
	},
	null: "$1, ",
}

// looks makes a table v of the texts of a column in rows that meet a condition, and NULL.
func looks(table, column, where string) string {
	next := func(after string) string {
		return fmt.Sprintf("(SELECT t.%[2]s FROM %[1]s AS t WHERE t.%[2]s > %[3]s%[4]s ORDER BY t.%[2]s LIMIT 1)",
			table, column, after, where)
	}
	return "WITH RECURSIVE v (value) AS (SELECT " + next("''") + " UNION ALL SELECT " + next("v.value") +
		" FROM v WHERE value IS NOT NULL) "
}

func hasList(args []any) bool {
	for _, arg := range args {
		if _, ok := arg.(List); ok {
			return true
		}
	}
	return false
}

// withLists returns the parameters with each List in the form that the driver takes.
func withLists(args []any, as func(List) any) []any {
	list := make([]any, len(args))
	for i, arg := range args {
		list[i] = arg
		if l, ok := arg.(List); ok {
			list[i] = as(l)
		}
	}
	return list
}
