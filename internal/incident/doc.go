// Package incident decides when a trigger rings about what: which things that are wrong nobody was reached about, when
// they may ring again, and which calls are about nothing any more. It is pure, as package call is: every step is given
// the time, can be run again, and depends on nothing else. It knows a call by what became of it, and never makes one.
//
// Its files, from the top down:
//
//	ring.go    which members ring now, which calls are canceled, and when to look again
//	tell.go    what an event changes
//	member.go  one thing that is wrong, and what is known about it
package incident
