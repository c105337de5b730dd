package call

import "time"

// Report is what the carrier said about one of its calls, in a callback or when asked.
type Report struct {
	SID      string
	Status   Status
	Duration int  // of the conversation, seconds
	SIPCode  int  // 0 unknown
	Asked    bool // the answer to a question, not a callback
	Begun    bool // the carrier says that it has begun to dial, whatever the status

	AnsweredBy string // what its detection found: human, unknown, fax or machine_*; empty without it
	Instructs  bool   // the carrier asks what to say to the person who answered, and is told
	ErrorCode  int    // the carrier's error code for the message; 0: there was none
}

// Report records what the carrier said about attempt n. Reports may be late, doubled or reordered. A report about
// another call than the attempt's, or about none, is ignored.
func (c *Call) Report(n int, r Report, now time.Time) []Event {
	a := c.Attempt(n)
	if a == nil || !r.Status.Known() || r.SID == "" || (a.SID != "" && r.SID != a.SID) {
		return nil
	}
	before := a.Result()
	evs := c.learn(a, r, now)
	return append(append(evs, c.concluded(a, before, now)...), c.settle(now)...)
}

// Unanswered records that the answer to attempt n's create request never came. The carrier may have placed the call or
// not; only evidence can tell.
func (c *Call) Unanswered(n int, sendBy time.Time, why string, now time.Time) []Event {
	a := c.Attempt(n)
	if a == nil || !a.SendBy.Equal(sendBy) {
		return nil
	}
	return append(c.unanswered(a, why, now), c.settle(now)...)
}

// Placed records that the carrier took attempt n and named it sid.
func (c *Call) Placed(n int, sid string, now time.Time) []Event {
	a := c.Attempt(n)
	if a == nil || sid == "" || a.SID != "" && a.SID != sid || !a.PlacedAt.IsZero() {
		return nil
	}
	a.PlacedAt = now
	before := a.Result()
	c.name(a, sid, now)
	evs := []Event{c.attemptEvent(AttemptPlaced, now, n, Event{SID: sid})}
	return append(append(evs, c.concluded(a, before, now)...), c.settle(now)...)
}

// NotProcessed records that the carrier did not process attempt n's create request, or never saw it. The same attempt
// goes out again at retryAt, and counts once.
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

// Refused records that the carrier will not take attempt n, now or later.
func (c *Call) Refused(n int, why Refusal, now time.Time) []Event {
	a := c.Attempt(n)
	if a == nil || a.Refusal != nil {
		return nil
	}
	before := a.Result()
	a.Refusal = &why
	return append(c.concluded(a, before, now), c.settle(now)...)
}

// Listed records which calls in the carrier's list may be attempt n, whose sid is unknown. An empty list
// proves something only when it was seen often enough, some time apart.
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
				return nil // it may be ours, and ringing: the carrier is asked again later
			}
		}
		a.Ambiguous = true
	default:
		counts := a.rules().HasList && a.countAbsence(now)
		if !counts {
			return nil
		}
		a.Unplaced = a.isAbsent()
	}
	return append(c.concluded(a, "", now), c.settle(now)...)
}

// Missing records that the carrier knows no call of attempt n's sid, and that its list, if it has one, shows none that
// may be the attempt. by is the account that asked: its answer counts only if it placed the attempt. Seen often
// enough, some time apart, the answer proves that an attempt of which nothing was heard never rang. Any other attempt
// is over once its leg can't be alive any more.
func (c *Call) Missing(n int, by string, now time.Time) []Event {
	a := c.Attempt(n)
	if a == nil || a.SID == "" || !a.Live() || by == "" || a.PlacedBy != by {
		return nil
	}
	counts := a.countAbsence(now)
	if !counts {
		return nil
	}
	switch {
	case !a.isAbsent():
	case !a.isHeard():
		a.Unplaced = true
	case !now.Before(c.legEnds(a)):
		a.Lost = true
	}
	return append(c.concluded(a, "", now), c.settle(now)...)
}

// Unseen records that nobody can look at attempt n, because another account placed it. At its leg's bound it is
// concluded without a look.
func (c *Call) Unseen(n int, now time.Time) []Event {
	a := c.Attempt(n)
	if a == nil || !a.Live() || !a.lookDecides(now) {
		return nil
	}
	a.Lost = true
	return append(c.concluded(a, "", now), c.settle(now)...)
}

// Pressed records that keys were pressed on attempt n, in answer to the nth question of this leg, and what they mean. A
// repeat changes nothing.
func (c *Call) Pressed(n int, sid string, nth int, m Meaning, now time.Time) []Event {
	a := c.Attempt(n)
	if a == nil || sid == "" || a.SID != "" && a.SID != sid || !a.NeedsKey || c.State == Ended {
		return nil
	}
	before := a.Result()
	evs := c.learn(a, Report{SID: sid, Status: InProgress}, now)
	if c.unwanted(a) == taken {
		evs = append(evs, c.hearsTaken(a, now)...)
	} else {
		evs = append(evs, c.pressed(a, nth, m, now)...)
	}
	return append(append(evs, c.concluded(a, before, now)...), c.settle(now)...)
}

// pressed adds what pressed keys mean to the facts about a. Whoever passes the call on is told so, and then the
// conversation ends: the carrier is asked soon, so that the next person does not wait for a callback that got lost.
func (c *Call) pressed(a *Attempt, nth int, m Meaning, now time.Time) []Event {
	switch {
	case m.Do == KeyPassesOn && a.PassedOnAt.IsZero():
		a.PassedOnAt = now
		c.askSoon(a, now)
		return []Event{c.attemptEvent(AttemptPassedOn, now, a.N, Event{})}
	case (m.Do == KeyConfirms || m.Do == KeyAnswers) && a.ConfirmedAt.IsZero():
		a.ConfirmedAt, a.Answer = now, m.Answer
		return []Event{c.attemptEvent(AttemptConfirmed, now, a.N, Event{Reason: c.Policy.confirmedBy(), Answer: m.Answer})}
	case m.Do == "" && nth > a.WrongKeys:
		a.WrongKeys = nth
		return []Event{c.attemptEvent(AttemptKeyRefused, now, a.N, Event{})}
	}
	return nil
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
	heard := a.progress(r.Status, now)
	a.addStatus(r, now)
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

// progress records when the attempt came as far as a status says, and returns the type of the Event for that. It
// returns none if that was known already, or if the attempt is over.
func (a *Attempt) progress(s Status, now time.Time) EventType {
	var since *time.Time
	var heard EventType
	switch s {
	case Initiated:
		since, heard = &a.InitiatedAt, AttemptInitiated
	case Ringing:
		since, heard = &a.RingingAt, AttemptRinging
	case InProgress:
		since, heard = &a.AnsweredAt, AttemptAnswered
	default:
		return ""
	}
	over := a.Over()
	first := setOnce(since, now)
	if !first || over {
		return ""
	}
	return heard
}

// addStatus records a status that is no progress: a final one, or that the attempt is still in the carrier's queue
// although it should long have left.
func (a *Attempt) addStatus(r Report, now time.Time) {
	switch {
	case r.Status == Queued && r.Asked && !now.Before(a.DialedAt.Add(queueLimit)) && !a.dialedOut():
		a.Stuck++
	case r.Status.Final(): // a repeated report may say more
		a.addFinal(r.Status)
		a.Duration, a.SIPCode = max(a.Duration, r.Duration), max(a.SIPCode, r.SIPCode)
	}
}

// name records the attempt's sid. From now on the carrier can be asked about it, and is asked when no final word came
// by the time at which the ring should have ended. Absences from the carrier's list before this no longer count.
func (c *Call) name(a *Attempt, sid string, now time.Time) {
	if a.SID == "" {
		a.SID = sid
		a.Absent, a.AbsentAt, a.Unplaced = 0, time.Time{}, false
		a.AskAt, a.Asks = now.Add(c.Policy.RingTimeout+a.rules().FinalAfter), 0
		if c.Polled {
			a.AskAt = now.Add(c.askPause(a, now))
		}
	}
}

// Missed says whether an answer about attempt n, before it is recorded, brings news that a callback should have
// brought, when no callback has come of this attempt at all. An attempt that never left the carrier's queue has none.
func (c *Call) Missed(n int, r Report, now time.Time) bool {
	a := c.Attempt(n)
	if a == nil || c.Polled || !r.Asked || r.Status == Queued || r.Status == StatusCanceled {
		return false
	}
	inTime := now.Before(latest(a.DialedAt, a.PlacedAt).Add(a.rules().CallbackTime))
	return !a.Over() && !a.dialedOut() && a.AnsweredAt.IsZero() && !inTime
}
