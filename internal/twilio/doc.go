// Package twilio is the only one that knows Twilio's wire: how a call is created, looked up and searched for, how
// Twilio's reports are read and their signatures checked, which messages and options it takes, what TwiML may do and
// where it may lead, and what its errors mean. It never decides what follows: what a failure means for the call is
// classified here (call.PlaceError), and what becomes of the call is decided in package call.
//
// Requests are formed by the official SDK and sent by this package, because the SDK's own client carries no context,
// loses HTTP statuses and headers, and can speak to Twilio's host only.
//
// Its files, from the top down. First what is asked of Twilio:
//
//	place.go         the create request, sent in time or never
//	list.go          the search for an attempt whose sid is unknown
//	report.go        what a callback says, what a call looked up says, and the requests that end or turn one
//	setup.go         questions about the account, its numbers and where it may call
//	exchange.go      one request and its answer, over the SDK
//	errors.go        the tables of codes: what a failure means for the call
//	client.go        the connection: account, credentials, base URL
//	fence.go         a request that is not written once it is too late
//	sid.go           the form of a call's sid
//
// Then what Twilio asks of redial:
//
//	probe.go         a request as Twilio would send it, to find out what arrives
//	signature.go     whether a request is Twilio's
//	host.go          the public URL under which Twilio reaches redial
//
// And what is to be heard:
//
//	instructions.go  the TwiML of an attempt: what a person hears, what a machine does, what a key means
//	phrases.go       redial's own words in several languages
//	options.go       which parameters of Twilio's create call a request may bring
//	check.go         whether a TwiML document does what is allowed
//	rules.go         what an installation allows: verbs, hosts, languages
//	document.go      a TwiML document, read
//	verbs.go         the verbs, attributes and texts that TwiML knows
//	twiml.go         whether a message can be spoken, and speaking it
//	languages.go     the languages that Twilio speaks
package twilio
