// Package api is redial's public contract: the OpenAPI document, the types of its JSON, and a client. It stands
// alone, so that other programs can use it: it imports nothing else of redial's. It never decides about a call, and
// leaves it to the server to say what is wrong with a request.
//
// Its files, from the top down:
//
//	listen.go    a server's webhooks, streamed and passed on to a program of this machine
//	follow.go    the events of one call, as they happen, over any number of connections
//	webhook.go   what is sent to an application, and the requests about endpoints and deliveries
//	triggers.go  what has happened, told to a trigger, and the requests about triggers
//	incidents.go  what triggers' events are about, and the requests about incidents
//	keys.go      API keys, and the requests about them
//	rotas.go     who is on duty, and the requests about rotas and their overrides
//	audit.go     who did what, and the request for it
//	client.go    the requests about calls
//	send.go      one request: sent, tried again where that is harmless, its answer or its problem read
//	types.go     calls, attempts, policies and events as JSON; openapi.yaml and presets.json beside them
//	problem.go   what is wrong with a request, as RFC 9457 has it
//	duration.go  a length of time as JSON has it: "90s", "PT1M30S" or seconds
package api
