package main

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"
	"github.com/compose-spec/compose-go/v2/cli"
	"github.com/compose-spec/compose-go/v2/types"

	"redial/internal/freeaddr"
	"redial/internal/mariadbtest"
)

const composeFile = "examples/from-the-article/compose.yaml"

// composed loads the compose file as docker compose does, which also holds it against the schema.
func composed(t *testing.T) *types.Project {
	t.Helper()
	o, err := cli.NewProjectOptions([]string{filepath.Join(root, composeFile)})
	if err != nil {
		t.Fatal(err)
	}
	p, err := o.LoadProject(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// image has what the last stage of the Dockerfile says, by instruction.
func image(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, "Dockerfile"))
	if err != nil {
		t.Fatal(err)
	}
	_, last, _ := strings.Cut(string(text), "\nFROM scratch\n")
	says := map[string]string{}
	for line := range strings.Lines(last) {
		instruction, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		says[instruction] = rest
	}
	return says
}

var listens = regexp.MustCompile(`(?:^REDIAL_LISTEN=|^)0\.0\.0\.0:(\d+)$`)

// TestComposeFile holds what the file says against what redial has: settings, addresses, the image, and the check of
// its health.
func TestComposeFile(t *testing.T) {
	p, is := composed(t), image(t)
	if v := p.Services["db"].Image; !regexp.MustCompile(`^mysql:(8\.[4-9]|9)`).MatchString(v) {
		t.Errorf("the database is %s", v)
	}
	if user, _, _ := strings.Cut(is["USER"], ":"); !regexp.MustCompile(`^[1-9]\d*$`).MatchString(user) {
		t.Errorf("the image runs as user %q", user)
	}
	if got := strings.Join(p.Services["redial"].HealthCheck.Test[1:], " "); !strings.Contains(is["HEALTHCHECK"],
		`CMD ["`+strings.ReplaceAll(got, " ", `", "`)+`"]`) {
		t.Errorf("health is checked by %s; in the image: %s", got, is["HEALTHCHECK"])
	}
	ports := map[string]string{"db": "3306"}
	for name, s := range p.Services {
		if s.Build == nil {
			continue
		}
		if !isFile(filepath.Join(s.Build.Context, s.Build.Dockerfile)) {
			t.Errorf("%s is built from %s, where there is no Dockerfile", name, s.Build.Context)
		}
		command := append(s.Command, "serve")[0]
		for setting := range s.Environment {
			if !hasSetting(model(t), command, setting) {
				t.Errorf("%s sets %s, which redial %s does not read", name, setting, command)
			}
		}
		for _, address := range append(s.Command, is["ENV"]) {
			if m := listens.FindStringSubmatch(address); m != nil && (ports[name] == "" || s.Command == nil) {
				ports[name] = m[1]
			}
		}
		for _, port := range s.Ports {
			if port.HostIP != "127.0.0.1" || port.Published != ports[name] || ports[name] == "" {
				t.Errorf("%s publishes %s:%s, and listens on %q", name, port.HostIP, port.Published, ports[name])
			}
		}
		for _, volume := range s.Volumes {
			if !isFile(volume.Source) || !volume.ReadOnly {
				t.Errorf("%s mounts %s, which is no file, or can be written", name, volume.Source)
			}
		}
	}
	for name, s := range p.Services {
		for setting, value := range s.Environment {
			u, err := url.Parse(*value)
			if err != nil || u.Host == "" {
				continue
			}
			if port := u.Port(); ports[u.Hostname()] == "" || port != "" && port != ports[u.Hostname()] {
				t.Errorf("%s: %s leads to %s, where no service listens", name, setting, u.Host)
			}
		}
	}
}

// model has all commands.
func model(t *testing.T) *kong.Node {
	t.Helper()
	parser, err := newConsole(io.Discard, io.Discard).parser(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return parser.Model.Node
}

// hasSetting says whether a command of the root reads a variable.
func hasSetting(root *kong.Node, command, setting string) bool {
	i := slices.IndexFunc(root.Children, func(n *kong.Node) bool { return n.Name == command })
	return i >= 0 && slices.ContainsFunc(root.Children[i].Flags, func(f *kong.Flag) bool {
		return slices.Contains(f.Envs, setting)
	})
}

// TestTheComposeFilePlacesACall starts what the file describes as processes of this machine, since there need not be a
// daemon of containers: its commands with its variables, its mounted files, and its checks of health, on a MariaDB to
// which its SQL was given. Only addresses differ.
func TestTheComposeFilePlacesACall(t *testing.T) {
	c := startComposed(t)
	c.healthy("db")
	c.start("sim", "/sim/legs")
	c.start("redial", "redial serves")
	c.healthy("redial")
	event := c.project.Services["event"]
	said, err := c.command(&event, event.Command...).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	for _, page := range articlePages {
		if want := upOnPage(t, page); !answers(want, string(said)) {
			t.Errorf("the compose file says\n%s\nand %s\n%s", said, page, want)
		}
	}
	c.asksAsTheArticle()
	if text := c.running["redial"].text(); !strings.Contains(text, "database=mysql://") {
		t.Errorf("redial does not use the database of the compose file:\n%s", text)
	}
}

// upOnPage is what a page shows of the service that asks for a call.
func upOnPage(t *testing.T, name string) string {
	t.Helper()
	for _, b := range blocks(name, pages(t)[name]) {
		command, said, _ := strings.Cut(b.text, "\n")
		if b.lang == "console" && strings.HasPrefix(command, "$ docker compose") && strings.Contains(command, " up ") {
			return regexp.MustCompile(`(?m)^event-1 +\| `).ReplaceAllString(said, "")
		}
	}
	t.Fatalf("%s does not show what docker compose up prints", name)
	return ""
}

// composition is a compose file that is played by processes.
type composition struct {
	t       *testing.T
	project *types.Project
	inward  *strings.Replacer // from the file's addresses, files and names to those of the test
	redial  string            // where it listens
	socket  string            // of the database
	running map[string]*background
}

// startComposed gives the SQL of the file to a server, as its image does at the first start.
func startComposed(t *testing.T) *composition {
	t.Helper()
	c := &composition{t: t, project: composed(t), running: map[string]*background{}}
	u, err := url.Parse(mariadbtest.NewServer(t).URL)
	if err != nil {
		t.Fatal(err)
	}
	c.socket = u.Query().Get("socket")
	db := c.project.Services["db"]
	var sql []byte
	for _, v := range db.Volumes {
		if strings.HasPrefix(v.Target, "/docker-entrypoint-initdb.d/") {
			sql, err = os.ReadFile(v.Source)
		}
	}
	if err != nil || sql == nil {
		t.Fatal("the database is not told of redial", err)
	}
	cmd := c.mysql("--user=root")
	cmd.Stdin = bytes.NewReader(sql)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("mariadb (make deps-test installs it): %v\n%s", err, out)
	}
	sim, err := freeaddr.New()
	if err != nil {
		t.Fatal(err)
	}
	if c.redial, err = freeaddr.New(); err != nil {
		t.Fatal(err)
	}
	replace := []string{"@db/redial", "@localhost/redial?socket=" + c.socket,
		"sim:4010", sim, "0.0.0.0:4010", sim, "redial:8080", c.redial, "0.0.0.0:8080", c.redial}
	for _, v := range c.project.Services["redial"].Volumes {
		replace = append(replace, v.Target, v.Source)
	}
	c.inward = strings.NewReplacer(replace...)
	return c
}

// mysql is the database's client, which is called mariadb here.
func (c *composition) mysql(options ...string) *exec.Cmd {
	own := []string{"--no-defaults", "--socket=" + c.socket}
	return exec.CommandContext(context.Background(), "mariadb", append(own, options...)...)
}

// command is redial as a service runs it.
func (c *composition) command(s *types.ServiceConfig, args ...string) *exec.Cmd {
	var own []string
	for _, arg := range args {
		own = append(own, c.inward.Replace(arg))
	}
	cmd := exec.CommandContext(context.Background(), "redial", own...)
	cmd.Env = []string{"TZ=UTC", "TMPDIR=" + c.t.TempDir(), c.inward.Replace(image(c.t)["ENV"])}
	for name, value := range s.Environment {
		cmd.Env = append(cmd.Env, name+"="+c.inward.Replace(*value))
	}
	cmd.Dir = c.t.TempDir()
	return cmd
}

// start starts a service, and returns when it says that it serves.
func (c *composition) start(name, ready string) {
	c.t.Helper()
	s := c.project.Services[name]
	args := s.Command
	if args == nil {
		args = types.ShellCommand{"serve"}
	}
	b := &background{cmd: c.command(&s, args...), done: make(chan struct{})}
	b.cmd.Stdout, b.cmd.Stderr = b, b
	if err := b.cmd.Start(); err != nil {
		c.t.Fatal(err)
	}
	go func() {
		_ = b.cmd.Wait()
		close(b.done)
	}()
	c.running[name] = b
	c.t.Cleanup(func() {
		_ = b.cmd.Process.Kill()
		<-b.done
	})
	c.await(name+" to say "+ready, func() bool {
		select {
		case <-b.done:
			c.t.Fatalf("%s has ended: %s", name, b.text())
		default:
		}
		return strings.Contains(b.text(), ready)
	})
}

// await looks again and again, as the processes have clocks of their own.
func (c *composition) await(what string, is func() bool) {
	c.t.Helper()
	for limit := time.Now().Add(patience); !is(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(limit) {
			for name, b := range c.running {
				c.t.Logf("%s: %s", name, b.text())
			}
			c.t.Fatalf("waited in vain for %s", what)
		}
	}
}

// healthy checks a service's health as the file does, until it is well.
func (c *composition) healthy(name string) {
	c.t.Helper()
	s := c.project.Services[name]
	test := s.HealthCheck.Test
	if len(test) < 2 || test[0] != "CMD" {
		c.t.Fatalf("the health of %s is not checked by a command: %q", name, test)
	}
	var last []byte
	c.await(name+" to be well", func() (well bool) {
		cmd := c.command(&s, test[2:]...)
		if name == "db" {
			cmd = c.mysql(slices.DeleteFunc(test[2:], func(arg string) bool { return strings.HasPrefix(arg, "--host=") })...)
		}
		var err error
		last, err = cmd.CombinedOutput()
		return err == nil
	})
	c.t.Logf("%s: %s", name, bytes.TrimSpace(last))
}

// asksAsTheArticle sends the article's request with the key of the file: the mounted file says whom it rings.
func (c *composition) asksAsTheArticle() {
	c.t.Helper()
	url := "http://" + c.redial + "/twilio_api/calls"
	req, err := http.NewRequestWithContext(c.t.Context(), http.MethodPost, url, http.NoBody)
	if err != nil {
		c.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+*c.project.Services["redial"].Environment["REDIAL_API_KEYS"])
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		c.t.Fatal(err)
	}
	defer res.Body.Close()
	if said, err := io.ReadAll(res.Body); res.StatusCode != http.StatusCreated || err != nil {
		c.t.Errorf("%s %s %v", res.Status, said, err)
	}
}
