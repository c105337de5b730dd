package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"redial/api"
)

type listCmd struct {
	server  `embed:""`
	printed `embed:""`
	State   string `help:"Only those waiting, dialing or ended." placeholder:"STATE" predictor:"waiting,dialing,ended"`
	Outcome string `help:"Only those that ended so." placeholder:"OUTCOME" predictor:"reached,unreached,refused,canceled,expired"`
	To      string `help:"Only those to this number, whoever of a call's people has it." placeholder:"NUMBER"`
	By      string `help:"Only those that API keys of this name asked for." placeholder:"NAME"`
	ID      string `name:"id" help:"Only those whose ids begin so." placeholder:"ID"`
	SID     string `name:"sid" help:"Only the one with this CallSid." placeholder:"SID"`
	Trigger string `help:"Only those that this trigger made." placeholder:"NAME"`
	Since   string `help:"Only those asked for since a time, or since so long ago." placeholder:"TIME"`
	Until   string `help:"Only those asked for before that." placeholder:"TIME"`
	Limit   *int   `help:"At most so many; 50, or with --csv all." placeholder:"N"`
	Cursor  string `help:"Go on from where the last list ended." placeholder:"CURSOR"`

	CSV bool `name:"csv" help:"Print all that match as CSV, with a head."`

	Metadata map[string]string `help:"Only those with this entry." placeholder:"order=42" mapsep:"none"`
}

// Validate refuses a limit that would count as none.
func (c *listCmd) Validate() error {
	if c.Limit != nil && *c.Limit < 1 {
		return errors.New("--limit must be at least 1")
	}
	if c.CSV && c.JSON {
		return errors.New("--csv and --json can't be had together")
	}
	return nil
}

func (c *listCmd) Run(ctx context.Context, con *console) error {
	q, err := c.query()
	if err != nil {
		return con.usage(err)
	}
	if c.CSV {
		return c.client().Table(ctx, q, con.out)
	}
	page, err := c.page(ctx, q)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(con.out, page)
	}
	if p := page.AccountPause; p != nil {
		why := fmt.Sprintf("error %d", p.Code)
		if p.Message != "" { // it is shown to operators
			why += ": " + p.Message
		}
		printWrapped(con.out, con.columns(),
			fmt.Sprintf("DIALING IS PAUSED since %s: Twilio takes no calls of this account (%s). Next look at %s.",
				clock(p.Since), why, clock(p.NextCheckAt)))
		printf(con.out, "\n")
	}
	printCalls(con.out, page.Calls, con.columns())
	if page.NextCursor != "" {
		printf(con.out, "\nMore: %s\n", c.more(page.NextCursor))
	}
	return nil
}

func (c *listCmd) query() (q api.ListQuery, err error) {
	q = api.ListQuery{
		State: c.State, Outcome: c.Outcome, To: c.To, By: c.By, ID: c.ID, SID: c.SID, Trigger: c.Trigger,
		Metadata: c.Metadata, Limit: value(c.Limit), Cursor: c.Cursor,
	}
	if q.Since, err = moment("--since", c.Since); err != nil {
		return q, err
	}
	q.Until, err = moment("--until", c.Until)
	return q, err
}

// page asks for a page. The server may have looked at many calls and found none yet: then it goes on.
func (c *listCmd) page(ctx context.Context, q api.ListQuery) (page api.CallList, err error) {
	for {
		page, err = c.client().List(ctx, q)
		if err != nil || len(page.Calls) > 0 || page.NextCursor == "" {
			return page, err
		}
		q.Cursor = page.NextCursor
	}
}

// more is the command that lists the next page of the same list.
func (c *listCmd) more(cursor string) string {
	args := []string{"list"}
	for _, f := range []struct{ flag, value string }{
		{"--state", c.State}, {"--outcome", c.Outcome}, {"--to", c.To}, {"--by", c.By}, {"--id", c.ID}, {"--sid", c.SID},
		{"--trigger", c.Trigger}, {"--since", c.Since}, {"--until", c.Until}, {"--cursor", cursor},
	} {
		if f.value != "" {
			args = append(args, f.flag, f.value)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(c.Metadata)) {
		args = append(args, "--metadata", name+"="+c.Metadata[name])
	}
	if c.Limit != nil {
		args = append(args, "--limit", strconv.Itoa(*c.Limit))
	}
	return c.command(args...)
}

// printCalls lists Calls, one a line. On a terminal with so many columns it leaves out what does not fit; if columns
// is 0, it prints everything, however long the lines become.
func printCalls(out io.Writer, calls []api.Call, columns int) {
	by := differ(calls, func(c *api.Call) string { return c.By })
	if columns == 0 {
		printLines(out, allOf(calls, by))
		return
	}
	tooWide := func(line string) bool { return cells(line) > columns }
	var waiting notes
	lines := mostOf(calls, by, &waiting)
	if by && slices.ContainsFunc(lines, tooWide) {
		waiting = nil
		lines = mostOf(calls, false, &waiting)
	}
	if slices.ContainsFunc(lines, tooWide) {
		waiting = nil
		lines = leastOf(calls, &waiting)
	}
	for i, line := range lines {
		lines[i] = cut(line, columns)
	}
	printLines(out, lines)
	waiting.print(out, columns)
}

// headOf is the first line of a list of Calls.
func headOf(by bool) string {
	if by {
		return "ID\tBY\tTO\tSTATE\tATTEMPTS\tNEXT\tCREATED"
	}
	return "ID\tTO\tSTATE\tATTEMPTS\tNEXT\tCREATED"
}

func allOf(calls []api.Call, by bool) []string {
	return table(headOf(by), calls, func(w io.Writer, _ int, c *api.Call) {
		printf(w, "%s\t", c.ID)
		printIf(w, by, c.By)
		printf(w, "%s\t%s\t%s\t%s\t%s\n", shortTo(c), stateOf(c), dials(c), next(c), clock(c.CreatedAt))
	})
}

func mostOf(calls []api.Call, by bool, waiting *notes) []string {
	ids := shortIDs(calls)
	return table(headOf(by), calls, func(w io.Writer, i int, c *api.Call) {
		printf(w, "%s\t", ids[i])
		printIf(w, by, c.By)
		printf(w, "%s\t%s\t%s\t%s\t%s\n", shortTo(c), inAWord(c), dials(c), waiting.next(c), brief(c.CreatedAt))
	})
}

// leastOf prints one time for each Call. If the time at the phone differs, it follows on a line below.
func leastOf(calls []api.Call, waiting *notes) (lines []string) {
	ids := shortIDs(calls)
	rows := table("ID\tTO\tSTATE\tDIALS\tWHEN", calls, func(w io.Writer, i int, c *api.Call) {
		printf(w, "%s\t%s\t%s\t%s\t%s\n", ids[i], shortTo(c), inAWord(c), dials(c), waiting.when(c))
	})
	for i, row := range rows {
		lines = append(lines, row)
		if i > 0 && there(&calls[i-1]) != "" {
			lines = append(lines, strings.Repeat(" ", shownID+1)+there(&calls[i-1]))
		}
	}
	return lines
}

// dials is the number of dials so far, and the most that there may be.
func dials(c *api.Call) string {
	return fmt.Sprintf("%d/%d", len(c.Attempts), value(c.Policy.MaxAttempts)*max(1, len(c.People)))
}

// there is the time of a Call's next dial at the phone, if that differs from the reader's.
func there(c *api.Call) string {
	if c.State != "waiting" || c.NextAttemptAt.IsZero() || len(c.Waiting) > 0 {
		return ""
	}
	return commonPlace(c).beside(c.NextAttemptAt)
}

// shortTo is the number of the first person, and how many others there are.
func shortTo(c *api.Call) string {
	to := cmp.Or(c.To, "(scrubbed)")
	if more := len(c.People) - 1; more > 0 {
		to += fmt.Sprintf(" +%d", more)
	}
	return to
}

// shortIDs are the beginnings of the Calls' ids; ids with the same beginning are shown whole.
func shortIDs(calls []api.Call) []string {
	times := map[string]int{}
	ids := make([]string, len(calls))
	for i := range calls {
		ids[i] = calls[i].ID[:min(len(calls[i].ID), shownID)]
		times[ids[i]]++
	}
	for i, id := range ids {
		if times[id] > 1 {
			ids[i] = calls[i].ID
		}
	}
	return ids
}

// notes are the reasons why the Calls of a list wait, each reason once.
type notes []string

// when says in a word and a time what comes next for a Call, or when it ended.
func (n *notes) when(c *api.Call) string {
	switch {
	case !c.EndedAt.IsZero():
		return "ended " + brief(c.EndedAt)
	case len(c.Waiting) > 0:
		return n.soon(c)
	case !c.NextAttemptAt.IsZero() && c.State == "waiting":
		return "next " + brief(c.NextAttemptAt)
	}
	return "made " + brief(c.CreatedAt)
}

func (n *notes) next(c *api.Call) string {
	switch {
	case len(c.Waiting) > 0:
		return n.soon(c)
	case c.NextAttemptAt.IsZero():
		return ""
	}
	own := local(c.NextAttemptAt)
	return brief(own) + commonPlace(c).show(own, func(there time.Time) string { return dated(there, own, "15:04") })
}

func (n *notes) soon(c *api.Call) string {
	why := byClock(strings.Join(c.Waiting, "; "))
	at := slices.Index(*n, why)
	if at < 0 {
		at = len(*n)
		*n = append(*n, why)
	}
	return fmt.Sprintf("soon, see (%d)", at+1)
}

func (n notes) print(out io.Writer, width int) {
	for i, why := range n {
		if i == 0 {
			printf(out, "\n")
		}
		printWrapped(out, width, fmt.Sprintf("(%d) as soon as it can: %s", i+1, why))
	}
}
