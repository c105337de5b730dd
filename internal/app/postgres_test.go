package app

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"redial/api"
	"redial/internal/pgtest"
)

func TestTheStoryOnPostgreSQL(t *testing.T) {
	database := pgtest.New(t)
	change := func(c *Config) {
		hooks(shop)(c)
		c.DatabaseURL, c.Clock = database, time.Now
	}
	inWorld(t, change, func(w *world) {
		x := w.receiver(shop, secretOf("a"))
		x.fails(http.StatusInternalServerError)
		p := w.phone(alice).busy().noAnswer().answers()
		c := w.call(api.CreateCall{To: alice, Policy: busyFor(time.Minute)})
		w.pass(30 * time.Second)
		w.restart()
		w.pass(3 * time.Minute)
		c.is("reached", "busy", "no-answer", "completed")
		p.rangTimes(3)
		x.hears()
		x.answers(nil)
		w.pass(15 * time.Minute) // the next try is due after ten, or one more by lot
		if heard := x.heard(); len(heard) != 4 || !strings.HasPrefix(heard[3], "call.ended") {
			t.Errorf("it heard %q", heard)
		}
	})
}

// The bubble's clock stands in the year 2000, the database's does not.
func TestANodeWhoseClockIsWrongDoesNotDial(t *testing.T) {
	database := pgtest.New(t)
	inWorld(t, func(c *Config) { c.DatabaseURL = database }, func(w *world) {
		w.phone(alice)
		c := w.call(api.CreateCall{To: alice})
		w.pass(10 * time.Minute)
		c.is("waiting")
		if now := w.node.Load().store.Now(); now.Year() < 2026 {
			t.Errorf("the node goes by its own clock: %s", now)
		}
	})
}

// While the database is away nothing is accepted and nothing dialed; once it is
// back, all goes on where it stood.
func TestTheDatabaseMayGoAway(t *testing.T) {
	database := pgtest.New(t)
	inWorld(t, func(c *Config) { c.DatabaseURL, c.Clock = database, time.Now }, func(w *world) {
		p := w.phone(alice).busy().does("answer:30s")
		c := w.call(api.CreateCall{To: alice, Policy: busyFor(time.Minute)})
		w.pass(30 * time.Second)
		c.is("waiting", "busy")
		back := pgtest.Away(t, database)
		w.pass(5 * time.Minute)
		p.rangTimes(1)
		for path, want := range map[string]int{"/healthz": 200, "/readyz": 503, "/v1/calls": 503} {
			if status, answer := w.do("GET", path, ""); status != want {
				t.Errorf("%s is answered %d: %s", path, status, answer)
			}
		}
		if status, answer := w.ask(`{"to": "A", "say": "hi"}`); status != 503 {
			t.Errorf("a wish is answered %d: %s", status, answer)
		}
		back()
		w.pass(20 * time.Second)
		c.is("dialing", "busy", "in-progress")
		back = pgtest.Away(t, database)
		w.pass(time.Minute) // it is hung up; the callback is answered 503, and repeated for a while
		back()
		w.pass(2 * time.Minute)
		c.is("reached", "busy", "completed")
		p.rangTimes(2)
		if page, err := w.client.List(w.ctx, api.ListQuery{}); err != nil || len(page.Calls) != 1 {
			t.Errorf("%d calls, %v: what was refused is there", len(page.Calls), err)
		}
	})
}

// PostgreSQL takes only UTF-8 without NUL for text, and would be blamed for the rest.
func TestAPathThatIsNoTextLeadsNowhere(t *testing.T) {
	database := pgtest.New(t)
	inWorld(t, func(c *Config) { c.DatabaseURL, c.Clock = database, time.Now }, func(w *world) {
		for _, id := range []string{"%ff", "a%00b", "%ed%a0%80"} {
			if status, answer := w.do("GET", "/v1/calls/"+id, ""); status != http.StatusNotFound {
				t.Errorf("%s is answered %d: %s", id, status, answer)
			}
		}
	})
}
