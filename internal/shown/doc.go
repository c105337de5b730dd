// Package shown turns what package call and package store know into what the API shows of it, in one place for
// every door. It reads no database and decides nothing: its callers give it all that it needs.
//
// Its files, from the top down:
//
//	shown.go    calls, their policies and events, forecasts, the account's pause
//	table.go    calls as rows of a table
//	masked.go   calls, with the middle of people's numbers hidden
//	webhook.go  webhook endpoints, and what was sent to them
//	trigger.go  what became of an event, and secrets of triggers
//	incidents.go  incidents, and their members
//	keys.go     API keys
//	audit.go    who did what
//	rotas.go    who is on duty, and overrides of whose turn it is
package shown
