package engine

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"math"
	"path"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"redial/internal/mariadbtest"
	"redial/internal/pgtest"
)

// backend is a database that the list is run on.
type backend struct {
	name      string
	url       func(testing.TB) string // of a new, empty database
	isolation sql.IsolationLevel
}

var backends = []backend{
	{"sqlite", newFile, 0}, {"postgres", pgtest.New, 0}, {"postgres serializable", pgtest.New, sql.LevelSerializable},
	{"mariadb", mariadbtest.New, 0},
}

// suite is what every engine must do. Each test is given an engine with the schema of things.
var suite = []struct {
	name string
	test func(*testing.T, tried)
}{
	{"a transaction is committed as a whole", testCommit},
	{"a transaction that fails writes nothing", testRollback},
	{"an error that is overlooked ends it all the same", testOverlooked},
	{"what is left in the queue goes with the COMMIT", testQueueGoesWithTheCommit},
	{"a statement may be run again and again", testStatementsAgain},
	{"rows come back as they were inserted", testInsert},
	{"rows come back as they were updated", testUpdate},
	{"an insertion may compute a column, and returns", testComputes},
	{"a key that is taken leaves out that row alone", testInsertIfFree},
	{"a key that some rows alone are in", testPartialKey},
	{"of many who insert one key, one is first", testOneIsFirst},
	{"a list may be empty, or long", testLists},
	{"each text of a column is found once", testEach},
	{"each text is found with the least of another column", testLeast},
	{"a column that is NULL orders nothing", testOrderByNull},
	{"a locked row is waited for briefly, or passed over", testLocks},
	{"a lock that is met undoes what was done briefly", testBriefly},
	{"a name is one transaction's", testTryName},
	{"who wait for each other in a ring are told to run again", testConflict},
	{"errors are told apart", testFaults},
	{"a view sees one state, and can't write", testView},
	{"the clock goes", testClock},
	{"migrations run once", testMigrations},
	{"a database is looked at", testLook},
	{"a canceled context is an error", testCanceled},
	{"a closed database is an error", testClosed},
}

func TestEngine(t *testing.T) {
	for _, b := range backends {
		t.Run(b.name, func(t *testing.T) {
			t.Parallel()
			url := b.url(t)
			for _, c := range suite {
				t.Run(c.name, func(t *testing.T) {
					e := openEmpty(t, url, b.isolation)
					c.test(t, e)
				})
			}
		})
	}
}

// schema is what the tests write to. Each engine has its own SQL for a unique key that covers only some rows.
var schema = fstest.MapFS{
	"00001_things.sql": file(`CREATE TABLE things (
		id TEXT NOT NULL PRIMARY KEY, scope TEXT, name TEXT, words TEXT, n BIGINT, small INTEGER,
		state TEXT NOT NULL DEFAULT 'new' CHECK (state IN ('new', 'old')));
	CREATE UNIQUE INDEX things_name ON things (scope, name);
	CREATE TABLE numbers (
		number TEXT NOT NULL, owner TEXT NOT NULL, again INTEGER NOT NULL, PRIMARY KEY (number, owner));`,
		`DROP TABLE numbers; DROP TABLE things;`),
	"00002_numbers_sqlite.sql":   file(numbersOnce, `DROP INDEX numbers_once;`),
	"00003_numbers_postgres.sql": file(numbersOnce, `DROP INDEX numbers_once;`),
	"mysql/00003_things.sql": file(`CREATE TABLE IF NOT EXISTS things (
		id VARCHAR(64) NOT NULL PRIMARY KEY, scope VARCHAR(64), name VARCHAR(64), words LONGTEXT, n BIGINT, small INTEGER,
		state VARCHAR(20) NOT NULL DEFAULT 'new' CHECK (state IN ('new', 'old')),
		UNIQUE INDEX things_name (scope, name)) `+asBytes+`;
	CREATE TABLE IF NOT EXISTS numbers (
		number VARCHAR(64) NOT NULL, owner VARCHAR(64) NOT NULL, again INTEGER NOT NULL, PRIMARY KEY (number, owner),
		once VARCHAR(64) AS (IF(again = 0, number, NULL)) VIRTUAL, UNIQUE INDEX numbers_once (once)) `+asBytes+`;`,
		`DROP TABLE IF EXISTS numbers; DROP TABLE IF EXISTS things;`),
}

// asBytes has texts compared byte by byte, spaces at the end included.
const asBytes = `CHARACTER SET utf8mb4 /*M! COLLATE utf8mb4_nopad_bin */ /*!80017 COLLATE utf8mb4_0900_bin */`

const numbersOnce = `CREATE UNIQUE INDEX numbers_once ON numbers (number) WHERE again = 0;`

func file(up, down string) *fstest.MapFile {
	return &fstest.MapFile{Data: []byte("-- +goose Up\n" + up + "\n-- +goose Down\n" + down + "\n")}
}

// tried is an engine that the list is run on, and how it was opened.
type tried struct {
	Engine
	url     string
	options Options
}

func openEmpty(t *testing.T, url string, isolation sql.IsolationLevel) tried {
	t.Helper()
	o := Options{Isolation: isolation}
	e, err := Open(t.Context(), url, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	if err := e.Migrate(t.Context(), schema); err != nil {
		t.Fatal(err)
	}
	write(t, e, "DELETE FROM things", "DELETE FROM numbers")
	return tried{e, url, o}
}

// another opens the same database once more, as another node does. Where there can be only one writer, it returns the
// same engine.
func another(t *testing.T, e tried) Engine {
	t.Helper()
	if !e.Shared() {
		return e
	}
	other, err := Open(t.Context(), e.url, e.options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { other.Close() })
	return other
}

func write(t testing.TB, e Engine, texts ...string) {
	t.Helper()
	err := e.Write(t.Context(), func(x *Tx) error {
		for _, text := range texts {
			x.Add(Statement{SQL: text})
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// ask returns the first column of an answer, as text.
func ask(t testing.TB, e Engine, text string, args ...any) (list []string) {
	t.Helper()
	err := e.Read(t.Context(), Statement{SQL: text, Args: args, Rows: func(scan func(...any) error) error {
		var v string
		err := scan(&v)
		list = append(list, v)
		return err
	}})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func equal[T any](t testing.TB, got, want T) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("(-want +got):\n%s", diff)
	}
}

var insertThing = &Insertion{
	Table: "things", Columns: []Column{{"id", true}, {"scope", true}, {"name", true}, {"words", true}, {"n", false}},
}

func insertThings(t testing.TB, e Engine, rows ...[]any) {
	t.Helper()
	err := e.Write(t.Context(), func(x *Tx) error {
		x.Insert(insertThing, rows, nil)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// allThings returns all rows, in the order of their ids.
func allThings(t testing.TB, e Engine) (rows [][]any) {
	t.Helper()
	const all = "SELECT id, scope, name, words, n FROM things ORDER BY id"
	err := e.Read(t.Context(), Statement{SQL: all, Rows: func(scan func(...any) error) error {
		var id string
		var scope, name, words *string
		var n *int64
		if err := scan(&id, &scope, &name, &words, &n); err != nil {
			return err
		}
		row := []any{id, nil, nil, nil, nil}
		for i, text := range []*string{scope, name, words} {
			if text != nil {
				row[i+1] = *text
			}
		}
		if n != nil {
			row[4] = *n
		}
		rows = append(rows, row)
		return nil
	}})
	if err != nil {
		t.Fatal(err)
	}
	return rows
}

func testCommit(t *testing.T, e tried) {
	for _, transact := range []func(context.Context, func(*Tx) error) error{e.Write, e.Aside} {
		write(t, e, "DELETE FROM things")
		err := transact(t.Context(), func(x *Tx) error {
			if err := x.Read(Statement{SQL: "INSERT INTO things (id) VALUES ($1)", Args: []any{"a"}}); err != nil {
				return err
			}
			n := int64(0)
			st := Statement{SQL: "UPDATE things SET words = $2 WHERE id = $1", Args: []any{"a", "b"}}
			st.Affected = func(rows int64) { n = rows }
			if err := x.Read(st); err != nil || n != 1 {
				return fmt.Errorf("%d rows, %w", n, err)
			}
			n = 0
			if err := x.Read(st); err != nil || n != 1 { // the row exists, so it counts even if nothing in it changes
				return fmt.Errorf("%d rows the second time, %w", n, err)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		equal(t, ask(t, e, "SELECT words FROM things WHERE id = $1", "a"), []string{"b"})
	}
}

func testRollback(t *testing.T, e tried) {
	insertThings(t, e, []any{"taken", nil, nil, nil, nil})
	wrong := errors.New("wrong")
	for name, fail := range map[string]func(*Tx) error{
		"fn":          func(*Tx) error { return wrong },
		"a statement": func(x *Tx) error { return x.Read(Statement{SQL: "INSERT INTO things (id) VALUES ('taken')"}) },
		"one left":    func(x *Tx) error { x.Add(Statement{SQL: "INSERT INTO things (id) VALUES ('taken')"}); return nil },
		"rows": func(x *Tx) error {
			return x.Read(Statement{SQL: "SELECT id FROM things", Rows: func(func(...any) error) error { return wrong }})
		},
		"what is unread": func(x *Tx) error {
			return x.Read(Statement{SQL: "SELECT nothing FROM things", Rows: func(func(...any) error) error { return nil }})
		},
	} {
		err := e.Write(t.Context(), func(x *Tx) error {
			if err := x.Read(Statement{SQL: "INSERT INTO things (id) VALUES ('new')"}); err != nil {
				return err
			}
			return fail(x)
		})
		if err == nil || errors.Is(err, ErrUnclear) {
			t.Errorf("%s: %v", name, err)
		}
		equal(t, ask(t, e, "SELECT id FROM things"), []string{"taken"})
	}
}

func testOverlooked(t *testing.T, e tried) {
	insertThings(t, e, []any{"taken", nil, nil, nil, nil})
	first := Statement{SQL: "INSERT INTO things (id) VALUES ('taken')"}
	err := e.Write(t.Context(), func(x *Tx) error {
		x.Add(Statement{SQL: "INSERT INTO things (id) VALUES ('before')"})
		if x.Read(first) == nil {
			t.Error("an id is taken twice")
		}
		if x.Read(Statement{SQL: "INSERT INTO things (id) VALUES ('after')"}) == nil {
			t.Error("it goes on after a statement that failed")
		}
		x.Add(Statement{SQL: "INSERT INTO things (id) VALUES ('last')"})
		return nil
	})
	if e.Fault(err) != Row {
		t.Errorf("%v, want the first error", err)
	}
	equal(t, ask(t, e, "SELECT id FROM things"), []string{"taken"})
	err = e.Write(t.Context(), func(x *Tx) error { // the error is the function's own, and the database goes on
		wrong := errors.New("wrong")
		err := x.Read(Statement{SQL: "SELECT id FROM things", Rows: func(func(...any) error) error { return wrong }})
		if err != wrong {
			t.Errorf("%v, want the function's own", err)
		}
		return x.Read(Statement{SQL: "INSERT INTO things (id) VALUES ('later')"})
	})
	if err != nil {
		t.Error(err)
	}
	equal(t, ask(t, e, "SELECT id FROM things ORDER BY id"), []string{"later", "taken"})
}

func testQueueGoesWithTheCommit(t *testing.T, e tried) {
	trips := 0
	err := e.Write(t.Context(), func(x *Tx) error {
		send := x.Send
		x.Send = func(list []Statement) error { trips++; return send(list) }
		x.Add(Statement{SQL: "INSERT INTO things (id) VALUES ('a')"}, Statement{SQL: "INSERT INTO things (id) VALUES ('b')"})
		return nil
	})
	if err != nil || trips != 1 {
		t.Fatalf("%d round trips, %v", trips, err)
	}
	equal(t, len(allThings(t, e)), 2)
}

func testStatementsAgain(t *testing.T, e tried) {
	for i := range 5 {
		for _, id := range []string{"a", "b"} {
			id := fmt.Sprint(id, i)
			err := e.Write(t.Context(), func(x *Tx) error {
				x.Add(Statement{SQL: "INSERT INTO things (id, n, words) VALUES ($1, $2, $1)", Args: []any{id, int64(i)}})
				const same = "SELECT words FROM things WHERE n = $1 AND id = $2 AND words = $2"
				return x.Read(Statement{SQL: same, Args: []any{int64(i), id},
					Rows: func(scan func(...any) error) error {
						var got string
						if err := scan(&got); err != nil || got != id {
							t.Errorf("%q, %v, want %q", got, err, id)
						}
						return nil
					}})
			})
			if err != nil {
				t.Fatal(err)
			}
		}
	}
	equal(t, len(allThings(t, e)), 10)
}

// odd are texts that an engine or a driver may mistake for something else.
var odd = []string{
	"", " ", "NULL", "null", "'", `"`, `\`, `\'`, "a,b", "{a}", `{"a":"b"}`, "$1", "?", ":a", "%s",
	"line\nline\r\n\ttab", "--", "/* */",
	"名前", "😀", "é", "e\u0301", "a", "A", "a ", "\u0085", "\u2028", "\ufffd", strings.Repeat("x", 70_000),
}

func testInsert(t *testing.T, e tried) {
	insertThings(t, e)
	equal(t, allThings(t, e), nil)
	numbers := []any{
		nil, int64(0), int64(-1), int64(math.MaxInt64), int64(math.MinInt64), int64(1) << 53, int64(1)<<53 + 1,
	}
	var rows [][]any
	for i, text := range odd {
		rows = append(rows, []any{fmt.Sprintf("%03d", i), "s", fmt.Sprint(i), text, numbers[i%len(numbers)]})
	}
	rows = append(rows, []any{"999", nil, nil, nil, nil})
	insertThings(t, e, rows...)
	equal(t, allThings(t, e), rows)
	write(t, e, "DELETE FROM things")
	for _, r := range rows {
		insertThings(t, e, r)
	}
	equal(t, allThings(t, e), rows)
	for i, text := range odd {
		if len(text) < 1000 {
			equal(t, ask(t, e, "SELECT id FROM things WHERE words = $1", text), []string{fmt.Sprintf("%03d", i)})
		}
	}
}

var updateThing = &Update{Table: "things", Columns: insertThing.Columns, Keys: 1}

func testUpdate(t *testing.T, e tried) {
	var before, after [][]any
	var changes []Change
	for i, text := range odd {
		id := fmt.Sprintf("%03d", i)
		b := []any{id, "s", fmt.Sprint(i), text, int64(i)}
		a := [][]any{
			{id, "s", fmt.Sprint(i), text, int64(i)},
			{id, "s", "new " + fmt.Sprint(i), text, int64(i)},
			{id, nil, nil, nil, nil},
			{id, "t", fmt.Sprint(i), odd[len(odd)-1-i], int64(math.MinInt64)},
		}[i%4]
		before, after, changes = append(before, b), append(after, a), append(changes, Change{b, a})
	}
	insertThings(t, e, before...)
	update := func(changes ...Change) {
		t.Helper()
		err := e.Write(t.Context(), func(x *Tx) error {
			if !x.Compares() {
				for i := range changes {
					changes[i].Before = nil
				}
			}
			x.Update(updateThing, changes)
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	update()
	equal(t, allThings(t, e), before)
	update(slices.Clone(changes)...)
	equal(t, allThings(t, e), after)
	for i := range changes { // and back, one by one
		update(Change{after[i], before[i]})
	}
	equal(t, allThings(t, e), before)
}

func testComputes(t *testing.T, e tried) {
	in := &Insertion{
		Table: "things", Columns: insertThing.Columns, Returns: []string{"id", "n"},
		Compute: map[string]string{"n": `CASE WHEN EXISTS (SELECT 1 FROM things AS t
			WHERE t.scope = {scope} AND t.id <> {id}) THEN NULL ELSE {n} END`},
	}
	insertThings(t, e, []any{"a", "busy", "1", nil, int64(1)})
	for _, rows := range [][][]any{
		{{"b", "busy", "2", nil, int64(2)}},
		{{"c", "free", "3", nil, int64(3)}, {"d", "busy", "4", nil, int64(4)}, {"e", nil, nil, nil, int64(5)}},
	} {
		got, want := map[string]int64{}, map[string]int64{}
		for _, r := range rows {
			want[r[0].(string)] = r[4].(int64)
			if r[1] == "busy" {
				want[r[0].(string)] = 0
			}
		}
		err := e.Write(t.Context(), func(x *Tx) error {
			x.Insert(in, rows, func(scan func(...any) error) error {
				var id string
				var n *int64
				err := scan(&id, &n)
				got[id] = 0
				if n != nil {
					got[id] = *n
				}
				return err
			})
			return x.Flush()
		})
		if err != nil {
			t.Fatal(err)
		}
		equal(t, got, want)
	}
}

var byName = Key{"things_name", "things", []string{"scope", "name"}}

var insertFreeThing = &Insertion{
	Table: "things", Columns: insertThing.Columns, Free: &FreeKey{Key: byName}, Returns: []string{"id"},
}

// tryInsert returns the ids of the rows that were inserted.
func tryInsert(x *Tx, in *Insertion, rows ...[]any) (ids []string, err error) {
	x.Insert(in, rows, func(scan func(...any) error) error {
		var id string
		err := scan(&id)
		ids = append(ids, id)
		return err
	})
	err = x.Flush()
	slices.Sort(ids)
	return ids, err
}

func testInsertIfFree(t *testing.T, e tried) {
	insertThings(t, e, []any{"old", "s", "taken", "stays", int64(1)})
	err := e.Write(t.Context(), func(x *Tx) error {
		ids, err := tryInsert(x, insertFreeThing,
			[]any{"a", "s", "taken", "x", nil}, []any{"b", "s", "free", "x", nil}, []any{"c", "s", "free", "x", nil},
			[]any{"d", "t", "taken", "x", nil}, []any{"e", nil, nil, "x", nil}, []any{"f", nil, nil, "x", nil})
		if err != nil {
			return err
		}
		equal(t, ids, []string{"b", "d", "e", "f"})
		ids, err = tryInsert(x, insertFreeThing, []any{"g", "s", "free", "x", nil})
		equal(t, len(ids), 0)
		if err != nil {
			return err
		}
		ids, err = tryInsert(x, insertFreeThing, []any{"h", "s", "freer", "x", nil})
		equal(t, ids, []string{"h"})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	equal(t, ask(t, e, "SELECT words FROM things WHERE id = 'old'"), []string{"stays"})
	equal(t, ask(t, e, "SELECT id FROM things ORDER BY id"), []string{"b", "d", "e", "f", "h", "old"})
	err = e.Write(t.Context(), func(x *Tx) error { // another error does not count as a taken key
		_, err := tryInsert(x, insertFreeThing, []any{"old", "u", "u", nil, nil})
		return err
	})
	if err == nil || e.Fault(err) != Row || e.Taken(err, byName) {
		t.Errorf("an id that is taken: %v", err)
	}
}

var takeNumber = &Insertion{
	Table: "numbers", Columns: []Column{{"number", true}, {"owner", true}, {"again", false}}, Returns: []string{"owner"},
	Free: &FreeKey{Key: Key{"numbers_once", "numbers", []string{"number"}}, Where: "again = 0", Alone: []string{"number"}},
}

func testPartialKey(t *testing.T, e tried) {
	write(t, e, `INSERT INTO numbers (number, owner, again)
		VALUES ('2', 'x', 1), ('2', 'y', 1), ('3', 'x', 0), ('3', 'y', 1)`)
	err := e.Write(t.Context(), func(x *Tx) error {
		for number, want := range map[string][]string{"1": {"a"}, "2": nil, "3": nil} {
			ids, err := tryInsert(x, takeNumber, []any{number, "a", int64(0)})
			if err != nil {
				return err
			}
			equal(t, ids, want)
		}
		ids, err := tryInsert(x, takeNumber, []any{"4", "a", int64(0)}, []any{"4", "b", int64(0)},
			[]any{"5", "a", int64(0)}, []any{"1", "b", int64(0)})
		equal(t, ids, []string{"a", "a"})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	equal(t, ask(t, e, "SELECT owner FROM numbers WHERE number IN ('1', '4', '5')"), []string{"a", "a", "a"})
}

// inTheWay says whether an error means that another transaction was in the way.
func inTheWay(e Engine) func(error) bool {
	return func(err error) bool { return e.Fault(err) == Conflict || e.Fault(err) == Locked }
}

func testOneIsFirst(t *testing.T, e tried) {
	nodes := []Engine{e, another(t, e)}
	for round := range 10 {
		var mu sync.Mutex
		var first []string
		var all sync.WaitGroup
		for i := range 6 {
			all.Go(func() {
				id := fmt.Sprint(round, "-", i)
				n := nodes[i%2]
				err := Repeat(t.Context(), inTheWay(n), func(ctx context.Context) error {
					var mine []string
					err := n.Aside(ctx, func(x *Tx) (err error) {
						mine, err = tryInsert(x, insertFreeThing, []any{id, "s", fmt.Sprint(round), nil, nil},
							[]any{id + "x", "s", fmt.Sprint("b", round), nil, nil})
						return err
					})
					if err == nil {
						mu.Lock()
						first = append(first, mine...)
						mu.Unlock()
					}
					return err
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		slices.Sort(first)
		equal(t, first, ask(t, e, "SELECT id FROM things WHERE id LIKE $1 ORDER BY id", fmt.Sprint(round, "-%")))
		equal(t, len(first), 2)
	}
}

func testLists(t *testing.T, e tried) {
	var rows [][]any
	for i, text := range odd[:len(odd)-1] {
		rows = append(rows, []any{fmt.Sprintf("%03d", i), nil, nil, text, nil})
	}
	insertThings(t, e, rows...)
	st := Statement{SQL: "SELECT id FROM things WHERE words IN ($1) AND id <> $2 ORDER BY id", Lock: ForUpdate}
	for _, want := range []List{nil, odd[:1], odd[3:4], odd[:len(odd)-1]} {
		for range 2 {
			var ids, wanted []string
			for i := range want {
				wanted = append(wanted, fmt.Sprintf("%03d", slices.Index(odd, want[i])))
			}
			st.Args = []any{want, "none"}
			st.Rows = func(scan func(...any) error) error {
				var id string
				err := scan(&id)
				ids = append(ids, id)
				return err
			}
			if err := e.Write(t.Context(), func(x *Tx) error { return x.Read(st) }); err != nil {
				t.Fatal(err)
			}
			equal(t, ids, slices.Sorted(slices.Values(wanted)))
		}
	}
	elsewhere := Statement{SQL: "SELECT id FROM things WHERE words = $1", Args: []any{List{"a"}}}
	if err := e.Read(t.Context(), elsewhere); err == nil {
		t.Error("a list stands anywhere")
	}
}

// holding runs a statement in a transaction of another node, and runs fn while that transaction is open.
func holding(t *testing.T, other Engine, st Statement, fn func()) {
	t.Helper()
	st.Rows = func(func(...any) error) error { return nil }
	err := other.Aside(context.Background(), func(x *Tx) error {
		if err := x.Read(st); err != nil {
			return err
		}
		fn()
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func testLocks(t *testing.T, e tried) {
	if !e.Shared() {
		return // there is one writer
	}
	insertThings(t, e, []any{"a", nil, nil, nil, nil}, []any{"b", nil, nil, nil, nil}, []any{"c", nil, nil, nil, nil})
	other := another(t, e)
	locked := Statement{SQL: "SELECT id FROM things WHERE id = 'b'", Lock: ForUpdate}
	update := Statement{SQL: "UPDATE things SET n = 1 WHERE id = 'b'"}
	holding(t, other, locked, func() {
		err := e.Write(t.Context(), func(x *Tx) error {
			ids, err := selected(x, Statement{SQL: "SELECT id FROM things ORDER BY id", Lock: SkipLocked})
			equal(t, ids, []string{"a", "c"})
			if err == nil {
				ids, err = selected(x, Statement{SQL: "SELECT id FROM things ORDER BY id"})
				equal(t, ids, []string{"a", "b", "c"})
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
		began := time.Now()
		for name, st := range map[string]Statement{"a lock": locked, "an update": update} {
			err = e.Aside(t.Context(), func(x *Tx) error { return x.Read(st) })
			if e.Fault(err) != Locked || !Away(err) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if took := time.Since(began); took > 20*time.Second {
			t.Errorf("waited %s", took)
		}
	})
	if err := e.Write(t.Context(), func(x *Tx) error { return x.Read(update) }); err != nil {
		t.Error(err)
	}
}

func selected(x *Tx, st Statement) (ids []string, err error) {
	st.Rows = func(scan func(...any) error) error {
		var id string
		err := scan(&id)
		ids = append(ids, id)
		return err
	}
	err = x.Read(st)
	return ids, err
}

func testBriefly(t *testing.T, e tried) {
	insertThings(t, e, []any{"a", nil, nil, nil, nil}, []any{"b", nil, nil, nil, nil})
	set := func(x *Tx, id string) {
		x.Add(Statement{SQL: "UPDATE things SET words = 'x' WHERE id = $1", Args: []any{id}})
	}
	run := func(want bool) {
		err := e.Write(t.Context(), func(x *Tx) error {
			x.Add(Statement{SQL: "INSERT INTO things (id) VALUES ('before')"})
			locked, err := x.Briefly(func() error {
				set(x, "a")
				set(x, "b")
				x.Add(Statement{SQL: "INSERT INTO things (id) VALUES ('within')"})
				return nil
			})
			if locked != want {
				t.Errorf("locked: %t", locked)
			}
			x.Add(Statement{SQL: "INSERT INTO things (id) VALUES ('after')"})
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
	if e.Shared() {
		locked := Statement{SQL: "SELECT id FROM things WHERE id = 'b'", Lock: ForUpdate}
		holding(t, another(t, e), locked, func() { run(true) })
		equal(t, ask(t, e, "SELECT id FROM things ORDER BY id"), []string{"a", "after", "b", "before"})
		equal(t, ask(t, e, "SELECT id FROM things WHERE words = 'x'"), nil)
		write(t, e, "DELETE FROM things WHERE id IN ('before', 'after')")
	}
	run(false)
	equal(t, ask(t, e, "SELECT id FROM things ORDER BY id"), []string{"a", "after", "b", "before", "within"})
}

func testTryName(t *testing.T, e tried) {
	try := func(e Engine, name string) (free bool) {
		err := e.Aside(context.Background(), func(x *Tx) error {
			x.TryName(name, func(got bool) { free = got })
			return x.Flush()
		})
		if err != nil {
			t.Error(err)
		}
		return free
	}
	for range 2 {
		other := another(t, e)
		if e.Shared() {
			err := other.Aside(t.Context(), func(x *Tx) error {
				x.TryName("one", func(bool) {})
				if err := x.Flush(); err != nil {
					return err
				}
				if try(e, "one") || !try(e, "two") {
					t.Error("a name that another has is free, or one that nobody has is not")
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		if !try(e, "one") || !try(other, "one") {
			t.Error("a name that nobody has is not free")
		}
	}
}

// Two transactions lock two rows in different orders. The engine ends one of them, which is run again.
func testConflict(t *testing.T, e tried) {
	insertThings(t, e, []any{"a", nil, nil, nil, int64(0)}, []any{"b", nil, nil, nil, int64(0)})
	nodes := []Engine{e, another(t, e)}
	var all sync.WaitGroup
	var mu sync.Mutex
	again := 0
	for i, order := range [][]string{{"a", "b"}, {"b", "a"}} {
		all.Go(func() {
			n := nodes[i]
			for range 20 {
				tries := 0
				err := Repeat(t.Context(), inTheWay(n), func(ctx context.Context) error {
					tries++
					return n.Aside(ctx, func(x *Tx) error {
						for _, id := range order {
							if err := x.Read(Statement{SQL: "UPDATE things SET n = n + 1 WHERE id = $1", Args: []any{id}}); err != nil {
								return err
							}
						}
						return nil
					})
				})
				if err != nil {
					t.Error(err)
				}
				mu.Lock()
				again += tries - 1
				mu.Unlock()
			}
		})
	}
	all.Wait()
	equal(t, ask(t, e, "SELECT n FROM things ORDER BY id"), []string{"40", "40"})
	t.Logf("%d were run again", again)
}

func testFaults(t *testing.T, e tried) {
	insertThings(t, e, []any{"a", "s", "n", nil, nil})
	byID := Key{"things_id", "things", []string{"id"}}
	for name, tc := range map[string]struct {
		sql   string
		args  []any
		taken bool
	}{
		"an id twice":  {"INSERT INTO things (id) VALUES ('a')", nil, false},
		"a key twice":  {"INSERT INTO things (id, scope, name) VALUES ('b', 's', 'n')", nil, true},
		"a wrong word": {"UPDATE things SET state = 'unheard-of' WHERE id = 'a'", nil, false},
		"none":         {"UPDATE things SET state = NULL WHERE id = 'a'", nil, false},
	} {
		err := e.Write(t.Context(), func(x *Tx) error { return x.Read(Statement{SQL: tc.sql, Args: tc.args}) })
		if e.Fault(err) != Row || e.Fault(fmt.Errorf("writing: %w", err)) != Row {
			t.Errorf("%s: %v is %d", name, err, e.Fault(err))
		}
		if e.Taken(err, byName) != tc.taken || tc.taken && e.Taken(err, byID) ||
			e.Taken(fmt.Errorf("writing: %w", err), byName) != tc.taken {
			t.Errorf("%s: taken is %t", name, !tc.taken)
		}
	}
	words := errors.New("UNIQUE constraint failed: things.scope, things.name")
	for _, err := range []error{nil, words, context.Canceled, ErrUnclear} {
		if e.Fault(err) != Other || e.Taken(err, byName) {
			t.Errorf("%v is taken for the database's", err)
		}
	}
}

func testView(t *testing.T, e tried) {
	insertThings(t, e, []any{"a", nil, nil, nil, nil})
	err := e.View(t.Context(), func(x *Tx) error {
		before, err := selected(x, Statement{SQL: "SELECT id FROM things"})
		if err != nil {
			return err
		}
		insertThings(t, e, []any{"b", nil, nil, nil, nil})
		after, err := selected(x, Statement{SQL: "SELECT id FROM things"})
		equal(t, after, before)
		return err
	})
	if err != nil {
		t.Error(err)
	}
	if err := e.View(t.Context(), func(x *Tx) error { return x.Read(Statement{SQL: "DELETE FROM things"}) }); err == nil {
		t.Error("a view writes")
	}
	equal(t, len(allThings(t, e)), 2)
}

func testClock(t *testing.T, e tried) {
	for range 3 {
		before := time.Now()
		now, err := e.Now(t.Context())
		if err != nil || now.Before(before.Add(-2*time.Second)) || now.After(time.Now().Add(2*time.Second)) {
			t.Errorf("%s at %s, %v", now, before, err)
		}
		time.Sleep(time.Millisecond)
		if later, err := e.Now(t.Context()); err != nil || !later.After(now) {
			t.Errorf("%s after %s, %v", later, now, err)
		}
	}
}

func testMigrations(t *testing.T, e tried) {
	more := fstest.MapFS{}
	maps.Copy(more, schema)
	more["00010_more.sql"] = file("CREATE TABLE more (id VARCHAR(20) PRIMARY KEY);", "DROP TABLE more;")
	more["mysql/00010_more.sql"] = more["00010_more.sql"]
	found, err := e.Schema(t.Context(), schema)
	if err != nil || len(found.Pending) > 0 || found.Version != found.Newest || found.Version < 2 {
		t.Fatalf("%+v, %v", found, err)
	}
	found, err = e.Schema(t.Context(), more)
	if err != nil || found.Newest != 10 || found.Version == 10 {
		t.Fatalf("%+v, %v", found, err)
	}
	if len(found.Pending) != 1 || path.Base(found.Pending[0]) != "00010_more.sql" {
		t.Fatalf("%+v", found)
	}
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			n := another(t, e)
			if !e.Shared() {
				return
			}
			if err := n.Migrate(context.Background(), more); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	for range 2 {
		if err := e.Migrate(t.Context(), more); err != nil {
			t.Fatal(err)
		}
	}
	if found, err := e.Schema(t.Context(), more); err != nil || len(found.Pending) > 0 || found.Version != 10 {
		t.Fatalf("%+v, %v", found, err)
	}
	write(t, e, "DROP TABLE more", "DELETE FROM goose_db_version WHERE version_id = 10")
}

func testLook(t *testing.T, e tried) {
	if i, err := e.Inspect(t.Context()); err != nil || i.Engine == "" || i.New {
		t.Errorf("%+v, %v", i, err)
	}
	if ills, err := e.Rights(t.Context(), true, "things"); err != nil || len(ills) > 0 {
		t.Errorf("%v, %v", ills, err)
	}
	if err := errors.Join(e.Ping(t.Context()), e.ForgetDeleted(t.Context())); err != nil {
		t.Error(err)
	}
	if !e.Shared() {
		if err := e.Close(); err != nil {
			t.Fatal(err)
		}
	}
	look, err := Look(t.Context(), e.url)
	if err != nil {
		t.Fatal(err)
	}
	defer look.Close()
	equal(t, look.Name(), e.Name())
	if found, err := look.Schema(t.Context(), schema); err != nil || len(found.Pending) > 0 {
		t.Errorf("%+v, %v", found, err)
	}
}

func testCanceled(t *testing.T, e tried) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	testFails(t, ctx, e)
}

func testClosed(t *testing.T, e tried) {
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	testFails(t, t.Context(), e)
}

func testFails(t *testing.T, ctx context.Context, e Engine) {
	fn := func(x *Tx) error { return x.Read(Statement{SQL: "DELETE FROM things"}) }
	look := func(x *Tx) error { return x.Read(Statement{SQL: "SELECT 1"}) }
	_, clock := e.Now(ctx)
	_, schemaErr := e.Schema(ctx, schema)
	for name, err := range map[string]error{
		"Write": e.Write(ctx, fn), "Aside": e.Aside(ctx, fn), "View": e.View(ctx, look),
		"Ping": e.Ping(ctx), "Schema": schemaErr, "Migrate": e.Migrate(ctx, schema),
		"Read": e.Read(ctx, Statement{SQL: "SELECT 1"}),
	} {
		if err == nil || errors.Is(err, ErrUnclear) || e.Fault(err) != Other {
			t.Errorf("%s: %v", name, err)
		}
	}
	if e.Shared() && clock == nil {
		t.Error("the clock goes on")
	}
}

func testEach(t *testing.T, e tried) {
	const every = "SELECT value FROM {each things.scope} AS s"
	equal(t, ask(t, e, every), nil)
	insertThings(t, e,
		[]any{"1", "b", "1", nil, int64(1)}, []any{"2", "a", "2", nil, nil}, []any{"3", "b", "3", nil, nil},
		[]any{"4", nil, "4", nil, int64(1)}, []any{"5", "", "5", nil, int64(1)}, []any{"6", "c", "6", nil, nil},
		[]any{"7", "B", "7", nil, int64(7)}, []any{"8", "b ", "8", nil, int64(8)})
	equal(t, ask(t, e, every+" ORDER BY value"), []string{"B", "a", "b", "b ", "c"})
	equal(t, ask(t, e, every+" WHERE value > $1 ORDER BY value", "b"), []string{"b ", "c"})
}

func testLeast(t *testing.T, e tried) {
	const all = "SELECT value || ' ' || least FROM {least things.n OF scope} AS s ORDER BY value"
	equal(t, ask(t, e, all), nil)
	insertThings(t, e,
		[]any{"1", "b", "1", nil, int64(3)}, []any{"2", "a", "2", nil, nil}, []any{"3", "b", "3", nil, nil},
		[]any{"4", nil, "4", nil, int64(1)}, []any{"5", "", "5", nil, int64(1)}, []any{"6", "b", "6", nil, int64(-2)},
		[]any{"7", "B", "7", nil, int64(7)}, []any{"8", "b ", "8", nil, int64(8)})
	equal(t, ask(t, e, all), []string{"B 7", "b -2", "b  8"})
}

func testOrderByNull(t *testing.T, e tried) {
	insertThings(t, e, []any{"1", "a", "2", nil, nil}, []any{"2", "a", "1", nil, nil}, []any{"3", "a", "3", nil, int64(1)})
	const inOrder = "SELECT name FROM things WHERE scope = $1 AND n IS NULL ORDER BY {null n}, name DESC"
	equal(t, ask(t, e, inOrder, "a"), []string{"2", "1"})
	equal(t, ask(t, e, inOrder+" LIMIT $2", "a", 1), []string{"2"})
}
