package engine

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Column is a column of a table that rows are written to.
type Column struct {
	Name string
	Text bool // a text; the other columns are integers of up to 64 bits
}

// Insertion says how rows are inserted into a table.
type Insertion struct {
	Table   string
	Columns []Column
	// Compute has, for some of the columns, an SQL expression that is written instead of the row's value. {name} in the
	// expression stands for the row's value of the column name.
	Compute map[string]string
	// Free, if set, leaves out each row whose values in a unique key are taken: by a row of the table, or by another row
	// of this insertion.
	Free *FreeKey
	// Returns are the columns that are returned of each inserted row. They must be enough to tell which row it is.
	Returns []string

	once      sync.Once
	one, many string
	mu        sync.Mutex
	rows      []string // for each number of rows the SQL that inserts so many
}

// FreeKey is the unique key of an insertion of rows whose key may be taken.
type FreeKey struct {
	Key
	Where string // the condition of a unique key that covers only some rows; empty: it covers all
	// Alone are further columns: a row is also left out if any row of the table has the same values there, whether the
	// key covers that row or not.
	Alone []string
}

// Update says how rows of a table are updated. The first Keys columns find the row.
type Update struct {
	Table   string
	Columns []Column
	Keys    int

	once      sync.Once
	one, many string
}

// Change is a row before and after an update: a value for each column. Before may be nil where Compares is false.
type Change struct{ Before, After []any }

// texts returns the SQL of an Insertion. one inserts one row; many takes a whole column in each parameter, for an
// engine that has arrays.
func (in *Insertion) texts() (one, many string) {
	in.once.Do(func() {
		into := "INSERT INTO " + in.Table + " (" + names(in.Columns) + ") "
		param := func(i int) string { return param(in.Columns, i) }
		value := func(i int) string { return "v." + in.Columns[i].Name }
		if alone := in.alone(param); alone != "" {
			in.one = into + "SELECT " + in.values(param) + alone + in.tail()
		} else {
			in.one = into + "VALUES (" + in.values(param) + ")" + in.tail()
		}
		in.many = into + "SELECT " + in.values(value) + " FROM " + unnest(in.Columns) + in.alone(value) + in.tail()
	})
	return in.one, in.many
}

// several returns the SQL that inserts n rows, all of whose values are parameters.
func (in *Insertion) several(n int) string {
	in.mu.Lock()
	defer in.mu.Unlock()
	for len(in.rows) <= n {
		rows := make([]string, len(in.rows))
		for r := range rows {
			rows[r] = "(" + in.values(func(i int) string { return paramOf(in.Columns, i, r*len(in.Columns)+i+1) }) + ")"
		}
		in.rows = append(in.rows, "INSERT INTO "+in.Table+" ("+names(in.Columns)+") VALUES "+strings.Join(rows, ", "))
	}
	return in.rows[n]
}

// values is what is written to the columns. value(i) is the row's own value of column i.
func (in *Insertion) values(value func(i int) string) string {
	list := make([]string, len(in.Columns))
	for i, c := range in.Columns {
		list[i] = value(i)
		if computed, ok := in.Compute[c.Name]; ok {
			for j, other := range in.Columns {
				computed = strings.ReplaceAll(computed, "{"+other.Name+"}", value(j))
			}
			list[i] = computed
		}
	}
	return strings.Join(list, ", ")
}

func (in *Insertion) alone(value func(i int) string) string {
	if in.Free == nil || len(in.Free.Alone) == 0 {
		return ""
	}
	same := make([]string, len(in.Free.Alone))
	for n, name := range in.Free.Alone {
		i := slices.IndexFunc(in.Columns, func(c Column) bool { return c.Name == name })
		same[n] = "other." + name + " = " + value(i)
	}
	return " WHERE NOT EXISTS (SELECT 1 FROM " + in.Table + " AS other WHERE " + strings.Join(same, " AND ") + ")"
}

// tail is the end of the SQL, in SQLite's and PostgreSQL's words: what happens if the key is taken, and what is
// returned.
func (in *Insertion) tail() (text string) {
	if f := in.Free; f != nil {
		text = " ON CONFLICT (" + strings.Join(f.Columns, ", ") + ")"
		if f.Where != "" {
			text += " WHERE " + f.Where
		}
		text += " DO NOTHING"
	}
	if len(in.Returns) > 0 {
		text += " RETURNING " + strings.Join(in.Returns, ", ")
	}
	return text
}

func (u *Update) texts() (one, many string) {
	u.once.Do(func() {
		same, set := make([]string, u.Keys), make([]string, len(u.Columns)-u.Keys)
		sameAs, setTo := make([]string, u.Keys), make([]string, len(u.Columns)-u.Keys)
		for i, c := range u.Columns {
			if i < u.Keys {
				same[i], sameAs[i] = c.Name+" = "+param(u.Columns, i), "r."+c.Name+" = v."+c.Name
			} else {
				set[i-u.Keys], setTo[i-u.Keys] = c.Name+" = "+param(u.Columns, i), c.Name+" = v."+c.Name
			}
		}
		u.one = "UPDATE " + u.Table + " SET " + strings.Join(set, ", ") + " WHERE " + strings.Join(same, " AND ")
		u.many = "UPDATE " + u.Table + " AS r SET " + strings.Join(setTo, ", ") +
			" FROM " + unnest(u.Columns) + " WHERE " + strings.Join(sameAs, " AND ")
	})
	return u.one, u.many
}

func names(cols []Column) string {
	list := make([]string, len(cols))
	for i, c := range cols {
		list[i] = c.Name
	}
	return strings.Join(list, ", ")
}

// param is the parameter of column i. A report can bring an integer that is too large for its column. The server is to
// refuse it, because the driver would close the connection.
func param(cols []Column, i int) string { return paramOf(cols, i, i+1) }

// paramOf is parameter n of a statement, which is for column i.
func paramOf(cols []Column, i, n int) string {
	if cols[i].Text {
		return fmt.Sprintf("$%d", n)
	}
	return fmt.Sprintf("CAST($%d AS BIGINT)", n)
}

// unnest turns parameters that are whole columns into rows.
func unnest(cols []Column) string {
	params := make([]string, len(cols))
	for i, c := range cols {
		kind := "bigint"
		if c.Text {
			kind = "text"
		}
		params[i] = fmt.Sprintf("$%d::%s[]", i+1, kind)
	}
	return "unnest(" + strings.Join(params, ", ") + ") AS v(" + names(cols) + ")"
}

// arrays are the parameters of a statement that takes columns.
func arrays(cols []Column, rows int, row func(i int) []any) []any {
	args := make([]any, len(cols))
	for i, c := range cols {
		if c.Text {
			args[i] = columnOf[string](i, rows, row)
		} else {
			args[i] = columnOf[int64](i, rows, row)
		}
	}
	return args
}

func columnOf[T any](i, rows int, row func(n int) []any) []*T {
	list := make([]*T, rows)
	for n := range list {
		if v, ok := row(n)[i].(T); ok {
			list[n] = &v
		}
	}
	return list
}

// changed returns the statement that updates the columns which differ, and whether there are any.
func (u *Update) changed(r Change) (st Statement, changes bool) {
	var sql strings.Builder
	var args []any
	param := func(glue string, i int) {
		args = append(args, r.After[i])
		sql.WriteString(glue + u.Columns[i].Name + " = $" + strconv.Itoa(len(args)))
	}
	glue := "UPDATE " + u.Table + " SET "
	for i := u.Keys; i < len(r.After); i++ {
		if r.After[i] != r.Before[i] {
			param(glue, i)
			glue = ", "
		}
	}
	if args == nil {
		return st, false
	}
	glue = " WHERE "
	for i := range u.Keys {
		param(glue, i)
		glue = " AND "
	}
	return Statement{SQL: sql.String(), Args: args}, true
}
