// Package chaos is the machine that proves redial's promise: it runs real nodes against a simulated Twilio that errs,
// kills and stops them at any moment, and then holds the records against each other: what was asked for, what really
// rang, what redial recorded, and what an application heard of it. It knows redial by its public API alone, and never
// takes redial's word for what rang. See docs/reliability.md; the runs themselves are its tests.
//
// Its files, from the top down:
//
//	incidents.go  what triggers were told, held against the calls that they made
//	receiver.go   an application on a bad day, and which events it never heard of
//	unrung.go     calls that expired without a ring, and what kept them from it
//	audit.go      the three records held against each other
package chaos
