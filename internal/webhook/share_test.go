package webhook

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"redial/api"
	"redial/internal/call"
	"redial/internal/mariadbtest"
	"redial/internal/pgtest"
	"redial/internal/store"
)

// However many take whatever they can get, whoever comes next has a place at once.
func TestWhoComesLaterHasAPlace(t *testing.T) {
	for _, slow := range []int{1, 2, 8, 20, 100, forFirst - 1} {
		s := trySender(t, true, nil)
		s.opens(true)
		takes := func(name string) (n int) {
			for s.Take(name) {
				n++
			}
			return n
		}
		for range 3 { // as places become free, they are taken again
			for i := range slow {
				takes(fmt.Sprintf("slow%d", i))
			}
		}
		if n := takes("quick"); n == 0 || n > perTarget || s.busy > inAll {
			t.Errorf("beside %d that are slow there are places for %d, of %d that are taken", slow, n, s.busy)
		}
		for name, x := range maps.Clone(s.targets) {
			for range x.busy {
				s.Drop(name)
			}
		}
		if s.busy != 0 {
			t.Errorf("%d places are lost", s.busy)
		}
	}
}

// Nodes of one database look at different times, none of them rarely and none all the time.
func TestNodesLookApart(t *testing.T) {
	for name, server := range map[string]func(testing.TB) string{"postgres": pgtest.New, "mariadb": mariadbtest.New} {
		t.Run(name, func(t *testing.T) { nodesLookApart(t, server(t)) })
	}
}

func nodesLookApart(t *testing.T, database string) {
	db, err := store.Open(t.Context(), database, store.Options{Migrate: true})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	s := New(Config{Store: db, Log: slog.New(slog.DiscardHandler)})
	seen := map[time.Duration]bool{}
	for range 100 {
		wait, err := s.round(t.Context())
		if err != nil || wait < otherNodes/2 || wait > otherNodes {
			t.Fatalf("an idle node looks again after %s, %v", wait, err)
		}
		seen[wait] = true
	}
	if len(seen) < 50 {
		t.Errorf("%d different times of 100", len(seen))
	}
}

// A target to which nothing is sent any more is not one that fails: what waits for it is
// given up as fast as anything, not one by one.
func TestGivingUpIsNoFailure(t *testing.T) {
	s := trySender(t, true, nil)
	s.opens(true)
	gone := &store.Endpoint{ID: "gone", Source: store.FromAPI, DisabledAt: now, DisabledWhy: "it answered 410 Gone"}
	if !s.Take("gone") {
		t.Fatal("there is no slot")
	}
	s.leave("gone", &verdict{sent: true, try: store.Try{Error: "it answered 410 Gone"}})
	s.inFlight.Done()
	if !s.Take("gone") {
		t.Fatal("there is no slot")
	}
	s.deliver(&store.Delivery{
		DeliveryKey: store.DeliveryKey{CallID: "x", EndpointID: "gone", Seq: 1}, Target: "gone", Endpoint: gone,
	})
	s.inFlight.Done()
	n := 0
	for s.Take("gone") {
		n++
	}
	if n != perTarget {
		t.Errorf("%d are given up at once, not %d", n, perTarget)
	}
}

// talkative is a Call as large as one can be.
func talkative(people, dials int) *call.Call {
	c := &call.Call{Wish: call.Wish{
		ID: "019a0c3e-7b1c-7cc0-9a51-0d6f5c8e2b11", Secret: "s3cret", To: "+819012345678", From: "+815012345678",
		Policy: call.DefaultPolicy(), Metadata: map[string]string{},
	}, State: call.Dialing, CreatedAt: now, Deadline: now.Add(24 * time.Hour)}
	for i := range 50 {
		c.Metadata[fmt.Sprintf("%0100d", i)] = strings.Repeat("m", 1000)
	}
	for i := range people {
		c.People = append(c.People, call.Person{
			Number: fmt.Sprintf("+81901234%04d", i), Name: strings.Repeat("n", 100), Say: strings.Repeat("s", 3000),
		})
	}
	for range 366 {
		c.Policy.Window.Holidays = append(c.Policy.Window.Holidays, "2026-11-26")
	}
	for i := range people * dials {
		c.Attempts = append(c.Attempts, call.Attempt{
			N: i + 1, To: "+819012345678", SID: "CA0123456789abcdef0123456789abcdef", DialedAt: now, PlacedAt: now,
			RingingAt: now, EndedAt: now,
			Finals: []call.Status{call.StatusBusy}, SIPCode: 486,
		})
	}
	return c
}

// A message is bounded, whatever a call is like; what is left out of it is named, and the
// attempt that it is about is there.
func TestMessagesAreBounded(t *testing.T) {
	s := trySender(t, true, nil)
	for _, size := range []struct{ people, dials int }{{1, 1}, {1, 3}, {1, 20}, {10, 20}} {
		c := talkative(size.people, size.dials)
		for _, about := range []int{0, 1, len(c.Attempts)} {
			body, err := s.Body(c, &call.Event{Seq: 1234, Type: call.AttemptEnded, At: now, Attempt: about})
			if err != nil || len(body) > maxBody {
				t.Fatalf("%v: %d bytes, %v", size, len(body), err)
			}
			var m api.Webhook
			if err := json.Unmarshal([]byte(body), &m); err != nil {
				t.Fatal(err)
			}
			for _, part := range []string{"policy", "people", "metadata"} {
				if !slices.Contains(m.Data.LeftOut, part) && (part != "people" || size.people > 1) {
					t.Errorf("%v: %q are left out, and not %s", size, m.Data.LeftOut, part)
				}
			}
			if whole := len(m.Data.Call.Attempts) == len(c.Attempts); !whole && !slices.Contains(m.Data.LeftOut, "attempts") {
				t.Errorf("%v: %d of %d attempts, and %q are left out", size, len(m.Data.Call.Attempts),
					len(c.Attempts), m.Data.LeftOut)
			}
			shows := func(a api.Attempt) bool { return a.Number == about }
			if about > 0 && !slices.ContainsFunc(m.Data.Call.Attempts, shows) {
				t.Errorf("%v: attempt %d is not in the message about it", size, about)
			}
		}
	}
}

// An ordinary call is there as a whole; of one with more than three attempts the latest are.
func TestWhatAMessageShows(t *testing.T) {
	s := trySender(t, true, nil)
	c := talkative(1, 3)
	c.Policy, c.People, c.Metadata = call.DefaultPolicy(), nil, map[string]string{"order": strings.Repeat("4", 1000)}
	body, err := s.Body(c, &call.Event{Seq: 9, Type: call.CallEnded, At: now})
	if err != nil || strings.Contains(body, "left_out") || !strings.Contains(body, `"max_attempts":3`) ||
		strings.Count(body, `"dialed_at"`) != 3 {
		t.Errorf("%v: %s", err, body)
	}
	c.Attempts = talkative(1, 20).Attempts
	body, err = s.Body(c, &call.Event{Seq: 9, Type: call.CallEnded, At: now})
	if err != nil || !strings.Contains(body, `"left_out":["attempts"]`) || strings.Count(body, `"dialed_at"`) != 3 ||
		!strings.Contains(body, `"number":20`) || !strings.Contains(body, "4444") {
		t.Errorf("%v: %s", err, body)
	}
}
