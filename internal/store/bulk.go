package store

import (
	"database/sql/driver"
	"fmt"

	"redial/internal/store/engine"
)

// bulk writes rows of one table: it inserts or updates them.
type bulk struct {
	insert *engine.Insertion
	change *engine.Update
}

// insertion inserts rows of these columns.
func insertion(table string, cols []column) bulk {
	return bulk{insert: &engine.Insertion{Table: table, Columns: asWritten(cols)}}
}

// insertionIfFree leaves out rows whose key is taken, the table's primary key as a rule. If a column is named in
// returns, it returns that column of each row that it inserts.
func insertionIfFree(table string, cols []column, returns string, key ...string) bulk {
	b := insertion(table, cols)
	b.insert.Free = &engine.FreeKey{Key: engine.Key{Table: table, Columns: key}}
	if returns != "" {
		b.insert.Returns = []string{returns}
	}
	return b
}

// updating updates rows. The first columns, as many as keys says, find the row.
func updating(table string, keys int, cols []column) bulk {
	return bulk{change: &engine.Update{Table: table, Columns: asWritten(cols), Keys: keys}}
}

// asWritten describes columns as an engine writes them: times and flags are integers.
func asWritten(cols []column) []engine.Column {
	list := make([]engine.Column, len(cols))
	for i, c := range cols {
		switch c.field.(type) {
		case *int, *int64, asMicros, asFlag:
			list[i] = engine.Column{Name: c.name}
		default:
			list[i] = engine.Column{Name: c.name, Text: true}
		}
	}
	return list
}

// write queues the insertion of rows. returned, if set, is called for each row that
// was inserted.
func (t *tx) write(b *bulk, rows [][]column, returned func(scan func(...any) error) error) error {
	plain := make([][]any, len(rows))
	for i, r := range rows {
		var err error
		if plain[i], err = plainValues(r); err != nil {
			return err
		}
	}
	t.Insert(b.insert, plain, returned)
	return nil
}

// rowChange is a row before and after an update.
type rowChange struct{ before, after []column }

// update queues the update of rows.
func (t *tx) update(b *bulk, rows []rowChange) error {
	changes := make([]engine.Change, len(rows))
	for i, r := range rows {
		var err error
		if t.Compares() {
			changes[i].Before, err = plainValues(r.before)
		}
		if err == nil {
			changes[i].After, err = plainValues(r.after)
		}
		if err != nil {
			return err
		}
	}
	t.Update(b.change, changes)
	return nil
}

// plainValues are the columns' values as an engine takes them: nil, text or integer.
func plainValues(cols []column) ([]any, error) {
	list := make([]any, len(cols))
	for i, c := range cols {
		switch f := c.field.(type) {
		case *string:
			list[i] = *f
		case *int:
			list[i] = int64(*f)
		case *int64:
			list[i] = *f
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
