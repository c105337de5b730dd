package dialer

import (
	"context"
	"errors"
	"time"

	"redial/internal/call"
	"redial/internal/store"
)

// pauseAccount stops dialing on all nodes: what is wrong with the account is
// wrong with every call, and costs none of them an attempt.
func (d *Dialer) pauseAccount(why call.Refusal) error {
	ctx, cancel := context.WithTimeout(context.Background(), storeTime)
	defer cancel()
	d.shuts() // already now, though it is not written down yet
	now := d.Store.Now()
	p := store.Pause{Since: now, Code: why.Code, Message: why.Message, NextCheckAt: now.Add(accountCheck)}
	isNew, err := d.Store.PauseAccount(ctx, d.Account, p)
	d.paused()
	if err == nil && isNew {
		d.Log.Error("Twilio takes no calls of this account: dialing pauses until it does",
			"code", why.Code, "next_check_at", p.NextCheckAt)
	}
	return err
}

// keepPause returns the account's pause, nil if there is none. When it is time,
// one node looks whether the account works again.
func (d *Dialer) keepPause(ctx context.Context) (*store.Pause, error) {
	p, err := d.Store.AccountPause(ctx, d.Account)
	d.metrics.pause(p != nil)
	if err != nil || p == nil || d.Store.Now().Before(p.NextCheckAt) {
		return p, err
	}
	now := d.Store.Now()
	p.NextCheckAt = now.Add(accountCheck)
	mine, err := d.Store.ClaimCheck(ctx, d.Account, now, p.NextCheckAt)
	if err != nil || !mine {
		return p, err
	}
	d.inFlight.Go(d.checkAccount)
	return p, nil
}

func (d *Dialer) checkAccount() {
	ctx, cancel := context.WithTimeout(context.Background(), askTime+storeTime)
	defer cancel()
	asking, stop := context.WithTimeout(ctx, askTime)
	err := d.Carrier.CheckAccount(asking)
	stop()
	if err != nil {
		code := 0
		if e, ok := errors.AsType[*call.PlaceError](err); ok {
			code = e.Refusal.Code
		}
		d.Log.Warn("the account still does not work", "code", code, "next_check_in", accountCheck.Round(time.Second))
		return
	}
	if err := d.Store.ResumeAccount(ctx, d.Account); err != nil {
		d.Log.Error("the account works again, but the pause could not be ended", "err", err)
		return
	}
	d.Log.Info("the account works again: dialing goes on")
}
