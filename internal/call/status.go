package call

import "slices"

// Status is how far an Attempt has come.
type Status string

// A carrier's statuses of a call, in the order in which a call goes through them. Reports have these
// words, whatever words a carrier has itself.
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

// Statuses of ours, for an Attempt that the carrier has not taken (yet).
const (
	Placing   Status = "placing"   // on disk; the create request is under way
	Unknown   Status = "unknown"   // the answer to the create request was lost: a phone may be ringing
	Postponed Status = "postponed" // proven not processed; the same attempt is dialed later
)

// Final says whether the carrier is done with a call of this status.
func (s Status) Final() bool { return slices.Contains(finals, s) }

// Known says whether s is a carrier's status.
func (s Status) Known() bool {
	return s.Final() || s == Queued || s == Initiated || s == Ringing || s == InProgress
}

// finals lists the final statuses, the strongest evidence first: where two contradict each other, having been answered
// wins.
var finals = []Status{StatusCompleted, StatusBusy, StatusNoAnswer, StatusFailed, StatusCanceled}

// Result is how an Attempt ended; empty while it has not.
type Result string

// The results of an Attempt: the final statuses, then our own.
const (
	Completed   Result = "completed"
	Busy        Result = "busy"
	NoAnswer    Result = "no-answer"
	Failed      Result = "failed"
	Canceled    Result = "canceled"
	Machine     Result = "machine"     // a machine picked up
	Unconfirmed Result = "unconfirmed" // it was answered, and nothing proves that a person was there
	Refused     Result = "refused"     // the carrier would not take it
	Unplaced    Result = "unplaced"    // proven never to have rung
	Ambiguous   Result = "ambiguous"   // the carrier's list could not tell
)

// Results lists every Result.
func Results() []Result {
	return []Result{Completed, Busy, NoAnswer, Failed, Canceled, Machine, Unconfirmed, Refused, Unplaced, Ambiguous}
}
