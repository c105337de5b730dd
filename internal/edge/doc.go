// Package edge makes a checked Wish of bytes, or returns all that is wrong with them at once. Every request for a call
// comes through it, by whatever door. It knows the settings by which a wish is checked, and their names. It asks no
// database, and never decides who may ask.
//
// Its files, from the top down:
//
//	wish.go      a request for a call to a Wish
//	policy.go    policies and presets
//	numbers.go   who may call and be called
//	id.go        the ids of calls, which have their times
//	decode.go    JSON field by field, and what is wrong with it
//	settings.go  what the settings are called that errors are about
package edge
