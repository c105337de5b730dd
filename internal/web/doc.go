// Package web is redial over HTTP: the API that applications use, and what Twilio uses, its callbacks and its questions
// what to say. Requests are checked here, at the edge, so that the rest of redial works with what is known to be sound.
// Which request is answered by which method stands in package app. It never dials, and writes no SQL.
//
// Its files, from the top down:
//
//	web.go       a Server, its parts and its state
//	around.go    what is around every route: paths, unknown ones, panics, headers
//	calls.go     calls: made, shown, listed, canceled, deleted
//	explain.go   what would become of a wish, or will of a call
//	resolve.go   an operator's word on an ambiguous attempt
//	events.go    a call's timeline, as a list and as a stream
//	webhooks.go  webhook endpoints, what was sent to them, and their stream
//	callback.go  how an attempt goes, as Twilio tells it
//	talk.go      what Twilio is to say, and which keys were pressed
//	probe.go     who asks how a request looks by the time that it arrives
//	presets.go   the presets that there are
//	health.go    the contract, whether this node is well, and its metrics
//	waiting.go   what keeps a call from being dialed
//	ids.go       ids that are given by their beginning
//	wish.go      a request for a call to a checked Wish, or all its faults
//	policy.go    policies and presets
//	numbers.go   who may call and be called
//	json.go      errors to statuses, values to answers, bodies
//	decode.go    JSON field by field, and its faults
//	auth.go      API keys
//	local.go     whether a request comes from this very machine
//	budget.go    how much is handled at once
package web
