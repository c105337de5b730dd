package call

import (
	"slices"
	"time"
)

// Hold records that another Call is ringing the number: the dial that Wake asked
// for is not made, and the Call waits until it is released, or its deadline.
func (c *Call) Hold(number string, now time.Time) []Event {
	if c.State != Waiting || c.Held != "" {
		return nil
	}
	c.Held = number
	evs := []Event{c.event(CallHeld, now, Event{})}
	return append(evs, c.settle(now)...)
}

// Release records that a number is free that the Call is held for. The Call is Offered it
// where the dial is due by now, and else waits for something else, or ends.
func (c *Call) Release(number string, now time.Time) []Event {
	if number == "" || number != c.Held && !slices.Contains(c.AlsoHeld(), number) {
		return nil
	}
	c.Held, c.Offered = "", number
	evs := append([]Event{c.event(CallReleased, now, Event{})}, c.settle(now)...)
	if c.State == Waiting { // it was not due while it was held; its place among those who are, it keeps
		c.NextAttemptAt = latest(c.NextAttemptAt, now)
	}
	return evs
}

// AlsoHeld are the numbers beside Held that are rung next as well, any of which will do as
// soon as it is free.
func (c *Call) AlsoHeld() (numbers []string) {
	if c.State != Waiting || c.Held == "" || len(c.People) < 2 {
		return nil
	}
	people, _ := c.whoIsNext()
	for _, p := range people {
		if number := c.Person(p).Number; number != c.Held {
			numbers = append(numbers, number)
		}
	}
	return numbers
}
