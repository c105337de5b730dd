package store

import "redial/internal/call"

// Sender sends webhooks. What a batch makes due is handed over as soon as it is on disk, if
// the Sender has a slot for it: then it needs no claim.
type Sender interface {
	// Body is what is sent of an Event, with the Call as it was then. It is pure.
	Body(*call.Call, *call.Event) (string, error)
	// OfCall says which events are sent to the webhook that a Call brings itself.
	OfCall() Filter

	// Take takes a slot for one exchange with a target, or says that there is none. Drop
	// gives it back.
	Take(target string) bool
	Drop(target string)
	// Start sends what slots were taken for, and is on disk by now.
	Start([]Delivery)
	// Look makes the Sender look at the database: something is due that no slot was taken for.
	Look()
}

// SendBy names the Sender, once, before anything is written. Without one there are no
// webhooks.
func (s *Store) SendBy(x Sender) { s.sender = x }
