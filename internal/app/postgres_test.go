package app

import (
	"testing"
	"time"

	"redial/api"
	"redial/internal/pgtest"
)

func TestTheStoryOnPostgreSQL(t *testing.T) {
	database := pgtest.New(t)
	inWorld(t, func(c *Config) { c.DatabaseURL, c.TrustClock = database, true }, func(w *world) {
		p := w.phone(alice).busy().noAnswer().answers()
		c := w.call(api.CreateCall{To: alice, Policy: busyFor(time.Minute)})
		w.pass(30 * time.Second)
		w.restart()
		w.pass(3 * time.Minute)
		c.is("reached", "busy", "no-answer", "completed")
		p.rangTimes(3)
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
