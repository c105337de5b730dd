package call

import "slices"

// LiveNumbers returns the attempts that may be ringing, by the number they ring. A Call that has ended claims no
// number, since no later step of it would release one.
func (c *Call) LiveNumbers() map[string]int {
	live := map[string]int{}
	for i := range c.Attempts {
		if a := &c.Attempts[i]; c.State != Ended && a.Live() {
			live[a.To] = a.N
		}
	}
	return live
}

// Refusal returns why the carrier would not take the Call; nil if it did not refuse.
func (c *Call) Refusal() *Refusal {
	for i := range c.Attempts {
		if a := &c.Attempts[i]; a.Result() == Refused {
			return a.Refusal
		}
	}
	return nil
}

// dials counts the attempts of a person, up to attempt last, without those that never rang: the policy does not
// count these.
func (c *Call) dials(p, last int) (n int) {
	for i := range c.Attempts[:last] {
		if a := &c.Attempts[i]; a.Person == p && a.Result() != Unplaced && !a.isPostponed() {
			n++
		}
	}
	return n
}

// ended counts the attempts of a person that ended with r.
func (c *Call) ended(p int, r Result) (n int) {
	for i := range c.Attempts {
		if a := &c.Attempts[i]; a.Person == p && a.Result() == r {
			n++
		}
	}
	return n
}

// count counts the attempts that ended with r.
func (c *Call) count(r Result) (n int) {
	for i := range c.Attempts {
		if c.Attempts[i].Result() == r {
			n++
		}
	}
	return n
}

// passedOn says whether a person left the call to the others.
func (c *Call) passedOn(p int) bool {
	return slices.ContainsFunc(c.Attempts, func(a Attempt) bool { return a.Person == p && !a.PassedOnAt.IsZero() })
}

func (c *Call) anyPostponed() bool { return c.firstPostponed() != nil }

// firstPostponed returns the first postponed attempt that is still to be sent; nil if there is none.
func (c *Call) firstPostponed() *Attempt {
	for i := range c.Attempts {
		if a := &c.Attempts[i]; c.isToBeSent(a) {
			return a
		}
	}
	return nil
}

// isToBeSent says whether an attempt is postponed and goes out again. It does not if the person has passed the call on
// meanwhile, by a key whose news came late.
func (c *Call) isToBeSent(a *Attempt) bool { return a.isPostponed() && !c.passedOn(a.Person) }

// postponedFor returns the postponed attempt of a person; nil if there is none.
func (c *Call) postponedFor(p int) *Attempt {
	for i := range c.Attempts {
		if a := &c.Attempts[i]; a.Person == p && a.isPostponed() {
			return a
		}
	}
	return nil
}

// hasMessage says whether a person's machine has the message, where the policy asks for no more.
func (c *Call) hasMessage(p int) bool {
	left := func(a Attempt) bool { return a.Person == p && a.hasMessage() }
	return c.Policy.Machine.End && slices.ContainsFunc(c.Attempts, left)
}

// allRefused says whether the carrier refused a call to each of the people.
func (c *Call) allRefused() bool {
	refused := map[int]bool{}
	for i := range c.Attempts {
		if a := &c.Attempts[i]; a.Result() == Refused {
			refused[a.Person] = true
		}
	}
	return len(refused) == c.people()
}
