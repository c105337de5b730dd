package dialer

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"redial/internal/call"
	"redial/internal/mariadbtest"
	"redial/internal/pgtest"
	"redial/internal/store"
)

// watched tells of each create request and each search by which clock its attempt goes.
type watched struct {
	Carrier
	mu       sync.Mutex
	attempts []call.Attempt
	fails    error // of the create requests
	account  error
	listed   []call.Report
}

// sent is how many requests there were; from now on those to create fail with err.
func (w *watched) sent(err error) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.fails = err
	return len(w.attempts)
}

func (w *watched) CheckAccount(context.Context) error { return w.account }

func (w *watched) Place(_ context.Context, c *call.Call, n int) (string, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.attempts = append(w.attempts, *c.Attempt(n))
	return "CA" + c.ID, w.fails
}

func (w *watched) Search(_ context.Context, c *call.Call, n int) ([]call.Report, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.attempts = append(w.attempts, *c.Attempt(n))
	return w.listed, nil
}

// The fence, and what a search looks for, go by this node's own clock, however wrong it is;
// what is kept goes by the database's.
func TestTheFenceGoesByThisNodesClock(t *testing.T) {
	for name, server := range servers {
		t.Run(name, func(t *testing.T) { fenceGoesByThisNodesClock(t, server(t)) })
	}
}

// servers are the kinds of servers that nodes may share.
var servers = map[string]func(testing.TB) string{"postgres": pgtest.New, "mariadb": mariadbtest.New}

func fenceGoesByThisNodesClock(t *testing.T, database string) {
	synctest.Test(t, func(t *testing.T) { // whose clock stands in the year 2000
		s, err := store.Open(t.Context(), database, store.Options{Migrate: true})
		if err != nil {
			t.Fatal(err)
		}
		defer s.Close()
		w := &watched{}
		d := New(Config{Store: s, Carrier: w, Account: "AC1", CallsPerSecond: 1, Log: slog.New(slog.DiscardHandler)})
		create(t, s, "one", "+819012345678", 0)
		due := claimed(t, d, "one")
		if kept := due.Attempt(1).SendBy; kept.Year() < 2026 {
			t.Fatalf("what is kept goes by this node's clock: %s", kept)
		}
		if err := errors.Join(d.act(due, call.Action{Kind: call.Dial, Attempt: 1}, d.Log), d.search(due, 1)); err != nil {
			t.Fatal(err)
		}
		if len(w.attempts) != 2 {
			t.Fatalf("%d requests, want a create and a search", len(w.attempts))
		}
		now := time.Now()
		for _, a := range w.attempts {
			if a.DialedAt.Sub(now).Abs() > call.SendWindow/2 || (a.SendBy.Sub(now)-call.SendWindow).Abs() > call.SendWindow/2 {
				t.Errorf("dialed at %s, to be sent by %s; this node's clock shows %s", a.DialedAt, a.SendBy, now)
			}
		}
	})
}

// claimed claims the call that is due.
func claimed(t *testing.T, d *Dialer, id string) *call.Call {
	t.Helper()
	due, err := d.Store.ClaimToDial(t.Context(), d.Store.Now(), 9)
	if err != nil || len(due) != 1 || due[0].Call.ID != id || dials(due[0]) != 1 {
		t.Fatalf("%+v, %v; want %s dialed", due, err, id)
	}
	return &due[0].Call
}

// What came of a create request is no news of a later one of the same attempt: a repeat
// after a COMMIT of which nobody knows how it ended may meet that one.
func TestAnOldAnswerIsNotOfANewerSend(t *testing.T) {
	for name, failure := range map[string]*call.PlaceError{
		"not processed":           {Fate: call.FateNotProcessed},
		"the account":             {Fate: call.FateAccount},
		"our set-up":              {Fate: call.FateAccount, Setup: "HOST_URL is wrong"},
		"the account is full":     {Fate: call.FateFull},
		"a code that is unlisted": {Fate: call.FateUnlisted, Refusal: call.Refusal{Code: 99999}},
		"nobody knows":            {Fate: call.FateUnknown},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d, _ := dialing(t, 1, time.Now)
				create(t, d.Store, "one", "+819012345678", 0)
				old := claimed(t, d, "one")
				if err := d.postpone(old, 1, time.Second, "not sent"); err != nil {
					t.Fatal(err)
				}
				time.Sleep(time.Second)
				newer := claimed(t, d, "one")
				if newer.Attempt(1).SendBy.Equal(old.Attempt(1).SendBy) {
					t.Fatal("there is no newer send of the attempt")
				}
				if err := d.unplaced(old, 1, failure); err != nil {
					t.Fatal(err)
				}
				after, err := d.Store.Get(t.Context(), "one")
				if err != nil || after.Attempt(1).Status() != call.Placing || !reflect.DeepEqual(after.Attempts, newer.Attempts) {
					t.Errorf("%+v, %v; want the newer send untouched", after.Attempts, err)
				}
				if err := d.postpone(newer, 1, time.Minute, "not sent"); err != nil {
					t.Fatal(err)
				}
				if after, err := d.Store.Get(t.Context(), "one"); err != nil || after.Attempt(1).Status() != call.Postponed {
					t.Errorf("%+v, %v; want the newer send postponed by its own answer", after.Attempts, err)
				}
			})
		})
	}
}

// While create requests are failing, what becomes due waits as well, also where the loop
// sleeps and would have it dialed at once.
func TestNothingIsDialedAtOnceWhileCreatesFail(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, _ := dialing(t, 100, time.Now)
		w := &watched{fails: &call.PlaceError{Fate: call.FateNotProcessed}}
		d.Carrier = w
		running(t, d)
		create(t, d.Store, "one", "+819012345678", 0)
		synctest.Wait()
		over := d.trouble.over()
		create(t, d.Store, "two", "+819012345679", 0)
		synctest.Wait()
		if n := w.sent(nil); n != 1 || !over.After(time.Now()) {
			t.Fatalf("%d create requests, trouble until %s; want the second call to wait", n, over)
		}
		time.Sleep(time.Minute)
		if n := w.sent(nil); n < 3 {
			t.Errorf("%d create requests; want both calls to go out in the end", n)
		}
	})
}

// A create request that succeeds ends the wait that one before it has begun, also while the loop sleeps.
func TestWhatIsDueIsDialedOnceACreateSucceeds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, p := dialing(t, 100, time.Now)
		p.placed = make(chan string) // a create request ends when it is read from here
		running(t, d)
		create(t, d.Store, "one", "+819012345678", 0)
		synctest.Wait()
		d.trouble.least, d.trouble.most = time.Minute, time.Minute
		d.trouble.next(d.Store.Now())
		create(t, d.Store, "two", "+819012345679", 0)
		synctest.Wait()
		began := time.Now()
		got := []string{<-p.placed, <-p.placed}
		if waited := time.Since(began); waited > 0 {
			t.Errorf("%v were dialed, the second one %s after the first was taken", got, waited)
		}
	})
}

// Of what the carrier's list shows, an attempt may be what nobody has, and what it has itself:
// not what another attempt has, of this call or of another.
func TestWhatAnotherHasIsNotAdopted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, _ := dialing(t, 1, time.Now)
		d.Carrier = &watched{listed: []call.Report{{SID: "CA1"}, {SID: "CA2"}, {SID: "CA3"}, {SID: "CA9"}}}
		place := func(id string, n int, status call.Status) *call.Call {
			c := claimed(t, d, id)
			sid := map[string]string{"one1": "CA1", "one2": "CA2", "other1": "CA3"}[id+string(rune('0'+n))]
			err := d.record(id, func(c *call.Call) []call.Event {
				return append(c.Placed(n, sid, d.Store.Now()), c.Report(n, call.Report{SID: sid, Status: status}, d.Store.Now())...)
			})
			if err != nil {
				t.Fatal(err)
			}
			return c
		}
		create(t, d.Store, "one", "+819012345678", 0)
		first := place("one", 1, call.StatusBusy)
		create(t, d.Store, "other", "+819012345679", 0)
		other := place("other", 1, call.Ringing)
		time.Sleep(time.Hour)
		second := place("one", 2, call.Ringing)
		for _, tc := range []struct {
			c    *call.Call
			n    int
			want []string
		}{{first, 1, []string{"CA1", "CA9"}}, {second, 2, []string{"CA2", "CA9"}}, {other, 1, []string{"CA3", "CA9"}}} {
			found, err := d.listed(t.Context(), tc.c, tc.n)
			var got []string
			for _, f := range found {
				got = append(got, f.SID)
			}
			if err != nil || !slices.Equal(got, tc.want) {
				t.Errorf("attempt %d of %s may be %v, %v; want %v", tc.n, tc.c.ID, got, err, tc.want)
			}
		}
	})
}

// Nodes of one database look at different times, none of them rarely and none all the time.
func TestNodesLookApart(t *testing.T) {
	for name, server := range servers {
		t.Run(name, func(t *testing.T) { nodesLookApart(t, server(t)) })
	}
}

func nodesLookApart(t *testing.T, database string) {
	s, err := store.Open(t.Context(), database, store.Options{Migrate: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	d := New(Config{Store: s, Carrier: &watched{}, Account: "AC1", CallsPerSecond: 1, Log: slog.New(slog.DiscardHandler)})
	now, seen := s.Now(), map[time.Duration]bool{}
	for range 100 {
		wait := d.next(now, nil, store.Times{}).At.Sub(now)
		if wait < otherNodes/2 || wait > otherNodes {
			t.Fatalf("an idle node looks again after %s", wait)
		}
		seen[wait] = true
	}
	if len(seen) < 50 {
		t.Errorf("%d different times of 100", len(seen))
	}
}

// A call that can't be read is told of, once, as an error that names it; others go on.
func TestWhatCantBeReadIsToldOf(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d, p, file := dialingOn(t, 10, time.Now)
		var log bytes.Buffer
		d.Log = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelError}))
		create(t, d.Store, "damaged", "+819012345678", time.Minute)
		create(t, d.Store, "fine", "+819012345679", time.Minute)
		db, err := sql.Open("sqlite", file)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		if _, err := db.Exec("UPDATE calls SET policy = '{' WHERE id = 'damaged'"); err != nil {
			t.Fatal(err)
		}
		running(t, d)
		if id := <-p.placed; id != "fine" {
			t.Errorf("%s is dialed", id)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		said := log.String()
		once := strings.Count(said, "\n") == 1
		if !once || !strings.Contains(said, "can't be read") || !strings.Contains(said, "call=damaged") {
			t.Errorf("it is said: %s", said)
		}
	})
}

// A look that fails is told of with Twilio's code, where it has one.
func TestALookThatFailsIsToldOf(t *testing.T) {
	for _, tc := range []struct {
		err  error
		want string
	}{
		{&call.PlaceError{Fate: call.FateAccount, Refusal: call.Refusal{Code: 20003}}, "code=20003"},
		{errors.New("nobody answers"), "code=0"},
	} {
		d, _ := dialing(t, 1, nil)
		var log bytes.Buffer
		d.Log, d.Carrier = slog.New(slog.NewTextHandler(&log, nil)), &watched{account: tc.err}
		d.checkAccount(store.Pause{Kind: store.PauseOfAccount, Code: 10005})
		if !strings.Contains(log.String(), tc.want+" ") || d.trial.isArmed() {
			t.Errorf("%v is told as %s", tc.err, log.String())
		}
	}
}
