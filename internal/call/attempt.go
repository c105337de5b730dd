package call

import (
	"slices"
	"time"
)

// Refusal is why Twilio would not take a call: its error code, its words, and
// the HTTP status they came with; or, with a code and no HTTP status, the error that it
// reported of a call that it had taken.
type Refusal struct {
	Code    int
	Message string
	Status  int
}

// Attempt is one dial: the set of facts known about it. Facts are only ever
// added, so the order in which they come, and how often, cannot matter.
type Attempt struct {
	N        int
	To       string    // E.164
	Person   int       // whose number it is: an index of the Call's people
	NeedsKey bool      // only a key proves that a person answered
	Detects  bool      // Twilio says whether a machine answered
	DialedAt time.Time // when it was written, before the network was touched
	SendBy   time.Time // the fence: the create request is not written after this
	RetryAt  time.Time // set while postponed: the time of the next create
	Postpone int       // how often it was postponed

	PlacedBy  string // whose account dials it, as the carrier names that; empty: nobody knows
	TalkLimit int    // how long its conversation may last, as it was sent; seconds, 0: nothing was

	SID         string // Twilio's, once known
	PlacedAt    time.Time
	InitiatedAt time.Time // these four: when redial heard of it first
	RingingAt   time.Time
	AnsweredAt  time.Time
	EndedAt     time.Time
	Finals      []Status // every final status that was reported, sorted
	Duration    int      // of the conversation, seconds
	SIPCode     int      // of the last leg's end, 0 unknown
	Refusal     *Refusal
	Heard       bool      // Twilio has said anything about it, after it took it
	Unanswered  bool      // the answer to its create request never came
	Absent      int       // how often Twilio's list has not shown it
	AbsentAt    time.Time // when last
	Ambiguous   bool      // Twilio's list showed several it could be
	Lost        bool      // over, as no leg can live so long, and nobody said how it ended
	Unplaced    bool      // proven never to have rung
	AskAt       time.Time // when to ask Twilio about it, unless word comes first
	Asks        int       // how often Twilio was asked
	Stuck       int       // how often Twilio said that it is still queued, though it should long have left
	HangUpAt    time.Time // when to end it, unless it is answered first
	HangUps     int       // how often Twilio was asked to end it
	OverdueAt   time.Time // when it was ended at its leg's bound, whoever was listening
	EndWhy      string    // why it is ended though it might be answered: taken or canceled
	Interrupts  int       // how often Twilio was asked to break into the conversation
	AnsweredBy  string    // what Twilio's detection said: human, unknown, fax or machine_*
	Instructed  bool      // Twilio was told what to say to whoever answered; only where it has to ask
	ConfirmedAt time.Time // when the right key was pressed
	WrongKeys   int       // how often a wrong one was
}

// Result is a function of the facts: evidence that a phone rang outweighs any
// belief that none did, and having been answered outweighs every other ending.
func (a *Attempt) Result() Result {
	switch {
	case len(a.Finals) > 0 && !a.AnsweredAt.IsZero(), a.strongest() == StatusCompleted:
		return a.answered()
	case a.HangUps > 0 && a.strongest() == StatusCanceled: // by us: it rang out, or never left the queue
		switch {
		case a.EndWhy != "":
			return Canceled
		case a.dialedOut():
			return NoAnswer
		}
		return Unplaced
	case len(a.Finals) > 0:
		return Result(a.strongest())
	case a.Lost:
		return a.lost()
	case a.SID != "" && (a.isHeard() || !a.Unplaced):
		return ""
	case a.Ambiguous:
		return Ambiguous
	case a.Refusal != nil:
		return Refused
	case a.Unplaced:
		return Unplaced
	}
	return ""
}

// answered is the Result of an Attempt that was answered.
func (a *Attempt) answered() Result {
	switch {
	case !a.ConfirmedAt.IsZero():
		return Completed
	case a.Machine():
		return Machine
	case a.NeedsKey, a.reportedError() != 0, a.Detects && (a.AnsweredBy != human || !a.Instructed): // who was told nothing was not reached
		return Unconfirmed
	}
	return Completed
}

// proven says whether it is known that a person was reached, also before the
// conversation ends.
func (a *Attempt) proven() bool {
	return a.Result() == Completed || !a.Over() && !a.AnsweredAt.IsZero() && a.answered() == Completed
}

// reportedError is Twilio's error code where what was to be heard could not be had or run,
// and whoever answered heard "an application error" instead; 0 if it reported none.
func (a *Attempt) reportedError() int {
	if a.Refusal == nil || a.Refusal.Status != 0 {
		return 0
	}
	return a.Refusal.Code
}

// Machine says whether a machine is known to have answered, where that matters.
func (a *Attempt) Machine() bool {
	return a.Detects && isMachine(a.AnsweredBy) && a.ConfirmedAt.IsZero()
}

// hasMessage says whether a message was left with a machine.
func (a *Attempt) hasMessage() bool {
	return a.Result() == Machine && a.AnsweredBy != fax && a.Instructed && a.reportedError() == 0
}

// dialedOut says whether Twilio is known to have begun to dial.
func (a *Attempt) dialedOut() bool { return !a.InitiatedAt.IsZero() || !a.RingingAt.IsZero() }

func (a *Attempt) strongest() Status {
	for _, s := range finals {
		if slices.Contains(a.Finals, s) {
			return s
		}
	}
	return ""
}

// Over says whether the Attempt has a Result.
func (a *Attempt) Over() bool { return a.Result() != "" }

// Rang is for how long the phone rang, as far as redial has heard, of an Attempt that is over; known is false
// where it has not heard of a ring, or only after its end.
func (a *Attempt) Rang() (d time.Duration, known bool) {
	end := a.AnsweredAt
	if end.IsZero() {
		end = a.EndedAt.Add(-time.Duration(a.Duration) * time.Second)
	}
	return end.Sub(a.RingingAt), !a.RingingAt.IsZero() && !end.Before(a.RingingAt)
}

// Live says whether a phone may be ringing, or about to ring, for this Attempt.
func (a *Attempt) Live() bool { return !a.Over() && !a.isPostponed() }

func (a *Attempt) isPostponed() bool { return !a.RetryAt.IsZero() && a.SID == "" && !a.Over() }

// Status is how far the Attempt has come, whatever order the reports came in.
func (a *Attempt) Status() Status {
	switch {
	case a.Over():
		return Status(a.Result())
	case !a.AnsweredAt.IsZero():
		return InProgress
	case !a.RingingAt.IsZero():
		return Ringing
	case !a.InitiatedAt.IsZero():
		return Initiated
	case a.SID != "":
		return Queued
	case a.isPostponed():
		return Postponed
	case a.Unanswered:
		return Unknown
	}
	return Placing
}

// addFinal adds a final status to the facts.
func (a *Attempt) addFinal(s Status) {
	i, found := slices.BinarySearch(a.Finals, s)
	if !found {
		// a fresh slice: a clone of the Call must not see the change
		a.Finals = slices.Insert(slices.Clone(a.Finals), i, s)
	}
}
