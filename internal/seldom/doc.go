// Package seldom keeps the log readable where others decide how often something happens: Line is for what anybody can
// cause, Failures for errors of one cause, Outage for somebody who fails and is well again. It never writes a line
// itself: it calls a function for that.
//
// Its files, from the top down:
//
//	outage.go    who fails: told when it begins, seldom while it lasts, and when it is over
//	failures.go  errors of one cause: a line that tells the last of them
//	line.go      what anybody can cause: told once, then counted
package seldom
