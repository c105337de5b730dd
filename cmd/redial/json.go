package main

import (
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"

	"redial/api"
)

// printed is part of every command that prints a result.
type printed struct {
	JSON bool `name:"json" help:"Print JSON: the result as the API gives it, and what is wrong, too."`
}

// failure is an error as a line of JSON, on standard error.
type failure struct {
	Error      string       `json:"error"`
	ExitStatus int          `json:"exit_status"`
	Problem    *api.Problem `json:"problem,omitzero"` // as the server told it
}

func failureOf(err error, status int) failure {
	p, _ := errors.AsType[*api.Problem](err)
	return failure{err.Error(), status, p}
}

// removed is the result of removing something, of which nothing is left to be shown.
type removed struct {
	ID      string `json:"id"`
	Deleted bool   `json:"deleted"`
}

// asksJSON says whether a command line does, also where it can't be read otherwise.
func asksJSON(args []string) bool {
	if end := slices.Index(args, "--"); end >= 0 {
		args = args[:end]
	}
	return slices.ContainsFunc(args, func(arg string) bool { return arg == "--json" || arg == "--json=true" })
}

func printJSON(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	return e.Encode(v)
}

// printLine prints JSON in a line of its own, as one of many.
func printLine(w io.Writer, v any) error { return json.NewEncoder(w).Encode(v) }

// warning tells of something that is no error.
func (con *console) warning(form string, args ...any) {
	if !con.json {
		printf(con.err, "redial: warning: "+form+"\n", args...)
		return
	}
	var text strings.Builder
	printf(&text, form, args...)
	_ = printLine(con.err, map[string]string{"warning": text.String()}) // there is nobody else to tell
}

// say tells what is wrong.
func (con *console) say(err error, status int) {
	if !con.json {
		printf(con.err, "redial: %s\n", byClock(err.Error()))
		return
	}
	_ = printLine(con.err, failureOf(err, status))
}
