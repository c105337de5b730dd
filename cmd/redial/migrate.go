package main

import (
	"context"
	"io"

	"redial/internal/app"
)

type migrateCmd struct {
	DatabaseURL string `help:"Where calls are kept: sqlite:FILE or postgres://…; default ${default}." env:"DATABASE_URL" secret:"url" default:"sqlite:redial.db" placeholder:"URL"`
	DryRun      bool   `help:"Print the SQL that would run, and run nothing."`
}

func (c *migrateCmd) Run(ctx context.Context, con *console) error {
	sql, err := app.Migrate(ctx, c.DatabaseURL, c.DryRun, func(sentence string) { printf(con.err, "%s\n", sentence) })
	switch {
	case err != nil:
		return err
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
