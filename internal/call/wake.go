package call

import (
	"slices"
	"time"
)

// Wake returns what is due at now, and sets WakeAt anew; an early Wake does nothing. It dials none of the busy
// numbers, which other Calls ring: if there is nobody else to dial, the Call is held for the first of them. by is the
// carrier's account: the attempts keep it as the one that placed them.
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

// dial adds an attempt for a person, or readies the postponed one, and returns its number.
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
	a.OverdueAt, a.PlacedBy, a.TalkLimit = time.Time{}, by, int(c.Policy.TalkLimit/time.Second)
	a.AskAt, a.Asks, a.Unanswered, a.Absent, a.AbsentAt = a.listTells(), 0, false, 0, time.Time{}
	c.State, c.Offered, c.NextAttemptAt, c.WakeAt = Dialing, "", time.Time{}, a.AskAt
	return a.N
}

// dialed returns what the Event of a dial says of the person.
func (c *Call) dialed(p int) Event {
	if len(c.People) == 0 {
		return Event{}
	}
	return Event{Person: p + 1}
}
