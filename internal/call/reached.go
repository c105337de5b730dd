package call

import (
	"slices"
	"time"
)

// decide sets ReachedBy to the first attempt that is proven to have reached a person. Later proof changes nothing:
// of two people who confirm in the same instant, the second hears that it is taken. The decision is withdrawn only
// if the message turns out not to have been heard, and only before anybody else was told that it is taken.
func (c *Call) decide() {
	told := func(a Attempt) bool { return a.EndWhy == taken || a.Interrupts > 0 }
	a := c.Attempt(c.ReachedBy)
	if a != nil && a.reportedError() != 0 && !a.proven() && !slices.ContainsFunc(c.Attempts, told) {
		c.ReachedBy = 0
	}
	for i := range c.Attempts {
		if c.ReachedBy == 0 && c.Attempts[i].proven() {
			c.ReachedBy = c.Attempts[i].N
		}
	}
}

// proven says whether the attempt is known to have reached a person. It may be known before the conversation ends.
func (a *Attempt) proven() bool {
	return a.Result() == Completed || !a.Over() && !a.AnsweredAt.IsZero() && a.answered() == Completed
}

// Evidence is how it is known that a person was reached.
type Evidence struct {
	Attempt  int
	Person   Person
	By       string    // key, pin, human (it was detected) or answer (and nothing more)
	Answer   string    // what the key means, where it is an answer
	At       time.Time //
	Listened int       // seconds; 0 while the conversation goes on
}

// Evidence returns who was reached and how that is known; nil if nobody was.
func (c *Call) Evidence() *Evidence {
	a := c.Attempt(c.ReachedBy)
	if a == nil {
		return nil
	}
	e := Evidence{Attempt: a.N, Person: c.Person(a.Person), By: "answer", At: a.AnsweredAt, Listened: a.Duration}
	e.Person.Number = a.To
	switch {
	case !a.ConfirmedAt.IsZero():
		e.By, e.At, e.Answer = c.Policy.confirmedBy(), a.ConfirmedAt, a.Answer
	case a.Detects:
		e.By = human
	}
	if e.At.IsZero() {
		e.At = a.EndedAt
	}
	return &e
}

func (p Policy) confirmedBy() string {
	if p.Confirm.Kind == ConfirmPIN {
		return "pin"
	}
	return "key"
}
