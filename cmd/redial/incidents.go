package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/google/uuid"

	"redial/api"
)

type incidentsCmd struct {
	List  incidentsListCmd  `cmd:"" default:"withargs" help:"List incidents, the newest first: those that are open, or all."`
	Show  incidentsShowCmd  `cmd:"" help:"Show an incident and its members."`
	Close incidentsCloseCmd `cmd:"" help:"Close an incident: nothing rings about it any more."`
	Ack   incidentsAckCmd   `cmd:"" help:"Take care of an incident: the ringing ends, and it stays open."`
}

type incidentsListCmd struct {
	server  `embed:""`
	printed `embed:""`
	All     bool   `help:"Those that are closed, too."`
	Trigger string `help:"Only those of this trigger." placeholder:"NAME"`
	Limit   int    `help:"At most so many." default:"50"`
	Cursor  string `help:"Go on from where the last list ended." placeholder:"CURSOR"`
}

// Validate refuses a limit that would count as none.
func (c *incidentsListCmd) Validate() error {
	if c.Limit < 1 {
		return errors.New("--limit must be at least 1")
	}
	return nil
}

func (c *incidentsListCmd) Run(ctx context.Context, con *console) error {
	q := api.IncidentQuery{Trigger: c.Trigger, State: "open", Limit: c.Limit, Cursor: c.Cursor}
	if c.All {
		q.State = ""
	}
	page, err := c.client().Incidents(ctx, q)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(con.out, page)
	}
	var ids []string
	for _, i := range page.Incidents {
		ids = append(ids, i.ID)
	}
	ids = shortened(ids)
	printLines(con.out, table("ID\tKEY\tTRIGGER\tSTATE\tFIRES\tSINCE\tTITLE", page.Incidents,
		func(w io.Writer, n int, i *api.Incident) {
			printf(w, "%s\t%s\t%s\t%s\t%d of %d\t%s\t%s\n", ids[n], i.Key, i.Trigger, reached(i), i.Firing, i.Members,
				clock(i.OpenedAt), i.Title)
		}))
	if page.NextCursor != "" {
		printf(con.out, "\nMore: %s\n", c.more(page.NextCursor))
	}
	return nil
}

// reached is the state of an incident, and of one that is open, whether somebody was reached about it.
func reached(i *api.Incident) string {
	if i.State == "open" && !i.ReachedAt.IsZero() {
		return "reached"
	}
	return i.State
}

// more is the command that lists the next page of the same list.
func (c *incidentsListCmd) more(cursor string) string {
	args := []string{"incidents"}
	if c.All {
		args = append(args, "--all")
	}
	if c.Trigger != "" {
		args = append(args, "--trigger", c.Trigger)
	}
	if c.Limit != 50 {
		args = append(args, "--limit", strconv.Itoa(c.Limit))
	}
	return c.command(append(args, "--cursor", cursor)...)
}

// oneIncident is the incident that a command is about.
type oneIncident struct {
	server  `embed:""`
	printed `embed:""`
	Key     string `arg:"" help:"What its sender calls it, or its id, or the beginning of that."`
	Trigger string `help:"The trigger, where incidents of several have the same key." placeholder:"NAME"`
}

// find returns the id of the incident: of a key, that of the one that is open or, if there is none and any will do, of
// the newest.
func (c *oneIncident) find(ctx context.Context, closedToo bool) (id string, err error) {
	if uuid.Validate(c.Key) == nil {
		return c.Key, nil
	}
	q := api.IncidentQuery{Key: c.Key, Trigger: c.Trigger, State: "open", Limit: 2}
	page, err := c.client().Incidents(ctx, q)
	if err == nil && len(page.Incidents) == 0 && closedToo {
		q.State, q.Limit = "", 1
		page, err = c.client().Incidents(ctx, q)
	}
	switch list := page.Incidents; {
	case err != nil:
		return "", err
	case len(list) == 0:
		return c.begins(ctx, closedToo)
	case len(list) > 1 && list[0].Trigger == list[1].Trigger:
		return "", fmt.Errorf("several open incidents of %s have the key %s: give the id of one; %s has them",
			list[0].Trigger, c.Key, c.command("incidents", "--json"))
	case len(list) > 1:
		return "", fmt.Errorf("incidents of %s and %s have the key %s: say which one with --trigger", list[1].Trigger,
			list[0].Trigger, c.Key)
	default:
		return list[0].ID, nil
	}
}

const (
	shortestID    = 8 // digits of an id that must be given; fewer would find incidents that were not meant
	mostIncidents = 2000
)

// begins returns the only id that begins with what was given, of the newest incidents: those that are open or, if any
// will do, of all.
func (c *oneIncident) begins(ctx context.Context, closedToo bool) (string, error) {
	which := map[bool]string{true: "", false: "open "}[closedToo]
	none := fmt.Errorf("no %sincident has the key %s, or an id that begins so; a key with quotes or spaces needs '…' "+
		"around it; %s lists all", which, c.Key, c.command("incidents", "--all"))
	start := strings.ToLower(c.Key)
	if len(start) < shortestID || strings.Trim(start, "0123456789abcdef-") != "" {
		return "", none
	}
	q := api.IncidentQuery{Trigger: c.Trigger, State: "open", Limit: 100}
	if closedToo {
		q.State = ""
	}
	var found []string
	for seen := 0; seen < mostIncidents; {
		page, err := c.client().Incidents(ctx, q)
		if err != nil {
			return "", err
		}
		for _, i := range page.Incidents {
			if strings.HasPrefix(i.ID, start) {
				found = append(found, i.ID)
			}
		}
		seen += len(page.Incidents)
		if q.Cursor = page.NextCursor; q.Cursor == "" {
			break
		}
	}
	switch len(found) {
	case 0:
		return "", none
	case 1:
		return found[0], nil
	}
	return "", fmt.Errorf("%s is the beginning of the ids of several incidents: %s; give more of it", c.Key,
		strings.Join(found[:min(len(found), 5)], ", "))
}

type incidentsShowCmd struct {
	oneIncident `embed:""`
}

func (c *incidentsShowCmd) Run(ctx context.Context, con *console) error {
	id, err := c.find(ctx, true)
	if err != nil {
		return err
	}
	i, err := c.client().Incident(ctx, id)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(con.out, i)
	}
	printf(con.out, "%s of %s: %s\n", i.Key, i.Trigger, cmp.Or(i.Title, "no title"))
	printf(con.out, "%s; opened %s, heard of %s\n", stands(&i), clock(i.OpenedAt), clock(i.SeenAt))
	if !i.ReachedAt.IsZero() {
		printf(con.out, "somebody was reached about it %s\n", clock(i.ReachedAt))
	}
	if i.Call != "" {
		printf(con.out, "the last call about it: %s\n", c.command("show", i.Call))
	}
	printLines(con.out, table("MEMBER\tSTATE\tSEEN\tREACHED\tTITLE", i.MemberList,
		func(w io.Writer, _ int, m *api.IncidentMember) {
			printf(w, "%s\t%s\t%s\t%s\t%s\n", m.Key, memberState(m), clock(m.SeenAt), orDash(m), m.Title)
		}))
	if i.More {
		printf(con.out, "There are more members.\n")
	}
	return nil
}

// stands says how an incident stands.
func stands(i *api.Incident) string {
	switch {
	case i.State != "closed":
		return fmt.Sprintf("%s, %d of %d fire", i.State, i.Firing, i.Members)
	case i.ClosedBy != "":
		return fmt.Sprintf("closed by %s %s", i.ClosedBy, clock(i.ClosedAt))
	}
	return fmt.Sprintf("closed %s: %s", clock(i.ClosedAt), i.ClosedWhy)
}

func memberState(m *api.IncidentMember) string {
	switch {
	case !m.Firing:
		return "over"
	case m.Acknowledged:
		return "acknowledged"
	case !m.RingsAt.IsZero():
		return "rings " + clock(m.RingsAt)
	}
	return "fires"
}

// orDash is when somebody was reached about a member.
func orDash(m *api.IncidentMember) string {
	if m.ReachedAt.IsZero() {
		return "-"
	}
	return clock(m.ReachedAt)
}

type incidentsCloseCmd struct {
	oneIncident `embed:""`
}

func (c *incidentsCloseCmd) Help() string {
	return "A call about nothing else is canceled, if it has not reached anybody; whoever listens hears it to the end. " +
		"What the sender repeats of it afterwards is old news; what begins later opens another incident."
}

func (c *incidentsCloseCmd) Run(ctx context.Context, con *console) error {
	id, err := c.find(ctx, false)
	if err != nil {
		return err
	}
	i, err := c.client().CloseIncident(ctx, id)
	return con.told(&i, c.JSON, err)
}

type incidentsAckCmd struct {
	oneIncident `embed:""`
}

func (c *incidentsAckCmd) Help() string {
	return "A call about nothing else is canceled, if it has not reached anybody. It rings again for what fires anew."
}

func (c *incidentsAckCmd) Run(ctx context.Context, con *console) error {
	id, err := c.find(ctx, false)
	if err != nil {
		return err
	}
	i, err := c.client().AcknowledgeIncident(ctx, id)
	return con.told(&i, c.JSON, err)
}

// told says how an incident stands after a deed.
func (con *console) told(i *api.Incident, asJSON bool, err error) error {
	switch {
	case err != nil:
		return err
	case asJSON:
		return printJSON(con.out, i)
	}
	printf(con.out, "%s of %s: %s\n", i.Key, i.Trigger, stands(i))
	return nil
}
