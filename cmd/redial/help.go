package main

import (
	"slices"

	"github.com/alecthomas/kong"
)

// helpCmd exists only for the list of commands: asHelp has replaced it by the flag.
type helpCmd struct {
	Command []string `arg:"" optional:"" predictor:"commands" help:"Of which; without, what there is."`
}

// Run is never called: see asHelp.
func (helpCmd) Run() error { return nil }

// asHelp turns redial help COMMAND into redial COMMAND --help, and redial --version into
// redial version.
func asHelp(args []string) []string {
	switch {
	case len(args) == 0:
		return []string{"--help"}
	case args[0] == "help":
		return append(slices.Clone(args[1:]), "--help")
	case args[0] == "--version":
		return append([]string{"version"}, args[1:]...)
	}
	return args
}

// exitStatuses is what every script needs. docs/command-line.md has the whole table.
const exitStatuses = `
Exit statuses:
  0    it is done; of a call that is waited for: reached
  1    it did not work
  2    a flag, an argument or a setting is missing or wrong
  3    of a call that is waited for: unreached
  4    refused
  5    canceled
  6    expired
  130  interrupted, by Ctrl-C
`

// printHelp prints kong's help; the help of redial itself ends with the exit statuses.
func (con *console) printHelp(options kong.HelpOptions, ctx *kong.Context) error {
	err := kong.DefaultHelpPrinter(options, ctx)
	if err == nil && ctx.Selected() == nil {
		printf(con.out, exitStatuses)
	}
	return err
}
