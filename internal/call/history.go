package call

import "slices"

// LiveNumbers returns the attempts that may be ringing, by the number they ring.
// A Call that has ended claims no number: nobody would let go of it again.
func (c *Call) LiveNumbers() map[string]int {
	live := map[string]int{}
	for i := range c.Attempts {
		if a := &c.Attempts[i]; c.State != Ended && a.Live() {
			live[a.To] = a.N
		}
	}
	return live
}

// Refusal returns why Twilio would not take the Call, nil if it did not refuse.
func (c *Call) Refusal() *Refusal {
	for i := range c.Attempts {
		if a := &c.Attempts[i]; a.Result() == Refused {
			return a.Refusal
		}
	}
	return nil
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

// ended counts the attempts of a person that ended so.
func (c *Call) ended(p int, r Result) (n int) {
	for i := range c.Attempts {
		if a := &c.Attempts[i]; a.Person == p && a.Result() == r {
			n++
		}
	}
	return n
}

func (c *Call) count(r Result) (n int) {
	for i := range c.Attempts {
		if c.Attempts[i].Result() == r {
			n++
		}
	}
	return n
}

func (c *Call) anyPostponed() bool {
	return slices.ContainsFunc(c.Attempts, func(a Attempt) bool { return a.isPostponed() })
}

func (c *Call) postponedFor(p int) *Attempt {
	for i := range c.Attempts {
		if a := &c.Attempts[i]; a.Person == p && a.isPostponed() {
			return a
		}
	}
	return nil
}

// hasMessage says whether a person's machine has the message, and that is enough.
func (c *Call) hasMessage(p int) bool {
	return c.Policy.Machine.End && slices.ContainsFunc(c.Attempts, func(a Attempt) bool { return a.Person == p && a.hasMessage() })
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
