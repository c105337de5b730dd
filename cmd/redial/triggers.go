package main

import (
	"fmt"

	"redial/internal/app"
)

type triggersCmd struct {
	Check triggersCheckCmd `cmd:"" help:"Say whether a file of triggers can be used, and what is wrong with it; no server is asked."`
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
