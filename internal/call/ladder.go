package call

import (
	"slices"
)

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

// AlsoHeld are the numbers beside Held that are rung next as well, any of which will do as
// soon as it is free.
func (c *Call) AlsoHeld() (numbers []string) {
	if c.State != Waiting || c.Held == "" || len(c.People) < 2 {
		return nil
	}
	people, _ := c.next()
	for _, p := range people {
		if number := c.Person(p).Number; number != c.Held {
			numbers = append(numbers, number)
		}
	}
	return numbers
}

// isNumberOf says whether a number is that of one of these people.
func (c *Call) isNumberOf(people []int, number string) bool {
	return slices.ContainsFunc(people, func(p int) bool { return c.Person(p).Number == number })
}

func (c *Call) people() int { return max(1, len(c.People)) }

// nextPeople is who is rung next by the ladder. Who can't be rung before the deadline is
// no reason not to ring those behind.
func (c *Call) nextPeople() (people []int) {
	var late []int
	inTime := c.CreatedAt // who is ready by then can be rung before the deadline
	for p := range c.people() {
		if c.done(p) {
			continue
		}
		if ready := c.ready(p); ready.After(inTime) {
			if !c.open(ready).Before(c.Deadline) {
				late = append(late, p)
				continue
			}
			inTime = ready
		}
		switch {
		case len(people) == 0 || c.Policy.Ladder == Parallel:
			people = append(people, p)
		case c.Policy.Ladder == Rounds && c.dials(p, len(c.Attempts)) < c.dials(people[0], len(c.Attempts)):
			people[0] = p
		}
	}
	if len(people) == 0 {
		return late
	}
	return people
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
	for r, most := range c.Policy.MaxPerResult {
		if c.ended(p, r) >= most {
			return true
		}
	}
	return c.dials(p, len(c.Attempts)) >= c.Policy.MaxAttempts || c.ended(p, Refused) > 0 ||
		c.hasMessage(p) || c.ended(p, Unplaced) >= unplacedCeiling
}

// hasMessage says whether a person's machine has the message, and that is enough.
func (c *Call) hasMessage(p int) bool {
	return c.Policy.Machine.End && slices.ContainsFunc(c.Attempts, func(a Attempt) bool { return a.Person == p && a.hasMessage() })
}

// ended counts the attempts of a person that ended so.
func (c *Call) ended(p int, r Result) (n int) {
	for i := range c.Attempts {
		if a := &c.Attempts[i]; a.Person == p && a.Result() == r {
			n++
		}
	}
	return n
}

// dials counts the attempts of a person, up to attempt last, that the policy counts: not
// those that never rang.
func (c *Call) dials(p, last int) (n int) {
	for i := range c.Attempts[:last] {
		if a := &c.Attempts[i]; a.Person == p && a.Result() != Unplaced && !a.isPostponed() {
			n++
		}
	}
	return n
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
