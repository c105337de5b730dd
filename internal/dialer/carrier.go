package dialer

import (
	"context"

	"redial/internal/call"
)

// Carrier is what the dialer needs of whoever carries the calls.
type Carrier interface {
	// Place sends the create request of the Call's attempt n, before its SendBy
	// or never, and returns the carrier's id of it, or a *call.PlaceError.
	Place(ctx context.Context, c *call.Call, n int) (sid string, err error)
	// LookUp asks about a call by the carrier's id, and returns a call.ErrNoSuchSID where
	// the carrier knows none.
	LookUp(ctx context.Context, sid string) (call.Report, error)
	// Search lists the calls that may be the Call's attempt n.
	Search(ctx context.Context, c *call.Call, n int) ([]call.Report, error)
	// HangUp ends a call that is queued or rings, never one that was answered,
	// and returns how it is then.
	HangUp(ctx context.Context, sid string) (call.Report, error)
	// Tell breaks into the conversation of the Call's attempt n, to say that
	// somebody else was reached.
	Tell(ctx context.Context, c *call.Call, n int) (call.Report, error)
	// End ends a call, answered or not.
	End(ctx context.Context, sid string) (call.Report, error)
	// CheckAccount returns nil if the carrier takes calls of the account.
	CheckAccount(ctx context.Context) error
}
