// Package web is redial over HTTP: the API for applications, and for Twilio the callbacks and the answers with TwiML.
// It decides who may ask, and answers. Package edge says what is wrong with a wish; package app says which method
// answers which request. It never dials, and writes no SQL.
//
// Its files, from the top down:
//
//	around.go    what is around every route: paths, unknown ones, panics, headers
//	article.go   the article's POST, which plays a trigger
//	options.go   what the article's POST brings
//	triggers.go  which triggers there are, and what they would do
//	tell.go      what has happened is told to a trigger
//	calls.go     calls: made, shown, listed, canceled, deleted
//	table.go     a list of calls as CSV
//	filters.go   which calls a list is of
//	explain.go   what would become of a wish, or will of a call
//	resolve.go   an operator's word on an ambiguous attempt
//	incidents.go  what triggers' events are about, and deeds on it by hand
//	presets.go   the presets that there are
//	webhooks.go  webhook endpoints, what was sent to them, and their stream
//	rotas.go     who is on duty, and overrides of whose turn it is
//	audit.go     who did what
//	trigger_secrets.go  secrets of triggers: made, rotated
//	keys.go      API keys: made, listed, rotated
//	revoke.go    API keys are revoked, and what a name made is canceled
//	events.go    a call's timeline, as a list and as a stream
//	twiml.go     what Twilio is to say, and which keys were pressed
//	callback.go  how an attempt goes, as Twilio tells it
//	probe.go     how a request looks when it arrives, for those who have the token
//	health.go    the contract, whether this node is well, and its metrics
//	waiting.go   what keeps a call from being dialed
//	ids.go       ids that are given by their beginning
//	pages.go     parameters of lists, and others
//	lasting.go   answers that go on: waits and streams
//	handler.go   who may come to a handler: anybody, the users of the API, Twilio
//	problem.go   errors to statuses
//	numbers.go   people's numbers, whole or masked
//	json.go      bodies of requests, and of answers
//	askers.go    who asks through another door, by the same API keys
//	auth.go      API keys
//	local.go     whether a request comes from this very machine
//	web.go       a Server, its parts and its state
//	bounds.go    requests for calls that are not taken, as too many have not ended
package web
