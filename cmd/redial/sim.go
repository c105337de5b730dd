package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"time"

	"redial/internal/sim"
)

type simCmd struct {
	Listen         string            `help:"Address to serve on; default ${default}." default:"127.0.0.1:4010" placeholder:"HOST:PORT"`
	AccountSID     string            `name:"account-sid" help:"The account it serves; default ${default}." default:"${simAccount}" placeholder:"AC…"`
	AuthToken      string            `help:"Its auth token; default ${default}." default:"${simToken}" placeholder:"TOKEN"`
	Speed          float64           `help:"How much faster than life phones ring; default ${default}." default:"1" placeholder:"N"`
	Seed           uint64            `help:"Of the faults; the same seed makes the same ones." default:"1" placeholder:"N"`
	CallsPerSecond float64           `help:"How fast the account's queue drains; 0: at once." default:"0" placeholder:"N"`
	Script         map[string]string `help:"What a phone does, call by call: '+819012345678=no-answer,busy,answer'." mapsep:";" placeholder:"NUMBER=STEPS;…"`
	Default        string            `help:"What other phones do." default:"answer" placeholder:"STEPS"`
	Faults         string            `help:"Rates of faults as JSON: '{\"callback_lost\": 0.1}'." placeholder:"JSON"`
	Account        string            `help:"How the account is set up, as JSON: '{\"status\": \"suspended\"}'." placeholder:"JSON"`
	logging        `embed:""`
}

// The account that sim serves when it is told nothing else.
const (
	simAccount = "AC00000000000000000000000000000000"
	simToken   = "simtoken"
)

func (c *simCmd) Run(ctx context.Context, con *console) error {
	var faults sim.Faults
	if c.Faults != "" {
		if err := json.Unmarshal([]byte(c.Faults), &faults); err != nil {
			return fmt.Errorf("--faults can't be read: %w", err)
		}
	}
	var account sim.Account
	if c.Account != "" {
		if err := json.Unmarshal([]byte(c.Account), &account); err != nil {
			return fmt.Errorf("--account can't be read: %w", err)
		}
	}
	phones, err := sim.New(sim.Config{
		AccountSID: c.AccountSID, AuthToken: c.AuthToken, Speed: c.Speed, Seed: c.Seed, CallsPerSecond: c.CallsPerSecond,
		Faults: faults, Account: account, Scripts: c.Script, Default: c.Default, Logger: c.logger(con.err),
	})
	if err != nil {
		return err
	}
	defer phones.Close()
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", c.Listen)
	if err != nil {
		return err
	}
	printf(con.err, "A Twilio on your desk. In another terminal:\n\n"+
		"  export TWILIO_ACCOUNT_SID=%s TWILIO_AUTH_TOKEN=%s REDIAL_TWILIO_BASE_URL=http://%s\n"+
		"  export HOST_URL=http://127.0.0.1:8080 REDIAL_FROM=+815012345678\n"+
		"  redial serve\n\nWhat rang: http://%[3]s/sim/legs\n\n", c.AccountSID, c.AuthToken, l.Addr())
	return serveUntil(ctx, l, phones)
}

// serveUntil answers on l until ctx is over.
func serveUntil(ctx context.Context, l net.Listener, h http.Handler) error {
	server := &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 20 * time.Second, WriteTimeout: 30 * time.Second}
	stop := context.AfterFunc(ctx, func() { server.Close() })
	defer stop()
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return fmt.Errorf("serving: %w", err)
	}
	return nil
}
