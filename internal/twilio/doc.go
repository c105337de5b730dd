// Package twilio is the only one that knows Twilio's wire: how a call is created, looked up and searched for, how
// Twilio's reports are read and their signatures checked, which messages and options it takes, what TwiML may do and
// where it may lead, and what its errors mean. It never decides what follows: what a failure means for the call is
// classified here (call.PlaceError), and what becomes of the call is decided in package call.
//
// Requests are formed by the official SDK and sent by this package, because the SDK's own client carries no context,
// loses HTTP statuses and headers, and can speak to Twilio's host only.
//
// Its files, the highest first; a file uses only those below it. First what is asked of Twilio:
//
//	place.go         the create request, sent in time or never
//	list.go          the search for an attempt whose sid is unknown
//	report.go        what a callback says, what a call looked up says, and the requests that end or turn one
//	setup.go         questions about the account, its numbers and where it may call
//
// Then what is to be heard:
//
//	message.go       whether what a wish wants said can be heard, and is allowed
//	instructions.go  the TwiML of an attempt: what a person hears, what a machine does, what a key means
//	phrases.go       redial's own words in several languages
//	options.go       which parameters of Twilio's create call a request may bring
//	check.go         whether a TwiML document does what is allowed
//	rules.go         what an installation allows: verbs, hosts, languages, voices
//	document.go      a TwiML document, read
//	verbs.go         the verbs, attributes and texts that TwiML knows
//	twiml.go         a text as TwiML, and how long it is
//	languages.go     the languages that Twilio speaks
//	field_error.go   what is wrong with a field of a request
//
// Then what Twilio asks of redial:
//
//	probe.go         a request as Twilio would send it, to find out what arrives
//	signature.go     whether a request is Twilio's
//
// And the wire:
//
//	exchange.go      one request and its answer, over the SDK
//	errors.go        the tables of codes: what a failure means for the call
//	record.go        what an answer says of a call
//	client.go        the connection: account, credentials
//	fence.go         a request that is not written once it is too late
//	host.go          the URLs of both sides: Twilio's, and the one under which Twilio reaches redial
//	sid.go           the form of a call's sid
package twilio
