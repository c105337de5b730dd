package call

import (
	"slices"
	"time"
)

// Refusal is why the carrier would not take a call: its error code, its words, and the HTTP status that they came
// with. A code without an HTTP status is an error that the carrier reported of a call that it had taken.
type Refusal struct {
	Code    int
	Message string
	Status  int
}

// Attempt is one dial: the set of facts known about it. Facts are only ever added, so it does not matter in which
// order they come, and how often.
type Attempt struct {
	N        int
	To       string    // E.164
	Person   int       // whose number it is: an index of the Call's people
	NeedsKey bool      // only a key proves that a person answered
	Detects  bool      // the carrier says whether a machine answered
	DialedAt time.Time // when it was written, before the network was touched
	SendBy   time.Time // the fence: the create request is written before this or never
	RetryAt  time.Time // set while postponed: the time of the next create
	Postpone int       // how often it was postponed

	PlacedBy  string // the account that dials it, by the carrier's name for it; empty: nobody knows
	TalkLimit int    // how long its conversation may last, as the carrier was told; seconds, 0: it was told nothing

	SID         string // the carrier's name of it, once known
	PlacedAt    time.Time
	InitiatedAt time.Time // these four: when redial first heard of it
	RingingAt   time.Time
	AnsweredAt  time.Time
	EndedAt     time.Time
	Finals      []Status // every final status that was reported, sorted
	Duration    int      // of the conversation, seconds
	SIPCode     int      // of the last leg's end, 0 unknown
	Refusal     *Refusal
	Heard       bool      // the carrier has said anything about it, after it took it
	Unanswered  bool      // the answer to its create request never came
	Absent      int       // how often the carrier has not shown it
	AbsentAt    time.Time // when it was absent last
	Ambiguous   bool      // the carrier's list showed several calls that it could be
	Lost        bool      // over, because no leg lives so long; nobody said how it ended
	Unplaced    bool      // proven never to have rung
	AskAt       time.Time // when to ask the carrier about it, unless the carrier reports first
	Asks        int       // how often the carrier was asked
	Stuck       int       // how often the carrier said that it is still queued, though it should long have left
	HangUpAt    time.Time // when to end it, unless it is answered first
	HangUps     int       // how often the carrier was asked to end it
	OverdueAt   time.Time // when it was ended because its leg had reached its bound, even in a conversation
	EndWhy      string    // why it is ended although somebody might answer it: taken or canceled
	Interrupts  int       // how often the carrier was asked to break into the conversation
	AnsweredBy  string    // what the carrier's detection said: human, unknown, fax or machine_*
	Instructed  bool      // the carrier asked what to say to the person who answered, and was told
	ConfirmedAt time.Time // when the right key was pressed
	Answer      string    // what that key means, where it is an answer
	PassedOnAt  time.Time // when the key was pressed by which the person leaves the call to the others
	WrongKeys   int       // how often a wrong key was pressed
}

// reportedError is the carrier's error code when it could not fetch or run what was to be heard: the person heard
// something else instead. It is 0 if the carrier reported none.
func (a *Attempt) reportedError() int {
	if a.Refusal == nil || a.Refusal.Status != 0 {
		return 0
	}
	return a.Refusal.Code
}

// rules are those of the carrier whose account dials the attempt.
func (a *Attempt) rules() *EvidenceRules { return rulesOf(a.PlacedBy) }

// dialedOut says whether the carrier is known to have begun to dial.
func (a *Attempt) dialedOut() bool { return !a.InitiatedAt.IsZero() || !a.RingingAt.IsZero() }

// addFinal adds a final status to the facts.
func (a *Attempt) addFinal(s Status) {
	i, found := slices.BinarySearch(a.Finals, s)
	if !found {
		// a fresh slice: a clone of the Call must not see the change
		a.Finals = slices.Insert(slices.Clone(a.Finals), i, s)
	}
}

// leftQueue is a time by which the attempt had left the carrier's queue; zero where that is not known.
func (a *Attempt) leftQueue() time.Time {
	return earliestSet(a.InitiatedAt, a.RingingAt, a.AnsweredAt)
}

// isHeard says whether the carrier has said anything about the attempt after it took it.
func (a *Attempt) isHeard() bool {
	return a.Heard || len(a.Finals) > 0 || !a.leftQueue().IsZero()
}

// isBounded says whether the carrier itself ends the leg, ring and conversation, in time.
func (a *Attempt) isBounded() bool {
	return a.TalkLimit > 0 && !a.leftQueue().IsZero() && a.rules().EndsTalk
}

// canBeAsked says whether the carrier can say anything about the attempt: by its sid, or by its list.
func (a *Attempt) canBeAsked() bool { return a.SID != "" || a.rules().HasList }

// listTells is when an absence from the carrier's list first counts.
func (a *Attempt) listTells() time.Time { return a.SendBy.Add(a.rules().ListedAfter) }

// isAbsent says whether the attempt was absent often enough: the carrier has no such call.
func (a *Attempt) isAbsent() bool { return a.Absent >= a.rules().AbsentTimes }

// longestEnds is when no leg that was dialed for the attempt can be alive any more.
func (a *Attempt) longestEnds() time.Time { return a.DialedAt.Add(a.rules().longestLeg()) }

// looksEnd is when an attempt at its leg's bound is given up although nobody could look at it.
func (a *Attempt) looksEnd() time.Time { return latest(a.longestEnds(), a.OverdueAt.Add(lookLimit)) }

// lookDecides says whether an answer that comes at now concludes the attempt, whatever it says.
func (a *Attempt) lookDecides(now time.Time) bool {
	return !a.OverdueAt.IsZero() && !now.Before(a.OverdueAt.Add(a.rules().SettledAfter))
}

// lastNews is when redial last heard something new of the attempt, or dialed it.
func (a *Attempt) lastNews() time.Time {
	at := a.DialedAt
	for _, t := range []time.Time{a.PlacedAt, a.InitiatedAt, a.RingingAt, a.AnsweredAt} {
		at = latest(at, t)
	}
	return at
}

// countAbsence counts that the carrier does not show the attempt. It returns false, and counts
// nothing, where that proves nothing: too early, or too soon after the absence before.
func (a *Attempt) countAbsence(now time.Time) bool {
	if now.Before(a.listTells()) || a.Absent > 0 && now.Sub(a.AbsentAt) < a.rules().AbsentApart {
		return false
	}
	a.Absent++
	a.AbsentAt = now
	return true
}
