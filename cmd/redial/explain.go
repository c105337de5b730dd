package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"redial/api"
)

type explainCmd struct {
	server    `embed:""`
	wishFlags `embed:""`
	printed   `embed:""`
}

func (c *explainCmd) Help() string {
	return "It takes what redial call takes, and places no call."
}

func (c *explainCmd) Run(ctx context.Context, con *console) error {
	req, err := c.request(ctx, con)
	if err != nil {
		return err
	}
	e, err := c.client().Explain(ctx, req)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(con.out, e)
	}
	return explain(con.out, con.columns(), e)
}

type nowCmd struct {
	server  `embed:""`
	printed `embed:""`
	ID      string `arg:"" predictor:"calls" help:"The call's id, or its beginning."`
}

func (c *nowCmd) Run(ctx context.Context, con *console) error {
	client := c.client()
	call, err := client.Redial(ctx, c.ID)
	if err != nil {
		return err
	}
	if c.JSON {
		return errors.Join(printJSON(con.out, call), mayRing(&call))
	}
	e, err := client.ExplainCall(ctx, call.ID)
	if err != nil {
		return err
	}
	if err := mayRing(&call); err != nil {
		printf(con.out, "The call has ended: %s.\n", call.Outcome)
		return err
	}
	if e.State == "waiting" && len(e.Waiting) > 0 { // reasons outside the call's own rules
		printf(con.out, "It rings as soon as it can: %s.\n", byClock(strings.Join(e.Waiting, "; ")))
		return nil
	}
	printf(con.out, "It rings now.\n")
	return nil
}

// mayRing returns an error if the call has ended: its deadline may have passed since it was last looked at.
func mayRing(c *api.Call) error {
	if c.State == "ended" {
		return exitError(statusFailed)
	}
	return nil
}

// explain says what will become of a call.
func explain(out io.Writer, columns int, e api.Explanation) error {
	if e.State == "ended" {
		return nil
	}
	at := firstPlace(&e)
	line := func(label, text string) { printBehind(out, columns, fmt.Sprintf("%-12s", label), text) }
	switch {
	case len(e.Waiting) > 0 && !e.NextAttemptAt.IsZero() && !e.NextAttemptAt.After(time.Now()):
		line("Rings", "as soon as it can")
	case !e.NextAttemptAt.IsZero():
		line("Rings", at.clock(e.NextAttemptAt))
	case e.State == "waiting":
		line("Rings", "as soon as the number is free")
	}
	for _, why := range e.Waiting {
		line("Not now", byClock(why))
	}
	if w := e.Policy.Window; w != nil && len(w.Zones) > 0 {
		line("Open", "only while it is in all of "+strings.Join(w.Zones, ", "))
	}
	line("No dial", "from "+at.clock(e.DeadlineAt)+" on")
	line("Ends", "at "+at.clock(e.EndsBy)+" at the latest")
	if j := e.Policy.Jitter; j != nil {
		line("Each pause", fmt.Sprintf("may be longer by up to %s", j))
	}
	printf(out, "\n")
	return ifAlways(out, columns, &e)
}

// ifAlways says for each result what follows if every dial has it: in a table or, if the terminal is too narrow, one
// result after the other.
func ifAlways(out io.Writer, columns int, e *api.Explanation) error {
	var b strings.Builder
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	printf(t, "IF ALWAYS\tIT RINGS AT\tAND THEN\n")
	for _, f := range e.If {
		printf(t, "%s\t%s\t%s\n", f.Result, rings(e, f.Attempts), strings.ToUpper(f.Outcome))
	}
	t.Flush() // a strings.Builder never fails
	wide := func(line string) bool { return cells(line) > columns }
	lines := strings.Split(strings.TrimSuffix(b.String(), "\n"), "\n")
	if columns == 0 || !slices.ContainsFunc(lines, wide) {
		printLines(out, lines)
		return nil
	}
	for _, f := range e.If {
		printBehind(out, columns, fmt.Sprintf("If always %-11s", f.Result),
			"rings at "+rings(e, f.Attempts)+"; then "+strings.ToUpper(f.Outcome))
	}
	return nil
}

func several(list []api.Planned) bool {
	return slices.ContainsFunc(list, func(p api.Planned) bool { return p.To != list[0].To })
}

// firstPlace is the place of the phone that rings next.
func firstPlace(e *api.Explanation) place {
	for _, f := range e.If {
		for _, p := range f.Attempts {
			return placeOf(p.To, e.Policy.Window)
		}
	}
	return nil
}

// rings lists the times of dials. The date and the zone stand only before a time where they change; of a long list,
// the middle is left out. With several phones, the first dial of each also has the time there; with one, that was
// said before.
func rings(e *api.Explanation, list []api.Planned) string {
	const most = 5
	var b strings.Builder
	day, last, seen := "", "", map[string]bool{}
	for i, p := range list {
		if len(list) > most && i >= most-1 && i < len(list)-1 {
			if i == most-1 {
				fmt.Fprintf(&b, ", … (%d more)", len(list)-most)
			}
			continue
		}
		at := local(p.At)
		if i > 0 {
			b.WriteString(", ")
		}
		if d := at.Format(time.DateOnly); d != day {
			b.WriteString(d + " ")
			day, last = d, ""
		}
		b.WriteString(at.Format(time.TimeOnly))
		if z := zoned(at, zoneForm); z != last {
			b.WriteString(" " + z)
			last = z
		}
		if !seen[p.To] && several(list) {
			b.WriteString(placeOf(p.To, e.Policy.Window).beside(p.At))
			seen[p.To] = true
		}
		if p.Name != "" {
			b.WriteString(" " + p.Name)
		}
	}
	if len(list) == 0 {
		return "no more"
	}
	return b.String()
}
