package main

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"redial/api"
	"redial/internal/app"
)

type triggersCmd struct {
	List  triggersListCmd  `cmd:"" help:"List the triggers of a server's file."`
	Test  triggersTestCmd  `cmd:"" help:"Say who would be rung about an event, and what is said; with --ring ring them."`
	URL   triggersURLCmd   `cmd:"" name:"url" help:"Make the URL of a trigger, for senders without an API key; prints it this once."`
	Check triggersCheckCmd `cmd:"" help:"Say whether a file of triggers can be used, and what is wrong; no server is asked."`
}

type triggersListCmd struct {
	server  `embed:""`
	printed `embed:""`
}

func (c *triggersListCmd) Run(ctx context.Context, con *console) error {
	list, err := c.client().Triggers(ctx)
	if err != nil {
		return err
	}
	if n := list.File.Differing; n > 0 {
		con.warning("%s of the database %s another file than the server that was asked: an event rings other people, "+
			"whichever it comes to", counted(n, "node"), map[bool]string{true: "has", false: "have"}[n == 1])
	}
	switch {
	case c.JSON:
		return printJSON(con.out, list)
	case list.File.Hash == "":
		printf(con.err, "There are none: the server has no REDIAL_CONFIG.\n")
		return nil
	case len(list.Triggers) == 0:
		printf(con.err, "There are none in the server's file.\n")
		return nil
	}
	t := tabwriter.NewWriter(con.out, 0, 0, 2, ' ', 0)
	printf(t, "NAME\tSOURCE\tMATCH\tTO\tSECRET\n")
	for _, one := range list.Triggers {
		printf(t, "%s\t%s\t%s\t%s\t%s\n", one.Name, one.Source, matched(one.Match), strings.Join(one.To, ", "), one.Secret)
	}
	return t.Flush()
}

// matched says which alerts a trigger matches.
func matched(match map[string][]string) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(match)) {
		parts = append(parts, name+"="+strings.Join(match[name], "|"))
	}
	return cmp.Or(strings.Join(parts, ", "), "all")
}

// eventFlags say what has happened.
type eventFlags struct {
	Data content `help:"The event, as its sender would send it: JSON, a form or a text; @FILE or - reads it." placeholder:"TEXT"`
}

func (f *eventFlags) body(ctx context.Context, con *console) ([]byte, error) {
	if f.Data == "" {
		return nil, nil
	}
	text, err := f.Data.data(ctx, con.in)
	if err != nil && ctx.Err() == nil {
		err = con.usage(fmt.Errorf("--data: %w", err))
	}
	return []byte(text), err
}

type triggersTestCmd struct {
	server     `embed:""`
	eventFlags `embed:""`
	printed    `embed:""`
	Name       string `arg:"" help:"The trigger."`
	Ring       bool   `help:"Ring, too; what is said begins by saying that it is a test."`
}

func (c *triggersTestCmd) Help() string {
	return "Without --data the event is a sample that matches. Exit status 1: nobody would be rung."
}

func (c *triggersTestCmd) Run(ctx context.Context, con *console) error {
	body, err := c.body(ctx, con)
	if err != nil {
		return err
	}
	x, err := c.client().TestTrigger(ctx, c.Name, body, c.Ring)
	if err != nil {
		return err
	}
	if c.JSON {
		err = printJSON(con.out, x)
	} else {
		err = con.tested(&x)
	}
	if err == nil && x.Why != "" {
		return exitError(statusFailed)
	}
	return err
}

// tested says what a trigger would do about an event.
func (con *console) tested(x *api.TriggerTest) error {
	columns := con.columns()
	line := func(label, text string) { printBehind(con.out, columns, fmt.Sprintf("%-12s", label), text) }
	line("Event", eventLine(&x.Event))
	for _, doubt := range slices.Concat(x.Event.Doubts, x.Doubts) {
		line("Doubt", doubt)
	}
	if x.Why != "" {
		line("To", "nobody: "+x.Why)
		return nil
	}
	for i, r := range x.Recipients {
		who := cmp.Or(r.Name, r.Number)
		if r.Name != "" {
			who += " " + r.Number
		}
		if d := r.OnDuty; d != nil {
			who += ", on duty in " + d.Rota + " until " + clock(d.Until) + ": " + why(d)
		}
		line(map[bool]string{true: "To", false: "and to"}[i == 0], who)
		line("Says", r.Say.Text+" ("+r.Say.Language+")")
	}
	if x.Hold > 0 {
		line("Hold", x.Hold.String()+" before the first ring, of an event that is no test")
	}
	for _, id := range x.Calls {
		line("Call", id)
	}
	if len(x.Calls) > 0 || x.Explain == nil {
		return nil
	}
	return explain(con.out, columns, *x.Explain)
}

func eventLine(e *api.TestedEvent) string {
	text := cmp.Or(e.Title, e.Text, "without a title") + ", " + e.State
	if e.Severity != "" {
		text += ", " + e.Severity
	}
	if e.Members != 1 || e.Ringing != 1 {
		text += fmt.Sprintf("; of %s, %d would ring", counted(e.Members, "alert"), e.Ringing)
	}
	return text
}

type triggerCmd struct {
	server     `embed:""`
	eventFlags `embed:""`
	printed    `embed:""`
	Name       string `arg:"" help:"The trigger."`
}

func (c *triggerCmd) Help() string {
	return "It does what the event's sender would do, and prints the call; " +
		"redial triggers test says before what that would be."
}

func (c *triggerCmd) Run(ctx context.Context, con *console) error {
	body, err := c.body(ctx, con)
	if err != nil {
		return err
	}
	call, told, err := c.client().Tell(ctx, c.Name, body)
	switch {
	case err != nil:
		return err
	case c.JSON && call != nil:
		return printJSON(con.out, call)
	case c.JSON:
		return printJSON(con.out, told)
	case call != nil:
		printf(con.out, "call %s\n", call.ID)
	default:
		printf(con.out, "No phone rings: %s.\n", told.Why)
	}
	return nil
}

type triggersCheckCmd struct {
	File       string `arg:"" optional:"" predictor:"files" type:"path" help:"The file; without, that of REDIAL_CONFIG."`
	app.Config `embed:""`
	printed    `embed:""`
}

func (c *triggersCheckCmd) Help() string {
	return "It reads the file as redial serve would, by the same settings of numbers, languages and presets, and the " +
		"same variables of secrets. Exit status 2: serve does not start with the file, or does not take it on SIGHUP; " +
		"each mistake stands in a line of its own, FILE:LINE:COLUMN."
}

// fileSettings are the settings of serve by which a file of triggers is read.
var fileSettings = []string{"host-url", "from", "default-region", "allowed-regions", "number-prefixes", "twiml-verbs",
	"twiml-hosts", "languages", "presets", "config"}

func (c *triggersCheckCmd) Run(con *console) error {
	if c.File != "" {
		c.ConfigFile = c.File
	}
	f, err := c.CheckTriggers()
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(con.out, f)
	}
	people := "1 person"
	if n := len(f.People); n != 1 {
		people = fmt.Sprintf("%d people", n)
	}
	printf(con.out, "%s can be used: it has %s, %s and %s.\n", f.File, counted(len(f.Triggers), "trigger"),
		people, counted(len(f.Rotas), "rota"))
	return nil
}
