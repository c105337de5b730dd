package main

import (
	"bufio"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"

	"github.com/rogpeppe/go-internal/testscript"
)

// cmdInterrupted runs redial until it has written a line that contains LINE, sends it a signal, and expects an exit
// status: interrupted int|term STATUS LINE ARGS…. Its output is in the file interrupted.
func cmdInterrupted(ts *testscript.TestScript, neg bool, args []string) {
	signals := map[string]syscall.Signal{"int": syscall.SIGINT, "term": syscall.SIGTERM}
	if neg || len(args) < 4 || signals[args[0]] == 0 {
		ts.Fatalf("usage: interrupted int|term STATUS LINE ARGS…")
	}
	cmd := exec.Command(findIn(ts.Getenv("PATH"), "redial"), args[3:]...)
	cmd.Dir = ts.MkAbs(".")
	cmd.Env = environ(ts)
	out, err := cmd.StdoutPipe()
	ts.Check(err)
	var errs strings.Builder
	cmd.Stderr = &errs
	ts.Check(cmd.Start())
	defer cmd.Process.Kill()
	var told strings.Builder
	for lines := bufio.NewScanner(out); lines.Scan(); {
		told.WriteString(lines.Text() + "\n")
		if strings.Contains(lines.Text(), args[2]) {
			ts.Check(cmd.Process.Signal(signals[args[0]]))
		}
	}
	err = cmd.Wait()
	ts.Check(os.WriteFile(ts.MkAbs("interrupted"), []byte(told.String()+errs.String()), 0o600))
	if want, _ := strconv.Atoi(args[1]); cmd.ProcessState.ExitCode() != want {
		ts.Fatalf("redial %s: exit status %d, not %d: %v\n%s%s", strings.Join(args[3:], " "), cmd.ProcessState.ExitCode(),
			want, err, told.String(), errs.String())
	}
}
