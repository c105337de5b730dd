package main

import "context"

type cancelCmd struct {
	server  `embed:""`
	printed `embed:""`
	ID      string `arg:"" predictor:"calls" help:"The call's id, or its beginning."`
	HangUp  bool   `name:"hangup" help:"End a conversation that is under way, too."`
}

func (c *cancelCmd) Run(ctx context.Context, con *console) error {
	cancel := c.client().Cancel
	if c.HangUp {
		cancel = c.client().HangUp
	}
	call, err := cancel(ctx, c.ID)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(con.out, call)
	}
	if call.State != "ended" {
		printf(con.out, "The call ends with the attempt that is under way; nothing more is dialed.\n")
		return nil
	}
	printf(con.out, "The call has ended: %s.\n", call.Outcome)
	return nil
}
