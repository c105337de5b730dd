// Package sim is a Twilio that runs on your desk: real HTTP, real signatures,
// real timing, and phones that do what a script says. It imports nothing of the
// product, so that the two can't share a mistake, and never rings a real phone.
//
// A phone's script is a list of steps by commas, one for each call to its number;
// the last one is repeated.
//
//	answer           rings about 4 s, answers, and listens to the end
//	answer:12s       hangs up after 12 s
//	no-answer        rings until the request's Timeout
//	busy             is busy
//	decline          rings 3 s and declines: busy
//	decline:no-answer  the same, as Japanese networks report it
//	voicemail        rings 20 s or most of the Timeout, then a machine answers
//	failed           can't be routed (SIP 503)
//	wrong            no such number in the network (SIP 404): failed
//	rings-forever    rings until it is canceled, whatever the Timeout
//	rings-forever:40s  rings so long, whatever the Timeout, and is answered
//	queued:30s       waits so long in the account's queue, then answers
//	stuck            keeps its status for ever once it is answered, whatever is asked of it
//	stuck:ringing    keeps this one; or stuck:queued
//	refuse:21211     the create request is refused with that code, and HTTP status 400
//	refuse:10005/403  the same with that status
//	by-hand          does what somebody does with it at the desk's page, or by the control API
//
// Whatever its script says, a phone that rings can be answered, declined or ignored by hand. Then it lives no faster
// than life, whatever the Speed.
//
// Steps take modifiers, joined with "+":
//
//	lost             no status callback of this call arrives
//	late             they arrive late (20 s)
//	doubled          they arrive twice
//	reordered        they arrive in another order
//	early            they arrive before the create request is answered
//	429              the create request is answered 429, and nothing is placed
//	500              the call is placed, and the create request answered 500
//	dropped          the call is placed, and the connection dropped
//	unplaced500      nothing is placed, and the create request answered 500
//	gone             the call is placed, and the REST API answers 404 to its sid
//
// Faults do the same at random, but by a seed: what happens to a call depends on
// the seed, its number and how often that number was called, not on timing.
//
// Its files, from the top down:
//
//	rest.go          Twilio's REST API
//	desk.go          the page of the phones, served and kept up to date
//	view.go          what the page shows
//	words.go         the page's words, in English and Japanese
//	control.go       sim's own API, under /sim/
//	validate.go      what Twilio refuses in a create request
//	leg.go           the life of a call, from the queue to its end
//	instructions.go  the TwiML that a call goes through
//	hand.go          what a person does with a phone
//	callback.go      what Twilio posts and fetches, signed
//	account.go       what the account may do, its numbers, its clock
//	faults.go        what goes wrong, by a seed
//	sim.go           a Twilio: what was asked of it, which phones there are, who watches
//	calls.go         calls and phones, as sim knows them
//	answer.go        what a request is answered: a body, or one of Twilio's errors
//	script.go        what a phone does
package sim
