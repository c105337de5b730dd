package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"redial/internal/call"
	"redial/internal/store/engine"
)

// idleForever lets a transaction stay open, on a kind of server.
var idleForever = map[string]string{
	"postgres": "SET LOCAL idle_in_transaction_session_timeout = 0", "mysql": "SET wait_timeout = 600",
}

// frozen runs a statement in a transaction of another node, which then stays open until thaw.
func frozen(t *testing.T, s *Store, sql string, args ...any) (thaw func()) {
	t.Helper()
	held, goOn, gone := make(chan error, 1), make(chan struct{}), make(chan struct{})
	go func() {
		defer close(gone)
		_ = s.engine.Aside(context.Background(), func(x *engine.Tx) error {
			x.Add(engine.Statement{SQL: idleForever[kind(s)]}, engine.Statement{SQL: sql, Args: args})
			held <- x.Flush()
			<-goOn
			return errors.New("rolled back")
		})
	}()
	thaw = sync.OnceFunc(func() { close(goOn); <-gone })
	t.Cleanup(thaw)
	if err := <-held; err != nil {
		t.Fatal(err)
	}
	return thaw
}

// A row that another node has locked makes only those wait who need that row, alone or together with others.
func TestALockedRowHoldsUpNobodyElse(t *testing.T) {
	for _, b := range shared {
		t.Run(b.name, func(t *testing.T) { aLockedRowHoldsUpNobodyElse(t, b) })
	}
}

func aLockedRowHoldsUpNobodyElse(t *testing.T, b backend) {
	key := Idempotency{Scope: "scope", Key: "locked", Hash: "request"}
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
				return frozen(t, other, "SELECT id FROM calls WHERE id IN ($1) FOR UPDATE", engine.List(idsOf(of)))
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
				return frozen(t, other, "UPDATE calls SET idem_scope = $2, idem_key = $3, idem_hash = 'x' WHERE id = $1",
					of[0].ID, key.Scope, key.Key)
			},
			func([]call.Call) []operation { return []operation{created(t, key)} },
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, other := twoNodes(t, b)
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
				for !o.queued().begun.Load() { // the writer has begun with it
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

// shared are the kinds of servers.
var shared = []backend{backends[1], backends[3]}

// twoNodes are nodes on one server. The first one dials, and has a Sender and an endpoint.
func twoNodes(t *testing.T, b backend) (s, other *Store) {
	t.Helper()
	url := b.url(t)
	s, other = b.openURL(t, url, nil), b.openURL(t, url, nil)
	s.SendBy(&outlet{slots: 1000})
	to := Endpoint{ID: "ep_1", Source: FromAPI, URL: "https://example.com", Events: Filter{"*"}, CreatedAt: begin}
	if err := s.AddEndpoint(t.Context(), Asker{}, to, 100); err != nil {
		t.Fatal(err)
	}
	return s, other
}

// A claim takes all rows that it can, whatever another node has locked, and for however long.
func TestALockedRowHoldsUpNoClaim(t *testing.T) {
	for _, b := range shared {
		t.Run(b.name, func(t *testing.T) { aLockedRowHoldsUpNoClaim(t, b) })
	}
}

func aLockedRowHoldsUpNoClaim(t *testing.T, b backend) {
	const (
		ring   = `INSERT INTO destinations (number, call_id, attempt, resurfaced) VALUES ($1, $2, 1, 0)`
		eleven = `, ($3, $2, 1, 0), ($4, $2, 1, 0), ($5, $2, 1, 0), ($6, $2, 1, 0), ($7, $2, 1, 0), ($8, $2, 1, 0),
			($9, $2, 1, 0), ($10, $2, 1, 0), ($11, $2, 1, 0), ($12, $2, 1, 0), ($13, $2, 1, 0)` // more of them
	)
	firstRung := func(of []call.Call, rings string) []any { return []any{of[0].To, rings} }
	for name, tc := range map[string]struct {
		before, sql string
		args        func(of []call.Call, rings string) []any
		not         int // so many calls from the first on can't be dialed
	}{
		"a call":                      {"", "SELECT 1 FROM calls WHERE id = $1 FOR UPDATE", firstID, 1},
		"a number that rings":         {ring, "SELECT 1 FROM destinations WHERE number = $1 FOR UPDATE", firstTo, 1},
		"a number that is taken":      {"", ring, firstRung, 1},
		"a number that is let go":     {ring, "DELETE FROM destinations WHERE number = $1", firstTo, 1},
		"many numbers":                {"", ring + eleven, dozen, 12},
		"an endpoint":                 {"", "SELECT 1 FROM endpoints FOR UPDATE", nothing, 0},
		"the pause of the account":    {"", "SELECT 1 FROM pauses FOR UPDATE", nothing, 0},
		"the codes that nobody knows": {"", "SELECT 1 FROM unlisted_codes FOR UPDATE", nothing, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, other := twoNodes(t, b)
			if _, err := s.PauseAccount(t.Context(), "AC1", Pause{Since: begin, NextCheckAt: begin}); err != nil {
				t.Fatal(err)
			}
			if _, err := s.CountUnlisted(t.Context(), "AC1", 99999, phone, begin); err != nil {
				t.Fatal(err)
			}
			rings := create(t, s, to("+81312345678"), func(w *call.Wish) { w.Policy.NotBefore.After = time.Minute })
			var of []call.Call
			for i := range 20 {
				of = append(of, create(t, s, to(fmt.Sprint("+8190123456", 10+i))))
			}
			if tc.before != "" {
				run(t, s, tc.before, of[0].To, rings.ID)
			}
			dialed := func() []string {
				due := claim(t, func() ([]Due, error) { return s.ClaimToDial(t.Context(), begin, 100) })
				return ids(slices.DeleteFunc(due, func(d Due) bool { return len(d.Actions) == 0 }))
			}
			thaw := frozen(t, other, tc.sql, tc.args(of, rings.ID)...)
			if got, want := dialed(), idsOf(of[tc.not:]); len(got) != len(want) || !subset(want, got) {
				t.Errorf("%d of %d were dialed: %v", len(got), len(want), got)
			}
			claim(t, func() ([]Due, error) { return s.ClaimToAsk(t.Context(), begin, 100) })
			mine, err := s.ClaimCheck(t.Context(), "AC1", begin, begin.Add(time.Minute))
			if err != nil || mine == strings.Contains(tc.sql, "pauses") {
				t.Errorf("the look at the account is this node's: %t, %v", mine, err)
			}
			thaw()
			if _, _, err := s.Sweep(t.Context(), begin); err != nil {
				t.Fatal(err)
			}
			if late := dialed(); tc.before == "" && !subset(idsOf(of[:tc.not]), late) {
				t.Errorf("%v were dialed then, want the first %d", late, tc.not)
			}
		})
	}
}

func nothing([]call.Call, string) []any { return nil }

func firstID(of []call.Call, _ string) []any { return []any{of[0].ID} }

func firstTo(of []call.Call, _ string) []any { return []any{of[0].To} }

// dozen are the numbers of the first twelve calls, with the call that rings them after the first number.
func dozen(of []call.Call, rings string) []any {
	args := []any{of[0].To, rings}
	for _, c := range of[1:12] {
		args = append(args, c.To)
	}
	return args
}

func subset(want, of []string) bool {
	return !slices.ContainsFunc(want, func(id string) bool { return !slices.Contains(of, id) })
}

// Others can still get a connection to write, however many wait for a row that another node has locked.
func TestWhoWaitsLeavesConnections(t *testing.T) {
	for _, b := range shared {
		t.Run(b.name, func(t *testing.T) { whoWaitsLeavesConnections(t, b) })
	}
}

func whoWaitsLeavesConnections(t *testing.T, b backend) {
	url := b.url(t)
	s, other := b.openURL(t, url, nil), b.openURL(t, url, nil)
	to := Endpoint{ID: "ep_1", Source: FromAPI, URL: "https://example.com", Events: Filter{"*"}, CreatedAt: begin}
	if err := s.AddEndpoint(t.Context(), Asker{}, to, 100); err != nil {
		t.Fatal(err)
	}
	thaw := frozen(t, other, "SELECT 1 FROM endpoints FOR UPDATE")
	ctx, leave := context.WithCancel(t.Context())
	defer leave()
	many := 4 * s.engine.Pools().Aside.Stats().MaxOpenConnections
	answers := make(chan error, many)
	for range many {
		go func() {
			_, err := s.ChangeEndpoint(ctx, "ep_1", func(*Endpoint) {})
			answers <- err
		}()
	}
	for len(s.writer.alone) < aloneMost {
		time.Sleep(time.Millisecond)
	}
	if _, err := s.PauseAccount(t.Context(), "AC1", Pause{Since: begin, NextCheckAt: begin}); err != nil {
		t.Error(err)
	}
	if err := s.ResumeAccount(t.Context(), "AC1"); err != nil {
		t.Error(err)
	}
	if len(answers) > 0 {
		t.Errorf("%d who need the locked row are answered: the others waited for it", len(answers))
	}
	thaw()
	for range many {
		if err := <-answers; err != nil {
			t.Error(err)
		}
	}
}

func idsOf(calls []call.Call) (ids []string) {
	for _, c := range calls {
		ids = append(ids, c.ID)
	}
	return ids
}

// A call is stored although another node has locked its number.
func TestALockedNumberHoldsUpNoRequest(t *testing.T) {
	for _, b := range shared {
		t.Run(b.name, func(t *testing.T) { aLockedNumberHoldsUpNoRequest(t, b) })
	}
}

func aLockedNumberHoldsUpNoRequest(t *testing.T, b backend) {
	url := b.url(t)
	s, other := b.openURL(t, url, nil), b.openURL(t, url, nil)
	s.clock = func() time.Time { return begin }
	rings := create(t, s, to(phone))
	thaw := frozen(t, other,
		`INSERT INTO destinations (number, call_id, attempt, resurfaced) VALUES ($1, $2, 1, 0)`, phone, rings.ID)
	next := create(t, s, to(phone))
	if got := get(t, s, next.ID); len(got.Attempts) != 0 || got.State != call.Waiting {
		t.Errorf("%+v, want it to wait", got)
	}
	thaw()
}

// A caller that leaves, and a store that is closed, stop waiting for a locked row.
func TestWhoWaitsForALockedRowMayLeave(t *testing.T) {
	for _, b := range shared {
		t.Run(b.name, func(t *testing.T) { whoWaitsForALockedRowMayLeave(t, b) })
	}
}

func whoWaitsForALockedRowMayLeave(t *testing.T, b backend) {
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

// The writer has a connection, however many read, or write outside the writer.
func TestTheWriterHasAConnectionOfItsOwn(t *testing.T) {
	for _, b := range shared {
		t.Run(b.name, func(t *testing.T) { theWriterHasAConnectionOfItsOwn(t, b) })
	}
}

func theWriterHasAConnectionOfItsOwn(t *testing.T, b backend) {
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
	idle := func(db *sql.DB) bool { return db.Stats().InUse < db.Stats().MaxOpenConnections }
	for idle(s.engine.Pools().Read) || idle(s.engine.Pools().Aside) {
		time.Sleep(time.Millisecond)
	}
	_, err := s.Change(t.Context(), c.ID, begin, steps(cancel))
	close(goOn)
	all.Wait()
	if err != nil {
		t.Error(err)
	}
	most := 0
	for _, db := range []*sql.DB{s.engine.Pools().Own, s.engine.Pools().Aside, s.engine.Pools().Read} {
		most += db.Stats().MaxOpenConnections
	}
	if most != 16 {
		t.Errorf("a node may have %d connections; docs/operations.md says 16", most)
	}
}

// A Call is read in one round trip, whatever its history, and a list in two.
func testReadsAreFewRoundTrips(t *testing.T, b backend) {
	s := b.open(t, nil)
	c := create(t, s)
	dial(t, s, begin, c.ID)
	trips := 0
	view := s.view
	s.view = func(ctx context.Context, fn func(*tx) error) error {
		return view(ctx, func(x *tx) error {
			send := x.Send
			x.Send = func(list []engine.Statement) error { trips++; return send(list) }
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
	listed := slices.ContainsFunc(list, func(l Asked) bool { return l.ID == c.ID && len(l.Attempts) == 1 })
	if err != nil || !listed || trips > 3 {
		t.Errorf("%d calls, %v, in %d round trips", len(list), err, trips)
	}
}
