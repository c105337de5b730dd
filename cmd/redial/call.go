package main

import (
	"context"

	"redial/api"
)

type callCmd struct {
	server         `embed:""`
	wishFlags      `embed:""`
	IdempotencyKey string `help:"A repeat with the same key makes no second call." placeholder:"KEY"`
	Wait           bool   `help:"Follow the attempts; the exit status says the outcome."`
	JSON           bool   `name:"json" help:"Print JSON, as the API gives it."`
}

// outcomeStatus is the exit status of redial call --wait.
var outcomeStatus = map[string]exitError{"reached": statusOK, "unreached": 3, "refused": 4, "canceled": 5, "expired": 6}

func (c *callCmd) Help() string {
	return "With --wait the exit status says the outcome: 0 reached, 3 unreached, 4 refused, 5 canceled, 6 expired."
}

func (c *callCmd) Run(ctx context.Context, con *console) error {
	req, err := c.request(ctx, con)
	if err != nil {
		return err
	}
	client := c.client()
	call, replayed, err := client.Create(ctx, req, c.IdempotencyKey)
	if err != nil {
		return err
	}
	switch {
	case c.JSON && !c.Wait:
		return printJSON(con.out, call)
	case !c.JSON && replayed:
		printf(con.out, "call %s, asked for before\n", call.ID)
	case !c.JSON:
		printf(con.out, "call %s\n", call.ID)
	}
	if !c.Wait {
		return nil
	}
	return c.follow(ctx, con, client, &call)
}

// follow tells the story as it happens, and ends with the outcome's status.
func (c *callCmd) follow(ctx context.Context, con *console, client *api.Client, asked *api.Call) error {
	err := client.Follow(ctx, asked.ID, 0, func(e api.Event) error {
		if !c.JSON {
			printf(con.out, "%s\n", line(e, asked.People))
		}
		return nil
	})
	if err != nil {
		return err
	}
	call, err := client.Get(ctx, asked.ID, 0)
	if err != nil {
		return err
	}
	switch {
	case c.JSON:
		if err := printJSON(con.out, call); err != nil {
			return err
		}
	case call.Reached != nil:
		printf(con.out, "%s\n", "reached "+reachedLine(call.Reached))
	}
	if status := outcomeStatus[call.Outcome]; status != statusOK {
		return status
	}
	return nil
}
