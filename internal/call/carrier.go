package call

import (
	"fmt"
	"time"
)

// Fate is what is known of a create request that did not succeed.
type Fate string

// The fates of a create request.
const (
	// FateRefused: the carrier answered that it will not take this call.
	FateRefused Fate = "refused"
	// FateAccount: the carrier takes no call of this account for now; nothing was created.
	FateAccount Fate = "account"
	// FateNotProcessed: the carrier did not process the request, or never saw it.
	FateNotProcessed Fate = "not processed"
	// FateUnknown: a phone may be ringing. Only evidence can tell.
	FateUnknown Fate = "unknown"
)

// PlaceError is a create request that did not succeed: the carrier only
// classifies, what follows is decided elsewhere.
type PlaceError struct {
	Fate       Fate
	Refusal    Refusal       // with FateRefused and FateAccount
	RetryAfter time.Duration // with FateNotProcessed: what the carrier asked for, 0 if nothing
	Err        error         // the cause, may be nil
}

func (e *PlaceError) Error() string {
	switch {
	case e.Refusal.Code != 0:
		return fmt.Sprintf("%s: error %d (HTTP %d)", e.Fate, e.Refusal.Code, e.Refusal.Status)
	case e.Err != nil:
		return fmt.Sprintf("%s: %v", e.Fate, e.Err)
	}
	return string(e.Fate)
}

func (e *PlaceError) Unwrap() error { return e.Err }
