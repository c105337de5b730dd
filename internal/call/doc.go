// Package call is the state machine: a Call, the wish to reach a person, and
// its Attempts, the dials made for it.
//
// The package is pure. It does no I/O, reads no clock and holds no lock; every
// step is given the present and returns the Events it caused. A step can be run
// again on the same facts and comes to the same end, so the store may repeat a
// transaction and Twilio may repeat, delay or reorder what it says.
//
// Commands and facts come in through New, Wake, Placed, NotProcessed, Refused,
// Report, Listed and Cancel. What follows from them is decided in one place,
// Call.settle, from the facts alone: a decision that later facts overturn is
// withdrawn by deciding again.
package call
