package main

import (
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"

	"redial/api"
	"redial/internal/app"
)

// printed is part of every command that prints a result.
type printed struct {
	JSON bool `name:"json" help:"Print JSON: the result as the API gives it, and what is wrong, too."`
}

// failure is an error as a line of JSON, on standard error.
type failure struct {
	Error      string        `json:"error"`
	ExitStatus int           `json:"exit_status"`
	Problem    *api.Problem  `json:"problem,omitzero"`  // as the server sent it
	Mistakes   []app.Mistake `json:"mistakes,omitzero"` // of a file of triggers
}

func failureOf(err error, status int) failure {
	p, _ := errors.AsType[*api.Problem](err)
	f := failure{Error: err.Error(), ExitStatus: status, Problem: p}
	if file, ok := errors.AsType[*app.FileError](err); ok {
		f.Mistakes = file.Mistakes
	}
	return f
}

// removed is the result of a removal, after which there is nothing else to show.
type removed struct {
	ID      string `json:"id"`
	Deleted bool   `json:"deleted"`
}

// asksJSON says whether a command line asks for JSON, even if the rest of the line can't be read.
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

// printLine prints JSON on a line of its own, as one of many.
func printLine(w io.Writer, v any) error { return json.NewEncoder(w).Encode(v) }

// warning prints a warning.
func (con *console) warning(form string, args ...any) {
	if !con.json {
		printf(con.err, "redial: warning: "+form+"\n", args...)
		return
	}
	var text strings.Builder
	printf(&text, form, args...)
	_ = printLine(con.err, map[string]string{"warning": text.String()}) // a failure can't be reported anywhere else
}

// say prints an error.
func (con *console) say(err error, status int) {
	mistakes, isFile := errors.AsType[*app.FileError](err)
	switch {
	case con.json:
		_ = printLine(con.err, failureOf(err, status))
	case isFile:
		for i, line := range mistakes.Lines() {
			printf(con.err, map[bool]string{true: "redial: %s:\n", false: "%s\n"}[i == 0], line)
		}
	default:
		printf(con.err, "redial: %s\n", byClock(err.Error()))
	}
}
