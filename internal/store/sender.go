package store

import "redial/internal/call"

// Sender sends webhooks. A batch hands over the Deliveries that it makes due as soon as they are on disk, if the
// Sender has slots for them. They need not be claimed then.
type Sender interface {
	// Body is what is sent for an Event, with the Call as it was at that event. It is pure.
	Body(*call.Call, *call.Event) (string, error)
	// OfCall says which events are sent to a Call's own webhook.
	OfCall() Filter

	// Take takes a slot for one exchange with a target. It returns false if there is none. Drop gives the slot back.
	Take(target string) bool
	Drop(target string)
	// Start sends Deliveries whose slots were taken. They are on disk.
	Start([]Delivery)
	// Look makes the Sender look at the database, because a Delivery is due for which there was no slot.
	Look()
}

// SendBy sets the Sender. It is called once, before anything is written. Without a Sender there are no webhooks.
func (s *Store) SendBy(x Sender) { s.sender = x }
