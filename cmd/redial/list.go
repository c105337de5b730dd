package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"golang.org/x/term"

	"redial/api"
)

type listCmd struct {
	server  `embed:""`
	printed `embed:""`
	State   string `help:"Only those waiting, dialing or ended." placeholder:"STATE" predictor:"waiting,dialing,ended"`
	Outcome string `help:"Only those that ended so." placeholder:"OUTCOME" predictor:"reached,unreached,refused,canceled,expired"`
	To      string `help:"Only those to this number, whoever of a call's people has it." placeholder:"NUMBER"`
	Limit   int    `help:"At most so many." default:"50"`
	Cursor  string `help:"Go on from where the last list ended." placeholder:"CURSOR"`
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
		printWrapped(con.out, con.columns(), fmt.Sprintf("DIALING IS PAUSED since %s: Twilio takes no calls of this account (error %d: %s). Next look at %s.",
			clock(p.Since), p.Code, p.Message, clock(p.NextCheckAt)))
		printf(con.out, "\n")
	}
	if err := printCalls(con.out, page.Calls, con.columns()); err != nil {
		return err
	}
	if page.NextCursor != "" {
		printf(con.out, "\nMore: %s\n", c.more(page.NextCursor))
	}
	return nil
}

// more is the command that lists the next page of the same list.
func (c *listCmd) more(cursor string) string {
	args := []string{"list"}
	for _, f := range []struct{ flag, value string }{{"--state", c.State}, {"--outcome", c.Outcome}, {"--to", c.To}, {"--cursor", cursor}} {
		if f.value != "" {
			args = append(args, f.flag, f.value)
		}
	}
	if c.Limit != 50 {
		args = append(args, "--limit", strconv.Itoa(c.Limit))
	}
	return c.command(args...)
}

// columns is how many the terminal has, 0 where the output goes elsewhere.
func (con *console) columns() int {
	if con.terminal == nil {
		return 0
	}
	columns, _, err := term.GetSize(int(con.terminal.Fd()))
	if err != nil || columns <= 0 {
		return defaultWidth
	}
	return columns
}

// roomy is how wide a terminal has to be for all columns.
const roomy = 112

// printCalls lists Calls, a line each, in so many columns of characters; 0: all that there is to say,
// however long the lines become.
func printCalls(out io.Writer, calls []api.Call, width int) error {
	var table strings.Builder
	t := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	var notes notes
	narrow := width > 0 && width < roomy
	if narrow {
		printf(t, "ID\tTO\tSTATE\tRINGS\tWHEN\n")
	} else {
		printf(t, "ID\tTO\tSTATE\tATTEMPTS\tNEXT\tCREATED\n")
	}
	ids := shortIDs(calls)
	for i := range calls {
		c := &calls[i]
		rings := fmt.Sprintf("%d/%d", len(c.Attempts), value(c.Policy.MaxAttempts)*max(1, len(c.People)))
		switch {
		case narrow:
			printf(t, "%s\t%s\t%s\t%s\t%s\n", ids[i], shortTo(c), inAWord(c), rings, notes.when(c))
		case width > 0:
			printf(t, "%s\t%s\t%s\t%s\t%s\t%s\n", ids[i], shortTo(c), inAWord(c), rings, notes.next(c), brief(c.CreatedAt))
		default:
			printf(t, "%s\t%s\t%s\t%s\t%s\t%s\n", c.ID, shortTo(c), stateOf(c), rings, next(c), clock(c.CreatedAt))
		}
	}
	if err := t.Flush(); err != nil {
		return err
	}
	row := -1 // the heading
	for line := range strings.Lines(table.String()) {
		line = strings.TrimRight(line, " \n")
		if width > 0 {
			line = cut(line, width)
		}
		printf(out, "%s\n", line)
		if narrow && row >= 0 {
			printThere(out, &calls[row])
		}
		row++
	}
	notes.print(out, width)
	return nil
}

// printThere says, in a line below a Call, when it rings next by the clock at the phone, where that shows
// something else.
func printThere(out io.Writer, c *api.Call) {
	if c.State != "waiting" || c.NextAttemptAt.IsZero() || len(c.Waiting) > 0 {
		return
	}
	if there := firstPhone(c).beside(c.NextAttemptAt); there != "" {
		printf(out, "%*s%s\n", shownID+1, "", there)
	}
}

// shortTo is the number of the first whom a Call may ring, and how many others there are.
func shortTo(c *api.Call) string {
	to := cmp.Or(c.To, "(scrubbed)")
	if more := len(c.People) - 1; more > 0 {
		to += fmt.Sprintf(" +%d", more)
	}
	return to
}

// shownID is how many characters of an id a terminal is shown: the time, so finely that a node makes no
// two alike.
const shownID = 18

// shortIDs are the beginnings of the Calls' ids, and the whole of those of which two begin alike.
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

// notes are what the Calls of a list wait for, each reason once.
type notes []string

// when is, in a word and a time, what is to come of a Call, or when it came to its end.
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
	own := c.NextAttemptAt.Local()
	return brief(own) + firstPhone(c).show(own, func(there time.Time) string { return dated(there, own, "15:04") })
}

// firstPhone is where the phone of the first is whom a Call may ring.
func firstPhone(c *api.Call) place { return placeOf(c.To, c.Policy.Window) }

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

// printWrapped prints a sentence in lines of so many characters at most; 0: in one.
func printWrapped(out io.Writer, width int, text string) {
	lines := []string{text}
	if width > 0 {
		lines = wrap(harmless(oneLine(text)), width)
	}
	for _, line := range lines {
		printf(out, "%s\n", line)
	}
}

// brief is a time in few characters: of today without the date, of another year without the hour.
func brief(t time.Time) string {
	own, now := t.Local(), time.Now()
	switch {
	case own.Format(time.DateOnly) == now.Format(time.DateOnly):
		return own.Format(timeOfDay)
	case own.Year() == now.Year():
		return own.Format("01-02 15:04 -07:00")
	}
	return own.Format("2006-01-02 -07:00")
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

// inAWord is where a Call stands, in nine letters at most.
func inAWord(c *api.Call) string {
	switch {
	case c.Outcome != "":
		return c.Outcome
	case !c.CancelRequestedAt.IsZero():
		return "canceling"
	case c.Held:
		return "held"
	}
	return c.State
}

// next is when a waiting Call is dialed.
func next(c *api.Call) string {
	switch {
	case len(c.Waiting) > 0:
		return "as soon as it can: " + byClock(strings.Join(c.Waiting, "; "))
	case c.NextAttemptAt.IsZero():
		return ""
	}
	return firstPhone(c).clock(c.NextAttemptAt)
}
