package store

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"redial/internal/call"
)

// frozen runs statements in a transaction of another node, which then stands still until thaw.
func frozen(t *testing.T, s *Store, sql string, args ...any) (thaw func()) {
	t.Helper()
	x, err := s.write.BeginTx(context.Background(), nil)
	if err != nil {
		t.Fatal(err)
	}
	thaw = sync.OnceFunc(func() { _ = x.Rollback() })
	t.Cleanup(thaw)
	for _, q := range []string{"SET LOCAL idle_in_transaction_session_timeout = 0", sql} {
		var list []any
		if q == sql {
			list = args
		}
		if _, err := x.ExecContext(t.Context(), q, list...); err != nil {
			t.Fatal(err)
		}
	}
	return thaw
}

// A row that another node has locked keeps waiting whoever needs that row, and nobody else:
// also when that one comes alone, and when many do.
func TestALockedRowHoldsUpNobodyElse(t *testing.T) {
	const insertCallOf = `INSERT INTO destinations (number, call_id, attempt, resurfaced) SELECT $1, id, 1, 0 FROM calls WHERE id = $2`
	key := Idempotency{"scope", "locked", "request"}
	for name, tc := range map[string]struct {
		lock func(t *testing.T, other *Store, of []call.Call) (thaw func())
		ops  func(of []call.Call) []operation
	}{
		"a call": {
			func(t *testing.T, other *Store, of []call.Call) func() {
				return frozen(t, other, "SELECT id FROM calls WHERE id = $1 FOR UPDATE", of[0].ID)
			},
			func(of []call.Call) []operation { return []operation{changed(of[0].ID, cancel)} },
		},
		"more calls than are written alone at once": {
			func(t *testing.T, other *Store, of []call.Call) func() {
				return frozen(t, other, "SELECT id FROM calls WHERE id = ANY($1) FOR UPDATE", idsOf(of))
			},
			func(of []call.Call) (ops []operation) {
				for _, c := range of {
					ops = append(ops, changed(c.ID, cancel))
				}
				return ops
			},
		},
		"a message": {
			func(t *testing.T, other *Store, of []call.Call) func() {
				return frozen(t, other, "SELECT id FROM calls WHERE id = $1 FOR UPDATE", of[0].ID)
			},
			func(of []call.Call) []operation {
				return []operation{&delivering{key: DeliveryKey{of[0].ID, "ep_1", 1}, step: func(d *Delivery) error {
					d.State, d.WakeAt = Delivered, time.Time{}
					return nil
				}}}
			},
		},
		"an Idempotency-Key": {
			func(t *testing.T, other *Store, of []call.Call) func() {
				return frozen(t, other, "UPDATE calls SET idem_scope = $2, idem_key = $3, idem_hash = 'x' WHERE id = $1", of[0].ID, key.Scope, key.Key)
			},
			func([]call.Call) []operation { return []operation{created(t, key)} },
		},
		"a number": {
			func(t *testing.T, other *Store, of []call.Call) func() {
				return frozen(t, other, insertCallOf, of[0].To, of[1].ID)
			},
			func([]call.Call) []operation {
				o := &claiming{which: []selection{{where: dueToDial}}, limit: 100}
				o.now = begin
				return []operation{o}
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := backends[1]
			url := b.url(t)
			s, other := b.openURL(t, url, nil), b.openURL(t, url, nil)
			s.SendBy(&outlet{room: 1000})
			if err := s.AddEndpoint(t.Context(), Endpoint{ID: "ep_1", Source: FromAPI, URL: "https://example.com", Events: Filter{"*"}, CreatedAt: begin}, 100); err != nil {
				t.Fatal(err)
			}
			var of []call.Call
			for range 3 * aloneMost {
				of = append(of, create(t, s))
			}
			thaw := tc.lock(t, other, of)
			ops := tc.ops(of)
			answers := make(chan error, len(ops))
			for _, o := range ops {
				go func() { answers <- s.commit(t.Context(), begin, o) }()
			}
			for _, o := range ops {
				for !o.waiting().taken.Load() { // the writer is at work on it
					time.Sleep(time.Millisecond)
				}
			}
			for i := range 20 {
				c := create(t, s, to(fmt.Sprint("+81901234", i)))
				change(t, s, c.ID, cancel)
			}
			if len(answers) > 0 {
				t.Errorf("%d who need the locked row are answered: the others waited for it", len(answers))
			}
			thaw()
			for range ops {
				if err := <-answers; err != nil {
					t.Error(err)
				}
			}
		})
	}
}

func idsOf(calls []call.Call) (ids []string) {
	for _, c := range calls {
		ids = append(ids, c.ID)
	}
	return ids
}

// A call is taken although another node has locked the number that it would ring at once.
func TestALockedNumberHoldsUpNoRequest(t *testing.T) {
	b := backends[1]
	url := b.url(t)
	s, other := b.openURL(t, url, nil), b.openURL(t, url, nil)
	s.clock = func() time.Time { return begin }
	rings := create(t, s, to(phone))
	s.TakeAtOnce(&hand{room: 9})
	thaw := frozen(t, other, `INSERT INTO destinations (number, call_id, attempt, resurfaced) VALUES ($1, $2, 1, 0)`, phone, rings.ID)
	next := create(t, s, to(phone))
	if got := get(t, s, next.ID); len(got.Attempts) != 0 || got.State != call.Waiting {
		t.Errorf("%+v, want it to wait", got)
	}
	thaw()
}

// A caller who leaves, and a store that is closed, wait no longer for a row that is locked.
func TestWhoWaitsForALockedRowMayLeave(t *testing.T) {
	b := backends[1]
	url := b.url(t)
	s, err := Open(t.Context(), url, Options{Migrate: true})
	if err != nil {
		t.Fatal(err)
	}
	other := b.openURL(t, url, nil)
	c := create(t, s)
	frozen(t, other, "SELECT id FROM calls WHERE id = $1 FOR UPDATE", c.ID)
	ctx, leave := context.WithCancel(t.Context())
	answers := make(chan error, 2)
	for _, ctx := range []context.Context{ctx, t.Context()} {
		go func() {
			_, err := s.Change(ctx, c.ID, begin, steps(cancel))
			answers <- err
		}()
	}
	for !s.writer.isLocked(c.ID) {
		time.Sleep(time.Millisecond)
	}
	leave()
	if err := <-answers; err == nil {
		t.Error("a change was made of a locked row")
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-answers; err == nil {
		t.Error("a change was made of a locked row")
	}
	equal(t, get(t, other, c.ID), c)
}

// However many read, or write apart from the writer, it has a connection.
func TestTheWriterHasAConnectionOfItsOwn(t *testing.T) {
	b := backends[1]
	s := b.open(t, nil)
	c := create(t, s)
	goOn := make(chan struct{})
	var all sync.WaitGroup
	for _, transact := range []func(context.Context, func(*tx) error) error{s.view, s.aside} {
		for range 16 {
			all.Go(func() {
				err := transact(context.Background(), func(x *tx) error {
					if _, err := queryIDs(x, "SELECT id FROM calls LIMIT 1"); err != nil {
						return err
					}
					<-goOn
					return nil
				})
				if err != nil {
					t.Error(err)
				}
			})
		}
	}
	for s.read.Stats().InUse < readConns || s.write.Stats().InUse < sideConns {
		time.Sleep(time.Millisecond)
	}
	_, err := s.Change(t.Context(), c.ID, begin, steps(cancel))
	close(goOn)
	all.Wait()
	if err != nil {
		t.Error(err)
	}
	if most := s.own.Stats().MaxOpenConnections + s.write.Stats().MaxOpenConnections + s.read.Stats().MaxOpenConnections; most != 16 {
		t.Errorf("a node may have %d connections; docs/operations.md says 16", most)
	}
}

// A Call, whatever it has been through, is read in one round trip, and a list in two.
func testReadsAreFewRoundTrips(t *testing.T, b backend) {
	s := b.open(t, nil)
	c := create(t, s)
	dial(t, s, begin, c.ID)
	trips := 0
	view := s.view
	s.view = func(ctx context.Context, fn func(*tx) error) error {
		return view(ctx, func(x *tx) error {
			send := x.send
			x.send = func(list []statement) error { trips++; return send(list) }
			return fn(x)
		})
	}
	if got := get(t, s, c.ID); len(got.Attempts) != 1 || trips != 1 {
		t.Errorf("%d attempts were read in %d round trips, want one", len(got.Attempts), trips)
	}
	trips = 0
	if _, err := s.Get(t.Context(), "nobody"); !errors.Is(err, ErrNotFound) || trips != 1 {
		t.Errorf("%v in %d round trips", err, trips)
	}
	trips = 0
	list, _, err := s.List(t.Context(), Query{Limit: 9})
	if err != nil || !slices.ContainsFunc(list, func(l call.Call) bool { return l.ID == c.ID && len(l.Attempts) == 1 }) || trips > 3 {
		t.Errorf("%d calls, %v, in %d round trips", len(list), err, trips)
	}
}
