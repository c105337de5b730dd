package main

import (
	"context"
	"fmt"
)

type resolveCmd struct {
	server   `embed:""`
	printed  `embed:""`
	ID       string `arg:"" predictor:"calls" help:"The call's id, or its beginning."`
	Attempt  int    `help:"The attempt's number." required:"" placeholder:"N"`
	SID      string `name:"sid" help:"The CallSid that Twilio knows it by." placeholder:"CA…" xor:"what" required:""`
	Unplaced bool   `help:"It was never placed." xor:"what" required:""`
}

func (c *resolveCmd) Help() string {
	return "An attempt is ambiguous when the answer to its create request was lost, " +
		"and Twilio's list shows several calls " +
		"that it may be. Twilio's console tells them apart."
}

func (c *resolveCmd) Run(ctx context.Context, con *console) error {
	call, err := c.client().Resolve(ctx, c.ID, c.Attempt, c.SID)
	if err != nil {
		return err
	}
	if c.Attempt < 1 || c.Attempt > len(call.Attempts) {
		return fmt.Errorf("%s answered with a call that has no attempt %d, and is perhaps no redial",
			c.client().Address(), c.Attempt)
	}
	if c.JSON {
		return printJSON(con.out, call)
	}
	printf(con.out, "Attempt %d: %s. The call: %s.\n", c.Attempt, call.Attempts[c.Attempt-1].Status, stateOf(&call))
	return nil
}
