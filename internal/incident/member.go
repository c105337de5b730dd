package incident

import "time"

// Member is one thing that is wrong, or was: an alert, a monitor that is down. It is kept for a while after it is over,
// so that two rings about it keep their distance, and old news is known as such.
type Member struct {
	Key      string // names it among those of its trigger
	Group    string // the sender's name for what belongs together; empty: it is alone
	Incident string // that it belongs to: the one of its group, or its own

	Firing       bool
	Acknowledged bool      // somebody takes care of it: it does not ring until it fires anew
	Began        time.Time // when it began, as its sender says; zero: the sender does not
	Ended        time.Time // the latest end that is known; what began before is old news
	Seen         time.Time // the last event about it

	TellAt    time.Time // when it is to ring; zero: it is not
	NotBefore time.Time // it does not ring before, as it rang a while ago
	Call      string    // the last one that told of it since it fires; empty: there was none
	People    string    // whom that call reaches
	Wants     string    // whom it is to reach; empty: whomever the trigger reaches
	Reached   time.Time // when that call reached somebody; zero: it has not
}

// Call is what became of a call that told of members.
type Call struct {
	Live    bool      // it has not ended
	Reached bool      // somebody
	Ended   time.Time // zero while it is live
}

// Rules are a trigger's.
type Rules struct {
	Hold        time.Duration // before the first ring
	AgainAfter  time.Duration // between the end of a call and the next ring about the same
	RemindAfter time.Duration // of what somebody was reached about, and still fires; 0: never
	ForgetAfter time.Duration // without an event
}

// Trigger is what is known about the members of one trigger.
type Trigger struct {
	Rules
	Members map[string]*Member
	Calls   map[string]Call   // those that the members name
	Open    map[string]string // incidents that are open, by their senders' names for groups, beside those of the members
}

// settle takes over that somebody was reached. It is written nowhere when a call ends, so that no call that ends has to
// wait for its trigger.
func (t *Trigger) settle() {
	for _, m := range t.Members {
		c := t.Calls[m.Call]
		if m.Call == "" || !c.Reached || !m.Reached.IsZero() || !m.Firing {
			continue
		}
		m.Reached, m.TellAt = c.Ended, time.Time{}
		if t.RemindAfter > 0 && !m.Acknowledged {
			m.TellAt = c.Ended.Add(t.RemindAfter)
		}
	}
}

// Live says whether a call tells of the member now. A call that is not known any more has ended.
func (t *Trigger) Live(m *Member) bool { return m.Call != "" && t.Calls[m.Call].Live }

// Earliest is when the member may ring, as far as it alone decides: a while after the end of its last call. It is zero
// if it is not to ring.
func (t *Trigger) Earliest(m *Member) time.Time {
	if m.TellAt.IsZero() || !m.Firing || m.Acknowledged {
		return time.Time{}
	}
	at := latest(m.TellAt, m.NotBefore)
	if c := t.Calls[m.Call]; m.Call != "" && !c.Ended.IsZero() {
		at = latest(at, c.Ended.Add(t.AgainAfter))
	}
	return at
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
