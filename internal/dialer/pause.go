package dialer

import (
	"context"
	"errors"
	"fmt"
	"time"

	"redial/internal/call"
	"redial/internal/crashpoint"
	"redial/internal/store"
)

const (
	accountCheck = time.Minute      // between two looks at a paused account
	fullCheck    = 30 * time.Second // until a full account is sent another call, though none of ours has ended

	// A code that redial does not know may be about all calls. An attempt that it refused goes out
	// once more, after a while: by then redial knows how many numbers it has refused.
	unlistedMany  = 5 // numbers
	unlistedAgain = 30 * time.Second
	unlistedOwn   = 24 * time.Hour // the account was well: so long it is about the one call
)

// pauseAccount stops dialing on all nodes. What is wrong with the account, or with our set-up, is
// wrong with every call, and must cost none of them an attempt.
func (d *Dialer) pauseAccount(kind store.PauseKind, why *call.PlaceError) error {
	ctx, cancel := context.WithTimeout(context.Background(), storeTime)
	defer cancel()
	now := d.Store.Now()
	p := store.Pause{
		Since: now, Kind: kind, Code: why.Refusal.Code, Message: why.Refusal.Message, NextCheckAt: now.Add(accountCheck),
	}
	switch kind {
	case store.PauseOfSetup:
		p.Message = why.Setup
	case store.PauseOfFull:
		p.NextCheckAt = now.Add(fullCheck)
	case store.PauseOfUnlisted:
		p.NextCheckAt = now
	}
	isNew, err := d.Store.PauseAccount(ctx, d.Account, p)
	d.Store.Timer.Wake()
	if err == nil && isNew {
		d.tellPause(p)
	}
	return err
}

func (d *Dialer) tellPause(p store.Pause) {
	switch p.Kind {
	case store.PauseOfFull:
		d.Log.Info("the account has as many calls at once as it may: the next is dialed when one has ended", "code", p.Code)
	case store.PauseOfUnlisted:
		d.Log.Warn("a code that redial does not know refuses one number after another: dialing pauses, "+
			"and the account is looked at", "code", p.Code)
	case store.PauseOfSetup:
		d.Log.Error("dialing pauses: "+p.Message, "code", p.Code, "next_check_at", p.NextCheckAt)
	default:
		d.Log.Error("Twilio takes no calls of this account: dialing pauses until it does",
			"code", p.Code, "next_check_at", p.NextCheckAt)
	}
}

// keepPause returns the account's pause, nil if there is none. When it is time, one of the
// nodes finds out whether the account works again.
func (d *Dialer) keepPause(ctx context.Context) (*store.Pause, error) {
	p, suspects, err := d.Store.AccountState(ctx, d.Account)
	if err != nil {
		return nil, err
	}
	d.suspects.Store(suspects)
	d.metrics.pause(p != nil && p.Kind != store.PauseOfFull)
	if p == nil {
		d.trial.disarm()
		return nil, nil
	}
	now := d.Store.Now()
	if now.Before(p.NextCheckAt) {
		return p, nil
	}
	p.NextCheckAt = now.Add(accountCheck)
	if p.Kind == store.PauseOfFull {
		p.NextCheckAt = now.Add(fullCheck)
	}
	mine, err := d.Store.ClaimCheck(ctx, d.Account, now, p.NextCheckAt)
	switch {
	case err != nil || !mine:
	case p.Kind == store.PauseOfFull:
		d.trial.arm()
	default:
		was := *p
		d.inFlight.Go(func() { d.checkAccount(was) })
	}
	return p, err
}

// mayDial is how many calls may be dialed, by the account.
func (d *Dialer) mayDial(p *store.Pause) int {
	switch {
	case p == nil:
		return slots
	case p.Free() > 0:
		return p.Free()
	case d.trial.isArmed():
		return 1
	}
	return 0
}

// idlePause ends the pause of an account that can be read again, if no call is due that could be
// the trial: the next call finds out whether calls are taken.
func (d *Dialer) idlePause(p *store.Pause, dial time.Time) {
	if p == nil || !d.trial.isArmed() || due(dial, d.Store.Now()) {
		return
	}
	d.trial.disarm()
	d.inFlight.Go(func() { // another node may have locked the pause: the loop does not wait for that
		ctx, cancel := context.WithTimeout(context.Background(), storeTime)
		defer cancel()
		if err := d.resume(ctx); err != nil {
			d.Log.Error("ending the pause failed", "err", err)
		}
	})
}

func (d *Dialer) resume(ctx context.Context) error {
	d.trial.disarm()
	if err := d.Store.ResumeAccount(ctx, d.Account); err != nil {
		return fmt.Errorf("the account works again, but the pause could not be ended: %w", err)
	}
	d.Log.Info("the account works again: dialing goes on")
	return nil
}

// tried records what the fate of a create request says of the account.
func (d *Dialer) tried(id string, fate call.Fate) {
	ctx, cancel := context.WithTimeout(context.Background(), storeTime)
	defer cancel()
	var err error
	if fate == "" && d.suspects.CompareAndSwap(true, false) {
		err = d.Store.ForgetUnlisted(ctx, d.Account)
	}
	if d.trial.end(id) {
		switch fate {
		case "":
			err = errors.Join(err, d.resume(ctx))
		case call.FateRefused: // it tells nothing: the next one may
			d.trial.arm()
			d.Store.Timer.Wake()
		}
	}
	if err != nil {
		d.Log.Error("what a create request says of the account could not be kept", "err", err)
	}
}

// checkAccount looks at the account of a pause. That it can be read proves nothing about most
// codes: then the next call is the trial.
func (d *Dialer) checkAccount(p store.Pause) {
	ctx, cancel := context.WithTimeout(context.Background(), askTime+storeTime)
	defer cancel()
	defer d.Store.Timer.Wake()
	err := d.askAccount(ctx)
	ill, known := errors.AsType[*call.PlaceError](err)
	switch {
	case err == nil && p.Kind == store.PauseOfUnlisted:
		err = d.acquit(ctx, p.Code)
	case err == nil:
		d.trial.arm()
	default:
		code := 0
		if known {
			code = ill.Refusal.Code
		}
		d.Log.Warn("the account still does not work", "code", code, "next_check_in", accountCheck.Round(time.Second))
		err = nil
		if known && p.Kind == store.PauseOfUnlisted {
			err = d.Store.BlameAccount(ctx, d.Account, p.Code)
		}
	}
	if err != nil {
		d.Log.Error("what was found out about the account could not be kept", "err", err)
	}
}

func (d *Dialer) askAccount(ctx context.Context) (err error) {
	defer crashpoint.Contain(&err)
	ctx, cancel := context.WithTimeout(ctx, askTime)
	defer cancel()
	return d.Carrier.CheckAccount(ctx)
}

// acquit records that an unknown code is about the single call, because the account works.
func (d *Dialer) acquit(ctx context.Context, code int) error {
	if err := d.Store.OwnCode(ctx, d.Account, code, d.Store.Now().Add(unlistedOwn)); err != nil {
		return err
	}
	d.Log.Error("a code that redial does not know refuses one number after another, though the account is well: "+
		"it counts as the calls' own", "code", code, "for", unlistedOwn)
	return d.resume(ctx)
}
