package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"reflect"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"redial/internal/app"
)

type checkCmd struct {
	Live       bool `help:"Look at the settings, and at the redial that serves on this machine, and ask nobody outside: for health checks."`
	printed    `embed:""`
	app.Config `embed:""`
	logging    `embed:""`
}

func (c *checkCmd) Help() string {
	return "It reads the settings of redial serve, and says of each part whether calls will get through: " +
		"what is wrong, and the fix. " +
		"It rings nobody and changes nothing, and may run beside serve. " +
		"Exit status 2: serve does not start with such a setting; " +
		"1: something else is wrong; 0: nothing is."
}

// examined is what the command prints as JSON.
type examined struct {
	Verdict    app.Verdict   `json:"verdict"` // ok, warning or wrong
	ExitStatus int           `json:"exit_status"`
	Findings   []app.Finding `json:"findings"`
}

func (c *checkCmd) Run(ctx context.Context, con *console) error {
	e := app.Examination{Config: c.Config, Live: c.Live, Unread: con.unread}
	all := examined{Verdict: app.Sound}
	width := con.width()
	for f := range e.Findings(ctx) {
		if ctx.Err() != nil { // an interrupted examination proves nothing
			break
		}
		all.add(f)
		if !c.JSON {
			printFinding(con.out, f, width)
		}
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if c.JSON {
		if err := printJSON(con.out, all); err != nil {
			return err
		}
	} else {
		printf(con.out, "\n%s\n", all.sum())
	}
	if all.ExitStatus != statusOK {
		return exitError(all.ExitStatus)
	}
	return nil
}

func (x *examined) add(f app.Finding) {
	x.Findings = append(x.Findings, f)
	switch {
	case f.Verdict == app.Wrong:
		x.Verdict = app.Wrong
	case f.Verdict == app.Warning && x.Verdict == app.Sound:
		x.Verdict = app.Warning
	}
	if f.Stops {
		x.ExitStatus = statusUsage
	} else if f.Verdict == app.Wrong {
		x.ExitStatus = max(x.ExitStatus, statusFailed)
	}
}

func (x *examined) count(v app.Verdict) (n int) {
	for _, f := range x.Findings {
		if f.Verdict == v {
			n++
		}
	}
	return n
}

// sum says in one sentence what was found.
func (x *examined) sum() string {
	look := ""
	if n := x.count(app.Warning); n > 0 {
		look = fmt.Sprintf(", and %d to be looked at", n)
	}
	n := x.count(app.Wrong)
	text := map[bool]string{true: "1 thing is wrong", false: fmt.Sprintf("%d things are wrong", n)}[n == 1]
	switch {
	case n == 0 && look == "":
		return "Nothing is wrong."
	case n == 0:
		return "Nothing is wrong" + look + "."
	case x.ExitStatus == statusUsage:
		return text + look + "; serve does not start."
	}
	return text + look + "."
}

const margin = 20 // columns of the text

// marks are printed at the beginning of a line.
var marks = map[app.Verdict]string{app.Sound: "ok", app.Warning: "warning", app.Wrong: "WRONG", app.LeftOut: "left out"}

func printFinding(w io.Writer, f app.Finding, width int) {
	lines := wrap(harmless(oneLine(f.Says)), width-margin)
	printf(w, "%-8s  %-8s  %s\n", marks[f.Verdict], f.About, lines[0])
	for _, line := range lines[1:] {
		printf(w, "%*s%s\n", margin, "", line)
	}
	fix := harmless(oneLine(f.Fix))
	faulty := f.Verdict == app.Wrong || f.Verdict == app.Warning
	if faulty && f.Setting != "" && f.Setting != f.About && !strings.Contains(f.Says+fix, f.Setting) {
		fix = strings.TrimSuffix(f.Setting+": "+fix, ": ")
	}
	if fix == "" {
		return
	}
	for i, line := range wrap("fix: "+fix, width-margin-len("fix: ")) {
		indent := margin
		if i > 0 {
			indent += len("fix: ")
		}
		printf(w, "%*s%s\n", indent, "", line)
	}
}

// setAside removes settings of serve that can't be read, such as a word instead of a number, from the environment,
// and returns what is wrong with them. The parser would stop at the first one.
func setAside(model *kong.Application) (unread []error) {
	for _, flag := range command(model, "serve").Flags {
		for _, name := range flag.Envs {
			value, set := os.LookupEnv(name)
			if !set {
				continue
			}
			if why := unreadable(flag, value); why != "" {
				unread = append(unread, &app.ConfigError{Sentence: name + " " + why})
				_ = os.Unsetenv(name) // else the parser stops here
			}
		}
	}
	return unread
}

func unreadable(flag *kong.Flag, value string) string {
	if enum := flag.EnumSlice(); len(enum) > 0 && enum[0] != "" && !slices.Contains(enum, value) {
		return fmt.Sprintf("must be one of %s, not %.40q", strings.Join(enum, ", "), value)
	}
	scratch := reflect.New(flag.Target.Type()).Elem()
	if flag.Parse(kong.ScanFromTokens(kong.Token{Value: value, Type: kong.FlagValueToken}), scratch) == nil {
		return ""
	}
	switch flag.Target.Kind() {
	case reflect.Bool:
		return fmt.Sprintf("must be true or false, not %.40q", value)
	case reflect.Int:
		return fmt.Sprintf("must be a whole number, not %.40q", value)
	}
	return fmt.Sprintf("must be a number, not %.40q", value)
}
