package call

// nextPeople returns who is rung next by the ladder. A person who can't be rung before the deadline is passed
// over: those behind are rung instead. Only if all that are left are late, it returns them.
func (c *Call) nextPeople() (people []int) {
	var late []int
	inTime := c.CreatedAt // a person who is ready by then can be rung before the deadline
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

// done says whether a person is no longer rung.
func (c *Call) done(p int) bool {
	for r, most := range c.Policy.MaxPerResult {
		if c.ended(p, r) >= most {
			return true
		}
	}
	return c.dials(p, len(c.Attempts)) >= c.Policy.MaxAttempts || c.ended(p, Refused) > 0 ||
		c.passedOn(p) || c.hasMessage(p) || c.ended(p, Unplaced) >= unplacedCeiling
}
