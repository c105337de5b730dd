// Package call is the state machine of a Call, the wish to reach a person, and of its Attempts, the dials
// made for it: it takes commands and facts, and decides what is done next. It never does I/O, never reads a
// clock and never holds a lock: each step is given the present, and returns the Events that it caused. The
// facts alone decide, in whatever order and however often they come, so the store may repeat a step, a
// carrier may repeat, delay or reorder what it says, and a decision that later facts overturn is withdrawn by
// deciding again. What a carrier's words and silence prove is data: evidence.go alone names one.
//
// Its files, the highest first; a file uses only those below it:
//
//	forecast.go     what follows if all dials to come end alike
//	create.go       how a wish becomes a call
//	wake.go         what is due now
//	requests.go     what somebody asks of a call: a cancel, the next dial at once, a look
//	resolve.go      what an operator found out about an ambiguous attempt
//	held.go         what it means that another call rings the number
//	facts.go        what was heard of an attempt
//	settle.go       what follows from the facts: how the call ended, or what it waits for
//	reached.go      whether a person was reached, as far as that is proven
//	queue.go        why a call that is due is not dialed yet
//	schedule.go     when the next dial is
//	ladder.go       whom the next dial rings
//	pause.go        when a person may be rung again
//	leg.go          what a live attempt needs next
//	hangup.go       when an attempt is ended
//	silence.go      when the carrier is asked about an attempt
//	conclude.go     how it is told that an attempt ended
//	history.go      what became of the attempts so far
//	people.go       whom a call may ring
//	waited.go       what a dial waited for after it was due
//	attempt_key.go  the key by which callbacks name an attempt
//	event.go        what can happen to a call
//	action.go       what the dialer can be asked to do
//	fate.go         how a carrier says that it made no call
//	searchable.go   by which of its metadata a call is found
//	call.go         what a call is
//	result.go       how an attempt ended
//	attempt.go      what is known of an attempt
//	policy.go       how hard to try; all checks of a policy
//	machine.go      what is known of answering machines
//	confirm.go      which keys prove that a person listens
//	status.go       the words for how far an attempt came
//	evidence.go     what a carrier's words and its silence prove
//	window.go       when a phone may ring
//	zone.go         what the clock of a time zone shows
//	bounds.go       how long anything may take
//	times.go        what a time that is not set means
package call
