package app

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"redial/api"
	"redial/internal/store"
)

// configFile is a file of triggers with a preset named night, of so many attempts.
func configFile(attempts string) string {
	return "people:\n  aiko: {number: \"" + alice + "\"}\npresets:\n  night: {max_attempts: " + attempts + "}\n" +
		"triggers:\n  default: {to: [aiko], say: Hello, policy: {preset: night}}\n"
}

// writes writes a file, and returns its path.
func writes(t testing.TB, path, text string) string {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// attempts is how many attempts the preset night gives a call.
func (w *world) attempts(preset string) int {
	w.t.Helper()
	e, err := w.client.Explain(w.ctx, api.CreateCall{
		To: alice, Say: &api.Say{Text: "x"}, Policy: &api.Policy{Preset: preset},
	})
	if err != nil {
		return 0
	}
	return *e.Policy.MaxAttempts
}

// The presets of the file are those of the API, and of a file that is read anew. A file that is wrong changes nothing,
// and each of its mistakes is logged.
func TestAFileOfTriggersIsReadAnew(t *testing.T) {
	file := filepath.Join(t.TempDir(), "redial.yaml")
	var log lockedBuffer
	change := func(c *Config) {
		quick(&log)(c)
		c.ConfigFile = writes(t, file, configFile("7"))
	}
	inWorld(t, change, func(w *world) {
		reread := func(text string) {
			writes(t, file, text)
			w.node.Load().Reread()
		}
		says := func(want ...string) {
			t.Helper()
			for _, text := range want {
				if !strings.Contains(log.String(), text) {
					t.Errorf("the log does not say %q:\n%s", text, log.String())
				}
			}
		}
		if n := w.attempts("night"); n != 7 {
			t.Errorf("%d attempts", n)
		}
		if presets, err := w.client.Presets(w.ctx); err != nil || presets["night"].MaxAttempts == nil {
			t.Errorf("the presets are %v, %v", presets, err)
		}
		w.metric("redial_config_wrong 0")
		reread(configFile("8"))
		if n := w.attempts("night"); n != 8 {
			t.Errorf("%d attempts, read anew", n)
		}
		hash := w.node.Load().triggers.File().Hash
		says(`msg="REDIAL_CONFIG was read anew" changed=true hash=` + hash[:12] + " triggers=1 people=1")
		reread(configFile("8"))
		says("changed=false")
		reread(strings.Replace(configFile("8"), "default:", "renamed:", 1))
		says("level=WARN msg=\"triggers are gone from REDIAL_CONFIG", "triggers=default")
		reread(configFile("8"))
		reread(strings.ReplaceAll(configFile("99"), "aiko]", "nobody]"))
		if n := w.attempts("night"); n != 8 {
			t.Errorf("%d attempts by a file that is wrong", n)
		}
		says("line=4", "policy.max_attempts must be from 1 to 20", "line=6 column=18 mistake=")
		w.metric("redial_config_wrong 1")
		reread(strings.Repeat("x: 1\n", 30))
		says("REDIAL_CONFIG has more mistakes: redial triggers check tells them\" more=10")
		for _, gone := range []func() error{
			func() error { return os.Remove(file) }, func() error { return os.WriteFile(file, []byte(" \n"), 0o600) },
		} {
			if err := gone(); err != nil {
				t.Fatal(err)
			}
			w.node.Load().Reread()
		}
		says("no such file or directory", "the file is empty")
		if n := w.attempts("night"); n != 8 {
			t.Errorf("%d attempts without a file", n)
		}
		reread(configFile("9"))
		w.metric("redial_config_wrong 0")
		if n := w.attempts("night"); n != 9 {
			t.Errorf("%d attempts, put right", n)
		}
	})
}

// A node does not start with a file that is wrong, and tells all mistakes. A preset of the file can't have the name of
// one of the installation.
func TestANodeDoesNotStartWithAWrongFile(t *testing.T) {
	dir := t.TempDir()
	presets := writes(t, filepath.Join(dir, "presets.json"), `{"night": {"max_attempts": 10}}`)
	for text, want := range map[string]string{
		configFile("99"): dir + "/redial.yaml has a mistake\n" + dir + "/redial.yaml:4:11: ",
		"peple: {}\ntrigers: {}\n": dir + "/redial.yaml has 2 mistakes\n" + dir + "/redial.yaml:1:1: the file has " +
			"no field \"peple\": is people meant?; it may have: people, rotas, presets, triggers\n" + dir + "/redial.yaml:2:1: ",
		configFile("5"): dir + "/redial.yaml has a mistake\n" + dir + "/redial.yaml:4:3: the installation has a " +
			"preset night of its own",
		"\n": "REDIAL_CONFIG is wrong in " + dir + "/redial.yaml: the file is empty",
	} {
		conf := Config{
			Listen: "127.0.0.1:0", DatabaseURL: "sqlite:" + filepath.Join(dir, "none.db"), Migrate: true,
			AccountSID: account, AuthTokens: []string{token}, From: caller, CallsPerSecond: 1, MaxWaiting: 1, MaxPerNumber: 1,
			ConfigFile: writes(t, filepath.Join(dir, "redial.yaml"), text),
		}
		if strings.Contains(want, "night of its own") {
			conf.Presets = presets
		}
		_, err := New(t.Context(), conf)
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%v; want %s", err, want)
		}
		if of, ok := errors.AsType[*ConfigError](err); !ok || of.Setting() != "REDIAL_CONFIG" {
			t.Errorf("%v is no fault of the setting", err)
		}
		if _, again := conf.CheckTriggers(); again == nil || again.Error() != err.Error() {
			t.Errorf("the check says %v", again)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "none.db")); err == nil {
		t.Error("a database was made")
	}
}

// Nodes that have read different files warn, unless it is only for a moment, and say so when it is over.
func TestNodesWithDifferentFilesWarn(t *testing.T) { onServers(t, differentFiles) }

func differentFiles(t *testing.T, s server) {
	database := s.fresh(t)
	var log lockedBuffer
	file := writes(t, filepath.Join(t.TempDir(), "redial.yaml"), configFile("7"))
	change := func(c *Config) {
		c.DatabaseURL, c.Clock, c.ConfigFile = database, time.Now, file
		c.Log = slog.New(slog.NewTextHandler(&log, nil))
	}
	inWorld(t, change, func(w *world) {
		a := w.node.Load()
		other := func(hash string) {
			t.Helper()
			node := store.Node{ID: "other", Machine: "second", SeenAt: a.store.Now(), FileHash: hash}
			if err := a.store.TellNode(w.ctx, node); err != nil {
				t.Fatal(err)
			}
		}
		warned := func() int { return strings.Count(log.String(), "have read another REDIAL_CONFIG than this one") }
		hash := a.triggers.File().Hash
		other(hash)
		w.pass(time.Minute)
		w.metric("redial_config_differing_nodes 0")
		other("0123456789abcdef")
		w.pass(nodePause + time.Second)
		w.metric("redial_config_differing_nodes 1")
		if warned() != 0 {
			t.Error("it warns at once")
		}
		found := (&Examination{Store: a.store}).database(w.ctx)
		if says := found[len(found)-1].Says; !strings.Contains(says, "the nodes that serve have read different files: ") ||
			!strings.Contains(says, "second has 0123456789ab") || !strings.Contains(says, hash[:12]) {
			t.Errorf("the check finds %q", says)
		}
		other("0123456789abcdef")
		w.pass(time.Minute)
		other("0123456789abcdef")
		w.pass(time.Minute)
		if warned() != 1 || !strings.Contains(log.String(), `others="second has 0123456789ab"`) {
			t.Errorf("%d warnings:\n%s", warned(), log.String())
		}
		other(hash)
		w.pass(nodePause + time.Second)
		if !strings.Contains(log.String(), "all nodes have the same REDIAL_CONFIG again") {
			t.Error(log.String())
		}
		w.metric("redial_config_differing_nodes 0")
		w.stop()
		w.start()
		nodes, err := w.node.Load().store.Nodes(w.ctx)
		if err != nil || len(nodes) != 2 {
			t.Errorf("the nodes are %+v, %v: one that has stopped is gone", nodes, err)
		}
	})
}

// A test says what the trigger would do, and does nothing; with ring it does so, says so, and belongs to no incident.
func TestATriggerIsTried(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.useTriggers(alertsAndForm + "rotas: {primary: {people: [ann], every: 1w, from: 2000-01-01 09:00 Asia/Tokyo}}")
		try := func(name, body string, ring bool) api.TriggerTest {
			t.Helper()
			x, err := w.client.TestTrigger(w.ctx, name, []byte(body), ring)
			if err != nil {
				t.Fatal(err)
			}
			return x
		}
		x := try("alerts", "", false)
		if x.Why != "" || len(x.Recipients) != 1 || x.Recipients[0].Name != "ann" || x.Recipients[0].Number != alice ||
			x.Event.Title != "Test alert" || x.Event.Ringing != 1 || x.Explain == nil || x.Explain.NextAttemptAt.IsZero() {
			t.Errorf("a sample: %+v", x)
		}
		x = try("alerts", `{"status": "firing", "alerts": [{"status": "firing", "labels": {"severity": "info"}}]}`, true)
		if x.Why == "" || x.Explain != nil || len(x.Recipients) != 0 || x.Event.Members != 1 {
			t.Errorf("what does not match: %+v", x)
		}
		x = try("form", `{"title": "Disk full"}`, false)
		if x.Recipients[0].Say.Text != "Disk full." || len(x.Calls) != 0 {
			t.Errorf("a text: %+v", x)
		}
		if page, err := w.client.List(w.ctx, api.ListQuery{}); err != nil || len(page.Calls) != 0 {
			t.Errorf("%d calls were made, %v", len(page.Calls), err)
		}
		for path, want := range map[string]int{
			"/v1/triggers/form/test?ring=maybe": 422, "/v1/triggers/none/test": 404,
		} {
			if status, answer := w.do("POST", path, ""); status != want {
				t.Errorf("%s is answered %d: %s", path, status, answer)
			}
		}
		p := w.phone(bob).answers()
		x = try("form", `{"title": "Disk full"}`, true)
		if len(x.Calls) != 1 || x.Recipients[0].Say.Text != "This is a test. Disk full." {
			t.Errorf("%+v", x)
			return
		}
		w.pass(time.Minute)
		c, err := w.client.Get(w.ctx, x.Calls[0], 0)
		if err != nil || c.Outcome != "reached" || c.Metadata["test"] != "true" ||
			c.Say.Text != "This is a test. Disk full." {
			t.Errorf("%+v, %v", c, err)
		}
		p.rangTimes(1)
	})
}

// The list names no number whole, and says where the secrets are.
func TestTriggersAreListed(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		list, err := w.client.Triggers(w.ctx)
		if err != nil || len(list.Triggers) != 0 || list.File.Hash != "" {
			t.Errorf("without a file: %+v, %v", list, err)
		}
		w.useTriggers(alertsAndForm + "  numbered: {to: [\"" + alice + "\", \"{{ .labels.owner }}\", ann], numbers: true}")
		if _, err := w.client.MakeSecret(w.ctx, "form"); err != nil {
			t.Fatal(err)
		}
		list, err = w.client.Triggers(w.ctx)
		if err != nil {
			t.Fatal(err)
		}
		want := api.TriggerList{
			File: api.TriggerFile{Hash: w.node.Load().triggers.File().Hash},
			Triggers: []api.Trigger{
				{Name: "alerts", Source: "alertmanager", Match: map[string][]string{"severity": {"critical"}}, To: []string{"ann"},
					Secret: "none"},
				{Name: "form", Source: "json", To: []string{"ben"}, Secret: "database"},
				{Name: "numbered", Source: "json", To: []string{"+8190******78", "{{ .labels.owner }}", "ann"}, Secret: "none"},
			},
		}
		if diff := cmp.Diff(want, list); diff != "" {
			t.Errorf("-want +got\n%s", diff)
		}
	})
}
