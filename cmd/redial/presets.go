package main

import (
	"context"

	"redial/internal/app"
)

type presetsCmd struct {
	server  `embed:""`
	printed `embed:""`
	Presets string `help:"Those that a server would have that is given this file as REDIAL_PRESETS; no server is asked." type:"path" predictor:"files" placeholder:"FILE"`
}

func (c *presetsCmd) Help() string {
	return "What it prints is JSON in any case, in the form of a file of your own."
}

func (c *presetsCmd) Run(ctx context.Context, con *console) error {
	if c.Presets != "" {
		presets, err := app.Presets(c.Presets)
		if err != nil {
			return err
		}
		return printJSON(con.out, presets)
	}
	presets, err := c.client().Presets(ctx)
	if err != nil {
		return err
	}
	return printJSON(con.out, presets)
}
