package engine

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/go-sql-driver/mysql"

	"redial/internal/mariadbtest"
)

// writers are the ways in which rows are written.
func writers(e Engine) map[string]func(context.Context, func(*Tx) error) error {
	return map[string]func(context.Context, func(*Tx) error) error{"Write": e.Write, "Aside": e.Aside}
}

// add queues statements.
func add(x *Tx, texts ...string) {
	for _, text := range texts {
		x.Add(Statement{SQL: text})
	}
}

// insertA inserts a row in a round trip of its own, and leaves the COMMIT for another one.
func insertA(x *Tx) error {
	return x.Read(Statement{SQL: "INSERT INTO things (id) VALUES ('a')"})
}

// A connection that breaks at the COMMIT leaves open whether the rows are written, whichever way it was. Before that
// nothing is written. Either way the next transaction is none of its business.
func TestWhatIsLostOnTheWay(t *testing.T) {
	database := mariadbtest.New(t)
	through, lose := mariadbtest.Lossy(t, database)
	e := openEmpty(t, through, 0)
	for name, tc := range map[string]struct {
		words   string
		what    mariadbtest.Loss
		unclear bool
		written int
	}{
		"the COMMIT":                   {"COMMIT", mariadbtest.Request, true, 0},
		"the answer to it":             {"COMMIT", mariadbtest.Answer, true, 1},
		"the end of the answer":        {"COMMIT", mariadbtest.End, true, 1},
		"an insertion":                 {"INSERT INTO things", mariadbtest.Request, false, 0},
		"the answer to an insertion":   {"INSERT INTO things", mariadbtest.Answer, false, 0},
		"the end of what it is told":   {"INSERT INTO things", mariadbtest.End, false, 0},
		"the beginning":                {"START TRANSACTION", mariadbtest.Request, false, 0},
		"the answer to the beginning":  {"START TRANSACTION", mariadbtest.Answer, false, 0},
		"the end of what began it all": {"START TRANSACTION", mariadbtest.End, false, 0},
	} {
		for which, transact := range writers(e) {
			write(t, e, "DELETE FROM things")
			lose(tc.words, tc.what)
			tries := 0
			err := Repeat(t.Context(), inTheWay(e), func(ctx context.Context) error {
				tries++
				return transact(ctx, insertA)
			})
			if err == nil || errors.Is(err, ErrUnclear) != tc.unclear || e.Fault(err) != Other || !Away(err) || tries != 1 {
				t.Errorf("%s, %s: %v, in %d tries", name, which, err, tries)
			}
			if n := len(allThings(t, e)); n != tc.written {
				t.Errorf("%s, %s: %d rows, want %d", name, which, n, tc.written)
			}
		}
	}
	lose("SELECT id", mariadbtest.Answer)
	st := Statement{SQL: "SELECT id FROM things", Rows: func(func(...any) error) error { return nil }}
	if err := e.Read(t.Context(), st); err == nil || !Away(err) {
		t.Errorf("a read without an answer: %v", err)
	}
}

// blocked holds up every COMMIT as a backup does, and calls fn once one waits.
func blocked(t *testing.T, s *mariadbtest.Server, e Engine, fn func() error) (err error) {
	t.Helper()
	lock, err := Open(t.Context(), s.URL, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer lock.Close()
	backup, err := lock.Pools().Aside.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer backup.Close()
	const waiting = "SELECT id FROM information_schema.processlist WHERE info LIKE '%COMMIT' AND state LIKE 'Waiting%'"
	var fault sync.WaitGroup
	defer fault.Wait()
	return e.Write(t.Context(), func(x *Tx) error {
		if err := insertA(x); err != nil {
			return err
		}
		if _, err := backup.ExecContext(t.Context(), "FLUSH TABLES WITH READ LOCK"); err != nil {
			return err
		}
		if fn == nil {
			return nil
		}
		x.Add(Statement{SQL: "SET lock_wait_timeout = 600"})
		fault.Go(func() {
			for len(s.Ask(t, waiting)) == 0 {
			}
			if err := fn(); err != nil {
				t.Error(err)
			}
		})
		return nil
	})
}

// A COMMIT that a backup holds up is not waited for, and is no COMMIT of which nobody knows.
func TestABackupThatHoldsUpACommit(t *testing.T) {
	s := mariadbtest.NewServer(t)
	s.Exec(t, "GRANT RELOAD ON *.* TO "+userOf(s.URL))
	e := openEmpty(t, s.URL, 0)
	if err := blocked(t, s, e, nil); e.Fault(err) != Locked || errors.Is(err, ErrUnclear) {
		t.Errorf("%v", err)
	}
	equal(t, len(allThings(t, e)), 0)
	if err := e.Write(t.Context(), insertA); err != nil {
		t.Error(err)
	}
}

func userOf(url string) string {
	user, _, _ := strings.Cut(strings.TrimPrefix(url, "mysql://"), ":")
	return user
}

// A server dies while it commits. Nobody knows whether it has, until it is back; until then it is away.
func TestAServerThatDiesInACommit(t *testing.T) {
	s := mariadbtest.NewServer(t)
	s.Exec(t, "GRANT RELOAD ON *.* TO "+userOf(s.URL))
	e := openEmpty(t, s.URL, 0)
	for range 2 {
		err := blocked(t, s, e, s.Kill)
		if !errors.Is(err, ErrUnclear) || e.Fault(err) != Other || !Away(err) {
			t.Errorf("in the COMMIT: %v", err)
		}
		err = e.Write(t.Context(), insertA)
		if what, fix := Trouble(err); err == nil || errors.Is(err, ErrUnclear) || !Away(err) || e.Fault(err) != Other ||
			what != "no database listens there" || fix == "" {
			t.Errorf("after it: %v, %q, %q", err, what, fix)
		}
		if err := s.Restart(); err != nil {
			t.Fatal(err)
		}
		equal(t, len(allThings(t, e)), 0)
	}
	through, lose := mariadbtest.Lossy(t, s.URL)
	other := openEmpty(t, through, 0)
	lose("COMMIT", mariadbtest.Answer)
	if err := other.Write(t.Context(), insertA); !errors.Is(err, ErrUnclear) {
		t.Errorf("without an answer: %v", err)
	}
	if err := errors.Join(s.Kill(), s.Restart()); err != nil {
		t.Fatal(err)
	}
	equal(t, len(allThings(t, e)), 1)
}

// A deadlock ends the transaction while its rows are being read. Nothing more of it is executed, and it is run again.
func TestADeadlockWhileRowsAreRead(t *testing.T) {
	e := openEmpty(t, mariadbtest.New(t), 0)
	other := another(t, e)
	large := strings.Repeat("x", 100_000)
	insertThings(t, e, []any{"a", nil, nil, large, int64(0)}, []any{"b", nil, nil, large, int64(0)},
		[]any{"z", nil, nil, large, int64(0)})
	tries, seen := 0, []int{}
	var inTheOther chan error
	err := Repeat(t.Context(), inTheWay(e), func(ctx context.Context) error {
		tries++
		return e.Aside(ctx, func(x *Tx) error {
			if tries == 1 {
				inTheOther = make(chan error, 1)
				// Whoever has written less is the one who has to begin again.
				began := make(chan struct{})
				go func() { inTheOther <- crossing(t, other, began) }()
				<-began
			}
			rows := 0
			add(x, "SET innodb_lock_wait_timeout = 600")
			x.Add(Statement{SQL: "SELECT id, words FROM things ORDER BY id", Lock: ForUpdate,
				Rows: func(func(...any) error) error { rows++; return nil }})
			add(x, "UPDATE things SET n = n + 1", fmt.Sprintf("INSERT INTO things (id) VALUES ('try %d')", tries))
			err := x.Flush()
			seen = append(seen, rows)
			if err != nil && x.Read(Statement{SQL: "INSERT INTO things (id) VALUES ('after')"}) == nil {
				t.Error("it goes on after a deadlock")
			}
			return err
		})
	})
	if err := errors.Join(err, <-inTheOther); err != nil {
		t.Fatal(err)
	}
	equal(t, seen, []int{2, 103})
	equal(t, ask(t, e, "SELECT n FROM things WHERE id IN ('a', 'b', 'z') ORDER BY id"), []string{"1", "1", "2"})
	equal(t, ask(t, e, "SELECT id FROM things WHERE id LIKE 'try%' OR id = 'after'"), []string{"try 2"})
}

// crossing writes the last thing and many others, and then the first one, as soon as somebody waits for the last one.
func crossing(t *testing.T, e Engine, began chan<- struct{}) error {
	return e.Aside(t.Context(), func(x *Tx) error {
		add(x, "SET innodb_lock_wait_timeout = 600", "UPDATE things SET n = n + 1 WHERE id = 'z'")
		for i := range 100 {
			add(x, fmt.Sprintf("INSERT INTO things (id) VALUES ('zz %d')", i))
		}
		if err := x.Flush(); err != nil {
			return err
		}
		close(began)
		for waiting := 0; waiting == 0; {
			err := x.Read(Statement{SQL: "SHOW GLOBAL STATUS LIKE 'Innodb_row_lock_current_waits'",
				Rows: func(scan func(...any) error) error { var name string; return scan(&name, &waiting) }})
			if err != nil {
				return err
			}
		}
		return x.Read(Statement{SQL: "UPDATE things SET words = 'y' WHERE id = 'a'"})
	})
}

// A row that is waited for too long ends the whole transaction, also where the server ends only the statement.
func TestALockThatIsWaitedForTooLong(t *testing.T) {
	for url, whole := range map[string]bool{
		mariadbtest.New(t): false, mariadbtest.NewServer(t, "--innodb-rollback-on-timeout").URL: true,
	} {
		e := openEmpty(t, url, 0)
		insertThings(t, e, []any{"b", nil, nil, nil, nil})
		holding(t, another(t, e), Statement{SQL: "SELECT id FROM things", Lock: ForUpdate}, func() {
			for name, transact := range writers(e) {
				for _, st := range []Statement{
					{SQL: "SELECT id FROM things WHERE id = 'b'", Lock: ForUpdate},
					{SQL: "UPDATE things SET n = 1 WHERE id = 'b'"},
				} {
					err := transact(t.Context(), func(x *Tx) error {
						add(x, "INSERT INTO things (id) VALUES ('a')")
						x.Add(st)
						add(x, "INSERT INTO things (id) VALUES ('c')")
						if err := x.Flush(); e.Fault(err) != Locked {
							t.Errorf("%s, %s: %v", name, st.SQL, err)
						}
						add(x, "INSERT INTO things (id) VALUES ('d')")
						return nil
					})
					if e.Fault(err) != Locked || errors.Is(err, ErrUnclear) || !Away(err) {
						t.Errorf("%s, %s: %v", name, st.SQL, err)
					}
				}
			}
			err := e.Write(t.Context(), func(x *Tx) error {
				x.Add(Statement{SQL: "INSERT INTO things (id) VALUES ('a')"})
				_, err := x.Briefly(func() error { return x.Read(Statement{SQL: "UPDATE things SET n = 1 WHERE id = 'b'"}) })
				return err
			})
			if whole && e.Fault(err) != Locked || !whole && err != nil {
				t.Errorf("briefly: %v", err)
			}
		})
		equal(t, len(allThings(t, e)), map[bool]int{true: 1, false: 2}[whole])
	}
}

// The errors of a server are told apart.
func TestWhatMySQLsErrorsMean(t *testing.T) {
	e := openEmpty(t, mariadbtest.New(t), 0)
	is := func(number uint16, state string) error {
		err := &mysql.MySQLError{Number: number}
		copy(err.SQLState[:], state)
		return fmt.Errorf("doing something: %w", err)
	}
	for name, tc := range map[string]struct {
		err           error
		fault         Fault
		away, unclear bool
	}{
		"a deadlock":                     {is(1213, "40001"), Conflict, false, false},
		"another server's change":        {is(3101, "40000"), Conflict, false, false},
		"a table that was changed":       {is(1412, "HY000"), Conflict, false, false},
		"a row that has changed":         {is(1020, "HY000"), Conflict, false, false},
		"a lock for too long":            {is(1205, "HY000"), Locked, true, false},
		"a lock not to be waited for":    {is(3572, "HY000"), Locked, true, false},
		"a key":                          {is(1062, "23000"), Row, false, false},
		"a text that is too long":        {is(1406, "22001"), Row, false, false},
		"a CHECK":                        {is(3819, "HY000"), Row, false, false},
		"SQL":                            {is(1064, "42000"), Row, false, false},
		"a full disk":                    {is(1021, "HY000"), Other, true, false},
		"a server that stops":            {is(1053, "08S01"), Other, true, true},
		"a killed statement":             {is(1317, "70100"), Other, true, true},
		"a killed connection":            {is(1927, "70100"), Other, true, true},
		"a COMMIT that failed":           {is(1180, "HY000"), Other, false, true},
		"a read-only server":             {is(1290, "HY000"), Other, true, false},
		"a binary log of statements":     {is(1665, "HY000"), Other, true, false},
		"a statement that is too large":  {is(1153, "08S01"), Row, false, false},
		"a connection that is broken":    {mysql.ErrInvalidConn, Other, true, true},
		"one on which nothing was sent":  {driver.ErrBadConn, Other, true, false},
		"a user without this database":   {noServer{is(1044, "42000")}, Other, true, false},
		"a host that lets nobody in":     {noServer{is(1130, "HY000")}, Other, true, false},
		"a fault":                        {errors.New("a fault"), Other, false, true},
		"a fault in a table's structure": {is(1146, "42S02"), Row, false, false},
	} {
		if fault := e.Fault(tc.err); fault != tc.fault || Away(tc.err) != tc.away || mysqlUnclear(tc.err) != tc.unclear {
			t.Errorf("%s: fault %d, away: %t, unclear: %t", name, fault, Away(tc.err), mysqlUnclear(tc.err))
		}
	}
}

// A database that is away is away for all who ask, and its trouble is known. When it is back, everything goes on.
func TestAMySQLDatabaseThatIsAway(t *testing.T) {
	database := mariadbtest.New(t)
	e := openEmpty(t, database, 0)
	back := mariadbtest.Away(t, database)
	for range 3 {
		_, clock := e.Now(t.Context())
		_, schemaErr := e.Schema(t.Context(), schema)
		_, settings := e.Inspect(t.Context())
		_, rights := e.Rights(t.Context(), true, "things")
		for name, err := range map[string]error{
			"Write": e.Write(t.Context(), insertA), "Aside": e.Aside(t.Context(), insertA), "View": e.View(t.Context(), insertA),
			"Read": e.Read(t.Context(), Statement{SQL: "SELECT 1"}), "Ping": e.Ping(t.Context()), "Now": clock,
			"Schema": schemaErr, "Migrate": e.Migrate(t.Context(), schema), "Inspect": settings, "Rights": rights,
		} {
			if err == nil || !Away(err) || errors.Is(err, ErrUnclear) || e.Fault(err) != Other {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	if what, fix := Trouble(e.Ping(t.Context())); what != "the server has locked this user out" || fix == "" {
		t.Errorf("%q, %q", what, fix)
	}
	back()
	if err := errors.Join(e.Ping(t.Context()), e.Write(t.Context(), insertA)); err != nil {
		t.Error(err)
	}
	equal(t, len(allThings(t, e)), 1)
}
