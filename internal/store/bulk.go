package store

import (
	"database/sql/driver"
	"fmt"
	"strconv"
	"strings"
)

// bulk writes rows of one table. one is its SQL for a single row; many, for
// PostgreSQL, takes a whole column in each parameter.
type bulk struct {
	one, many string
	texts     []bool // which columns are text; the others are integers
	table     string
	keys      int // of an update: the first columns, which find the row
}

// insertion inserts rows of these columns; tail ends the SQL.
func insertion(table string, cols []column, tail string) bulk {
	b := newBulk(cols)
	into := "INSERT INTO " + table + " (" + names(cols) + ") "
	b.one = into + "VALUES (" + values(1, len(cols)) + ")" + tail
	b.many = into + "SELECT * FROM " + b.unnest() + tail
	return b
}

// updating updates rows, found by the first columns, so many as are keys.
func updating(table string, keys int, cols []column) bulk {
	b := newBulk(cols)
	b.table, b.keys = table, keys
	same, set := make([]string, keys), make([]string, len(cols)-keys)
	sameAs, setTo := make([]string, keys), make([]string, len(cols)-keys)
	for i, c := range cols {
		if i < keys {
			same[i], sameAs[i] = c.name+" = "+b.param(i), "r."+c.name+" = v."+c.name
		} else {
			set[i-keys], setTo[i-keys] = c.name+" = "+b.param(i), c.name+" = v."+c.name
		}
	}
	b.one = "UPDATE " + table + " SET " + strings.Join(set, ", ") + " WHERE " + strings.Join(same, " AND ")
	b.many = "UPDATE " + table + " AS r SET " + strings.Join(setTo, ", ") +
		" FROM " + b.unnest() + " AS v(" + names(cols) + ") WHERE " + strings.Join(sameAs, " AND ")
	return b
}

func newBulk(cols []column) bulk {
	b := bulk{texts: make([]bool, len(cols))}
	for i, c := range cols {
		switch c.field.(type) {
		case *int, asMicros, asFlag:
		default:
			b.texts[i] = true
		}
	}
	return b
}

// param is the parameter of column i. Of an integer that is too large for its column, as
// only a report could bring one, the server is to tell: the driver would give up the
// connection.
func (b *bulk) param(i int) string {
	if b.texts[i] {
		return fmt.Sprintf("$%d", i+1)
	}
	return fmt.Sprintf("CAST($%d AS BIGINT)", i+1)
}

func (b *bulk) unnest() string {
	params := make([]string, len(b.texts))
	for i, text := range b.texts {
		kind := "bigint"
		if text {
			kind = "text"
		}
		params[i] = fmt.Sprintf("$%d::%s[]", i+1, kind)
	}
	return "unnest(" + strings.Join(params, ", ") + ")"
}

// write queues the writing of rows. returned, if set, is called for each row that
// the SQL returns.
func (t *tx) write(b *bulk, rows [][]column, returned func(scan func(...any) error) error) error {
	plain := make([][]driver.Value, len(rows))
	for i, r := range rows {
		var err error
		if plain[i], err = plainValues(r); err != nil {
			return err
		}
	}
	if len(rows) > 1 && t.store.dialect.arrays {
		args := make([]any, len(b.texts))
		for i := range args {
			args[i] = b.array(plain, i)
		}
		t.add(statement{sql: b.many, args: args, rows: returned})
		return nil
	}
	for _, r := range plain {
		args := make([]any, len(r))
		for i, v := range r {
			args[i] = v
		}
		t.add(statement{sql: b.one, args: args, rows: returned})
	}
	return nil
}

// rowChange is a row as it stands, and as it is to be.
type rowChange struct{ before, after []column }

// update queues the update of rows. SQLite writes every index anew that has a column
// which is set, changed or not, and so is told only of those that change; PostgreSQL
// compares by itself.
func (t *tx) update(b *bulk, rows []rowChange) error {
	if t.store.dialect.arrays {
		all := make([][]column, len(rows))
		for i, r := range rows {
			all[i] = r.after
		}
		return t.write(b, all, nil)
	}
	for _, r := range rows {
		if err := t.updateChanged(b, r); err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) updateChanged(b *bulk, r rowChange) error {
	before, err := plainValues(r.before)
	if err != nil {
		return err
	}
	after, err := plainValues(r.after)
	if err != nil {
		return err
	}
	var sql strings.Builder
	var args []any
	param := func(glue string, i int) {
		args = append(args, after[i])
		sql.WriteString(glue + r.after[i].name + " = $" + strconv.Itoa(len(args)))
	}
	glue := "UPDATE " + b.table + " SET "
	for i := b.keys; i < len(after); i++ {
		if after[i] != before[i] {
			param(glue, i)
			glue = ", "
		}
	}
	if args == nil {
		return nil
	}
	glue = " WHERE "
	for i := range b.keys {
		param(glue, i)
		glue = " AND "
	}
	t.add(statement{sql: sql.String(), args: args})
	return nil
}

// plainValues are the columns' values as a driver takes them: nil, text or integer.
func plainValues(cols []column) ([]driver.Value, error) {
	list := make([]driver.Value, len(cols))
	for i, c := range cols {
		switch f := c.field.(type) {
		case *string:
			list[i] = *f
		case *int:
			list[i] = int64(*f)
		case driver.Valuer:
			v, err := f.Value()
			if err != nil {
				return nil, fmt.Errorf("writing %s: %w", c.name, err)
			}
			list[i] = v
		default:
			return nil, fmt.Errorf("writing %s: no column is kept as %T", c.name, c.field)
		}
	}
	return list, nil
}

// array is column i of the rows.
func (b *bulk) array(rows [][]driver.Value, i int) any {
	if b.texts[i] {
		return columnOf[string](rows, i)
	}
	return columnOf[int64](rows, i)
}

func columnOf[T any](rows [][]driver.Value, i int) []*T {
	list := make([]*T, len(rows))
	for n, r := range rows {
		if v, ok := r[i].(T); ok {
			list[n] = &v
		}
	}
	return list
}
