package store

import (
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"redial/internal/call"
	"redial/internal/mariadbtest"
	"redial/internal/pgtest"
)

// lostCommits are the ways in which the answer to a COMMIT is lost.
var lostCommits = map[string]struct {
	backend
	lossy func(testing.TB, string) (through string, lose func())
}{
	"postgres": {backends[1], func(t testing.TB, database string) (string, func()) {
		through, lose := pgtest.Lossy(t, database)
		return through, func() { lose(pgtest.Committed) }
	}},
	"mariadb, not executed":   {backends[3], losing(mariadbtest.Request)},
	"mariadb, not answered":   {backends[3], losing(mariadbtest.Answer)},
	"mariadb, half an answer": {backends[3], losing(mariadbtest.End)},
}

func losing(what mariadbtest.Loss) func(testing.TB, string) (string, func()) {
	return func(t testing.TB, database string) (string, func()) {
		through, lose := mariadbtest.Lossy(t, database)
		return through, func() { lose("COMMIT", what) }
	}
}

// onLostCommits runs a test on a store whose next COMMIT goes unanswered after lose.
func onLostCommits(t *testing.T, test func(t *testing.T, s *Store, lose func())) {
	for name, way := range lostCommits {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			through, lose := way.lossy(t, way.url(t))
			test(t, way.openURL(t, through, nil), lose)
		})
	}
}

// A write of which nobody knows is there as a whole or not at all, and may be repeated: it happens once.
func TestARepeatOfALostWrite(t *testing.T) {
	onLostCommits(t, func(t *testing.T, s *Store, lose func()) {
		c, made, bad := call.New(wish(), begin)
		if bad != nil {
			t.Fatal(bad)
		}
		key := Idempotency{Scope: "scope", Key: "order-42", Hash: "request"}
		lose()
		if _, _, err := s.Create(t.Context(), Asker{}, c, made, key); !errors.Is(err, ErrUnclear) || !Away(err) {
			t.Errorf("creating: %v", err)
		}
		n := count(t, s, "SELECT count(*) FROM calls")
		if others := count(t, s, "SELECT count(*) FROM events"); n > 1 || others != n {
			t.Errorf("%d calls, %d events", n, others)
		}
		again, replayed, err := s.Create(t.Context(), Asker{}, c, made, key)
		if err != nil || replayed != (n == 1) || again.ID != c.ID {
			t.Errorf("creating again: %t, %v", replayed, err)
		}

		lose()
		if _, err := s.Change(t.Context(), c.ID, begin, steps(cancel)); !errors.Is(err, ErrUnclear) || !Away(err) {
			t.Errorf("canceling: %v", err)
		}
		change(t, s, c.ID, cancel)
		equal(t, get(t, s, c.ID).State, call.Ended)
		ended := 0
		for i, e := range events(t, s, c.ID) {
			if e.Seq != i+1 {
				t.Errorf("event %d has number %d", i+1, e.Seq)
			}
			if e.Type == call.CallEnded {
				ended++
			}
		}
		equal(t, ended, 1)
	})
}

// A claim of which nobody knows dials nothing. What it has begun is looked for before it is dialed again.
func TestALostClaimDialsNothing(t *testing.T) {
	onLostCommits(t, func(t *testing.T, s *Store, lose func()) {
		c := create(t, s)
		lose()
		if due, err := s.ClaimToDial(t.Context(), begin, 9); !errors.Is(err, ErrUnclear) || len(due) > 0 {
			t.Fatalf("%+v, %v", due, err)
		}
		begun := len(get(t, s, c.ID).Attempts) == 1
		dialed := 0
		for at := begin; at.Before(begin.Add(time.Minute)); at = at.Add(time.Second) {
			due, err := s.ClaimToDial(t.Context(), at, 9)
			if err != nil {
				t.Fatal(err)
			}
			for _, d := range due {
				dialed += len(slices.DeleteFunc(d.Actions, func(a call.Action) bool { return a.Kind != call.Dial }))
			}
		}
		if want := map[bool]int{true: 0, false: 1}[begun]; dialed != want {
			t.Errorf("dialed %d times, want %d: begun %t", dialed, want, begun)
		}
		late := begin.Add(10 * time.Minute)
		due, err := s.ClaimToAsk(t.Context(), late, 9)
		if err != nil || len(due) != 1 || len(due[0].Actions) != 1 || due[0].Actions[0].Kind == call.Dial {
			t.Errorf("%+v, %v: want it to be looked for", due, err)
		}
	})
}

// outcome is what a write came to, as its caller was told.
type outcome int

const (
	toldWritten outcome = iota
	toldNotWritten
	toldUnclear
)

// outcomeOf says what an error tells of a write. Each is one of a database that is away.
func outcomeOf(t *testing.T, err error) outcome {
	switch {
	case err == nil:
		return toldWritten
	case !Away(err):
		t.Errorf("%v", err)
	case errors.Is(err, ErrUnclear):
		return toldUnclear
	}
	return toldNotWritten
}

// A server is killed again and again while calls are made and canceled. What was answered is there, what failed is
// not, and of what nobody knows all or nothing is there.
func TestAServerThatIsKilled(t *testing.T) {
	server := mariadbtest.NewServer(t)
	s := backends[3].openURL(t, server.URL, nil)
	const kills, between = 3, 40
	var made atomic.Int64
	var mu sync.Mutex
	creates, cancels := map[string]outcome{}, map[string]outcome{}
	tell := func(whom map[string]outcome, id string, err error) {
		mu.Lock()
		defer mu.Unlock()
		whom[id] = outcomeOf(t, err)
	}
	var clients sync.WaitGroup
	for range 8 {
		clients.Go(func() {
			for made.Load() < (kills+1)*between {
				c, events, bad := call.New(wish(), begin)
				if bad != nil {
					t.Error(bad)
				}
				_, _, err := s.Create(t.Context(), Asker{}, c, events, Idempotency{})
				tell(creates, c.ID, err)
				if err != nil {
					time.Sleep(10 * time.Millisecond) // while the server is down
					continue
				}
				made.Add(1)
				_, err = s.Change(t.Context(), c.ID, begin, steps(cancel))
				tell(cancels, c.ID, err)
			}
		})
	}
	for kill := range int64(kills) {
		for made.Load() < (kill+1)*between {
			time.Sleep(time.Millisecond)
		}
		if err := errors.Join(server.Kill(), server.Restart()); err != nil {
			t.Fatal(err)
		}
	}
	clients.Wait()
	stored, ended := idsIn(t, s, "SELECT id FROM calls"), idsIn(t, s, "SELECT id FROM calls WHERE state = 'ended'")
	equal(t, idsIn(t, s, "SELECT call_id FROM events WHERE seq = 1"), stored)
	equal(t, idsIn(t, s, "SELECT call_id FROM events WHERE type = 'call.ended'"), ended)
	for what, list := range map[string]struct {
		told  map[string]outcome
		there []string
	}{"created": {creates, stored}, "canceled": {cancels, ended}} {
		figures := map[outcome]int{}
		for id, said := range list.told {
			figures[said]++
			if there := slices.Contains(list.there, id); there && said == toldNotWritten || !there && said == toldWritten {
				t.Errorf("%s is %s: %t, and it was told %d", id, what, there, said)
			}
		}
		t.Logf("%s: %v", what, figures)
		if figures[toldNotWritten]+figures[toldUnclear] == 0 && what == "created" {
			t.Error("nothing has failed: the server was not down")
		}
	}
}

func idsIn(t *testing.T, s *Store, query string) (ids []string) {
	t.Helper()
	err := s.view(t.Context(), func(x *tx) (err error) {
		ids, err = queryIDs(x, query)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(ids)
	return ids
}
