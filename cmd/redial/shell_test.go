package main

import (
	"bytes"
	"os/exec"
	"strings"
	"time"

	"github.com/creack/pty"
	"github.com/rogpeppe/go-internal/testscript"
)

// shellsOfTests are the command lines that start each shell without the user's settings.
var shellsOfTests = map[string][]string{
	"bash": {"bash", "--norc", "--noprofile", "-i"},
	"zsh":  {"zsh", "-f", "-i"},
}

// cmdTypes starts a shell that reads FILE, and types LINE into it, with a tab for each TAB. It repeats that until
// redial is run with ARGS (in this shell, redial is a function that prints its arguments): types SHELL FILE LINE ARGS.
func cmdTypes(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 4 || shellsOfTests[args[0]] == nil {
		ts.Fatalf("usage: types bash|zsh FILE LINE ARGS")
	}
	command := shellsOfTests[args[0]]
	cmd := exec.Command(command[0], command[1:]...)
	cmd.Dir = ts.MkAbs(".")
	cmd.Env = append(environ(ts), "TERM=dumb")
	terminal, err := pty.Start(cmd)
	if err != nil {
		ts.Fatalf("starting %s, which scripts/install-test-deps installs: %v", args[0], err)
	}
	defer func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		_ = terminal.Close()
	}()
	s := &shellSession{read: make(chan []byte, 1000)}
	go func() {
		defer close(s.read)
		for {
			b := make([]byte, 4096)
			n, err := terminal.Read(b)
			s.read <- b[:n]
			if err != nil {
				return
			}
		}
	}()
	for _, step := range []struct{ line, until string }{
		{"PS1='read''y> '", "ready> "}, // the shell's echo has the quotes in between
		{"source " + args[1] + "; redial() { printf '<%s>' \"$*\"; }; echo read\\y", "\nready"},
	} {
		_, err := terminal.WriteString(step.line + "\n")
		ts.Check(err)
		if _, ok := s.until(step.until); !ok {
			ts.Fatalf("%s never showed %s:\n%q", args[0], step.until, s.seen.String())
		}
	}
	given := ""
	for range 20 { // the server may answer later than a press of Tab waits
		_, err := terminal.WriteString(strings.ReplaceAll(args[2], "TAB", "\t") + "\n")
		ts.Check(err)
		s.until("<")
		if given, _ = s.until(">"); given == args[3] {
			return
		}
	}
	ts.Fatalf("%s gave redial %q, not %q:\n%q", args[0], given, args[3], s.seen.String())
}

// shellSession is the output of a shell.
type shellSession struct {
	read chan []byte
	seen bytes.Buffer
}

// until waits until a text was shown, and returns what stood before it. The next call begins after the text.
func (s *shellSession) until(text string) (before string, ok bool) {
	late := time.After(time.Minute)
	for {
		plain := strings.ReplaceAll(s.seen.String(), "\r", "")
		if before, rest, ok := strings.Cut(plain, text); ok {
			s.seen.Reset()
			s.seen.WriteString(rest)
			return before, true
		}
		select {
		case b, more := <-s.read:
			s.seen.Write(b)
			if !more {
				return "", false
			}
		case <-late:
			return "", false
		}
	}
}
