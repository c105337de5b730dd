package call

import "time"

// Ladder is the order in which several people are rung.
type Ladder string

// The orders. The first who is reached ends the rest.
const (
	Sequence Ladder = "sequence" // the next when the attempts of the one before are used up
	Rounds   Ladder = "rounds"   // one attempt each, in turns
	Parallel Ladder = "parallel" // all at once; again when no phone rings any more
)

// Ladders lists every Ladder.
func Ladders() []Ladder { return []Ladder{Sequence, Rounds, Parallel} }

// MaxPeople is how many people a Call can try to reach.
const MaxPeople = 10

// Person is somebody to be reached. Name, Language (a BCP 47 tag) and Say, what this
// person hears instead of the Call's own text, may be empty.
type Person struct {
	Number   string `json:"number"` // E.164
	Name     string `json:"name,omitempty"`
	Language string `json:"language,omitempty"`
	Say      string `json:"say,omitempty"`
}

// Person returns person i; a Call that names none has one, at To.
func (c *Call) Person(i int) Person {
	if i < 0 || i >= len(c.People) {
		return Person{Number: c.To}
	}
	return c.People[i]
}

// Numbers returns the numbers that the Call may ring.
func (c *Call) Numbers() []string {
	numbers := make([]string, c.people())
	for p := range numbers {
		numbers[p] = c.Person(p).Number
	}
	return numbers
}

func (c *Call) people() int { return max(1, len(c.People)) }

// next is who is rung next, and when; nobody when all are done with. What was
// postponed goes out before anything else.
func (c *Call) next() (people []int, at time.Time) {
	at = c.CreatedAt
	for i := range c.Attempts {
		if a := &c.Attempts[i]; a.isPostponed() {
			people, at = append(people, a.Person), later(at, a.RetryAt)
		}
	}
	if len(people) > 0 {
		return people, at
	}
	var late []int
	for p := range c.people() {
		switch {
		case c.done(p):
		case !c.ready(p).Before(c.Deadline): // which is no reason not to ring those behind
			late = append(late, p)
		case len(people) == 0 || c.Policy.Ladder == Parallel:
			people = append(people, p)
		case c.Policy.Ladder == Rounds && c.dials(p) < c.dials(people[0]):
			people[0] = p
		}
	}
	if len(people) == 0 {
		people = late
	}
	for _, p := range people {
		at = later(at, c.ready(p))
	}
	for i := range c.Attempts { // whoever is next, is after those before
		at = later(at, c.Attempts[i].EndedAt)
	}
	return people, at
}

// dialed is the Event of a person's phone being dialed.
func (c *Call) dialed(p int) Event {
	if len(c.People) == 0 {
		return Event{}
	}
	return Event{Person: p + 1}
}

// done says whether a person is not rung any more.
func (c *Call) done(p int) bool {
	unplaced := 0
	for i := range c.Attempts {
		a := &c.Attempts[i]
		if a.Person != p {
			continue
		}
		switch r := a.Result(); {
		case r == Refused, c.Policy.Machine.End && a.hasMessage():
			return true
		case r == Unplaced:
			unplaced++
		}
	}
	return c.dials(p) >= c.Policy.MaxAttempts || unplaced >= unplacedCeiling
}

// dials counts the attempts that the policy counts: not those that never rang.
func (c *Call) dials(p int) (n int) {
	for i := range c.Attempts {
		if a := &c.Attempts[i]; a.Person == p && a.Result() != Unplaced && !a.isPostponed() {
			n++
		}
	}
	return n
}

// ready is when a person may be rung again.
func (c *Call) ready(p int) time.Time {
	at := c.CreatedAt
	for i := range c.Attempts {
		if a := &c.Attempts[i]; a.Person == p {
			at = later(at, a.EndedAt.Add(c.Policy.delay(a.Result())))
		}
	}
	return at
}

// allRefused says whether Twilio would take no call to anybody.
func (c *Call) allRefused() bool {
	refused := map[int]bool{}
	for i := range c.Attempts {
		if a := &c.Attempts[i]; a.Result() == Refused {
			refused[a.Person] = true
		}
	}
	return len(refused) == c.people()
}

func (c *Call) postponedFor(p int) *Attempt {
	for i := range c.Attempts {
		if a := &c.Attempts[i]; a.Person == p && a.isPostponed() {
			return a
		}
	}
	return nil
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
