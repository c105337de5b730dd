package engine

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"
)

// mysqlTx is how rows are written in a transaction.
type mysqlTx struct {
	texts      *mysqlTexts
	conn       *sql.Conn
	noWait     bool  // locking reads don't wait for a lock
	brief      bool  // statements wait even less
	named      bool  // a name was locked, which the server would keep for the session
	committing bool  // COMMIT was sent
	free       []Key // of rows that were inserted if their keys were free
	bad        error // of a function that was told of an inserted row
}

// run runs fn in a transaction. Each flush is one round trip as a rule, however many statements it sends: they
// are sent as one text.
func (x *mysqlTx) run(ctx context.Context, db *sql.DB, begin []string, fn func(*Tx) error) (err error) {
	x.conn, err = db.Conn(ctx)
	if err != nil {
		return noConnection(err)
	}
	t := &Tx{rows: x, Send: func(list []Statement) error { return x.send(ctx, list) }}
	for _, sql := range begin {
		t.Add(Statement{SQL: sql})
	}
	if err = fn(t); err == nil {
		err = t.failed
	}
	if err == nil {
		t.Add(Statement{SQL: "COMMIT"})
		if err = t.Flush(); err != nil && x.committing && mysqlUnclear(err) {
			err = fmt.Errorf("%w: %w", ErrUnclear, err)
		}
	}
	return errors.Join(err, x.end(ctx, err))
}

// packetSize is about how much is sent at once. A server takes 16 MB, unless it was told otherwise.
const packetSize = 1 << 20

// send sends statements, all of them at once if they are not too large.
func (x *mysqlTx) send(ctx context.Context, list []Statement) error {
	for len(list) > 0 {
		var p packet
		n := 0
		for n < len(list) && p.size < packetSize {
			if err := p.add(x.texts, &list[n], x.noWait); err != nil {
				return err
			}
			x.committing = list[n].SQL == "COMMIT"
			n++
		}
		list = list[n:]
		if err := x.exchange(ctx, &p); err != nil {
			return x.meant(err)
		}
	}
	return nil
}

// exchange sends a packet, and reads all answers. An error of the server's counts more than one of a function that was
// called for a row: the server may have ended the transaction.
func (x *mysqlTx) exchange(ctx context.Context, p *packet) error {
	rows, err := x.conn.QueryContext(ctx, p.text.String(), p.args...)
	if err != nil {
		return err
	}
	defer rows.Close() // all answers are read by then
	var wrong error
	for _, row := range p.answers {
		for rows.Next() {
			if err := row(rows.Scan); err != nil && wrong == nil {
				wrong = rowError{err}
			}
		}
		rows.NextResultSet() // if it can't be had, Err says why
	}
	for rows.NextResultSet() { // none is expected, but what is read last may be an error
	}
	if err := rows.Err(); err != nil {
		return err
	}
	if x.bad != nil && wrong == nil {
		wrong = rowError{x.bad}
	}
	return wrong
}

// meant adds to an error what only the transaction knows.
func (x *mysqlTx) meant(err error) error {
	if slices.ContainsFunc(x.free, func(k Key) bool { return mysqlTaken(err, k) }) {
		return errTaken{err}
	}
	return err
}

// end gives the connection back, after the transaction was rolled back if it has failed.
func (x *mysqlTx) end(ctx context.Context, failed error) (err error) {
	var texts []string
	if failed != nil {
		texts = append(texts, "ROLLBACK")
	}
	if x.brief {
		texts = append(texts, waitAsUsual)
	}
	if x.named {
		texts = append(texts, "DO RELEASE_ALL_LOCKS()")
	}
	if len(texts) > 0 {
		clean, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		_, err = x.conn.ExecContext(clean, strings.Join(texts, "; "))
	}
	is, ok := errors.AsType[*mysql.MySQLError](failed)
	if err != nil || ok && mysqlAway(is) {
		_ = x.conn.Raw(func(conn any) error {
			if ok && slices.Contains(mysqlReadOnly, is.Number) {
				conn.(*mysqlSessionConn).leave()
			}
			return driver.ErrBadConn // the pool is not to use it again
		})
	}
	if failed != nil {
		err = nil // the first error says more
	}
	return errors.Join(err, ignoreDone(x.conn.Close(), sql.ErrConnDone))
}

// insert does not ask the server which rows it wrote, because MySQL does not say. What is returned of a row is known,
// but for columns that are computed: these are read.
func (x *mysqlTx) insert(t *Tx, in *Insertion, rows [][]any, returned func(scan func(...any) error) error) {
	tell := func(row []any) {
		if returned != nil && x.bad == nil {
			x.bad = returned(in.scanner(row))
		}
	}
	switch {
	case in.Free != nil:
		x.insertFree(t, in, rows, tell)
	case returned == nil:
		x.insertAll(t, in, rows, nil)
	case in.computes(in.Returns...):
		x.insertAll(t, in, rows, nil)
		t.Add(in.readBack(rows, returned))
	default:
		x.insertAll(t, in, rows, func() {
			for _, row := range rows {
				tell(row)
			}
		})
	}
}

// rowsAtOnce is how many rows one statement inserts at most.
const rowsAtOnce = 256

// insertAll inserts rows, many by each statement. done, if set, is called when all are inserted.
func (x *mysqlTx) insertAll(t *Tx, in *Insertion, rows [][]any, done func()) {
	into, glue := "INSERT INTO "+in.Table+" ("+names(in.Columns)+") ", " UNION ALL SELECT "
	if in.Compute == nil {
		into, glue = into+"VALUES (", "), ("
	} else { // VALUES may not read the table
		into += "SELECT "
	}
	for len(rows) > 0 {
		some := rows[:fitting(rows)]
		rows = rows[len(some):]
		var args []any
		texts := make([]string, len(some))
		for i, row := range some {
			texts[i] = in.values(func(i int) string { return fmt.Sprintf("$%d", len(args)+i+1) })
			args = append(args, row...)
		}
		text := into + strings.Join(texts, glue)
		if in.Compute == nil {
			text += ")"
		}
		t.Add(Statement{SQL: text, Args: args})
	}
	if done != nil {
		t.queue[len(t.queue)-1].Affected = func(int64) { done() }
	}
}

// fitting is how many of the rows one statement is to insert: a server refuses one that is too large.
func fitting(rows [][]any) int {
	size := 0
	for i, row := range rows[:min(len(rows), rowsAtOnce)] {
		for _, v := range row {
			if text, ok := v.(string); ok {
				size += len(text)
			}
		}
		if size > packetSize {
			return max(i, 1)
		}
	}
	return min(len(rows), rowsAtOnce)
}

// insertFree inserts each row if its key is free, and tells of those that were inserted. If another transaction writes
// the same key at the same time, everything is run again.
func (x *mysqlTx) insertFree(t *Tx, in *Insertion, rows [][]any, tell func(row []any)) {
	x.free = append(x.free, in.Free.Key)
	param := func(i int) string { return fmt.Sprintf("$%d", i+1) }
	text := "INSERT INTO " + in.Table + " (" + names(in.Columns) + ") SELECT " + in.values(param) +
		" FROM DUAL WHERE " + in.noOther(in.Free.Columns, in.Free.Where, param)
	if len(in.Free.Alone) > 0 {
		text += " AND " + in.noOther(in.Free.Alone, "", param)
	}
	look := in.lookWhoWrites(param)
	for _, row := range rows {
		t.Add(Statement{SQL: look, Args: row, Lock: ForUpdate}, Statement{SQL: text, Args: row, Affected: func(n int64) {
			if n == 1 {
				tell(row)
			}
		}})
	}
}

// lookWhoWrites locks the row that has a key, if another transaction has written it and may yet be rolled back. So
// nobody waits for it in the insertion, which would keep others from inserting any key that comes just before.
func (in *Insertion) lookWhoWrites(value func(i int) string) string {
	same := make([]string, len(in.Free.Columns))
	for n, name := range in.Free.Columns {
		same[n] = name + " = " + value(in.column(name))
	}
	return "SELECT 1 FROM " + in.Table + " WHERE " + strings.Join(same, " AND ") + " AND " +
		in.noOther(in.Free.Columns, in.Free.Where, value)
}

// noOther is the condition that no row has the same values in some columns.
func (in *Insertion) noOther(columns []string, where string, value func(i int) string) string {
	same := make([]string, len(columns), len(columns)+1)
	for n, name := range columns {
		same[n] = "other." + name + " = " + value(in.column(name))
	}
	if where != "" {
		same = append(same, where)
	}
	return "NOT EXISTS (SELECT 1 FROM " + in.Table + " AS other WHERE " + strings.Join(same, " AND ") + ")"
}

func (in *Insertion) column(name string) int {
	return slices.IndexFunc(in.Columns, func(c Column) bool { return c.Name == name })
}

func (in *Insertion) computes(names ...string) bool {
	return slices.ContainsFunc(names, func(name string) bool { return in.Compute[name] != "" })
}

// readBack reads what is returned of rows that were inserted, some of it computed.
func (in *Insertion) readBack(rows [][]any, returned func(scan func(...any) error) error) Statement {
	known := slices.DeleteFunc(slices.Clone(in.Returns), func(name string) bool { return in.computes(name) })
	var args []any
	keys := make([]string, len(rows))
	for i, row := range rows {
		key := make([]string, len(known))
		for n, name := range known {
			args = append(args, row[in.column(name)])
			key[n] = fmt.Sprintf("$%d", len(args))
		}
		keys[i] = "(" + strings.Join(key, ", ") + ")"
	}
	return Statement{
		SQL: "SELECT " + strings.Join(in.Returns, ", ") + " FROM " + in.Table +
			" WHERE (" + strings.Join(known, ", ") + ") IN (" + strings.Join(keys, ", ") + ")",
		Args: args, Rows: returned,
	}
}

// scanner scans what is returned of a row, none of which is computed.
func (in *Insertion) scanner(row []any) func(...any) error {
	return func(into ...any) error {
		for n, name := range in.Returns {
			if err := assign(into[n], row[in.column(name)]); err != nil {
				return fmt.Errorf("reading %s: %w", name, err)
			}
		}
		return nil
	}
}

func assign(into, value any) error {
	switch into := into.(type) {
	case sql.Scanner:
		return into.Scan(value)
	case *string:
		var v sql.Null[string]
		err := v.Scan(value)
		*into = v.V
		return err
	case *int:
		var v sql.Null[int]
		err := v.Scan(value)
		*into = v.V
		return err
	}
	return fmt.Errorf("nothing is read into a %T", into)
}

func (x *mysqlTx) compares() bool { return true }

// update sets only the columns that change: so the text is shorter.
func (x *mysqlTx) update(t *Tx, u *Update, rows []Change) {
	for _, r := range rows {
		if st, changes := u.changed(r); changes {
			t.Add(st)
		}
	}
}

// tryName locks a name for the session; no shorter lock is to be had. The server has one set of names for all its
// databases.
func (x *mysqlTx) tryName(t *Tx, name string, got func(bool)) {
	x.named = true
	t.Add(Statement{SQL: "SELECT GET_LOCK(" + nameInDatabase("$1") + ", 0)", Args: []any{name},
		Rows: func(scan func(...any) error) error {
			var free int
			err := scan(&free)
			got(free == 1)
			return err
		}})
}

// MariaDB can be told not to wait at all; for MySQL a second is the least.
const waitBriefly = "SET innodb_lock_wait_timeout = 1 /*M! - 1 */"

var waitAsUsual = fmt.Sprintf("SET innodb_lock_wait_timeout = %d", lockTime)

func (x *mysqlTx) briefly(t *Tx, fn func() error) (locked bool, err error) {
	if err := t.Flush(); err != nil {
		return false, err
	}
	defer func(noWait bool) { x.noWait = noWait }(x.noWait)
	x.noWait, x.brief = true, true
	t.Add(Statement{SQL: "SAVEPOINT briefly"}, Statement{SQL: waitBriefly})
	if err = fn(); err == nil {
		t.Add(Statement{SQL: waitAsUsual}, Statement{SQL: "RELEASE SAVEPOINT briefly"})
		err = t.Flush()
	}
	if mysqlFault(err) != Locked {
		x.brief = err != nil
		return false, err
	}
	met := err
	t.queue, t.failed = nil, nil
	err = t.Read(Statement{SQL: "ROLLBACK TO SAVEPOINT briefly; " + waitAsUsual})
	x.brief = err != nil
	if is, ok := errors.AsType[*mysql.MySQLError](err); ok && is.Number == noSavepoint {
		t.failed = met
	}
	return t.failed == nil, t.failed
}

// noSavepoint is the error of a server that has rolled the whole transaction back, by innodb_rollback_on_timeout.
const noSavepoint = 1305
