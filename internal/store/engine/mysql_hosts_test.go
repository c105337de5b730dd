package engine

import (
	"errors"
	"net"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"redial/internal/mariadbtest"
)

// pair are two servers that have the schema of things, the second of them read-only. The engine knows both.
func pair(t *testing.T) (a, b *mariadbtest.Server, e Engine) {
	t.Helper()
	a, b, both := mariadbtest.NewPair(t)
	for _, s := range []*mariadbtest.Server{a, b} {
		openEmpty(t, s.URL, 0)
	}
	b.Exec(t, "SET GLOBAL read_only = 1")
	return a, b, openURL(t, both)
}

func openURL(t *testing.T, url string) Engine {
	t.Helper()
	e, err := Open(t.Context(), url, Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	return e
}

// has checks which things a server has.
func has(t *testing.T, s *mariadbtest.Server, ids string) {
	t.Helper()
	equal(t, strings.Join(s.Ask(t, "SELECT id FROM things ORDER BY id"), " "), ids)
}

func insertID(t *testing.T, e Engine, id string) error {
	t.Helper()
	return e.Write(t.Context(), func(x *Tx) error {
		return x.Read(Statement{SQL: "INSERT INTO things (id) VALUES ($1)", Args: []any{id}})
	})
}

// insertInTheEnd inserts a thing after the connections of a server that is gone have failed. None of the failures is
// one of which nobody knows.
func insertInTheEnd(t *testing.T, e Engine, id string) {
	t.Helper()
	for range 3 {
		err := insertID(t, e, id)
		if err == nil {
			return
		}
		if !Away(err) || errors.Is(err, ErrUnclear) || e.Fault(err) != Other {
			t.Fatalf("%v", err)
		}
	}
	t.Fatal("it is not inserted in the end")
}

// busy has all connections to read, and to write aside, made and given back.
func busy(t *testing.T, e Engine) {
	t.Helper()
	var all, made sync.WaitGroup
	p := e.Pools()
	for range min(p.Read.Stats().MaxOpenConnections, p.Aside.Stats().MaxOpenConnections) {
		made.Add(2)
		for _, transact := range []func(func(*Tx) error) error{
			func(fn func(*Tx) error) error { return e.View(t.Context(), fn) },
			func(fn func(*Tx) error) error { return e.Aside(t.Context(), fn) },
		} {
			all.Go(func() {
				err := transact(func(x *Tx) error {
					err := x.Read(Statement{SQL: "SELECT id FROM things", Rows: func(func(...any) error) error { return nil }})
					made.Done()
					made.Wait()
					return err
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
	}
	all.Wait()
}

// Whoever writes follows the primary, and whoever reads follows at once. What was refused is not written.
func TestAFailoverIsFollowed(t *testing.T) {
	a, b, e := pair(t)
	if err := insertID(t, e, "1"); err != nil {
		t.Fatal(err)
	}
	busy(t, e)
	a.Exec(t, "SET GLOBAL read_only = 1")
	b.Exec(t, "SET GLOBAL read_only = 0")
	err := insertID(t, e, "2")
	if what, _ := Trouble(err); err == nil || !Away(err) || errors.Is(err, ErrUnclear) || e.Fault(err) != Other ||
		!strings.Contains(what, "read-only") {
		t.Errorf("%v, %q", err, what)
	}
	for range 10 {
		if ids := ask(t, e, "SELECT id FROM things"); len(ids) > 0 {
			t.Fatalf("the old primary is read: %q", ids)
		}
	}
	busy(t, e)
	if err := insertID(t, e, "3"); err != nil {
		t.Error(err)
	}
	has(t, a, "1")
	has(t, b, "3")

	busy(t, e)
	if err := b.Kill(); err != nil {
		t.Fatal(err)
	}
	a.Exec(t, "SET GLOBAL read_only = 0")
	insertInTheEnd(t, e, "4")
	has(t, a, "1 4")
	if err := a.Kill(); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if err = insertID(t, e, "5"); !Away(err) || errors.Is(err, ErrUnclear) {
			t.Errorf("none is there: %v", err)
		}
	}
	if what, _ := Trouble(err); !strings.Contains(what, "before the server lets anybody in") {
		t.Errorf("none is there: %v, %q", err, what)
	}
	if err := b.Restart(); err != nil {
		t.Fatal(err)
	}
	insertInTheEnd(t, e, "6")
	has(t, b, "3 6")
}

// Where no server takes writes, nobody is let in, and it is said why.
func TestNoServerTakesWrites(t *testing.T) {
	a, _, e := pair(t)
	a.Exec(t, "SET GLOBAL read_only = 1")
	err := insertID(t, e, "1")
	what, fix := Trouble(err)
	if !errors.Is(err, errReadOnly) || !Away(err) || !strings.Contains(what, "read-only") || fix == "" {
		t.Errorf("%v, %q, %q", err, what, fix)
	}
	a.Exec(t, "SET GLOBAL read_only = 0")
	if err := insertID(t, e, "1"); err != nil {
		t.Error(err)
	}
	has(t, a, "1")
}

// A host that can't be reached, or does not answer, is passed over. While another one is used, it is left alone.
func TestAHostThatIsDead(t *testing.T) {
	before := mysqlConnectTime
	mysqlConnectTime = time.Second // a server that is busy needs some time, too
	t.Cleanup(func() { mysqlConnectTime = before })
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	var tried atomic.Int64
	go func() {
		for {
			if _, err := l.Accept(); err != nil {
				return
			}
			tried.Add(1) // and never answered
		}
	}()
	through, _ := mariadbtest.Lossy(t, mariadbtest.New(t))
	openEmpty(t, through, 0)
	u, err := url.Parse(through)
	if err != nil {
		t.Fatal(err)
	}
	at := func(hosts string) string { return strings.Replace(through, "@"+u.Host, "@"+hosts, 1) }
	for dead, says := range map[string]string{
		"127.0.0.1:1": "no database listens there", l.Addr().String(): "the database does not answer",
		"nobody.invalid": "nobody.invalid",
	} {
		if what, _ := Trouble(openURL(t, at(dead)).Ping(t.Context())); !strings.Contains(what, says) {
			t.Errorf("%s alone: %q", dead, what)
		}
		tried.Store(0)
		e := openURL(t, at(dead+","+u.Host))
		if err := insertID(t, e, dead); err != nil {
			t.Errorf("%s: %v", dead, err)
		}
		busy(t, e)
		if n := tried.Load(); n > 1 {
			t.Errorf("%s is tried %d times", dead, n)
		}
		equal(t, e.Name(), "mysql://"+strings.Replace(dead, "invalid", "invalid:3306", 1)+","+u.Host+u.Path)
	}
}
