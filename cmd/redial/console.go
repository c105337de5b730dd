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

	statusSignal = 128 // and the signal's number: 130, of Ctrl-C
)

// console is where a command reads, and writes, through a filter. The screen of a demo alone moves the
// cursor: terminal is standard output as it is, if that is one.
type console struct {
	in       io.Reader
	out, err io.Writer
	terminal *os.File
	echoes   bool         // errors go to a terminal, which shows what is typed, too
	json     bool         // results, errors and warnings are for a script
	command  string       // that runs, such as redial call
	asked    string       // the redial that it talks to; empty once that is known to be one
	lost     func() error // why a part of the result was not written
	unread   []error      // settings that can't be read, where the command is to tell of all of them
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

// stopped says that Ctrl-C ended a command, over the ^C of the terminal.
func (con *console) stopped() {
	if con.terminal != nil {
		_, _ = con.terminal.WriteString("\r") // who is gone needs no word
	}
	printf(con.out, "Stopped.\n")
}

// exitError ends the process with a status and no further word.
type exitError int

func (e exitError) Error() string { return fmt.Sprintf("exit status %d", int(e)) }

// signaled is why a command ends that a signal has ended.
type signaled struct{ signal syscall.Signal }

func (s signaled) Error() string { return s.signal.String() }

// Is makes errors.Is(context.Cause(ctx), context.Canceled) true, as it is for any canceled context.
func (s signaled) Is(target error) bool { return target == context.Canceled }
