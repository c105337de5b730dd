package call

import "time"

// askAbout asks the carrier about an attempt, if it can. It sets the next time to ask at once: the answer may never
// come.
func (c *Call) askAbout(a *Attempt, now time.Time) (acts []Action, evs []Event) {
	kind, pause := LookUp, c.askPause(a, now)
	if a.SID == "" {
		kind, pause = Search, max(pause, searchAgain, a.rules().AbsentApart)
		evs = append(evs, c.unanswered(a, "", now)...)
	}
	if !a.canBeAsked() {
		a.AskAt = a.longestEnds()
		return nil, evs
	}
	if a.Asks == 0 && !c.Polled {
		evs = append(evs, c.attemptEvent(AttemptAsked, now, a.N, Event{}))
	}
	a.Asks++
	a.AskAt = now.Add(pause)
	return []Action{{kind, a.N}}, evs
}

// askPause is the pause until the carrier is asked again. Without callbacks it is short while the phone rings, and
// grows with the attempt's age.
func (c *Call) askPause(a *Attempt, now time.Time) time.Duration {
	if !c.Polled {
		return min(askBackoff<<min(a.Asks, 10), askCeiling)
	}
	often, age := max(c.Policy.RingTimeout/6, pollFloor), now.Sub(a.DialedAt)
	return min(max(often, age/4), max(pollCeiling, age/20), askCeiling)
}

// unanswered records that nobody knows whether the create request was processed.
func (c *Call) unanswered(a *Attempt, why string, now time.Time) []Event {
	if a.Status() != Placing {
		return nil
	}
	a.Unanswered = true
	return []Event{c.attemptEvent(AttemptUnanswered, now, a.N, Event{Reason: why})}
}
