package call

import (
	"slices"
	"time"
)

// Hold records that another Call is ringing the number. The Call does not dial: it waits until Release says that
// the number is free, at the longest until its deadline.
func (c *Call) Hold(number string, now time.Time) []Event {
	if c.State != Waiting || c.Held != "" {
		return nil
	}
	c.Held = number
	evs := []Event{c.event(CallHeld, now, Event{})}
	return append(evs, c.settle(now)...)
}

// Release records that a number that the Call is held for is free. If the dial is due by now, the number is
// Offered to the Call; if not, the Call waits for what comes next, or ends.
func (c *Call) Release(number string, now time.Time) []Event {
	if number == "" || number != c.Held && !slices.Contains(c.AlsoHeld(), number) {
		return nil
	}
	c.Held, c.Offered = "", number
	evs := append([]Event{c.event(CallReleased, now, Event{})}, c.settle(now)...)
	if c.State == Waiting { // it was not due while it was held, so now is the earliest time
		c.NextAttemptAt = latest(c.NextAttemptAt, now)
	}
	return evs
}

// AlsoHeld are the other numbers that the Call would ring next. It dials as soon as one of them, or Held, is free.
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
