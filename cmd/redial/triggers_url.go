package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"redial/api"
)

type triggersURLCmd struct {
	server  `embed:""`
	printed `embed:""`
	Name    string `arg:"" help:"The trigger, by its name in the file."`
	Rotate  bool   `help:"Make another; the one before works for a while."`
	Overlap string `help:"With --rotate: how long those before work, such as 1h or 7d, and not beyond their own end; 0s: they end at once; default 24h." placeholder:"DURATION"`
}

func (c *triggersURLCmd) Help() string {
	return "Whoever has the URL can tell this trigger what has happened, and nothing else. " +
		"Standard output has the URL alone. " +
		"The 32 digits at its end are the secret: what senders call a routing key, an integration key, a token or a GenieKey."
}

func (c *triggersURLCmd) Run(ctx context.Context, con *console) error {
	var req api.RotateSecret
	if c.Overlap != "" {
		overlap, err := lifetime(c.Overlap)
		if err == nil && !c.Rotate {
			err = errors.New("is for --rotate: a first URL takes the place of none")
		}
		if err != nil {
			return con.usage(fmt.Errorf("--overlap: %w", err))
		}
		req.Overlap = &overlap
	}
	x, err := c.make(ctx, req)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(con.out, x)
	}
	url := x.URL
	if url == "" {
		con.warning("that redial has no HOST_URL: this is its address as you asked it, which others may not reach")
		url = strings.TrimRight(c.client().Address(), "/") + x.Path
	}
	printf(con.out, "%s\n", url)
	printf(con.err, "This is the URL of the trigger %s. Keep it as a secret: it is not shown again.\n", x.Trigger)
	return nil
}

func (c *triggersURLCmd) make(ctx context.Context, req api.RotateSecret) (api.TriggerSecret, error) {
	if c.Rotate {
		return c.client().RotateSecret(ctx, c.Name, req)
	}
	x, err := c.client().MakeSecret(ctx, c.Name)
	if p, ok := errors.AsType[*api.Problem](err); ok && strings.Contains(p.Detail, "rotate it") {
		err = fmt.Errorf("%w: %s", err, c.command("triggers", "url", c.Name, "--rotate"))
	}
	return x, err
}
