// Package webhook sends applications what happened to their Calls: signed messages of Standard Webhooks. It sends each
// message again until it is taken, keeps the order of the messages of one Call to one endpoint, and sends a bounded
// number to each endpoint at once. It never decides what happened, and never changes a Call.
//
// A message is a row that was written with the event. The node that sends it holds a lease of the row: when the node
// dies, the row is due again. So a message may arrive twice, but it does arrive.
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
