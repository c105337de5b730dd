package chaos

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"redial/internal/freeaddr"
)

// node is a redial in a process of its own, which is started again whenever it has died.
type node struct {
	f     *fleet
	name  string
	addr  string
	skew  time.Duration // of its clock
	proxy *httputil.ReverseProxy

	mu      sync.Mutex
	cmd     *exec.Cmd
	stopped bool // by SIGSTOP
	slept   bool // was stopped since it started
	over    bool // not to be started again
	died    chan struct{}
	started time.Time
}

// fleet is the nodes behind one address, which Twilio and applications use.
type fleet struct {
	t       *testing.T
	env     []string // of every node
	binary  string
	folder  string
	nodes   []*node
	points  func() string      // the crash point for the next start, empty for none
	pause   func(*node) string // the point at which the next start is to stop itself, empty for none
	running sync.WaitGroup

	noDatabase atomic.Bool  // during an outage of the database
	backAt     atomic.Int64 // when it was there again, in Unix nanoseconds
}

func (f *fleet) add(name string, skew time.Duration) {
	f.t.Helper()
	addr, err := freeaddr.New()
	if err != nil {
		f.t.Fatal(err)
	}
	n := &node{f: f, name: name, addr: addr, skew: skew}
	n.proxy = &httputil.ReverseProxy{
		Rewrite:      func(r *httputil.ProxyRequest) { r.SetURL(&url.URL{Scheme: "http", Host: n.addr}) }, // and the Host
		Transport:    &http.Transport{ResponseHeaderTimeout: 3 * time.Second, DisableKeepAlives: true},
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) },
	}
	f.nodes = append(f.nodes, n)
}

// ServeHTTP sends a request to a random node, dead or alive: the caller may try again.
func (f *fleet) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.nodes[rand.IntN(len(f.nodes))].proxy.ServeHTTP(w, r)
}

// start runs every node until stop.
func (f *fleet) start() {
	for _, n := range f.nodes {
		f.running.Go(n.live)
	}
}

func (f *fleet) stop() {
	for _, n := range f.nodes {
		n.end()
	}
	f.running.Wait()
}

// live runs the node again and again.
func (n *node) live() {
	for {
		err := n.run(n.f.points(), n.f.pause(n))
		n.mu.Lock()
		over, late := n.over, n.slept && n.started.UnixNano() < n.f.backAt.Load()
		n.mu.Unlock()
		if over {
			return
		}
		status := n.cmd.ProcessState.Sys().(syscall.WaitStatus)
		killed := status.Signaled() && status.Signal() == syscall.SIGKILL
		// Without a database a node can't start. One that was stopped while it started finds that out much later.
		early := status.ExitStatus() == 1 && (n.f.noDatabase.Load() || late)
		if !killed && !early {
			n.f.t.Errorf("node %s ended by itself: %v; see %s", n.name, err, n.log())
			return
		}
		time.Sleep(500*time.Millisecond + rand.N(500*time.Millisecond)) // longer than Twilio repeats a request
	}
}

func (n *node) log() string { return filepath.Join(n.f.folder, n.name+".log") }

// run runs the node once; it dies or stops itself at these points.
func (n *node) run(point, pause string) error {
	out, err := os.OpenFile(n.log(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	defer out.Close()
	cmd := exec.Command(n.f.binary, "serve")
	cmd.Env = append(n.f.env, "REDIAL_LISTEN="+n.addr, "REDIAL_CRASH="+point, "REDIAL_STOP="+pause,
		fmt.Sprintf("REDIAL_CLOCK_SKEW=%s", n.skew))
	cmd.Stdout, cmd.Stderr = out, out
	n.mu.Lock()
	if n.over {
		n.mu.Unlock()
		return nil
	}
	n.cmd, n.died, n.started, n.slept = cmd, make(chan struct{}), time.Now(), false
	if err = cmd.Start(); err != nil {
		n.mu.Unlock()
		return err
	}
	n.mu.Unlock()
	err = cmd.Wait()
	n.mu.Lock()
	defer n.mu.Unlock()
	n.stopped = false
	close(n.died)
	return err
}

// serves says whether the process runs, and has run for long enough to have begun its work.
func (n *node) serves() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.cmd == nil || n.cmd.Process == nil || time.Since(n.started) < startTime || n.stopped || n.halted() {
		return false
	}
	select {
	case <-n.died:
		return false
	default:
		return true
	}
}

// startTime is what a node takes to start while others start as well.
const startTime = 3 * time.Second

// watch returns the spans in which no node served, until over is closed.
func (f *fleet) watch(over chan struct{}) (away []Span) {
	const apart = 250 * time.Millisecond
	var last time.Time // when no node served, last
	for {
		now := time.Now()
		if f.noDatabase.Load() || !slices.ContainsFunc(f.nodes, (*node).serves) {
			if now.Sub(last) > 2*apart {
				away = append(away, Span{From: now.Add(-apart)})
			}
			last, away[len(away)-1].To = now, now.Add(apart)
		}
		select {
		case <-over:
			return away
		case <-time.After(apart):
		}
	}
}

// signal sends a signal to the node's process, if it runs.
func (n *node) signal(s syscall.Signal) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.cmd != nil && n.cmd.Process != nil {
		_ = n.cmd.Process.Signal(s) // it may have died just now
	}
	n.stopped = s == syscall.SIGSTOP
	n.slept = n.slept || n.stopped
}

// isStopped says whether the process is stopped, by a signal of ours or its own.
func (n *node) isStopped() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.stopped || n.halted()
}

// sleeps says whether the process has stopped itself.
func (n *node) sleeps() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return !n.stopped && n.halted()
}

// halted asks the kernel. The mutex is held.
func (n *node) halted() bool {
	if n.cmd == nil || n.cmd.Process == nil {
		return false
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", n.cmd.Process.Pid))
	return err == nil && strings.Contains(string(stat), ") T ")
}

// end ends the node for good, cleanly.
func (n *node) end() {
	n.mu.Lock()
	n.over = true
	n.mu.Unlock()
	n.signal(syscall.SIGCONT)
	n.signal(syscall.SIGTERM)
}
