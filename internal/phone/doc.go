// Package phone is the edge around telephone numbers: text in, a checked number out, with its region, its kind of line
// and its zones. It knows numbering plans by way of github.com/nyaruka/phonenumbers, a port of Google's libphonenumber
// and its data, and nothing of calls. It does no I/O, knows no setting, and never guesses.
//
// Its files, from the top down:
//
//	parse.go       text to a number, or what to write instead
//	plain.go       E.164 as programs write it, read faster
//	allowed.go     which numbers may be called, by region and kind of line
//	prefix.go      ranges that the operator knows to be in service
//	supplement.go  ranges in service that the library does not know
//	example.go     a number as documents show it
//	phone.go       a number and its kinds of line
//	zones.go       the zones that a number may be in
//	places.go      where numbers are that the library puts elsewhere
//	costly.go      ranges that cost many times an ordinary call
//	clean.go       characters that can't be seen, and the many dashes
//	mask.go        a number as it may be shown
package phone
