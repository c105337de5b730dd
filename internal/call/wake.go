package call

import (
	"slices"
	"time"
)

// Wake says what is due at now and sets WakeAt anew; an early Wake does nothing.
// The numbers that are busy, because another Call rings them, are not dialed: where
// there is nobody else to dial, the Call is held for the first of them. What is dialed
// is kept as placed by whoever that is: by names the carrier's account.
func (c *Call) Wake(now time.Time, by string, busy ...string) ([]Action, []Event) {
	if c.WakeAt.IsZero() || now.Before(c.WakeAt) {
		return nil, nil
	}
	acts, evs := c.ask(now)
	evs = append(evs, c.settle(now)...)
	if c.State != Waiting || c.Held != "" || now.Before(c.NextAttemptAt) {
		return acts, evs
	}
	people, _ := c.next()
	free := slices.DeleteFunc(slices.Clone(people), func(p int) bool { return slices.Contains(busy, c.Person(p).Number) })
	if len(free) == 0 {
		return acts, append(evs, c.Hold(c.Person(people[0]).Number, now)...)
	}
	for _, p := range free {
		n := c.dial(p, by, now)
		acts, evs = append(acts, Action{Dial, n}), append(evs, c.attemptEvent(AttemptDialed, now, n, c.dialed(p)))
	}
	return acts, evs
}

// ask asks Twilio about every live attempt that has been silent for too long, and ends
// what rings, or talks, for too long.
func (c *Call) ask(now time.Time) (acts []Action, evs []Event) {
	for i := range c.Attempts {
		a := &c.Attempts[i]
		if !a.Live() {
			continue
		}
		step := c.overdue
		if a.OverdueAt.IsZero() && now.Before(c.legEnds(a)) { // a clock that is set back makes no leg young again
			step = c.attend
		}
		more, news := step(a, now)
		acts, evs = append(acts, more...), append(evs, news...)
	}
	return acts, evs
}

// attend ends a leg that may be alive, or asks about it, when it is time.
func (c *Call) attend(a *Attempt, now time.Time) (acts []Action, evs []Event) {
	if !a.HangUpAt.IsZero() && !now.Before(a.HangUpAt) {
		act, news := c.hangUp(a, now)
		acts, evs = append(acts, act), append(evs, news...)
	}
	if now.Before(a.AskAt) {
		return acts, evs
	}
	more, news := c.askAbout(a, now)
	return append(acts, more...), append(evs, news...)
}

// askAbout asks Twilio about an attempt. The next time to ask is set at once, so that an
// answer that never comes is asked for again.
func (c *Call) askAbout(a *Attempt, now time.Time) (acts []Action, evs []Event) {
	kind, pause := LookUp, c.askPause(a, now)
	if a.SID == "" {
		kind, pause = Search, max(pause, searchAgain)
		evs = append(evs, c.unanswered(a, "", now)...)
	}
	if a.Asks == 0 && !c.Polled {
		evs = append(evs, c.attemptEvent(AttemptAsked, now, a.N, Event{}))
	}
	a.Asks++
	a.AskAt = now.Add(pause)
	return []Action{{kind, a.N}}, evs
}

// askPause is how long Twilio is not asked again. One that sends no callbacks is
// asked often while the phone rings, the more seldom the longer it lasts.
func (c *Call) askPause(a *Attempt, now time.Time) time.Duration {
	if !c.Polled {
		return min(askBackoff<<min(a.Asks, 10), askCeiling)
	}
	often, age := max(c.Policy.RingTimeout/6, pollFloor), now.Sub(a.DialedAt)
	return min(max(often, age/4), max(pollCeiling, age/20), askCeiling)
}

// hangUp asks Twilio to end a call, or to break into it. Asked once more if that
// should get lost.
func (c *Call) hangUp(a *Attempt, now time.Time) (Action, []Event) {
	if !a.AnsweredAt.IsZero() {
		return c.interrupt(a, now)
	}
	var evs []Event
	if a.HangUps == 0 {
		evs = append(evs, c.attemptEvent(AttemptHungUp, now, a.N, Event{Reason: c.tooLong(a, now)}))
	}
	a.HangUpAt = now.Add(min(hangUpAgain<<min(a.HangUps, 10), askCeiling))
	a.HangUps++
	c.askSoon(a, now)
	return Action{HangUp, a.N}, evs
}

// tooLong says why an attempt that nobody has answered is ended.
func (c *Call) tooLong(a *Attempt, now time.Time) string {
	closed := c.windowCloses(a)
	switch {
	case a.EndWhy != "":
		return a.EndWhy
	case !closed.IsZero() && !now.Before(closed):
		return "the window closes"
	case a.dialedOut():
		return "rings too long"
	}
	return "queued too long"
}

// windowCloses is when the window that an attempt was dialed in closes; zero where
// there is none, or not as long as a phone may begin to ring.
func (c *Call) windowCloses(a *Attempt) time.Time {
	if c.Policy.Window.IsZero() {
		return time.Time{}
	}
	long := c.Policy.longestRing()
	closes := c.Policy.Window.closes(a.DialedAt, long)
	if closes.Equal(a.DialedAt.Add(long)) {
		return time.Time{}
	}
	return closes
}

// interrupt tells who listens that somebody else has it, or ends the conversation.
func (c *Call) interrupt(a *Attempt, now time.Time) (Action, []Event) {
	act, t := Action{Tell, a.N}, AttemptTold
	if c.unwanted(a) == canceled {
		act.Kind, t = End, AttemptHungUp
		c.askSoon(a, now)
	}
	var evs []Event
	if a.Interrupts == 0 {
		evs = append(evs, c.attemptEvent(t, now, a.N, Event{Reason: c.unwanted(a)}))
	}
	a.HangUpAt = now.Add(interruptAgain)
	a.Interrupts++
	return act, evs
}

// askSoon asks what came of the request to end an attempt.
func (c *Call) askSoon(a *Attempt, now time.Time) {
	if settled := now.Add(hangUpSettle); settled.Before(a.AskAt) {
		a.AskAt = settled
	}
}

// dial writes the next attempt for a person, or readies the postponed one, and
// returns its number.
func (c *Call) dial(person int, by string, now time.Time) int {
	a := c.postponedFor(person)
	if a == nil {
		c.Attempts = append(c.Attempts, Attempt{
			N: len(c.Attempts) + 1, To: c.Person(person).Number, Person: person,
			NeedsKey: c.Policy.Confirm.Kind != ConfirmNone, Detects: c.Policy.Machine.Do != MachineIgnore,
		})
		a = &c.Attempts[len(c.Attempts)-1]
	}
	a.DialedAt, a.SendBy, a.RetryAt = now, now.Add(SendWindow), time.Time{}
	a.PlacedBy, a.TalkLimit = by, int(c.Policy.TalkLimit/time.Second)
	a.AskAt, a.Asks, a.Unanswered, a.Absent, a.AbsentAt = a.listTells(), 0, false, 0, time.Time{}
	c.State, c.Offered, c.NextAttemptAt, c.WakeAt = Dialing, "", time.Time{}, a.AskAt
	return a.N
}
