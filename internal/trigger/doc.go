// Package trigger understands the events of other systems: alert sources, forms, scripts. It reads what they send
// into one Event, whoever sent it, and turns it into words that are fit to be heard. It does no I/O, knows no
// database and no HTTP server, and never decides whether a phone rings.
//
// Its files, from the top down:
//
//	event.go  what was told, in the same words for every source
package trigger
