package call

// Action is to be performed after the step that asked for it is on disk. An Action that gets lost, or is performed
// twice, does no harm: the Call's WakeAt comes again, and a Dial is fenced.
type Action struct {
	Kind    ActionKind
	Attempt int
}

// ActionKind is what the dialer is asked to do.
type ActionKind string

// What can be asked of the dialer.
const (
	Dial   ActionKind = "dial"    // send the create request, before SendBy
	LookUp ActionKind = "look up" // ask the carrier about a call by its sid
	Search ActionKind = "search"  // look for an attempt without a sid in the carrier's list
	HangUp ActionKind = "hang up" // end a call that is not answered, and no other
	Tell   ActionKind = "tell"    // break into a conversation to say that somebody else was reached
	End    ActionKind = "end"     // end a call, answered or not
)
