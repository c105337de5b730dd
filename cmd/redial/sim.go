package main

import (
	"context"
	"fmt"
	"net"

	"redial/internal/sim"
)

type simCmd struct {
	phoneFlags     `embed:""`
	Listen         string  `help:"Address to serve on; default ${default}." default:"127.0.0.1:4010" placeholder:"HOST:PORT"`
	AccountSID     string  `name:"account-sid" help:"The account it serves; default ${default}." default:"${simAccount}" placeholder:"AC…"`
	AuthToken      string  `help:"Its auth token; default ${default}." default:"${simToken}" placeholder:"TOKEN"`
	CallsPerSecond float64 `help:"How fast the account's queue drains; 0: at once." default:"0" placeholder:"N"`
	Account        string  `help:"How the account is set up, as JSON: '{\"status\": \"suspended\"}'." placeholder:"JSON"`
	logging        `embed:""`
}

// Validate refuses an account that sim would refuse, before anything is started.
func (c *simCmd) Validate() error {
	conf, err := c.config()
	if err != nil {
		return err
	}
	phones, err := sim.New(conf)
	if err == nil {
		phones.Close()
	}
	return err
}

func (c *simCmd) config() (sim.Config, error) {
	conf, err := c.phoneFlags.config()
	if err != nil {
		return conf, err
	}
	conf.AccountSID, conf.AuthToken, conf.CallsPerSecond = c.AccountSID, c.AuthToken, c.CallsPerSecond
	conf.Try = "redial call +819012345678 --say Hello. --wait"
	return conf, asJSON("--account", c.Account, &conf.Account)
}

func (c *simCmd) Run(ctx context.Context, con *console) error {
	conf, err := c.config()
	if err != nil {
		return err
	}
	conf.Logger = c.logger(con.err)
	phones, err := sim.New(conf)
	if err != nil {
		return err
	}
	defer phones.Close()
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", c.Listen)
	if err != nil {
		return con.usage(fmt.Errorf("--listen can't be used: %w", err))
	}
	printf(con.err, "A Twilio on your desk. In another terminal:\n\n"+
		"  export TWILIO_ACCOUNT_SID=%s TWILIO_AUTH_TOKEN=%s REDIAL_TWILIO_BASE_URL=http://%s\n"+
		"  export HOST_URL=http://127.0.0.1:8080 REDIAL_FROM=+815012345678\n"+
		"  redial serve\n\nThe phones: http://%[3]s/\nWhat rang:  http://%[3]s/sim/legs\n\n",
		c.AccountSID, c.AuthToken, l.Addr())
	return serveUntil(ctx, l, phones)
}
