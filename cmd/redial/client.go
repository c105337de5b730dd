package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"redial/api"
)

// server is the redial that a client command talks to.
type server struct {
	URL string `help:"The redial to talk to; default ${default}." env:"REDIAL_URL" secret:"url" default:"http://127.0.0.1:8080" placeholder:"URL"`
	Key string `name:"api-key" help:"API key, where that redial needs one." env:"REDIAL_API_KEY" secret:"" placeholder:"KEY"`
}

func (s server) client() *api.Client { return &api.Client{URL: s.URL, Key: s.Key} }

type listCmd struct {
	server  `embed:""`
	State   string `help:"Only those waiting, dialing or ended." placeholder:"STATE"`
	Outcome string `help:"Only those that ended so." placeholder:"OUTCOME"`
	To      string `help:"Only those to this number." placeholder:"NUMBER"`
	Limit   int    `help:"At most so many." default:"50"`
	Cursor  string `help:"Go on from where the last list ended." placeholder:"CURSOR"`
	JSON    bool   `name:"json" help:"Print JSON, as the API gives it."`
}

func (c *listCmd) Run(ctx context.Context, con *console) error {
	page, err := c.client().List(ctx, api.ListQuery{State: c.State, Outcome: c.Outcome, To: c.To, Limit: c.Limit, Cursor: c.Cursor})
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(con.out, page)
	}
	if p := page.AccountPause; p != nil {
		printf(con.out, "DIALING IS PAUSED since %s: Twilio takes no calls of this account (error %d: %s). Next look at %s.\n\n",
			clock(p.Since), p.Code, p.Message, clock(p.NextCheckAt))
	}
	t := tabwriter.NewWriter(con.out, 0, 0, 2, ' ', 0)
	printf(t, "ID\tTO\tSTATE\tATTEMPTS\tNEXT\tCREATED\n")
	for _, call := range page.Calls {
		to := cmp.Or(call.To, "(scrubbed)")
		if more := len(call.People) - 1; more > 0 {
			to += fmt.Sprintf(" +%d", more)
		}
		printf(t, "%s\t%s\t%s\t%d/%d\t%s\t%s\n", call.ID, to, stateOf(&call),
			len(call.Attempts), *cmp.Or(call.Policy.MaxAttempts, new(int))*max(1, len(call.People)), next(&call), clock(call.CreatedAt))
	}
	if err := t.Flush(); err != nil {
		return err
	}
	if page.NextCursor != "" {
		printf(con.out, "\nMore: redial list --cursor %s\n", page.NextCursor)
	}
	return nil
}

type showCmd struct {
	server `embed:""`
	ID     string `arg:"" help:"The call's id."`
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

type cancelCmd struct {
	server `embed:""`
	ID     string `arg:"" help:"The call's id."`
	HangUp bool   `name:"hangup" help:"End a conversation that is under way, too."`
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
	if call.State != "ended" {
		printf(con.out, "The call ends with the attempt that is under way; nothing more is dialed.\n")
		return nil
	}
	printf(con.out, "The call has ended: %s.\n", call.Outcome)
	return nil
}

// stateOf is where a Call stands, in a word or two.
func stateOf(c *api.Call) string {
	switch {
	case c.Outcome != "":
		return c.Outcome
	case !c.CancelRequestedAt.IsZero():
		return c.State + ", canceling"
	case c.Held:
		return "waiting for the number"
	}
	return c.State
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

// next is when a waiting Call is dialed.
func next(c *api.Call) string {
	switch {
	case len(c.Waiting) > 0:
		return "as soon as it can: " + strings.Join(c.Waiting, "; ")
	case c.NextAttemptAt.IsZero():
		return ""
	}
	return clock(c.NextAttemptAt)
}

func clock(t time.Time) string { return t.Local().Format("2006-01-02 15:04:05") }

func printJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(v)
}
