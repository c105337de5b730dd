// Package webhook sends what happened to the Calls to whoever wants to hear of it: signed messages of Standard
// Webhooks, again and again until they are taken, in sequence for each Call and endpoint, and at most so many at once
// to each endpoint. It never decides what happened, and never changes a Call.
//
// What is to be sent is a row that was written with the event. Who sends it has a lease: when a node dies, the row is
// due again, so a message may arrive twice and never not at all.
//
// Its files, from the top down:
//
//	check.go     what an endpoint may be, asked by the API
//	loop.go      the loop: what is due is claimed and sent, and what came of it is written down
//	slots.go     how much goes to which endpoint at once
//	exchange.go  one message: sent, and what its answer means
//	message.go   the message's body: the event, and the call as it then was
//	sender.go    a Sender, its parts and its state
//	secret.go    the secrets that sign, and signing
//	guard.go     which addresses may be reached: checked as they are dialed
//	reason.go    why there was no answer, in words that quote nothing
//	delays.go    how long to wait after so many failures
//	metrics.go   counters
//	bounds.go    how much at once, how long, and how often
package webhook
