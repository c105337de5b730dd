package main

import (
	"cmp"
	"context"
	"strings"

	"redial/api"
)

type showCmd struct {
	server `embed:""`
	ID     string `arg:"" predictor:"calls" help:"The call's id."`
	JSON   bool   `name:"json" help:"Print JSON, as the API gives it."`
}

func (c *showCmd) Run(ctx context.Context, con *console) error {
	client := c.client()
	call, err := client.Get(ctx, c.ID, 0)
	if err != nil {
		return err
	}
	events, err := client.Events(ctx, c.ID)
	if err != nil {
		return err
	}
	deliveries, err := client.CallDeliveries(ctx, c.ID)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(con.out, map[string]any{"call": call, "events": events, "deliveries": deliveries})
	}
	printf(con.out, "Call     %s\nTo       %s\nFrom     %s\nState    %s\n", call.ID,
		toWhom(&call), cmp.Or(call.From, "(scrubbed)"), stateOf(&call))
	if call.Reached != nil {
		printf(con.out, "Reached  %s\n", reachedLine(call.Reached))
	}
	if n := next(&call); n != "" {
		printf(con.out, "Next     %s\n", n)
	}
	printf(con.out, "\n")
	for _, l := range timeline(events, deliveries, call.People) {
		printf(con.out, "%s\n", l)
	}
	return c.remains(ctx, con, client, &call)
}

// remains says what is to come, of a Call that waits for its next dial.
func (c *showCmd) remains(ctx context.Context, con *console, client *api.Client, call *api.Call) error {
	if call.State != "waiting" {
		return nil
	}
	e, err := client.ExplainCall(ctx, call.ID)
	if err != nil {
		return err
	}
	printf(con.out, "\n")
	return explain(con.out, e)
}

// toWhom is everybody whom a Call may ring.
func toWhom(c *api.Call) string {
	if len(c.People) == 0 {
		return cmp.Or(c.To, "(scrubbed)")
	}
	var all []string
	for _, p := range c.People {
		all = append(all, strings.TrimSpace(p.Name+" "+p.Number))
	}
	return strings.Join(all, ", ")
}
