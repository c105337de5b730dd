package call

import "slices"

// Status is how far an Attempt has come, in Twilio's words where it has one.
type Status string

// Twilio's statuses of a call, in the order in which a call goes through them.
const (
	Queued          Status = "queued"
	Initiated       Status = "initiated"
	Ringing         Status = "ringing"
	InProgress      Status = "in-progress"
	StatusCompleted Status = "completed"
	StatusBusy      Status = "busy"
	StatusNoAnswer  Status = "no-answer"
	StatusFailed    Status = "failed"
	StatusCanceled  Status = "canceled"
)

// Statuses of ours, for an Attempt that Twilio has not taken (yet).
const (
	Placing   Status = "placing"   // on disk; the create request is under way
	Unknown   Status = "unknown"   // the answer to the create request was lost: a phone may be ringing
	Postponed Status = "postponed" // proven not processed; the same attempt is dialed later
)

// Final says whether Twilio is done with a call of this status.
func (s Status) Final() bool { return slices.Contains(finals, s) }

// Known says whether s is one of Twilio's words.
func (s Status) Known() bool {
	return s.Final() || s == Queued || s == Initiated || s == Ringing || s == InProgress
}

// finals lists Twilio's final statuses, the strongest evidence first: where two
// contradict each other, having been answered wins.
var finals = []Status{StatusCompleted, StatusBusy, StatusNoAnswer, StatusFailed, StatusCanceled}

// Result is how an Attempt ended; empty while it has not.
type Result string

// The results of an Attempt: Twilio's words, then ours.
const (
	Completed   Result = "completed"
	Busy        Result = "busy"
	NoAnswer    Result = "no-answer"
	Failed      Result = "failed"
	Canceled    Result = "canceled"
	Machine     Result = "machine"     // a machine picked up
	Unconfirmed Result = "unconfirmed" // it was answered, and nothing proves that a person was there
	Refused     Result = "refused"     // Twilio would not take it
	Unplaced    Result = "unplaced"    // proven never to have rung
	Ambiguous   Result = "ambiguous"   // Twilio's list could not tell
)

// Results lists every Result.
func Results() []Result {
	return []Result{Completed, Busy, NoAnswer, Failed, Canceled, Machine, Unconfirmed, Refused, Unplaced, Ambiguous}
}
