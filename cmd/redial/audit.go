package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"

	"redial/api"
)

type auditCmd struct {
	server  `embed:""`
	printed `embed:""`
	By      string `help:"Only what was done with API keys of this name." placeholder:"NAME"`
	Limit   int    `help:"At most so many." default:"50"`
	Cursor  string `help:"Go on from where the last list ended." placeholder:"CURSOR"`
}

// Validate refuses a limit that would count as none.
func (c *auditCmd) Validate() error {
	if c.Limit < 1 {
		return errors.New("--limit must be at least 1")
	}
	return nil
}

func (c *auditCmd) Run(ctx context.Context, con *console) error {
	page, err := c.client().Audit(ctx, api.AuditQuery{By: c.By, Limit: c.Limit, Cursor: c.Cursor})
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(con.out, page)
	}
	printAudit(con.out, page.Entries, con.columns())
	if page.NextCursor != "" {
		printf(con.out, "\nMore: %s\n", c.more(page.NextCursor))
	}
	return nil
}

// more is the command that lists the next page of the same list.
func (c *auditCmd) more(cursor string) string {
	args := []string{"audit"}
	if c.By != "" {
		args = append(args, "--by", c.By)
	}
	args = append(args, "--cursor", cursor)
	if c.Limit != 50 {
		args = append(args, "--limit", strconv.Itoa(c.Limit))
	}
	return c.command(args...)
}

// printAudit prints entries, one a line. On a terminal that is too narrow for that it shortens ids, or else tells each
// entry in a sentence. If columns is 0, it prints everything, however long the lines become.
func printAudit(out io.Writer, list []api.AuditEntry, columns int) {
	if columns == 0 {
		printLines(out, table("AT\tBY\tFROM\tWHAT\tOF\tDETAIL\tKEY", list, func(w io.Writer, _ int, e *api.AuditEntry) {
			printf(w, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", clock(e.At), e.By, fromWhere(e), e.What, e.Of, e.Detail, e.Key)
		}))
		return
	}
	whole := make([]string, len(list))
	for i := range list {
		whole[i] = list[i].Of
	}
	wide := func(line string) bool { return cells(line) > columns }
	for _, ids := range [][]string{whole, shortened(whole)} {
		lines := table("AT\tBY\tFROM\tWHAT\tOF\t", list, func(w io.Writer, i int, e *api.AuditEntry) {
			printf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", brief(e.At), e.By, fromWhere(e), e.What, ids[i], e.Detail)
		})
		if !slices.ContainsFunc(lines, wide) {
			printLines(out, lines)
			return
		}
	}
	for i := range list {
		e := &list[i]
		text := fmt.Sprintf("%s from %s: %s of %s", e.By, fromWhere(e), e.What, e.Of)
		if e.Detail != "" {
			text += ": " + e.Detail
		}
		printBehind(out, columns, brief(e.At)+"  ", text)
	}
}

// fromWhere is the address that somebody asked from. What was done in the database itself has none.
func fromWhere(e *api.AuditEntry) string { return cmp.Or(e.From, "the database") }
