package app

import (
	"context"
	"log/slog"
	"time"

	"redial/internal/call"
	"redial/internal/phone"
)

const (
	aboutTime = 2 * time.Second // for the questions to the database
	aboutMost = 100_000         // calls or legs; more are not counted
)

// About is what an operator wants to see at the start: the database, the account that places calls, whom it may call,
// how fast, and how many calls wait. It contains no secret and no whole number. Counts that the database does not
// give in time are left out.
func (a *App) About(ctx context.Context) []any {
	from, regions := a.conf.numbers().Shown()
	list := []any{
		"host_url", a.conf.HostURL, "database", a.store.Name(), "account", phone.Mask(a.conf.AccountSID),
		"from", phone.Mask(from), "regions", regions, "calls_per_second", a.conf.CallsPerSecond,
	}
	if f := a.triggers.File(); f != nil {
		list = append(list, "config", shortHash(f.Hash), "triggers", len(f.Triggers))
	}
	ctx, cancel := context.WithTimeout(ctx, aboutTime)
	defer cancel()
	if counts, err := a.store.Counts(ctx, aboutMost); err == nil {
		list = append(list, "waiting", counts[call.Waiting], "dialing", counts[call.Dialing])
	}
	return list
}

// logStop logs why the node stops, which legs stay alive, and what it finishes first.
func (a *App) logStop(ctx context.Context) {
	list := []any{
		"cause", context.Cause(ctx), "twilio_requests", a.dialer.InFlight(), "webhooks", a.sender.InFlight(),
		"requests", a.web.Answering(), "streams", a.web.Lasting(),
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), aboutTime)
	defer cancel()
	if legs, err := a.store.Legs(ctx, aboutMost); err == nil {
		list = append([]any{slog.Int("legs", legs)}, list...)
	}
	a.log.Info("redial is told to stop: it takes no more work, and finishes what is in flight", list...)
}
