package call

import (
	"slices"
	"time"
)

// Result is a function of the facts. Evidence that a phone rang outweighs the belief that none did, and having been
// answered outweighs every other ending.
func (a *Attempt) Result() Result {
	switch {
	case len(a.Finals) > 0 && !a.AnsweredAt.IsZero(), a.strongest() == StatusCompleted:
		return a.answered()
	case a.HangUps > 0 && a.strongest() == StatusCanceled: // by us
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

// answered is the Result of an Attempt that was answered. Keys outweigh what was detected, and one that confirms
// outweighs one that passes the call on.
func (a *Attempt) answered() Result {
	switch {
	case !a.ConfirmedAt.IsZero():
		return Completed
	case !a.PassedOnAt.IsZero():
		return Unconfirmed
	case a.Machine():
		return Machine
	case a.NeedsKey, a.reportedError() != 0:
		return Unconfirmed
	case a.Detects && (a.AnsweredBy != human || !a.Instructed): // a person who heard nothing was not reached
		return Unconfirmed
	}
	return Completed
}

// lost is the Result of an attempt that is over, although nobody said how it ended.
func (a *Attempt) lost() Result {
	switch {
	case !a.AnsweredAt.IsZero(), !a.ConfirmedAt.IsZero():
		return a.answered()
	case a.isBounded(), a.isAbsent():
		return Failed
	}
	return Ambiguous
}

// strongest is the final status that counts, where the carrier has reported several.
func (a *Attempt) strongest() Status {
	for _, s := range finals {
		if slices.Contains(a.Finals, s) {
			return s
		}
	}
	return ""
}

// Machine says whether a machine is known to have answered, where that matters.
func (a *Attempt) Machine() bool {
	return a.Detects && isMachine(a.AnsweredBy) && a.ConfirmedAt.IsZero()
}

// hasMessage says whether a message was left with a machine.
func (a *Attempt) hasMessage() bool {
	return a.Result() == Machine && a.AnsweredBy != fax && a.Instructed && a.reportedError() == 0
}

// Over says whether the Attempt has a Result.
func (a *Attempt) Over() bool { return a.Result() != "" }

// Rang is how long the phone of an Attempt that is over rang, as far as redial heard. known is false if redial heard
// of no ring, or only after its end.
func (a *Attempt) Rang() (d time.Duration, known bool) {
	end := a.AnsweredAt
	if end.IsZero() {
		end = a.EndedAt.Add(-time.Duration(a.Duration) * time.Second)
	}
	return end.Sub(a.RingingAt), !a.RingingAt.IsZero() && !end.Before(a.RingingAt)
}

// Live says whether a phone may be ringing, or about to ring, for this Attempt.
func (a *Attempt) Live() bool { return !a.Over() && !a.isPostponed() }

// isPostponed says whether the Attempt was proven not to have been processed, and waits for its next create.
func (a *Attempt) isPostponed() bool { return !a.RetryAt.IsZero() && a.SID == "" && !a.Over() }

// Status is how far the Attempt has come, in whatever order the reports came.
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
