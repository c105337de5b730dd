package main

import (
	"context"
	"errors"
	"strings"
)

type callCmd struct {
	server         `embed:""`
	wishFlags      `embed:""`
	printed        `embed:""`
	IdempotencyKey string `help:"A repeat with the same key makes no second call." placeholder:"KEY"`
	Wait           bool   `help:"Follow the attempts; the exit status says the outcome."`
}

func (c *callCmd) Help() string {
	return "With --wait: " + outcomeStatuses + " Ctrl-C ends the waiting alone, with 130: the call goes on."
}

func (c *callCmd) Run(ctx context.Context, con *console) error {
	req, err := c.request(ctx, con)
	if err != nil {
		return err
	}
	client := c.client()
	call, replayed, err := client.Create(ctx, req, c.IdempotencyKey)
	if err != nil {
		return c.unanswered(ctx, con, err)
	}
	switch {
	case c.JSON && !c.Wait:
		return printJSON(con.out, call)
	case !c.JSON && replayed:
		printf(con.out, "call %s, asked for before\n", call.ID)
	case !c.JSON:
		printf(con.out, "call %s\n", call.ID)
	}
	if len(call.Unsearchable) > 0 {
		con.warning("the call is not found by %s: eight entries of metadata can be searched for",
			strings.Join(call.Unsearchable, ", "))
	}
	if !c.Wait {
		return nil
	}
	return c.wait(ctx, con, &call, c.JSON)
}

// unanswered says what is known of the call when a signal came before the server's answer. It returns any other error
// unchanged.
func (c *callCmd) unanswered(ctx context.Context, con *console, err error) error {
	signal, ok := errors.AsType[signaled](context.Cause(ctx))
	if !ok {
		return err
	}
	then := c.command("list", "--limit", "5") + " shows it if it was"
	if c.IdempotencyKey != "" {
		then = "the same command with the same --idempotency-key makes it, or finds it"
	}
	status := statusSignal + int(signal.signal)
	con.say(errors.New("there was no answer yet, and it is not known whether the call was made: "+then), status)
	return exitError(status)
}
