package store

import (
	"time"

	"redial/internal/call"
	"redial/internal/incident"
)

// Telling is something that is told to a trigger, or a look at what it waits for.
type Telling struct {
	Trigger  string
	By       Asker            // whose request it is; its zero value: redial's own
	Now      func() time.Time // asked again once it is the Telling's turn, for which it may have waited
	Keys     []string         // the members that it is about
	Groups   []string         // the senders' names of the groups that it is about
	Incident string           // instead: the members that fire of this incident
	OnlyDue  bool             // nothing happens unless the trigger's time has come
	Deed     Deed             // of whoever asks, on the incident; empty: none
	Teller   Teller
}

// Teller decides what a trigger rings about. Its methods run in the transaction, and may be run again.
type Teller interface {
	// Take takes in what is told. It is given what is known of the members that the Telling names, of all that are to
	// ring, and of those that a call tells of; the time; and whether the trigger has as many members as it can have.
	Take(t *incident.Trigger, now time.Time, full bool) Taken
	// People names those whom a member is to reach now.
	People(m *incident.Member) string
	// Make makes the call of a ring. What was told of its members is in their order; of the last of many it is left out.
	// The incident is that of the first. If Make fails, it is tried again a while later.
	Make(r incident.Ring, about []string, of Incident) (call.Call, []call.Event, error)
}

// Taken is what a Teller has taken in.
type Taken struct {
	About map[string]About // what is new about members that fire, by their keys
	Group About            // the same about all of them together
	Why   Closing          // why an incident is closed of which no member fires any more
	Words string           // why a call is canceled that tells of nothing any more, for its timeline
}

// About is what was told of a member, or of an incident.
type About struct {
	Title string
	Data  string // JSON
}

// ToldTrigger is what became of a Telling.
type ToldTrigger struct {
	Members  map[string]ToldMember // by key, as far as they are known
	Made     []call.Call
	Canceled []call.Call
	Refused  error // why a call could not be made now, which is tried again: a *TooManyError, or an error of Make
}

// ToldMember is a member of a trigger after something was told.
type ToldMember struct {
	incident.Member
	Live    bool      // its call has not ended
	RingsAt time.Time // when it rings at the earliest, zero: it is not to ring
}
