package call

import "time"

// Pressed records the keys that were pressed on attempt n, in answer to the nth
// question of this leg; right says whether they confirm. A repeat changes nothing.
func (c *Call) Pressed(n int, sid string, nth int, right bool, now time.Time) []Event {
	a := c.Attempt(n)
	if a == nil || sid == "" || a.SID != "" && a.SID != sid || !a.NeedsKey || c.State == Ended {
		return nil
	}
	before := a.Result()
	evs := c.learn(a, Report{SID: sid, Status: InProgress}, now)
	switch {
	case c.unwanted(a) == taken:
		evs = append(evs, c.hearsTaken(a, now)...)
	case right && setOnce(&a.ConfirmedAt, now):
		evs = append(evs, c.attemptEvent(AttemptConfirmed, now, n, Event{Reason: c.Policy.confirmedBy()}))
	case !right && nth > a.WrongKeys:
		a.WrongKeys = nth
		evs = append(evs, c.attemptEvent(AttemptKeyRefused, now, n, Event{}))
	}
	return append(append(evs, c.concluded(a, before, now)...), c.settle(now)...)
}

// Evidence is how it is known that a person was reached.
type Evidence struct {
	Attempt  int
	Person   Person
	By       string    // key, pin, human (was detected) or answer (and nothing else)
	At       time.Time //
	Listened int       // seconds; 0 while the conversation goes on
}

func (p Policy) confirmedBy() string {
	if p.Confirm.Kind == ConfirmPIN {
		return "pin"
	}
	return "key"
}

// Evidence returns who was reached and how that is known, nil if nobody was.
func (c *Call) Evidence() *Evidence {
	a := c.Attempt(c.ReachedBy)
	if a == nil {
		return nil
	}
	e := Evidence{Attempt: a.N, Person: c.Person(a.Person), By: "answer", At: a.AnsweredAt, Listened: a.Duration}
	e.Person.Number = a.To
	switch {
	case !a.ConfirmedAt.IsZero():
		e.By, e.At = c.Policy.confirmedBy(), a.ConfirmedAt
	case a.Detects:
		e.By = human
	}
	if e.At.IsZero() {
		e.At = a.EndedAt
	}
	return &e
}
