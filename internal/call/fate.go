package call

import (
	"errors"
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
	// FateFull: the account has as many calls at once as it may; nothing was created.
	FateFull Fate = "full"
	// FateUnlisted: the carrier refused with a code that nobody here knows. It may be about
	// this call, or about all of them; nothing was created.
	FateUnlisted Fate = "unlisted"
	// FateUnknown: a phone may be ringing. Only evidence can tell.
	FateUnknown Fate = "unknown"
)

// Fates lists every Fate.
func Fates() []Fate {
	return []Fate{FateRefused, FateAccount, FateNotProcessed, FateFull, FateUnlisted, FateUnknown}
}

// PlaceError is a create request that did not succeed. The carrier only classifies it; others decide what follows.
type PlaceError struct {
	Fate       Fate
	Refusal    Refusal       // what the carrier answered; its Code is 0 where there was none
	Setup      string        // with FateAccount: the setting of ours that the carrier does not take, in words
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

// What a carrier can say of a sid.
var (
	ErrNoSID     = errors.New("the answer has no sid of a call")
	ErrNoSuchSID = errors.New("no call of this sid is known")
)
