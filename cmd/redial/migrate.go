package main

import (
	"context"
	"io"

	"redial/internal/app"
)

type migrateCmd struct {
	printed     `embed:""`
	DatabaseURL string `help:"Where calls are kept: sqlite:FILE, postgres://… or mysql://…; default ${default}." env:"DATABASE_URL" secret:"url" default:"sqlite:redial.db" placeholder:"URL"`
	DryRun      bool   `help:"Print the SQL that would run, and change nothing; also beside a running serve."`
}

// migrated is what the command prints as JSON.
type migrated struct {
	UpToDate bool   `json:"up_to_date"` // no migration is left to run
	SQL      string `json:"sql"`        // what ran, or would run in a dry run
}

func (c *migrateCmd) Run(ctx context.Context, con *console) error {
	sql, err := app.Migrate(ctx, c.DatabaseURL, c.DryRun, func(sentence string) { con.warning("%s", sentence) })
	switch {
	case err != nil:
		return err
	case c.JSON:
		return printJSON(con.out, migrated{sql == "" || !c.DryRun, sql})
	case sql == "":
		printf(con.err, "The schema is up to date.\n")
	case c.DryRun:
		_, err = io.WriteString(con.out, sql)
		return err
	default:
		printf(con.err, "The schema is now up to date.\n")
	}
	return nil
}
