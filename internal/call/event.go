package call

import "time"

// EventType names something that happened to a Call, in the past tense.
type EventType string

// What can happen to a Call.
const (
	CallCreated         EventType = "call.created"
	CallCancelRequested EventType = "call.cancel_requested"
	CallHeld            EventType = "call.held"             // another Call is ringing the number
	CallReleased        EventType = "call.released"         // the number is free again
	CallDeferred        EventType = "call.deferred"         // the next dial may not be made at its time
	RedialRequested     EventType = "call.redial_requested" // somebody wants it at once
	RedialScheduled     EventType = "call.redial_scheduled" //
	RedialWithdrawn     EventType = "call.redial_withdrawn" // later facts overturned the decision
	CallEnded           EventType = "call.ended"

	TriggerDoubted EventType = "trigger.doubted" // something went wrong in the trigger that made the call

	AttemptDialed     EventType = "attempt.dialed"     // written, about to be sent
	AttemptPlaced     EventType = "attempt.placed"     // the carrier took it, and named it
	AttemptPostponed  EventType = "attempt.postponed"  // not processed; the same attempt goes out later
	AttemptUnanswered EventType = "attempt.unanswered" // nobody knows whether a phone rings
	AttemptInitiated  EventType = "attempt.initiated"
	AttemptRinging    EventType = "attempt.ringing"
	AttemptAnswered   EventType = "attempt.answered"
	AttemptDetected   EventType = "attempt.detected"    // the carrier says whether a machine answered
	AttemptConfirmed  EventType = "attempt.confirmed"   // the right key was pressed: a person was reached
	AttemptPassedOn   EventType = "attempt.passed_on"   // a key was pressed that leaves the call to the others
	AttemptKeyRefused EventType = "attempt.key_refused" // a wrong key was pressed
	AttemptTold       EventType = "attempt.told"        // the listener hears that somebody else was reached
	AttemptAsked      EventType = "attempt.asked"       // no word in time: the carrier is asked
	AttemptHungUp     EventType = "attempt.hung_up"     // it takes too long, or is unwanted, and is ended
	AttemptEnded      EventType = "attempt.ended"
	AttemptResurfaced EventType = "attempt.resurfaced" // news of an attempt after a later one was sent
	AttemptResolved   EventType = "attempt.resolved"   // an operator said what became of an ambiguous attempt
)

// EventTypes lists every EventType.
func EventTypes() []EventType {
	return []EventType{
		CallCreated, CallCancelRequested, CallHeld, CallReleased, CallDeferred,
		RedialRequested, RedialScheduled, RedialWithdrawn, CallEnded, TriggerDoubted,
		AttemptDialed, AttemptPlaced, AttemptPostponed, AttemptUnanswered, AttemptInitiated, AttemptRinging, AttemptAnswered,
		AttemptDetected, AttemptConfirmed, AttemptPassedOn, AttemptKeyRefused, AttemptTold, AttemptAsked, AttemptHungUp,
		AttemptEnded, AttemptResurfaced, AttemptResolved,
	}
}

// Event is something that happened to a Call. Fields that don't apply to its type are empty.
type Event struct {
	Seq           int       `json:"-"` // the Call's own counter, from 1
	Type          EventType `json:"-"`
	At            time.Time `json:"-"`
	Attempt       int       `json:"-"` // 0 when it is about the Call as a whole
	SID           string    `json:"sid,omitempty"`
	Person        int       `json:"person,omitempty"` // whose phone is rung, from 1, where there are several
	Result        Result    `json:"result,omitempty"`
	Outcome       Outcome   `json:"outcome,omitempty"`
	By            string    `json:"by,omitempty"` // whose request caused it: the name of an API key
	Reason        string    `json:"reason,omitempty"`
	Answer        string    `json:"answer,omitempty"`   // what the pressed key means
	Waiting       string    `json:"waiting,omitempty"`  // why the next dial is not made sooner
	Waited        []Wait    `json:"waited,omitempty"`   // what the dial has waited for since it was due
	Code          int       `json:"code,omitempty"`     // the carrier's error code
	Message       string    `json:"message,omitempty"`  // the carrier's words
	SIPCode       int       `json:"sip_code,omitempty"` //
	Duration      int       `json:"duration,omitempty"` // of the conversation, seconds
	NextAttemptAt time.Time `json:"next_attempt_at,omitzero"`
}

// Wait is a part of the time from which a dial was due until it was made.
type Wait struct {
	Why     string `json:"why"`
	Seconds int    `json:"seconds"`
}

// event numbers an Event about the Call as a whole.
func (c *Call) event(t EventType, now time.Time, e Event) Event {
	c.Seq++
	e.Seq, e.Type, e.At = c.Seq, t, now
	return e
}

// attemptEvent numbers an Event about one Attempt.
func (c *Call) attemptEvent(t EventType, now time.Time, n int, e Event) Event {
	e.Attempt = n
	return c.event(t, now, e)
}
