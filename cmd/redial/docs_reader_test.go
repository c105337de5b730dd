package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"redial/internal/freeaddr"
	"redial/internal/mariadbtest"
)

// A reader tries a page from top to bottom, in its own shell and directory, with a redial and a simulated Twilio at
// the addresses that the page names. If the page does not start them, the reader does.
type reader struct {
	t              *testing.T
	dir            string // contains a clone
	redial, twilio string
	mysql          string // URL of the page's database, where it needs one
	hook           string // URL of the reader's own application, which accepts every POST
	running        map[string]*background
	status         int // of the last command, for $?
}

// A background is a command that goes on, and its output so far.
type background struct {
	cmd  *exec.Cmd
	done chan struct{}
	mu   sync.Mutex
	said bytes.Buffer
}

func (b *background) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.said.Write(p)
}

func (b *background) text() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.said.String()
}

// patience is how long a reader waits for anything, on a busy machine.
const patience = 2 * time.Minute

// ready has the text that each command prints once it serves.
var ready = map[string]string{
	"serve": "redial serves", "sim": "/sim/legs", "listen": "signed with", "desk": "What happens",
}

// simulator starts the Twilio of a page that starts none.
const simulator = "redial sim --speed 20"

// account matches a setting after which redial must be started anew.
var account = regexp.MustCompile(`^export (TWILIO_ACCOUNT_SID|HOST_URL)=`)

var goesOn = regexp.MustCompile(`^(?:\w+=\S+ )*redial (serve|sim|listen|desk)\b`)

func newReader(t *testing.T, all []block) *reader {
	t.Helper()
	r := &reader{t: t, dir: t.TempDir(), running: map[string]*background{}}
	clone, err := filepath.Abs(root)
	r.must(err)
	r.must(os.Symlink(clone, filepath.Join(r.dir, "redial")))
	r.redial, err = freeaddr.New()
	r.must(err)
	r.twilio, err = freeaddr.New()
	r.must(err)
	app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusNoContent)
	}))
	t.Cleanup(app.Close)
	r.hook = app.Listener.Addr().String()
	r.setUp(all)
	t.Cleanup(func() {
		for name := range r.running {
			r.end(name)
		}
	})
	r.begin(all)
	return r
}

func (r *reader) must(err error) {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
}

// writes says whether a page has a command.
func writes(all []block, command string) bool {
	line := regexp.MustCompile(`(?m)^(\$ )?` + command)
	return slices.ContainsFunc(all, func(b block) bool {
		return (b.lang == "sh" || b.lang == "console") && line.MatchString(b.text)
	})
}

// setUp gives the reader's shell the settings of a redial, except those that the page itself sets.
func (r *reader) setUp(all []block) {
	r.t.Helper()
	var exports strings.Builder
	for name, value := range map[string]string{
		"HOME": r.dir, "TZ": "Asia/Tokyo", "DATABASE_URL": "sqlite:redial.db",
		"TWILIO_ACCOUNT_SID": simAccount, "TWILIO_AUTH_TOKEN": simToken, "REDIAL_TWILIO_BASE_URL": "http://" + r.twilio,
		"REDIAL_FROM": demoFrom, "HOST_URL": "http://" + r.redial, "REDIAL_LISTEN": r.redial,
		"REDIAL_URL":              "http://" + r.redial,
		"REDIAL_CALLS_PER_SECOND": "20", "REDIAL_ALLOWED_REGIONS": "JP,DE,RU", "REDIAL_WEBHOOK_ALLOW_PRIVATE": "true",
		"REDIAL_WEBHOOK_SECRETS": "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=",
		// the reader's HOME is another
		"GOCACHE": goEnv(r.t, "GOCACHE"), "GOMODCACHE": goEnv(r.t, "GOMODCACHE"), "GOPROXY": "off",
	} {
		if !writes(all, `export (\w+=\S+ )*`+name+`=`) {
			fmt.Fprintf(&exports, "export %s='%s'\n", name, value)
		}
	}
	r.must(os.WriteFile(filepath.Join(r.dir, ".exports"), []byte(exports.String()), 0o600))
}

// begin starts what a page expects to be there: a redial, and its Twilio.
func (r *reader) begin(all []block) {
	r.t.Helper()
	needed := slices.ContainsFunc(all, func(b block) bool {
		return slices.Contains([]string{"sh", "console", "json"}, b.lang)
	})
	if !needed || writes(all, `(bin/)?redial desk\b`) {
		return
	}
	if !writes(all, `(bin/)?redial sim\b`) {
		_, err := r.start(simulator)
		r.must(err)
	}
	if !writes(all, `(bin/)?redial serve\b`) {
		_, err := r.start("redial serve")
		r.must(err)
	}
}

func goEnv(t *testing.T, name string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), "go", "env", name).Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

// readers has for each language the command that checks whether a program is valid.
var readers = map[string][]string{
	"js": {"node", "--check"}, "python": {"python3", "-m", "py_compile"}, "ruby": {"ruby", "-c"},
}

// program writes a program into the file that it names, and checks it.
func (r *reader) program(b block) {
	r.t.Helper()
	file := filepath.Join(r.variable("PWD"), cmp.Or(b.kind, "unnamed."+b.lang))
	err := cmp.Or(os.MkdirAll(filepath.Dir(file), 0o700), os.WriteFile(file, []byte(r.addresses(b.text)), 0o600))
	if err != nil {
		r.t.Fatal(err)
	}
	if tool := readers[b.lang]; tool != nil {
		if out, err := exec.CommandContext(r.t.Context(), tool[0], append(tool[1:], file)...).CombinedOutput(); err != nil {
			r.t.Errorf("%s: %s (make deps-test installs it): %v\n%s", b, tool[0], err, out)
		}
	}
}

// run runs the commands of a block. Each must succeed.
func (r *reader) run(b block) {
	r.t.Helper()
	for command, rest := cutCommand(b.text); command != ""; command, rest = cutCommand(rest) {
		if said, err := r.do(command); err != nil && !errors.Is(err, errNotRun) {
			r.t.Errorf("%s: %s: %v\n%s", b, command, err, said)
		}
	}
}

// talk runs the commands behind each $ of a block, and compares their output with the text that follows.
func (r *reader) talk(b block) {
	r.t.Helper()
	parts := strings.Split("\n"+b.text, "\n$ ")
	if parts[0] != "" || len(parts) == 1 {
		r.t.Errorf("%s: a console begins with a command behind a $", b)
	}
	for _, part := range parts[1:] {
		command, want := cutCommand(part)
		got, err := r.do(command)
		if errors.Is(err, errNotRun) {
			continue
		}
		// an exit status is no failure: pages show some
		if _, exit := errors.AsType[*exec.ExitError](err); err != nil && !exit {
			r.t.Errorf("%s: %s: %v\n%s", b, command, err, got)
			continue
		}
		if got = r.outward(got); !answers(want, got) {
			r.t.Errorf("%s: %s says\n%s\nand the page\n%s", b, command, got, want)
		}
	}
}

// cutCommand cuts off the first command of a text: the fewest lines that a shell takes as a whole command.
func cutCommand(text string) (command, rest string) {
	rest = strings.TrimLeft(text, "\n")
	for rest != "" {
		line, after, _ := strings.Cut(rest, "\n")
		command, rest = command+line+"\n", after
		if !strings.HasSuffix(line, `\`) && whole(command) {
			break
		}
	}
	return command, rest
}

// whole says whether a shell takes the text as a whole command.
func whole(command string) bool {
	out, err := exec.Command("bash", "-n", "-c", command).CombinedOutput()
	return err == nil && len(out) == 0
}

var errNotRun = errors.New("it is not run")

// do runs a command as the reader would, or says that commands of this kind are not run.
func (r *reader) do(command string) (string, error) {
	if args, ok := strings.CutPrefix(command, inContainer); ok {
		command = "DATABASE_URL='" + r.server() + "' redial " + args
	}
	for begin := range notRun {
		if strings.HasPrefix(command, begin) {
			return "", cmp.Or(isTarget(command), errNotRun)
		}
	}
	command, err := r.inward(command)
	if err != nil {
		return "", err
	}
	if account.MatchString(command) {
		r.end("desk")
		r.end("serve")
		if r.running["sim"] == nil {
			if said, err := r.start(simulator); err != nil {
				return said, err
			}
		}
	}
	if goesOn.MatchString(command) {
		return r.start(command)
	}
	ctx, cancel := context.WithTimeout(r.t.Context(), patience)
	defer cancel()
	cmd := r.bash(ctx, fmt.Sprintf("(exit %d); %s", r.status, command))
	out, err := cmd.CombinedOutput()
	r.status = max(0, cmd.ProcessState.ExitCode())
	return string(out), err
}

// inContainer is what stands before the arguments of redial where it runs beside a server of MySQL. The reader runs it
// without a container, on such a server.
const inContainer = "docker compose run --rm redial "

// server is the URL of a database of the page's own, as Rails would write it.
func (r *reader) server() string {
	if r.mysql == "" {
		r.mysql = strings.Replace(mariadbtest.New(r.t), "mysql://", "mysql2://", 1)
	}
	return r.mysql
}

// bash is a shell with the state in which the last one ended.
func (r *reader) bash(ctx context.Context, command string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "bash", "-c",
		`. "$EXPORTS"; trap '{ export -p; printf "cd %q\n" "$PWD"; } >"$EXPORTS"' EXIT; `+command)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // so that its children can be ended with it
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 5 * time.Second
	cmd.Dir = r.dir
	// A command that is killed does not remove its files, so TMPDIR is the directory of the reader.
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "EXPORTS=" + filepath.Join(r.dir, ".exports"), "TMPDIR=" + r.dir}
	return cmd
}

// start runs a command that goes on, and returns when it serves or has ended. It first ends a command of the same
// name.
func (r *reader) start(command string) (string, error) {
	r.t.Helper()
	name := goesOn.FindStringSubmatch(command)[1]
	r.end(name)
	switch name {
	case "sim":
		r.end("desk") // its reader does not need it any more
		command = strings.Replace(command, "redial sim", "redial sim --listen "+r.twilio, 1)
	case "desk":
		// of two equal flags, the last one counts
		command = strings.Replace(command, "redial desk", "redial desk --listen "+r.redial+" --sim-listen "+r.twilio, 1)
	}
	b := &background{done: make(chan struct{})}
	b.cmd = r.bash(context.Background(), "exec env "+strings.TrimRight(command, "& \n"))
	b.cmd.Stdout, b.cmd.Stderr = b, b
	if err := b.cmd.Start(); err != nil {
		return "", err
	}
	go func() {
		b.cmd.Wait()
		close(b.done)
	}()
	r.running[name] = b
	for limit := time.Now().Add(patience); ; {
		switch {
		case strings.Contains(b.text(), ready[name]):
			return b.text(), nil
		case time.Now().After(limit):
			return b.text(), fmt.Errorf("it does not say %q", ready[name])
		}
		select {
		case <-b.done:
			return b.text(), fmt.Errorf("it has ended, and was to serve")
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func (r *reader) end(name string) {
	if b := r.running[name]; b != nil {
		_ = b.cmd.Cancel()
		<-b.done
		delete(r.running, name)
	}
}

// variable is the value of a variable in the shell.
func (r *reader) variable(name string) string {
	r.t.Helper()
	out, err := r.bash(r.t.Context(), `printf %s "$`+name+`"`).Output()
	if err != nil {
		r.t.Fatal(err)
	}
	return string(out)
}

// isTarget checks that the Makefile has the target that a make command names.
func isTarget(command string) error {
	if !strings.HasPrefix(command, "make ") {
		return nil
	}
	name := strings.Fields(command)[1]
	makefile, err := os.ReadFile(filepath.Join(root, "Makefile"))
	if err == nil && !regexp.MustCompile(`(?m)^`+regexp.QuoteMeta(name)+`:`).Match(makefile) {
		err = fmt.Errorf("make has no target %s", name)
	}
	return err
}
