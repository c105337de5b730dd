package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"syscall"
	"unicode/utf8"

	"github.com/alecthomas/kong"
)

// commands is the command line; each command has a file of its own.
type commands struct {
	Serve      serveCmd      `cmd:"" help:"Run a node: the API, the callbacks, the dialing."`
	Check      checkCmd      `cmd:"" help:"Say whether the set-up is right, and what is to be mended."`
	Demo       demoCmd       `cmd:"" help:"Watch phones that don't answer ring again: no account needed."`
	Desk       deskCmd       `cmd:"" help:"Run redial and a Twilio on your desk, to build against."`
	Sim        simCmd        `cmd:"" help:"Run a Twilio on your desk."`
	Call       callCmd       `cmd:"" help:"Ask for a call."`
	Explain    explainCmd    `cmd:"" help:"Say what would become of a call, and make none."`
	List       listCmd       `cmd:"" help:"List calls, the newest first."`
	Show       showCmd       `cmd:"" help:"Show a call and its timeline."`
	Wait       waitCmd       `cmd:"" help:"Wait for a call's end; the exit status says the outcome."`
	Now        nowCmd        `cmd:"" help:"Ring again at once, within the call's rules."`
	Cancel     cancelCmd     `cmd:"" help:"Cancel a call."`
	Delete     deleteCmd     `cmd:"" help:"Forget the personal data of a call that has ended."`
	Webhooks   webhooksCmd   `cmd:"" help:"List, show, try and replay webhooks."`
	Listen     listenCmd     `cmd:"" help:"Stream a server's webhooks to this machine."`
	Rota       rotaCmd       `cmd:"" help:"Say who is on duty, and put somebody else in their place."`
	Incidents  incidentsCmd  `cmd:"" help:"List what triggers ring about; close it, or take care of it."`
	Audit      auditCmd      `cmd:"" help:"List who did what, the newest first."`
	Keys       keysCmd       `cmd:"" help:"Make, list, rotate and revoke API keys."`
	Resolve    resolveCmd    `cmd:"" help:"Say what became of an ambiguous attempt."`
	Presets    presetsCmd    `cmd:"" help:"Print the policies that a server's calls can begin with."`
	Trigger    triggerCmd    `cmd:"" help:"Tell a trigger what has happened."`
	Triggers   triggersCmd   `cmd:"" help:"List and try triggers, make their URLs, and check a file of them."`
	Migrate    migrateCmd    `cmd:"" help:"Bring the database's schema up to date."`
	Version    versionCmd    `cmd:"" help:"Say which redial this is; redial --version does, too."`
	Completion completionCmd `cmd:"" help:"Print what makes a shell complete command lines."`
	Help       helpCmd       `cmd:"" help:"Say how a command is used."`
}

func main() {
	ctx, stop := untilSignal()
	status := run(ctx, os.Args[1:], newConsole(os.Stdout, os.Stderr))
	stop()
	os.Exit(status)
}

// run runs a command line and returns the exit status.
func run(ctx context.Context, args []string, con *console) int {
	con.json, con.command = asksJSON(args), "redial"
	exited := -1
	parser, err := con.parser(ctx, func(status int) { exited = status })
	if err != nil {
		return con.fail(ctx, err)
	}
	// JSON would replace such bytes by U+FFFD.
	if i := slices.IndexFunc(args, func(arg string) bool { return !utf8.ValidString(arg) }); i >= 0 {
		return con.fail(ctx, con.usage(fmt.Errorf("argument %d is not text in UTF-8", i+1)))
	}
	if err := trimSettings(parser.Model); err != nil {
		return con.fail(ctx, err)
	}
	if completes() {
		return con.fail(ctx, con.complete(ctx, parser))
	}
	if len(args) > 0 && args[0] == "check" {
		con.unread = setAside(parser.Model)
	}
	command, err := parser.Parse(asHelp(args))
	if lost := con.lost(); lost != nil { // the help was not written
		return con.fail(ctx, lost)
	}
	if exited >= 0 { // --help was asked for
		return exited
	}
	if e, ok := errors.AsType[*kong.ParseError](err); ok {
		con.warnUnknown(e.Context)
	}
	if err != nil {
		return con.fail(ctx, misread(err))
	}
	con.command = commandOf(command)
	con.warnUnknown(command)
	con.warn(command)
	if err := checkEmpty(command); err != nil {
		return con.fail(ctx, con.usage(err))
	}
	return con.fail(ctx, command.Run())
}

// parser makes the parser of the command line. exit is called with the status when the parser itself has done what
// was asked: printed help.
func (con *console) parser(ctx context.Context, exit func(status int)) (*kong.Kong, error) {
	return kong.New(&commands{},
		kong.Name("redial"),
		kong.Description("Calls that must get through: redial rings through Twilio, "+
			"and rings again until a person is reached."),
		kong.UsageOnError(),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, NoExpandSubcommands: true}),
		kong.Help(con.printHelp),
		kong.Writers(con.out, con.err),
		kong.Exit(exit),
		kong.Vars{"simAccount": simAccount, "simToken": simToken, "defaultURL": defaultURL},
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.Bind(con),
		kong.PostBuild(fewerSettings),
	)
}

// fail prints in one sentence what went wrong, and returns the exit status.
func (con *console) fail(ctx context.Context, err error) int {
	if lost := con.lost(); lost != nil && (err == nil || errors.Is(err, lost)) {
		err = fmt.Errorf("the result can't be written: %w", lost)
	}
	if err == nil {
		return statusOK
	}
	if e, ok := errors.AsType[exitError](err); ok {
		return int(e)
	}
	if s, ok := errors.AsType[signaled](context.Cause(ctx)); ok && errors.Is(err, context.Canceled) {
		return statusSignal + int(s.signal)
	}
	status := statusFailed
	if isUsage(err) {
		status = statusUsage
	}
	con.say(con.withSetting(err), status)
	return status
}

// untilSignal returns a context that ends when the process is told to stop.
func untilSignal() (ctx context.Context, stop func()) {
	ctx, cancel := context.WithCancelCause(context.Background())
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) { // nohup ignores it; else it says that the terminal was closed
		signal.Notify(signals, syscall.SIGHUP)
	}
	go func() {
		if s, ok := (<-signals).(syscall.Signal); ok {
			cancel(signaled{s})
		}
	}()
	return ctx, func() { signal.Stop(signals) }
}
