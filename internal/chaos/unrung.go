package chaos

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"redial/api"
	"redial/internal/sim"
)

// Unrung is a call that expired although its phone could have been rung.
const Unrung Kind = "unrung"

// patience is how long a call may wait for its first ring although nothing keeps it from ringing: a minute until a
// sweep finds it, and the time that nodes take to start.
const patience = 75 * time.Second

// Span is a time from one moment to another, both included.
type Span struct{ From, To time.Time }

func (s Span) holds(t time.Time) bool { return !t.Before(s.From) && !t.After(s.To) }

// What keeps a call from ringing.
const (
	closed = "its window was closed"
	rung   = "its number was being rung"
	absent = "redial did not run"
)

// Expired looks for calls that expired and were never dialed, and names what kept each from
// ringing; away is when no redial ran. A call that could have been rung for longer than a dial
// may take is a fault. So is a call that nothing kept from ringing.
func Expired(calls []api.Call, legs []sim.Leg, away []Span) (faults []Finding) {
	ringing := ringing(calls, legs)
	for _, c := range unrung(calls) {
		why, free := keptBy(c, ringing, away)
		switch {
		case free > patience:
			faults = append(faults, Finding{
				Unrung, fmt.Sprintf("call %s expired, and could have been rung for %s (%s)", c.ID, free, why),
			})
		case why == "":
			faults = append(faults, Finding{
				Unrung, fmt.Sprintf("call %s expired after %s, and nothing kept it from ringing", c.ID, free),
			})
		}
	}
	return faults
}

// unrung are the calls that expired and were never dialed.
func unrung(calls []api.Call) (list []*api.Call) {
	for i := range calls {
		if c := &calls[i]; c.Outcome == "expired" && len(c.Attempts) == 0 {
			list = append(list, c)
		}
	}
	return list
}

// ringing returns when each number was rung, or may have been. An attempt that is not settled yet keeps other
// calls from ringing, too.
func ringing(calls []api.Call, legs []sim.Leg) map[string][]Span {
	by := map[string][]Span{}
	add := func(number string, from, to time.Time) {
		if to.IsZero() {
			to = from.Add(24 * time.Hour)
		}
		by[number] = append(by[number], Span{from.Add(-time.Second), to.Add(time.Second)})
	}
	for i := range legs {
		add(legs[i].To, legs[i].CreatedAt, legs[i].EndedAt)
	}
	for i := range calls {
		for _, a := range calls[i].Attempts {
			add(a.To, a.DialedAt, a.EndedAt)
		}
	}
	return by
}

// keptBy goes through a call's life, second by second. It returns in words for how long each cause kept the call
// from ringing, and the longest time in which none did.
func keptBy(c *api.Call, ringing map[string][]Span, away []Span) (why string, free time.Duration) {
	kept, now := map[string]int{}, time.Duration(0)
	for t := c.CreatedAt; t.Before(c.DeadlineAt); t = t.Add(time.Second) {
		cause := causeAt(c, t, ringing, away)
		if cause != "" {
			kept[cause]++
			now = 0
			continue
		}
		now += time.Second
		free = max(free, now)
	}
	var parts []string
	for _, cause := range []string{closed, rung, absent} {
		if kept[cause] > 0 {
			parts = append(parts, fmt.Sprintf("%s for %d s", cause, kept[cause]))
		}
	}
	return strings.Join(parts, ", "), free
}

func causeAt(c *api.Call, t time.Time, ringing map[string][]Span, away []Span) string {
	within := func(list []Span) bool { return slices.ContainsFunc(list, func(s Span) bool { return s.holds(t) }) }
	first := people(c)
	if c.Policy.Ladder != "parallel" {
		first = first[:1]
	}
	switch {
	case !opens(c.Policy, t):
		return closed
	case !slices.ContainsFunc(first, func(number string) bool { return !within(ringing[number]) }):
		return rung
	case within(away):
		return absent
	}
	return ""
}

// opens says whether a ring that begins at t ends within the window. The windows of these calls are all in UTC.
func opens(p api.Policy, t time.Time) bool {
	if p.Window == nil {
		return true
	}
	const request, grace = 10 * time.Second, 2 * time.Second
	last := t.Add(request + time.Duration(*p.RingTimeout) + grace)
	for ; t.Before(last); t = t.Add(time.Second) {
		if !inHours(p.Window.Hours, t) {
			return false
		}
	}
	return inHours(p.Window.Hours, last)
}

func inHours(hours string, t time.Time) bool {
	from, to, _ := strings.Cut(hours, "-")
	clock := t.UTC().Format(time.TimeOnly)
	if len(from) < len(time.TimeOnly) {
		from += ":00"
	}
	if len(to) < len(time.TimeOnly) {
		to += ":00"
	}
	if from < to {
		return clock >= from && clock < to
	}
	return clock >= from || clock < to
}

// closesWithin says whether a call's window closes between its beginning and a time.
func closesWithin(c *api.Call, end time.Time) bool {
	for t := c.CreatedAt; c.Policy.Window != nil && t.Before(end); t = t.Add(time.Second) {
		if !inHours(c.Policy.Window.Hours, t) {
			return true
		}
	}
	return false
}

// drawn counts the calls whose window closed before they had ended, and the calls that were ended by their
// deadline.
func drawn(calls []api.Call) (windows, deadlines int) {
	var end time.Time
	for _, c := range calls {
		if c.EndedAt.After(end) {
			end = c.EndedAt
		}
	}
	for i := range calls {
		if closesWithin(&calls[i], end) {
			windows++
		}
		if calls[i].Outcome == "expired" {
			deadlines++
		}
	}
	return windows, deadlines
}

// window returns a window that is open until a time, and again from another time on.
func window(until, from time.Time) *api.Window {
	return &api.Window{Hours: from.UTC().Format(time.TimeOnly) + "-" + until.UTC().Format(time.TimeOnly), Zone: "Etc/UTC"}
}
