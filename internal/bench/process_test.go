package bench

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"redial/internal/freeaddr"
)

const (
	account = "AC00000000000000000000000000000000"
	token   = "bench"
)

// build builds the programs, each once.
func build(t *testing.T) (folder string) {
	t.Helper()
	folder = t.TempDir()
	for _, name := range []string{"redial/cmd/redial", "redial/internal/bench/floor"} {
		out, err := exec.Command("go", "build", "-o", filepath.Join(folder, filepath.Base(name)), name).CombinedOutput()
		if err != nil {
			t.Fatalf("building %s: %v\n%s", name, err, out)
		}
	}
	return folder
}

// process is a server that runs in a process of its own.
type process struct {
	t       *testing.T
	cmd     *exec.Cmd
	addr    string
	log     string // file
	started time.Time

	database *database // that it writes; nil: none
}

func (p *process) url() string { return "http://" + p.addr }

// start starts a program, whose arguments and environment name an address, and returns when it is ready.
func start(t *testing.T, program string, addr string, args, env []string) *process {
	t.Helper()
	p := &process{t: t, addr: addr, cmd: exec.Command(program, args...), log: filepath.Join(t.TempDir(), "log")}
	log, err := os.Create(p.log)
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	p.cmd.Env = append([]string{"PATH=" + os.Getenv("PATH"), "HOME=" + os.Getenv("HOME")}, env...)
	p.cmd.Stdout, p.cmd.Stderr = log, log
	p.started = time.Now()
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.stop)
	return p
}

// ready waits until path answers 200.
func (p *process) ready(path string) *process {
	p.t.Helper()
	for time.Since(p.started) < 2*time.Minute {
		r, err := http.Get(p.url() + path)
		if err == nil {
			r.Body.Close()
			if r.StatusCode == http.StatusOK {
				return p
			}
		}
		time.Sleep(time.Millisecond) // between two looks at a real process
	}
	log, _ := os.ReadFile(p.log)
	p.t.Fatalf("%s is never ready:\n%s", p.cmd.Path, log)
	return nil
}

// stop ends the process.
func (p *process) stop() {
	if p.cmd.ProcessState != nil {
		return
	}
	_ = p.cmd.Process.Signal(syscall.SIGTERM) // it may have ended already
	_ = p.cmd.Wait()
}

// cpu is the processor time it has used so far.
func (p *process) cpu() time.Duration {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.cmd.Process.Pid))
	if err != nil {
		p.t.Fatal(err)
	}
	f := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
	user, _ := strconv.Atoi(f[11])
	system, _ := strconv.Atoi(f[12])
	return time.Duration(user+system) * 10 * time.Millisecond // the kernel counts ticks, 100 a second
}

// memory is the largest its resident set has been, in bytes.
func (p *process) memory() float64 {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	if err != nil {
		p.t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(text), "VmHWM:")
	kb, _ := strconv.ParseFloat(strings.Fields(rest)[0], 64)
	return kb * 1024
}

// freeAddr returns an address on which nobody listens.
func freeAddr(t *testing.T) string {
	t.Helper()
	addr, err := freeaddr.New()
	if err != nil {
		t.Fatal(err)
	}
	return addr
}

// redial starts a node. It logs at level info, which is the default, into a file.
func (b *bench) redial(database, twilio string, extra ...string) *process {
	addr := freeAddr(b.t)
	p := start(b.t, b.folder+"/redial", addr, []string{"serve"}, append([]string{
		"REDIAL_LISTEN=" + addr, "HOST_URL=http://" + addr, "DATABASE_URL=" + database, "REDIAL_FROM=+815012345678",
		"TWILIO_ACCOUNT_SID=" + account, "TWILIO_AUTH_TOKEN=" + token, "REDIAL_TWILIO_BASE_URL=" + twilio,
		"REDIAL_LOG_LEVEL=info", "REDIAL_CHECK=false",
		"REDIAL_MAX_WAITING=10000000",
	}, extra...))
	p.database = databaseOf(database)
	return p.ready("/readyz")
}

func (b *bench) floor(args ...string) *process {
	addr := freeAddr(b.t)
	return start(b.t, b.folder+"/floor", addr, append([]string{"-listen", addr, "-token", token}, args...),
		nil).ready("/readyz")
}

// phones starts a sim in which everything takes next to no time.
func (b *bench) phones(script string) *process {
	addr := freeAddr(b.t)
	return start(b.t, b.folder+"/redial", addr, []string{
		"sim", "--listen", addr, "--account-sid", account, "--auth-token", token, "--speed", "10000", "--default", script,
	}, nil).ready("/sim/scripts")
}

// get returns the body of a page.
func (p *process) get(path string) string {
	p.t.Helper()
	r, err := http.Get(p.url() + path)
	if err != nil {
		p.t.Fatal(err)
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	if err != nil || r.StatusCode != http.StatusOK {
		p.t.Fatalf("%s: %s, %v: %s", path, r.Status, err, body)
	}
	return string(body)
}

// ended is how many calls of a node, or of the floor, have ended, by its own metrics.
func (p *process) ended() (n int) {
	if strings.HasSuffix(p.cmd.Path, "floor") {
		n, _ := strconv.Atoi(p.get("/over"))
		return n
	}
	return int(p.total("redial_calls_total{"))
}

// total sums up the metrics of a node whose names begin with prefix.
func (p *process) total(prefix string) (n int64) {
	p.t.Helper()
	for line := range strings.Lines(p.get("/metrics")) {
		if strings.HasPrefix(line, prefix) {
			v, _ := strconv.ParseFloat(strings.Fields(line)[1], 64)
			n += int64(v)
		}
	}
	return n
}
