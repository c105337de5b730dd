// Package timeline is the picture of a Call: a line for each person, time from left to right, how long each attempt
// was in Twilio's queue, rang and was talked on, and how it ended. It gives places and times; the page gives words and
// colours. It is pure: the present is given to it.
//
// Its files, from the top down:
//
//	timeline.go  what there is to draw of a Call
//	axis.go      times to places, with what is folded, and the times that are written
package timeline
