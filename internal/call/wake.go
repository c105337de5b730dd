package call

import (
	"slices"
	"time"
)

// Wake says what is due at now and sets WakeAt anew; an early Wake does nothing.
// The numbers that are busy, because another Call rings them, are not dialed: where
// there is nobody else to dial, the Call is held for the first of them. What is dialed
// is kept as placed by whoever that is: by names the carrier's account.
func (c *Call) Wake(now time.Time, by string, busy ...string) ([]Action, []Event) {
	if c.WakeAt.IsZero() || now.Before(c.WakeAt) {
		return nil, nil
	}
	acts, evs := c.ask(now)
	evs = append(evs, c.settle(now)...)
	if c.State != Waiting || c.Held != "" || now.Before(c.NextAttemptAt) {
		return acts, evs
	}
	people, _ := c.whoIsNext()
	free := slices.DeleteFunc(slices.Clone(people), func(p int) bool { return slices.Contains(busy, c.Person(p).Number) })
	if len(free) == 0 {
		return acts, append(evs, c.Hold(c.Person(people[0]).Number, now)...)
	}
	for _, p := range free {
		n := c.dial(p, by, now)
		acts, evs = append(acts, Action{Dial, n}), append(evs, c.attemptEvent(AttemptDialed, now, n, c.dialed(p)))
	}
	return acts, evs
}

// dial writes the next attempt for a person, or readies the postponed one, and
// returns its number.
func (c *Call) dial(person int, by string, now time.Time) int {
	a := c.postponedFor(person)
	if a == nil {
		c.Attempts = append(c.Attempts, Attempt{
			N: len(c.Attempts) + 1, To: c.Person(person).Number, Person: person,
			NeedsKey: c.Policy.Confirm.Kind != ConfirmNone, Detects: c.Policy.Machine.Do != MachineIgnore,
		})
		a = &c.Attempts[len(c.Attempts)-1]
	}
	a.DialedAt, a.SendBy, a.RetryAt = now, now.Add(SendWindow), time.Time{}
	a.PlacedBy, a.TalkLimit = by, int(c.Policy.TalkLimit/time.Second)
	a.AskAt, a.Asks, a.Unanswered, a.Absent, a.AbsentAt = a.listTells(), 0, false, 0, time.Time{}
	c.State, c.Offered, c.NextAttemptAt, c.WakeAt = Dialing, "", time.Time{}, a.AskAt
	return a.N
}

// dialed is the Event of a person's phone being dialed.
func (c *Call) dialed(p int) Event {
	if len(c.People) == 0 {
		return Event{}
	}
	return Event{Person: p + 1}
}
