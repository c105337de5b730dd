package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"redial/api"
)

type rotaCmd struct {
	List     rotaListCmd     `cmd:"" help:"Say who is on duty now, in each rota."`
	Show     rotaShowCmd     `cmd:"" help:"Say who is on duty, who is next, and which overrides there are."`
	Override rotaOverrideCmd `cmd:"" help:"Put somebody on duty for a while, whoever's turn it is."`
	End      rotaEndCmd      `cmd:"" help:"End an override now."`
}

type rotaListCmd struct {
	server  `embed:""`
	printed `embed:""`
}

func (c *rotaListCmd) Run(ctx context.Context, con *console) error {
	list, err := c.client().Rotas(ctx)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(con.out, list)
	}
	if len(list.Rotas) == 0 {
		con.noRotas()
		return nil
	}
	printLines(con.out, table("ROTA\tON DUTY\tUNTIL\tWHY", list.Rotas, func(w io.Writer, _ int, r *api.Rota) {
		printf(w, "%s\t%s\t%s\t%s\n", r.Name, called(&r.OnDuty), placeIn(r.Zone).clock(r.OnDuty.Until), why(&r.OnDuty))
	}))
	return nil
}

func (con *console) noRotas() {
	printf(con.err, "There are none: rotas stand in the file that REDIAL_CONFIG names, where redial serves.\n")
}

// called is who is on duty, as people and as the file call them.
func called(d *api.Duty) string {
	if d.Name == "" || strings.EqualFold(d.Name, d.Person) {
		return d.Person
	}
	return d.Person + " (" + d.Name + ")"
}

// why says why somebody is on duty.
func why(d *api.Duty) string {
	switch {
	case d.Override == nil:
		return "their turn"
	case d.Override.By == "":
		return "an override"
	}
	return "an override of " + d.Override.By
}

// placeIn is the place of a zone.
func placeIn(zone string) place {
	loc, err := time.LoadLocation(zone)
	if err != nil {
		return nil
	}
	return place{loc}
}

type rotaShowCmd struct {
	server  `embed:""`
	printed `embed:""`
	Name    string `arg:"" optional:"" predictor:"rotas" help:"The rota; without, all."`
	At      string `help:"When, as a time or so long from now; default now." placeholder:"TIME"`
	Days    int    `help:"How many days of turns to show." default:"14"`
}

// Validate refuses days that would count as none given.
func (c *rotaShowCmd) Validate() error {
	if c.Days < 1 {
		return errors.New("--days must be at least 1")
	}
	return nil
}

func (c *rotaShowCmd) Run(ctx context.Context, con *console) error {
	at, err := moment("--at", c.At)
	if err != nil {
		return con.usage(err)
	}
	q, names := api.RotaQuery{At: at, Days: c.Days}, []string{c.Name}
	if c.Name == "" {
		list, err := c.client().Rotas(ctx)
		if err != nil {
			return err
		}
		names = nil
		for _, r := range list.Rotas {
			names = append(names, r.Name)
		}
	}
	list := api.RotaList{Rotas: []api.Rota{}}
	for _, name := range names {
		r, err := c.client().Rota(ctx, name, q)
		if err != nil {
			return err
		}
		list.Rotas = append(list.Rotas, r)
	}
	switch {
	case c.JSON && c.Name != "":
		return printJSON(con.out, list.Rotas[0])
	case c.JSON:
		return printJSON(con.out, list)
	case len(names) == 0:
		con.noRotas()
	}
	for i := range list.Rotas {
		if i > 0 {
			printf(con.out, "\n")
		}
		con.rota(&list.Rotas[i])
	}
	return nil
}

// rota says who is on duty in a rota, who is next, and which overrides there are.
func (con *console) rota(r *api.Rota) {
	at := placeIn(r.Zone)
	printf(con.out, "%s: turns of %s, by the clock of %s: %s\n", r.Name, r.Every, r.Zone, strings.Join(r.People, ", "))
	printLines(con.out, table("ON DUTY\tFROM\tUNTIL\tWHY", append([]api.Duty{r.OnDuty}, r.Next...),
		func(w io.Writer, _ int, d *api.Duty) {
			printf(w, "%s\t%s\t%s\t%s\n", called(d), at.clock(d.From), at.clock(d.Until), why(d))
		}))
	if r.More {
		last := &r.OnDuty
		if len(r.Next) > 0 {
			last = &r.Next[len(r.Next)-1]
		}
		printf(con.out, "More: --at %s shows who is on duty then.\n", last.Until.Format(time.RFC3339))
	}
	if len(r.Overrides) > 0 {
		printLines(con.out, table("OVERRIDE\tON DUTY\tFROM\tUNTIL\tMADE\tBY", r.Overrides,
			func(w io.Writer, _ int, o *api.RotaOverride) {
				printf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", o.ID, o.Person, at.clock(o.From), at.clock(o.Until), clock(o.MadeAt), o.By)
			}))
	}
	if len(r.Overrides) > 1 {
		printf(con.out, "Where overrides overlap, the one made last counts.\n")
	}
}

type rotaOverrideCmd struct {
	server  `embed:""`
	printed `embed:""`
	Rota    string `arg:"" predictor:"rotas" help:"The rota."`
	Person  string `arg:"" help:"Who is to be on duty, as the file calls them; also somebody who has no turns in this rota."`
	Until   string `help:"When it ends, as a time or so long from its begin." required:"" placeholder:"TIME"`
	From    string `help:"When it begins, as a time or so long from now; default now." placeholder:"TIME"`
}

func (c *rotaOverrideCmd) Help() string {
	return "It is in force at once, on other nodes within about a second; calls that are under way go on as they are. " +
		"Of overrides that overlap, the one made last counts. redial rota end ends one early. Times are as in " +
		"2026-12-24T18:00:00+09:00, or durations such as 8h."
}

func (c *rotaOverrideCmd) Run(ctx context.Context, con *console) error {
	from, err := moment("--from", c.From)
	if err != nil {
		return con.usage(err)
	}
	until, err := moment("--until", c.Until)
	if err != nil {
		return con.usage(err)
	}
	o, err := c.client().CreateOverride(ctx, c.Rota, api.CreateOverride{Person: c.Person, From: from, Until: until})
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(con.out, o)
	}
	printf(con.out, "%s is on duty in %s from %s until %s.\n", o.Person, o.Rota, clock(o.From), clock(o.Until))
	for _, other := range o.Overlaps {
		printf(con.out, "This counts instead of the override %s, where they overlap: %s from %s until %s.\n",
			other.ID, other.Person, clock(other.From), clock(other.Until))
	}
	printf(con.out, "To end it: %s\n", c.command("rota", "end", o.Rota, o.ID))
	return nil
}

type rotaEndCmd struct {
	server  `embed:""`
	printed `embed:""`
	Rota    string `arg:"" predictor:"rotas" help:"The rota."`
	ID      string `arg:"" optional:"" help:"The override's id, or its beginning; it may be left out where there is only one."`
}

func (c *rotaEndCmd) Run(ctx context.Context, con *console) error {
	if c.ID == "" {
		if err := c.theOnlyOne(ctx); err != nil {
			return err
		}
	}
	o, err := c.client().EndOverride(ctx, c.Rota, c.ID)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(con.out, o)
	}
	r, err := c.client().Rota(ctx, c.Rota, api.RotaQuery{})
	if err != nil {
		printf(con.out, "Ended: the override %s, of %s.\n", o.ID, o.Person)
		return nil //nolint:nilerr // it is ended
	}
	printf(con.out, "Ended: the override %s, of %s. On duty in %s is %s, until %s.\n", o.ID, o.Person, r.Name,
		called(&r.OnDuty), placeIn(r.Zone).clock(r.OnDuty.Until))
	return nil
}

// theOnlyOne finds the only override of the rota.
func (c *rotaEndCmd) theOnlyOne(ctx context.Context) error {
	r, err := c.client().Rota(ctx, c.Rota, api.RotaQuery{})
	switch {
	case err != nil:
		return err
	case len(r.Overrides) == 0:
		return fmt.Errorf("%s has no override", c.Rota)
	case len(r.Overrides) > 1:
		return fmt.Errorf("%s has %d overrides: say which one, by its id; %s lists them", c.Rota, len(r.Overrides),
			c.command("rota", "show", c.Rota))
	}
	c.ID = r.Overrides[0].ID
	return nil
}
