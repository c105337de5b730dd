package alertmanagertest

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"redial/internal/freeaddr"
)

//go:embed server.sh
var serverScript string

// startTimeout is how long a server may take to answer, and a pair to know each other, on a busy machine.
const startTimeout = time.Minute

// Server is an Alertmanager that runs.
type Server struct {
	URL string // of its API and its page, without a slash at the end
	log string // what it wrote, for messages
}

// New starts an Alertmanager with a configuration, in YAML. It ends with t, or with this process, however that ends.
func New(t testing.TB, config string) *Server {
	t.Helper()
	s, err := start(t, config, "--cluster.listen-address=")
	if err != nil {
		t.Fatalf("Alertmanager for tests: %v", err)
	}
	return s
}

// NewPair starts two that know each other, with one configuration. As Prometheus does, a test posts each alert to both.
// The second does not wait for the first to notify, so that much is sent twice, as by a pair whose connection is slow.
func NewPair(t testing.TB, config string) [2]*Server {
	t.Helper()
	var pair [2]*Server
	var members [2]string
	for i := range members {
		var err error
		if members[i], err = freeaddr.New(); err != nil {
			t.Fatal(err)
		}
	}
	for i := range pair {
		var err error
		pair[i], err = start(t, config, "--cluster.listen-address="+members[i], "--cluster.peer="+members[1-i],
			"--cluster.advertise-address="+members[i], "--cluster.peer-timeout=0s", "--cluster.settle-timeout=0s",
			"--cluster.reconnect-interval=100ms")
		if err != nil {
			t.Fatalf("Alertmanager for tests: %v", err)
		}
	}
	for _, s := range pair {
		if err := s.knows(len(pair)); err != nil {
			t.Fatalf("Alertmanager for tests: %v", err)
		}
	}
	return pair
}

// start runs an Alertmanager in a directory of its own.
func start(t testing.TB, config string, options ...string) (*Server, error) {
	program, err := find("prometheus-alertmanager", "alertmanager")
	if err != nil {
		return nil, err
	}
	addr, err := freeaddr.New()
	if err != nil {
		return nil, err
	}
	// A test's own directory is removed only after its cleanups; the script removes this one, whatever happens.
	dir, err := os.MkdirTemp("", "redial-alertmanager-") //nolint:usetesting // see above
	if err != nil {
		return nil, err
	}
	file := filepath.Join(dir, "alertmanager.yml")
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	args := append([]string{
		"-c", serverScript, "alertmanagertest", dir, program, "--config.file=" + file,
		"--storage.path=" + filepath.Join(dir, "data"), "--web.listen-address=" + addr, "--log.level=debug",
	}, options...)
	cmd := exec.Command("/bin/sh", args...)
	// Its own process group keeps Ctrl-C from reaching the server before the script.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	// The kernel closes the writing end when this process ends, even by SIGKILL, and the script then stops the server.
	lifeline, err := cmd.StdinPipe()
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	if err := cmd.Start(); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	t.Cleanup(func() { _, _ = lifeline.Close(), cmd.Wait() })
	s := &Server{URL: "http://" + addr, log: filepath.Join(dir, "log")}
	return s, s.ready()
}

// ready waits until the server answers.
func (s *Server) ready() error {
	return s.wait(func(ctx context.Context) bool {
		return s.do(ctx, http.MethodGet, "/-/ready", nil, nil) == nil
	})
}

// knows waits until as many servers as these know each other.
func (s *Server) knows(members int) error {
	return s.wait(func(ctx context.Context) bool {
		var status struct {
			Cluster struct{ Peers []struct{} }
		}
		err := s.do(ctx, http.MethodGet, "/api/v2/status", nil, &status)
		return err == nil && len(status.Cluster.Peers) == members
	})
}

// wait waits until a condition holds.
func (s *Server) wait(until func(context.Context) bool) error {
	ctx, cancel := context.WithTimeout(context.Background(), startTimeout)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !until(ctx) {
		select {
		case <-tick.C:
		case <-ctx.Done():
			return fmt.Errorf("%s is not ready; it wrote:\n%s", s.URL, s.Log())
		}
	}
	return nil
}

// do asks the server with a JSON body, unless that is nil, and reads the answer into a value: a text as it is, JSON
// into anything else, and nothing into nil.
func (s *Server) do(ctx context.Context, method, path string, body, answer any) error {
	var sent io.Reader
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return err
		}
		sent = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(ctx, method, s.URL+path, sent)
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	switch {
	case err != nil:
		return err
	case res.StatusCode != http.StatusOK:
		return fmt.Errorf("%s %s is answered %s: %s", method, path, res.Status, text)
	case answer == nil:
		return nil
	}
	if whole, ok := answer.(*string); ok {
		*whole = string(text)
		return nil
	}
	return json.Unmarshal(text, answer)
}

func (s *Server) metrics(ctx context.Context) (text string, err error) {
	err = s.do(ctx, http.MethodGet, "/metrics", nil, &text)
	return text, err
}

// Log is what the server wrote so far, for messages of tests.
func (s *Server) Log() string {
	text, err := os.ReadFile(s.log)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// find is the path of an installed program, by the first of its names that is there.
func find(names ...string) (string, error) {
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("there is no %s: run `make deps-test` (`make test` does so too)", names[0])
}
