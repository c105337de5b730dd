package call

import "slices"

// Person returns person i. A Call that names no people has one, at To.
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

// people is how many people the Call may ring.
func (c *Call) people() int { return max(1, len(c.People)) }

// isNumberOf says whether a number is that of one of these people.
func (c *Call) isNumberOf(people []int, number string) bool {
	return slices.ContainsFunc(people, func(p int) bool { return c.Person(p).Number == number })
}
