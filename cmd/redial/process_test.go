package main

import (
	"bytes"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/creack/pty"
	"github.com/rogpeppe/go-internal/testscript"
)

// process is a redial that runs while a script goes on.
type process struct {
	cmd      *exec.Cmd
	ended    chan struct{}
	terminal *os.File // that it has; nil: none

	mu       sync.Mutex
	changed  *sync.Cond // it has written more, has ended, or its time is up
	out, err bytes.Buffer
	over     bool
}

// stream is standard output or standard error of a process.
type stream struct {
	of *process
	to io.Writer
}

func (s stream) Write(b []byte) (int, error) {
	s.of.mu.Lock()
	defer s.of.mu.Unlock()
	s.of.changed.Broadcast()
	return s.to.Write(b)
}

// wrote waits up to a minute until a process has written a text to a stream, and returns what it wrote up to the end
// of that line.
func (p *process) wrote(ts *testscript.TestScript, text string, where ...*bytes.Buffer) string {
	late := false
	t := time.AfterFunc(time.Minute, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		late = true
		p.changed.Broadcast()
	})
	defer t.Stop()
	p.mu.Lock()
	defer p.mu.Unlock()
	for {
		for _, buffer := range where {
			before, after, found := strings.Cut(buffer.String(), text)
			if line, _, whole := strings.Cut(after, "\n"); found && whole {
				return before + text + line + "\n"
			}
		}
		if p.over || late {
			ts.Fatalf("%s was not written:\n%s%s", text, &p.out, &p.err)
		}
		p.changed.Wait()
	}
}

func processes(ts *testscript.TestScript) map[string]*process {
	return ts.Value("processes").(map[string]*process)
}

// cmdStart starts a redial under a name: start NAME LINE ARGS…. It returns once the process has written a line that
// contains LINE. Its standard error is in NAME.log.
func cmdStart(ts *testscript.TestScript, neg bool, args []string) { startProcess(ts, neg, args, false) }

// cmdStartInTerminal does the same in a terminal of its own: startinterminal NAME LINE ARGS….
func cmdStartInTerminal(ts *testscript.TestScript, neg bool, args []string) {
	startProcess(ts, neg, args, true)
}

func startProcess(ts *testscript.TestScript, neg bool, args []string, inTerminal bool) {
	if neg || len(args) < 3 {
		ts.Fatalf("usage: start NAME LINE ARGS…")
	}
	log, err := os.Create(ts.MkAbs(args[0] + ".log"))
	ts.Check(err)
	p := &process{cmd: exec.Command(findIn(ts.Getenv("PATH"), "redial"), args[2:]...), ended: make(chan struct{})}
	p.changed = sync.NewCond(&p.mu)
	p.cmd.Dir = ts.MkAbs(".")
	p.cmd.Env = environ(ts)
	p.cmd.Stdout, p.cmd.Stderr = stream{p, &p.out}, stream{p, io.MultiWriter(&p.err, log)}
	if inTerminal {
		p.terminal, err = pty.Start(p.cmd) // as its standard input
	} else {
		err = p.cmd.Start()
	}
	ts.Check(err)
	go func() {
		_ = p.cmd.Wait() // cmdEnd checks the status
		p.mu.Lock()
		p.over = true
		p.changed.Broadcast()
		p.mu.Unlock()
		log.Close()
		close(p.ended)
	}()
	processes(ts)[args[0]] = p
	ts.Defer(func() {
		_ = p.cmd.Process.Kill()
		<-p.ended
		ts.Logf("[%s] %s%s", args[0], &p.out, &p.err)
	})
	p.wrote(ts, args[1], &p.out, &p.err)
}

// cmdPrints waits until a process has printed a line that contains TEXT, and writes all lines up to this one into
// NAME.out: prints NAME TEXT.
func cmdPrints(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 || processes(ts)[args[0]] == nil {
		ts.Fatalf("usage: prints NAME TEXT")
	}
	p := processes(ts)[args[0]]
	ts.Check(os.WriteFile(ts.MkAbs(args[0]+".out"), []byte(p.wrote(ts, args[1], &p.out)), 0o600))
}

// cmdHangup sends SIGHUP to a process that goes on, and waits until it has logged a line that contains LINE:
// hangup NAME LINE.
func cmdHangup(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 || processes(ts)[args[0]] == nil {
		ts.Fatalf("usage: hangup NAME LINE")
	}
	p := processes(ts)[args[0]]
	ts.Check(p.cmd.Process.Signal(syscall.SIGHUP))
	p.wrote(ts, args[1], &p.err)
}

// cmdEnd ends a process with a signal, and waits for it: end NAME kill|term|int|hup [STATUS]. It closes the terminal
// that a process has: end NAME close [STATUS]. It only waits for one that ends by itself: end NAME itself [STATUS]. The
// whole output is in NAME.out. Without STATUS, a process that is not killed must end with 0.
func cmdEnd(ts *testscript.TestScript, neg bool, args []string) {
	signals := map[string]syscall.Signal{
		"kill": syscall.SIGKILL, "term": syscall.SIGTERM, "int": syscall.SIGINT, "hup": syscall.SIGHUP,
	}
	known := len(args) >= 2 && (signals[args[1]] != 0 || args[1] == "itself" || args[1] == "close")
	if neg || !known || processes(ts)[args[0]] == nil {
		ts.Fatalf("usage: end NAME kill|term|int|hup|close|itself [STATUS]")
	}
	p := processes(ts)[args[0]]
	switch args[1] {
	case "itself":
	case "close":
		ts.Check(p.terminal.Close())
	default:
		ts.Check(p.cmd.Process.Signal(signals[args[1]]))
	}
	select {
	case <-p.ended:
	case <-time.After(time.Minute):
		ts.Fatalf("%s goes on", args[0])
	}
	ts.Check(os.WriteFile(ts.MkAbs(args[0]+".out"), p.out.Bytes(), 0o600))
	want := 0
	if len(args) > 2 {
		want, _ = strconv.Atoi(args[2])
	}
	if got := p.cmd.ProcessState.ExitCode(); args[1] != "kill" && got != want {
		ts.Fatalf("%s ends with status %d, not %d:\n%s%s", args[0], got, want, &p.out, &p.err)
	}
}
