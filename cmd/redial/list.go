package main

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"text/tabwriter"

	"redial/api"
)

type listCmd struct {
	server  `embed:""`
	State   string `help:"Only those waiting, dialing or ended." placeholder:"STATE" predictor:"waiting,dialing,ended"`
	Outcome string `help:"Only those that ended so." placeholder:"OUTCOME" predictor:"reached,unreached,refused,canceled,expired"`
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
