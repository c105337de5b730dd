package incident

import (
	"cmp"
	"slices"
	"time"
)

// poll is how long whoever waits for the end of a call waits before looking again, if nobody tells that it has ended.
const poll = 5 * time.Second

// Ring is a call that is to be made.
type Ring struct {
	People  string    // whom it reaches
	Members []*Member // that it tells of, the one that has waited longest first
}

// Due are the calls that are to be made now. What is due for the same people is told in one call, and not before the
// one that reaches them has ended: a storm is two calls, not a hundred. People says whom a member reaches now.
func (t *Trigger) Due(now time.Time, people func(*Member) string) (rings []Ring) {
	t.settle()
	busy := t.busy()
	byPeople := map[string][]*Member{}
	for _, m := range t.Members {
		if at := t.Earliest(m); !at.IsZero() && !at.After(now) && !t.Live(m) {
			if p := people(m); !busy[p] {
				byPeople[p] = append(byPeople[p], m)
			}
		}
	}
	for p, members := range byPeople {
		slices.SortFunc(members, func(a, b *Member) int {
			return cmp.Or(a.TellAt.Compare(b.TellAt), cmp.Compare(a.Key, b.Key))
		})
		rings = append(rings, Ring{p, members})
	}
	slices.SortFunc(rings, func(a, b Ring) int { return cmp.Compare(a.People, b.People) })
	return rings
}

// busy are the people whom a call of the trigger reaches now.
func (t *Trigger) busy() map[string]bool {
	busy := map[string]bool{}
	for _, m := range t.Members {
		if t.Live(m) {
			busy[m.People] = true
		}
	}
	return busy
}

// Rung takes in that a call was made.
func (t *Trigger) Rung(r Ring, call string) {
	t.Calls[call] = Call{Live: true}
	for _, m := range r.Members {
		m.Call, m.People, m.TellAt, m.Reached = call, r.People, time.Time{}, time.Time{}
	}
}

// Pointless are the calls that are to be canceled: all that they tell is over, or somebody takes care of it.
func (t *Trigger) Pointless() (calls []string) {
	t.settle()
	needed := map[string]bool{}
	for _, m := range t.Members {
		if t.Live(m) {
			needed[m.Call] = needed[m.Call] || m.Firing && !m.Acknowledged
		}
	}
	for call, is := range needed {
		if !is {
			calls = append(calls, call)
		}
	}
	slices.Sort(calls)
	return calls
}

// Forget removes the members that nothing was heard of for a while, and returns their keys. Their calls go on, and what
// is still to ring is kept: only reminders go with what they are about.
func (t *Trigger) Forget(now time.Time) (keys []string) {
	t.settle()
	for key, m := range t.Members {
		if at := t.ForgetAt(m); !at.IsZero() && !at.After(now) {
			delete(t.Members, key)
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys
}

// ForgetAt is when a member is forgotten, zero while that can't be said.
func (t *Trigger) ForgetAt(m *Member) time.Time {
	if t.Live(m) || m.Reached.IsZero() && !t.Earliest(m).IsZero() {
		return time.Time{}
	}
	return m.Seen.Add(t.ForgetAfter)
}

// WakeAt is when to look again, if nothing is told before; zero if there is nothing to look at.
func (t *Trigger) WakeAt(now time.Time, people func(*Member) string) (wake time.Time) {
	t.settle()
	busy := t.busy()
	for _, m := range t.Members {
		at := t.Earliest(m)
		switch {
		case t.Live(m): // its end tells whether it rings again
			at = now.Add(poll)
		case !at.IsZero() && busy[people(m)]:
			at = latest(at, now.Add(poll))
		}
		for _, at := range []time.Time{at, t.ForgetAt(m)} {
			if !at.IsZero() && (wake.IsZero() || at.Before(wake)) {
				wake = at
			}
		}
	}
	return wake
}
