package app

import (
	"testing"
	"time"

	"redial/api"
	"redial/internal/pgtest"
)

func TestTheStoryOnPostgreSQL(t *testing.T) {
	database := pgtest.New(t)
	inWorld(t, func(c *Config) { c.DatabaseURL = database }, func(w *world) {
		p := w.phone(alice).busy().noAnswer().answers()
		c := w.call(api.CreateCall{To: alice, Policy: busyFor(time.Minute)})
		w.pass(30 * time.Second)
		w.restart()
		w.pass(3 * time.Minute)
		c.is("reached", "busy", "no-answer", "completed")
		p.rangTimes(3)
	})
}
