package dialer

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"redial/internal/call"
	"redial/internal/crashpoint"
	"redial/internal/store"
)

// perform does one Action, and records what came of it. It goes on when the loop has
// ended, until it is done.
func (d *Dialer) perform(c *call.Call, a call.Action) {
	log := d.Log.With("call", c.ID, "attempt", a.Attempt)
	if err := d.act(c, a, log); err != nil {
		log.Warn("action failed; the call is woken again", "action", string(a.Kind), "err", err)
	}
}

func (d *Dialer) act(c *call.Call, a call.Action, log *slog.Logger) (err error) {
	defer crashpoint.Contain(&err)
	switch a.Kind {
	case call.Dial:
		return d.place(c, a.Attempt, log)
	case call.LookUp:
		return d.lookUp(c, a.Attempt)
	case call.HangUp:
		return d.ask(c, a.Attempt, d.Carrier.HangUp)
	case call.End:
		return d.ask(c, a.Attempt, d.Carrier.End)
	case call.Tell:
		return d.ask(c, a.Attempt, func(ctx context.Context, _ string) (call.Report, error) {
			return d.Carrier.Tell(ctx, c, a.Attempt)
		})
	case call.Search:
		return d.search(c, a.Attempt)
	}
	return errors.New("no such action")
}

func (d *Dialer) place(c *call.Call, n int, log *slog.Logger) error {
	ctx, cancel := context.WithTimeout(context.Background(), placeTime)
	defer cancel()
	started := time.Now()
	crashpoint.Point(crashpoint.PlaceBeforeRequest)
	sid, err := d.Carrier.Place(ctx, d.local(c, n), n)
	crashpoint.Point(crashpoint.PlaceAfterRequest)
	d.metrics.placed(time.Since(started), err)
	if err == nil {
		if d.trouble.reset() {
			d.Store.Timer.Wake() // it sleeps until the trouble would have been over
		}
		defer d.tried(c.ID, "")
		err = d.record(c.ID, func(c *call.Call) []call.Event { return c.Placed(n, sid, d.Store.Now()) })
		if !errors.Is(err, store.ErrSIDTaken) {
			return err
		}
		log.Error("Twilio gave an attempt the CallSid of another: what became of it is found out", "sid", sid)
		return d.unplaced(c, n, &call.PlaceError{Fate: call.FateUnknown, Err: err})
	}
	failure, ok := errors.AsType[*call.PlaceError](err)
	if !ok {
		failure = &call.PlaceError{Fate: call.FateUnknown, Err: err}
	}
	log.Warn("placing the attempt failed", "fate", string(failure.Fate), "code", failure.Refusal.Code, "err", failure.Err)
	defer d.tried(c.ID, failure.Fate)
	return d.unplaced(c, n, failure)
}

// unplaced decides what follows from a create request that did not succeed.
func (d *Dialer) unplaced(c *call.Call, n int, failure *call.PlaceError) error {
	switch failure.Fate {
	case call.FateRefused:
		return d.refuse(c, n, failure.Refusal)
	case call.FateUnlisted:
		return d.unlisted(c, n, failure)
	case call.FateAccount:
		kind := store.PauseOfAccount
		if failure.Setup != "" {
			kind = store.PauseOfSetup
		}
		why := "account: " + reason(failure.Refusal, "not active")
		return errors.Join(d.pauseAccount(kind, failure), d.postpone(c, n, 0, why))
	case call.FateFull:
		why := "too many calls at once: " + reason(failure.Refusal, "")
		return errors.Join(d.pauseAccount(store.PauseOfFull, failure), d.postpone(c, n, 0, why))
	case call.FateNotProcessed:
		// The same trouble would keep the next request from being processed, too.
		wait := max(failure.RetryAfter, d.trouble.next(d.Store.Now()))
		return d.postpone(c, n, max(wait, retryAfter(c.Attempt(n).Postpone)), reason(failure.Refusal, "not sent"))
	}
	sendBy := c.Attempt(n).SendBy
	return d.record(c.ID, func(c *call.Call) []call.Event {
		return c.Unanswered(n, sendBy, reason(failure.Refusal, noAnswer(failure.Err)), d.Store.Now())
	})
}

// unlisted decides about a create request that was refused with a code that redial does not know.
// If the code refuses many numbers, and no call is taken, dialing pauses until the account was looked at.
func (d *Dialer) unlisted(c *call.Call, n int, why *call.PlaceError) error {
	ctx, cancel := context.WithTimeout(context.Background(), storeTime)
	defer cancel()
	reason := reason(why.Refusal, "refused")
	known, err := d.Store.CountUnlisted(ctx, d.Account, why.Refusal.Code, c.Attempt(n).To, d.Store.Now())
	switch {
	case err != nil:
		return errors.Join(err, d.postpone(c, n, unlistedAgain, reason))
	case known.Own, known.Again && known.Numbers < unlistedMany:
		return d.refuse(c, n, why.Refusal)
	}
	d.suspects.Store(true)
	if known.Numbers >= unlistedMany {
		return errors.Join(d.pauseAccount(store.PauseOfUnlisted, why), d.postpone(c, n, 0, reason))
	}
	return d.postpone(c, n, unlistedAgain, reason)
}

// refuse records that the carrier will not take attempt n.
func (d *Dialer) refuse(c *call.Call, n int, why call.Refusal) error {
	return d.record(c.ID, func(c *call.Call) []call.Event { return c.Refused(n, why, d.Store.Now()) })
}

// noAnswer is why nobody knows what became of a request, in the words of the attempt's timeline.
func noAnswer(err error) string {
	switch {
	case errors.Is(err, store.ErrSIDTaken):
		return "the answer had the CallSid of another attempt"
	case errors.Is(err, call.ErrNoSID):
		return "the answer had no CallSid"
	}
	return "no answer"
}

// reason is why a request did not succeed, in the words of the attempt's timeline.
func reason(r call.Refusal, otherwise string) string {
	switch {
	case r.Code != 0:
		return fmt.Sprintf("Twilio error %d", r.Code)
	case r.Status != 0:
		return fmt.Sprintf("HTTP %d", r.Status)
	}
	return otherwise
}

// retryAfter is the wait before the next create request of an attempt that was postponed so often.
func retryAfter(postponed int) time.Duration {
	return min(time.Second<<min(postponed, 10), 5*time.Minute)
}

// postpone records that a create request was not processed: this one, not a later
// one of the same attempt, which a repeat after an ambiguous commit would find.
func (d *Dialer) postpone(c *call.Call, n int, wait time.Duration, why string) error {
	sendBy := c.Attempt(n).SendBy
	return d.record(c.ID, func(c *call.Call) []call.Event {
		if !c.Attempt(n).SendBy.Equal(sendBy) {
			return nil
		}
		now := d.Store.Now()
		return c.NotProcessed(n, now.Add(wait), now, why)
	})
}

// errElsewhere is why this node can't ask about an attempt, or end it: another account placed it than
// the one that this node dials with. The carrier's answer would prove nothing.
var errElsewhere = errors.New("another account placed it, or another base URL")

// isElsewhere says whether attempt n was placed with another account.
func (d *Dialer) isElsewhere(c *call.Call, n int) bool {
	by := c.Attempt(n).PlacedBy
	return by != "" && by != d.Store.PlacedBy()
}

// lookUp asks about attempt n.
func (d *Dialer) lookUp(c *call.Call, n int) error {
	err := d.ask(c, n, d.Carrier.LookUp)
	switch {
	case errors.Is(err, errElsewhere):
		return d.unseen(c, n)
	case errors.Is(err, call.ErrNoSuchSID):
		return d.missing(c, n)
	}
	return err
}

// unseen records that attempt n can't be looked at from here.
func (d *Dialer) unseen(c *call.Call, n int) error {
	return errors.Join(errElsewhere, d.record(c.ID, func(c *call.Call) []call.Event { return c.Unseen(n, d.Store.Now()) }))
}

// missing looks for an attempt whose sid the carrier does not know. The attempt counts as absent only if
// the account works, and if its list shows no call that may be the attempt.
func (d *Dialer) missing(c *call.Call, n int) error {
	ctx, cancel := context.WithTimeout(context.Background(), askTime)
	defer cancel()
	if err := d.Carrier.CheckAccount(ctx); err != nil {
		return fmt.Errorf("attempt %d is not known to an account that does not work: %w", n, err)
	}
	found, err := d.listed(ctx, c, n)
	if err != nil {
		return err
	}
	sid := c.Attempt(n).SID
	for _, f := range found {
		if f.SID == sid { // it is there after all
			return d.record(c.ID, func(c *call.Call) []call.Event { return c.Report(n, f, d.Store.Now()) })
		}
	}
	if len(found) > 0 {
		return fmt.Errorf("attempt %d is not known, but the list shows %d calls that it may be", n, len(found))
	}
	d.Log.Warn("Twilio does not know an attempt that it took", "call", c.ID, "attempt", n, "sid", sid)
	return d.record(c.ID, func(c *call.Call) []call.Event { return c.Missing(n, d.Store.PlacedBy(), d.Store.Now()) })
}

// ask puts a question about attempt n to the carrier, and records the answer.
func (d *Dialer) ask(c *call.Call, n int, question func(context.Context, string) (call.Report, error)) error {
	if d.isElsewhere(c, n) {
		return errElsewhere
	}
	ctx, cancel := context.WithTimeout(context.Background(), askTime)
	defer cancel()
	crashpoint.Point(crashpoint.AskBeforeRequest)
	r, err := question(ctx, c.Attempt(n).SID)
	crashpoint.Point(crashpoint.AskAfterRequest)
	if err != nil {
		return fmt.Errorf("asking about attempt %d: %w", n, err)
	}
	missed := false
	err = d.record(c.ID, func(c *call.Call) []call.Event {
		now := d.Store.Now()
		missed = c.Missed(n, r, now)
		return c.Report(n, r, now)
	})
	if err == nil && missed {
		d.Missed(c, n)
	}
	return err
}

func (d *Dialer) search(c *call.Call, n int) error {
	if d.isElsewhere(c, n) {
		return d.unseen(c, n)
	}
	ctx, cancel := context.WithTimeout(context.Background(), askTime)
	defer cancel()
	crashpoint.Point(crashpoint.AskBeforeRequest)
	found, err := d.listed(ctx, c, n)
	crashpoint.Point(crashpoint.AskAfterRequest)
	if err != nil {
		return err
	}
	return d.record(c.ID, func(c *call.Call) []call.Event { return c.Listed(n, found, d.Store.Now()) })
}

// listed returns the calls of the carrier's list that may be attempt n, without those of other attempts.
func (d *Dialer) listed(ctx context.Context, c *call.Call, n int) (unclaimed []call.Report, err error) {
	found, err := d.Carrier.Search(ctx, d.local(c, n), n)
	if err != nil {
		return nil, fmt.Errorf("searching for attempt %d: %w", n, err)
	}
	for _, f := range found {
		id, number, err := d.Store.BySID(ctx, f.SID)
		switch {
		case errors.Is(err, store.ErrNotFound), err == nil && id == c.ID && number == n:
			unclaimed = append(unclaimed, f)
		case err != nil:
			return nil, err
		}
	}
	return unclaimed, nil
}

// record changes the Call. If that fails it tries again, for a while: redial would find out again what
// is lost here, but that takes longer.
func (d *Dialer) record(id string, step func(*call.Call) []call.Event) error {
	again := backoff{least: 50 * time.Millisecond, most: 2 * time.Second}
	for try := 1; ; try++ {
		ctx, cancel := context.WithTimeout(context.Background(), storeTime)
		_, err := d.Store.Change(ctx, id, d.Store.Now(), func(c *call.Call) ([]call.Event, error) {
			defer crashpoint.Point(crashpoint.RecordBeforeCommit)
			return step(c), nil
		})
		cancel()
		crashpoint.Point(crashpoint.RecordAfterCommit)
		if err == nil || errors.Is(err, store.ErrNotFound) || errors.Is(err, store.ErrSIDTaken) || try == 8 {
			return err
		}
		time.Sleep(again.next(time.Now()))
	}
}
