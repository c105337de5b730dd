package store

import (
	"fmt"
	"maps"
	"sync"
	"time"

	"redial/internal/call"
)

// Bounds are how many Calls that have not ended there may be. Zero: any number.
type Bounds struct {
	OfName   int // that one name made
	ToNumber int // that may ring one number, whoever made them
}

// TooManyError is returned for a new Call if there are as many Calls that have not ended as a bound permits.
type TooManyError struct {
	Most   int
	Name   string // that made them; empty: the bound is on the calls to a number
	Person int    // of the new Call, whose number it is
	People int    // of the new Call
}

func (e *TooManyError) Error() string {
	if e.Name != "" {
		return fmt.Sprintf("%d calls that %s asked for have not ended, and can't be more", e.Most, e.Name)
	}
	return fmt.Sprintf("%d calls to the number of person %d have not ended, and can't be more", e.Most, e.Person)
}

// subject is what a bound is on: a name, or a number.
type subject struct{ name, number string }

func (b Bounds) on(s subject) int {
	if s.name != "" {
		return b.OfName
	}
	return b.ToNumber
}

// subjects are those that a Call counts for. The number of each person is at the person's place.
func (b Bounds) subjects(c *call.Call) (list []subject) {
	if b.ToNumber > 0 {
		for _, n := range c.Numbers() {
			list = append(list, subject{number: n})
		}
	}
	if b.OfName > 0 && c.By != "" {
		list = append(list, subject{name: c.By})
	}
	return list
}

const (
	exactBound = 1000        // up to which each batch counts anew
	countAgain = time.Second // the time between two counts for a larger bound
)

// check returns a *TooManyError if a bound does not permit one more Call. of says how many there are.
func (b Bounds) check(c *call.Call, of func(subject) int) error {
	for i, s := range b.subjects(c) {
		most := b.on(s)
		if of(s) < most {
			continue
		}
		if s.name != "" {
			return &TooManyError{Most: most, Name: s.name}
		}
		return &TooManyError{Most: most, Person: i, People: len(c.People)}
	}
	return nil
}

// counted are the counts for large bounds. Each is used for a while, with what this node adds to it: a request that is
// refused must not cost a count of everything that waits.
type counted struct {
	mu  sync.Mutex
	of  map[subject]countedAt
	age time.Duration // for which a count is used
}

type countedAt struct {
	n  int
	at time.Time
}

func (c *counted) isFresh(s subject) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.of[s].isFresh(c.age)
}

func (c countedAt) isFresh(age time.Duration) bool { return !c.at.IsZero() && time.Since(c.at) < age }

func (c *counted) get(s subject) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.of[s].n
}

const mostCounted = 10_000 // counts that are kept, unless all of them are fresh

func (c *counted) set(s subject, n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.of) >= mostCounted {
		maps.DeleteFunc(c.of, func(_ subject, old countedAt) bool { return !old.isFresh(c.age) })
	}
	if c.of == nil {
		c.of = map[subject]countedAt{}
	}
	c.of[s] = countedAt{n, time.Now()}
}

func (c *counted) add(s subject, n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if was, known := c.of[s]; known {
		was.n += n
		c.of[s] = was
	}
}
