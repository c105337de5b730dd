package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"redial/api"
)

type deleteCmd struct {
	server  `embed:""`
	printed `embed:""`
	ID      string `arg:"" predictor:"calls" help:"The call's id, or its beginning."`
}

func (c *deleteCmd) Help() string {
	return "Numbers, names, the message, options and metadata go, and can't be brought back. How the call went, " +
		"Twilio's CallSids and its codes stay until the retention time."
}

func (c *deleteCmd) Run(ctx context.Context, con *console) error {
	client := c.client()
	call, err := client.Get(ctx, c.ID, 0)
	if err != nil {
		return err
	}
	err = client.Delete(ctx, call.ID)
	if p, ok := errors.AsType[*api.Problem](err); ok && p.Status == http.StatusConflict {
		return fmt.Errorf("%w: %s", err, c.command("cancel", call.ID))
	}
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(con.out, removed{call.ID, true})
	}
	printf(con.out, "The personal data of call %s is gone.\n", call.ID)
	return nil
}
