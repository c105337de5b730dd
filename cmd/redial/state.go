package main

import (
	"strings"

	"redial/api"
)

// stateOf is a Call's state in a word or two.
func stateOf(c *api.Call) string {
	switch {
	case c.Outcome != "":
		return c.Outcome
	case !c.CancelRequestedAt.IsZero():
		return c.State + ", canceling"
	case c.Held:
		return "waiting for the number"
	}
	return c.State
}

// inAWord is a Call's state in at most nine letters.
func inAWord(c *api.Call) string {
	switch {
	case c.Outcome != "":
		return c.Outcome
	case !c.CancelRequestedAt.IsZero():
		return "canceling"
	case c.Held:
		return "held"
	}
	return c.State
}

// next says when a waiting Call is dialed.
func next(c *api.Call) string {
	switch {
	case len(c.Waiting) > 0:
		return "as soon as it can: " + byClock(strings.Join(c.Waiting, "; "))
	case c.NextAttemptAt.IsZero():
		return ""
	}
	return commonPlace(c).clock(c.NextAttemptAt)
}
