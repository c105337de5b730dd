// Package dialer is the loop that wakes the Calls that are due and performs what the state machine decided: it places
// attempts at the account's pace, and asks the carrier about those that have fallen silent. It never decides what is
// due or what follows, and knows a carrier by the methods of Carrier alone.
//
// A decision is on disk before it is performed, so the loop may be killed anywhere: whatever it had in hand is due
// again later, on this node or another.
//
// Its words: a slot is one of the requests to the carrier that may be under way at once, a token of the pace lets one
// dial begin, a Look says when the loop looks again. A pause keeps all nodes from dialing; a trial is the one call that
// is dialed although there is a pause, to learn whether it is over.
//
// Its files, the highest first; a file uses only those below it:
//
//	loop.go     when to look, what to claim, how much at once, at which pace
//	perform.go  one action: a create request, a question, a hang-up, and what came of it recorded
//	pause.go    no call is dialed while the carrier takes none of the account's
//	inquire.go  after a start: asks about the legs of which nobody listened to the reports
//	sweep.go    once a minute: gives free numbers to the calls that are held for them
//	clock.go    whether this node's clock is near enough to the database's to dial by
//	dialer.go   how the loop is set up, and what it keeps
//	carrier.go  what the loop needs of a carrier
//	trial.go    the one call that is dialed although there is a pause
//	blocks.go   what this node was kept from dialing, and when: what a dial has waited for
//	backoff.go  a wait that doubles
//	metrics.go  counters
package dialer
