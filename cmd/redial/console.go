package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"syscall"

	"golang.org/x/term"
)

// Exit statuses. redial call --wait adds one for each outcome: see outcomeStatus.
const (
	statusOK     = 0
	statusFailed = 1
	statusUsage  = 2 // a flag, an argument or a setting is missing or wrong

	statusSignal = 128 // plus the signal's number: 130 for Ctrl-C
)

// console is what a command reads from, and writes to through a filter. terminal is standard output without the
// filter, or nil if that is no terminal: only the demo's screen moves the cursor.
type console struct {
	in       io.Reader
	out, err io.Writer
	terminal *os.File
	echoes   bool         // errors go to a terminal, which also shows what is typed
	json     bool         // results, errors and warnings are for a script
	command  string       // the one that runs, such as redial call
	asked    string       // URL of the redial that it asks; empty once a redial has answered there
	lost     func() error // returns why a part of the result was not written
	unread   []error      // settings that can't be read, for a command that reports all of them
}

func newConsole(out, err io.Writer) *console {
	results := &outlet{to: out}
	con := &console{in: os.Stdin, out: filter{results}, err: filter{err}, lost: results.error}
	if f, ok := out.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		con.terminal = f
	}
	if f, ok := err.(*os.File); ok {
		con.echoes = term.IsTerminal(int(f.Fd()))
	}
	return con
}

// stopped says that Ctrl-C ended a command. It overwrites the ^C of the terminal.
func (con *console) stopped() {
	if con.terminal != nil {
		_, _ = con.terminal.WriteString("\r") // without a terminal nobody reads it
	}
	printf(con.out, "Stopped.\n")
}

// exitError ends the process with a status, and prints nothing.
type exitError int

func (e exitError) Error() string { return fmt.Sprintf("exit status %d", int(e)) }

// signaled is the error of a command that a signal has ended.
type signaled struct{ signal syscall.Signal }

func (s signaled) Error() string { return s.signal.String() }

// Is makes errors.Is(context.Cause(ctx), context.Canceled) true, as it is for any canceled context.
func (s signaled) Is(target error) bool { return target == context.Canceled }
