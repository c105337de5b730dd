package call

import (
	"slices"
	"time"
)

// Report is what Twilio said about one of its calls, in a callback or when asked.
type Report struct {
	SID      string
	Status   Status
	Duration int  // of the conversation, seconds
	SIPCode  int  // 0 unknown
	Asked    bool // the answer to a question, not a callback
	Begun    bool // Twilio says that it has begun to dial, whatever the status

	AnsweredBy string // what its detection found: human, unknown, fax or machine_*; empty without it
	Instructs  bool   // it asks what to say to whoever answered, and is told
	ErrorCode  int    // Twilio's, of what was to be heard; 0 none
}

// Unanswered records that the answer to attempt n's create request never came:
// the call may have been placed or not, and only evidence can tell.
func (c *Call) Unanswered(n int, sendBy time.Time, why string, now time.Time) []Event {
	a := c.Attempt(n)
	if a == nil || !a.SendBy.Equal(sendBy) {
		return nil
	}
	return append(c.unanswered(a, why, now), c.settle(now)...)
}

// Placed records that Twilio took attempt n and named it sid.
func (c *Call) Placed(n int, sid string, now time.Time) []Event {
	a := c.Attempt(n)
	if a == nil || sid == "" || (a.SID != "" && a.SID != sid) || !setOnce(&a.PlacedAt, now) {
		return nil
	}
	before := a.Result()
	c.name(a, sid, now)
	evs := []Event{c.attemptEvent(AttemptPlaced, now, n, Event{SID: sid})}
	return append(append(evs, c.concluded(a, before, now)...), c.settle(now)...)
}

// NotProcessed records that Twilio did not process attempt n's create request,
// or never saw it: the same attempt goes out again at retryAt and counts once.
func (c *Call) NotProcessed(n int, retryAt, now time.Time, why string) []Event {
	a := c.Attempt(n)
	if a == nil || a.Status() != Placing && a.Status() != Unknown {
		return nil
	}
	a.RetryAt = retryAt
	a.Postpone++
	evs := []Event{c.attemptEvent(AttemptPostponed, now, n, Event{Reason: why, NextAttemptAt: retryAt})}
	return append(evs, c.settle(now)...)
}

// Refused records that Twilio will not take attempt n, now or later.
func (c *Call) Refused(n int, why Refusal, now time.Time) []Event {
	a := c.Attempt(n)
	if a == nil || a.Refusal != nil {
		return nil
	}
	before := a.Result()
	a.Refusal = &why
	return append(c.concluded(a, before, now), c.settle(now)...)
}

// Report records what Twilio said about attempt n. Late, doubled and reordered
// reports are welcome; one about another call than the attempt's, or about none,
// is ignored.
func (c *Call) Report(n int, r Report, now time.Time) []Event {
	a := c.Attempt(n)
	if a == nil || !r.Status.Known() || r.SID == "" || (a.SID != "" && r.SID != a.SID) {
		return nil
	}
	before := a.Result()
	evs := c.learn(a, r, now)
	return append(append(evs, c.concluded(a, before, now)...), c.settle(now)...)
}

// callbackTime is how long Twilio tries to deliver a callback.
const callbackTime = 15 * time.Second

// Missed says of an answer about attempt n, before it is recorded, that a callback should have brought the news,
// and none has come of this attempt at all. Of one that never left Twilio's queue, none does.
func (c *Call) Missed(n int, r Report, now time.Time) bool {
	a := c.Attempt(n)
	if a == nil || c.Polled || !r.Asked || r.Status == Queued || r.Status == StatusCanceled {
		return false
	}
	return !a.Over() && !a.dialedOut() && a.AnsweredAt.IsZero() && !now.Before(later(a.DialedAt, a.PlacedAt).Add(callbackTime))
}

// Listed records what Twilio's list shows that may be attempt n, whose sid is unknown.
// Only an absence that was seen twice, some time apart, proves anything.
func (c *Call) Listed(n int, found []Report, now time.Time) []Event {
	a := c.Attempt(n)
	if a == nil || a.SID != "" || !a.Live() {
		return nil
	}
	switch {
	case len(found) == 1:
		return c.Report(n, found[0], now)
	case len(found) > 1:
		for _, f := range found {
			if !f.Status.Final() {
				return nil // one of them may be ours, and ringing: asked again later
			}
		}
		a.Ambiguous = true
	case !a.absent(now):
		return nil
	default:
		a.Unplaced = a.Absent >= absentEnough
	}
	return append(c.concluded(a, "", now), c.settle(now)...)
}

// Cancel asks for the Call to end: at once when no phone may be ringing, else
// with the legs that are alive. Nothing more is dialed either way, and what rings
// is ended; a conversation goes on unless cutShort says otherwise.
func (c *Call) Cancel(cutShort bool, now time.Time) []Event {
	if c.State == Ended {
		return nil
	}
	var evs []Event
	if first := setOnce(&c.CancelRequested, now); first || cutShort && !c.CutShort {
		e := Event{}
		if cutShort {
			e.Reason = "hang up"
		}
		evs = append(evs, c.event(CallCancelRequested, now, e))
	}
	c.CutShort = c.CutShort || cutShort
	return append(evs, c.settle(now)...)
}

// Redial asks for the next dial at once: without the pause after the dial before, but
// within all other rules. It returns one of the errors above where they forbid it.
func (c *Call) Redial(now time.Time) ([]Event, error) {
	switch {
	case c.State == Ended:
		return nil, ErrEnded
	case c.State == Dialing:
		return nil, ErrDialed
	case c.Held != "":
		return nil, ErrHeld
	}
	c.RedialAsked = now
	if _, at, _ := c.due(now); at.After(now) {
		return nil, &NotNowError{c.WaitsFor(now), at}
	}
	return append([]Event{c.event(RedialRequested, now, Event{})}, c.settle(now)...), nil
}

// Hold records that another Call is ringing the number: the dial that Wake asked
// for is not made, and the Call waits until it is released, or its deadline.
func (c *Call) Hold(number string, now time.Time) []Event {
	if c.State != Waiting || c.Held != "" {
		return nil
	}
	c.Held = number
	evs := []Event{c.event(CallHeld, now, Event{})}
	return append(evs, c.settle(now)...)
}

// Release records that a number is free that the Call is held for. The Call is Offered it
// where the dial is due by now, and else waits for something else, or ends.
func (c *Call) Release(number string, now time.Time) []Event {
	if number == "" || number != c.Held && !slices.Contains(c.AlsoHeld(), number) {
		return nil
	}
	c.Held, c.Offered = "", number
	evs := append([]Event{c.event(CallReleased, now, Event{})}, c.settle(now)...)
	if c.State == Waiting { // it was not due while it was held; its place among those who are, it keeps
		c.NextAttemptAt = later(c.NextAttemptAt, now)
	}
	return evs
}

// learn adds what a report says to the facts about a.
func (c *Call) learn(a *Attempt, r Report, now time.Time) []Event {
	var e Event
	if a.SID == "" {
		c.name(a, r.SID, now)
		e.SID = r.SID
	}
	a.Heard = true
	if r.Begun {
		setOnce(&a.InitiatedAt, now)
	}
	var heard EventType
	switch over := a.Over(); {
	case r.Status == Initiated && setOnce(&a.InitiatedAt, now) && !over:
		heard = AttemptInitiated
	case r.Status == Ringing && setOnce(&a.RingingAt, now) && !over:
		heard = AttemptRinging
	case r.Status == InProgress && setOnce(&a.AnsweredAt, now) && !over:
		heard = AttemptAnswered
	case r.Status == Queued && r.Asked && !now.Before(a.DialedAt.Add(queueLimit)) && !a.dialedOut():
		a.Stuck++
	case r.Status.Final(): // told again, it may say more
		a.addFinal(r.Status)
		a.Duration, a.SIPCode = max(a.Duration, r.Duration), max(a.SIPCode, r.SIPCode)
	}
	if r.ErrorCode > a.reportedError() {
		a.Refusal = &Refusal{Code: r.ErrorCode}
	}
	if r.Asked && a.lookDecides(now) {
		a.Lost = true // unless the answer is final: see Result
	}
	c.guard(a, now)
	var evs []Event
	if heard != "" {
		evs = append(evs, c.attemptEvent(heard, now, a.N, e))
	}
	a.Instructed = a.Instructed || r.Instructs
	if stronger(r.AnsweredBy, a.AnsweredBy) {
		a.AnsweredBy = r.AnsweredBy
		evs = append(evs, c.attemptEvent(AttemptDetected, now, a.N, Event{Reason: a.AnsweredBy}))
	}
	if r.Instructs && !a.Over() && c.unwanted(a) == taken {
		evs = append(evs, c.hearsTaken(a, now)...)
	}
	return evs
}

// name records the attempt's sid; from now on Twilio can be asked about it, and
// is when no final word has come by the time the ring should have ended. What its list
// did not show before that counts no longer.
func (c *Call) name(a *Attempt, sid string, now time.Time) {
	if a.SID == "" {
		a.SID = sid
		a.Absent, a.AbsentAt, a.Unplaced = 0, time.Time{}, false
		a.AskAt, a.Asks = c.Policy.wordDue(now), 0
		if c.Polled {
			a.AskAt = now.Add(c.askPause(a, now))
		}
	}
}
