// Command redial places calls that must get through: it rings, and rings again
// until a person is reached. README.md shows it at work.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"unicode/utf8"

	"github.com/alecthomas/kong"
	"golang.org/x/term"

	"redial/internal/app"
)

// Exit statuses. redial call --wait adds one for each outcome: see outcomeStatus.
const (
	statusOK     = 0
	statusFailed = 1
	statusUsage  = 2 // a flag, an argument or a setting is missing or wrong
)

// commands is the command line; each command has a file of its own.
type commands struct {
	Serve    serveCmd    `cmd:"" help:"Run a node: the API, the callbacks, the dialing."`
	Demo     demoCmd     `cmd:"" help:"Watch phones that don't answer ring again: no account needed."`
	Sim      simCmd      `cmd:"" help:"Run a Twilio on your desk."`
	Call     callCmd     `cmd:"" help:"Ask for a call."`
	Explain  explainCmd  `cmd:"" help:"Say what would become of a call, and make none."`
	List     listCmd     `cmd:"" help:"List calls, the newest first."`
	Show     showCmd     `cmd:"" help:"Show a call and its timeline."`
	Now      nowCmd      `cmd:"" help:"Ring again at once, within the call's rules."`
	Cancel   cancelCmd   `cmd:"" help:"Cancel a call."`
	Webhooks webhooksCmd `cmd:"" help:"List, show, try and replay webhooks."`
	Listen   listenCmd   `cmd:"" help:"Stream a server's webhooks to this machine."`
	Resolve  resolveCmd  `cmd:"" help:"Say what became of an ambiguous attempt."`
	Presets  presetsCmd  `cmd:"" help:"Print the policies that calls can begin with."`
	Migrate  migrateCmd  `cmd:"" help:"Bring the database's schema up to date."`
	Version  versionCmd  `cmd:"" help:"Say which redial this is."`
}

// console is where a command writes, through a filter. The screen of a demo alone moves the
// cursor: terminal is standard output as it is, if that is one.
type console struct {
	out, err io.Writer
	terminal *os.File
}

func newConsole(out, err io.Writer) *console {
	con := &console{out: filter{out}, err: filter{err}}
	if f, ok := out.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		con.terminal = f
	}
	return con
}

// exitError ends the process with a status and no further word.
type exitError int

func (e exitError) Error() string { return fmt.Sprintf("exit status %d", int(e)) }

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	status := run(ctx, os.Args[1:], newConsole(os.Stdout, os.Stderr))
	stop()
	os.Exit(status)
}

// run runs a command line and returns the exit status.
func run(ctx context.Context, args []string, con *console) int {
	exited := -1
	parser, err := kong.New(&commands{},
		kong.Name("redial"),
		kong.Description("Calls that must get through: redial rings through Twilio, and rings again until a person is reached."),
		kong.UsageOnError(),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, NoExpandSubcommands: true}),
		kong.Writers(con.out, con.err),
		kong.Exit(func(status int) { exited = status }),
		kong.Vars{"simAccount": simAccount, "simToken": simToken},
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(con),
	)
	if err != nil {
		return con.fail(err)
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	if i := slices.IndexFunc(args, func(arg string) bool { return !utf8.ValidString(arg) }); i >= 0 { // JSON would put U+FFFD there
		printf(con.err, "redial: argument %d is not text in UTF-8\n", i+1)
		return statusUsage
	}
	if err := trimSettings(parser.Model); err != nil {
		return con.fail(err)
	}
	command, err := parser.Parse(args)
	if exited >= 0 { // --help
		return exited
	}
	if err != nil {
		printf(con.err, "redial: %v; see redial --help\n", err)
		return statusUsage
	}
	con.warn(command)
	return con.fail(command.Run())
}

// trimSettings takes newlines and spaces off the ends of the settings in the environment:
// whatever put them there may have read a file to its end. What is blank then is as if it were
// not set, but for DATABASE_URL: calls would go to another database than was meant.
func trimSettings(model *kong.Application) error {
	return kong.Visit(model, func(node kong.Visitable, next kong.Next) error {
		if flag, ok := node.(*kong.Flag); ok {
			for _, name := range flag.Envs {
				if value, set := os.LookupEnv(name); set && value != strings.TrimSpace(value) {
					if err := os.Setenv(name, strings.TrimSpace(value)); err != nil {
						return fmt.Errorf("reading %s: %w", name, err)
					}
				}
				if os.Getenv(name) == "" && name != "DATABASE_URL" {
					if err := os.Unsetenv(name); err != nil {
						return fmt.Errorf("reading %s: %w", name, err)
					}
				}
			}
		}
		return next(nil)
	})
}

// fail says what went wrong, in one sentence, and returns the exit status.
func (con *console) fail(err error) int {
	if err == nil {
		return statusOK
	}
	if e, ok := errors.AsType[exitError](err); ok {
		return int(e)
	}
	printf(con.err, "redial: %v\n", err)
	if _, ok := errors.AsType[*app.ConfigError](err); ok {
		return statusUsage
	}
	return statusFailed
}

// logging is how a command logs.
type logging struct {
	LogFormat string `help:"text or json." env:"REDIAL_LOG_FORMAT" default:"text" enum:"text,json"`
	LogLevel  string `help:"debug, info, warn or error." env:"REDIAL_LOG_LEVEL" default:"info" enum:"debug,info,warn,error"`
}

func (l logging) logger(w io.Writer) *slog.Logger {
	var level slog.Level
	_ = level.UnmarshalText([]byte(l.LogLevel)) // one of the enum above
	o := &slog.HandlerOptions{Level: level}
	if l.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(w, o))
	}
	return slog.New(slog.NewTextHandler(w, o))
}
