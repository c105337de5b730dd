package internal_test

import (
	"encoding/json"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"redial/internal/alertmanagertest"
	"redial/internal/edge"
	events "redial/internal/source"
	"redial/internal/trigger"
)

// connectBlock is a fenced block of a page of docs/connect.
type connectBlock struct{ page, kind, text string }

// connectBlocks are those blocks whose fence says what they are.
func connectBlocks(t *testing.T) (all []connectBlock) {
	t.Helper()
	fence := regexp.MustCompile("(?ms)^( *)```[a-z]+ +([a-z-]+)\n(.*?)^ *```$")
	pages, err := filepath.Glob(filepath.Join(root, "docs/connect/*.md"))
	if err != nil || len(pages) == 0 {
		t.Fatal("there are no pages", err)
	}
	for _, name := range pages {
		for _, m := range fence.FindAllStringSubmatch(page(t, filepath.Join("docs/connect", filepath.Base(name))), -1) {
			all = append(all, connectBlock{filepath.Base(name), m[2], m[3]})
		}
	}
	return all
}

// TestConnectPages has each block of the pages for senders read by the program that reads it: triggers by redial,
// Alertmanager's configuration by amtool. What senders send is an event, with a state that ends it.
func TestConnectPages(t *testing.T) {
	example, seen := page(t, "examples/redial.yaml"), []string{}
	for _, b := range connectBlocks(t) {
		seen = append(seen, b.kind)
		switch b.kind {
		case "trigger":
			if !strings.Contains(example, "\n"+b.text) {
				t.Errorf("%s shows a trigger that examples/redial.yaml does not have:\n%s", b.page, b.text)
			}
		case "alertmanager":
			alertmanagertest.CheckConfig(t, strings.ReplaceAll(b.text, "/etc/alertmanager/redial.key", emptyFile(t)))
		case "body":
			endsByItsState(t, b.page, b.text)
		case "gatus", "home-assistant", "grafana":
			var value any
			if err := yaml.Unmarshal([]byte(b.text), &value); err != nil {
				t.Errorf("%s: %v", b.page, err)
			}
			for _, body := range bodiesIn(value) {
				endsByItsState(t, b.page, body)
			}
		default:
			t.Errorf("%s has a block of the kind %s, which nothing reads", b.page, b.kind)
		}
	}
	for _, kind := range []string{"trigger", "alertmanager", "body", "gatus"} {
		if !slices.Contains(seen, kind) {
			t.Errorf("no page has a block of the kind %s", kind)
		}
	}
}

func emptyFile(t *testing.T) string { return filepath.Join(t.TempDir(), "key") }

// bodiesIn are the bodies of requests in a sender's configuration.
func bodiesIn(value any) (all []string) {
	object, _ := value.(map[string]any)
	for name, part := range object {
		if text, isText := part.(string); isText && (name == "body" || name == "payload") {
			all = append(all, text)
		}
		all = append(all, bodiesIn(part)...)
	}
	return all
}

// endsByItsState holds that a body is about something, and is over if its state says so.
func endsByItsState(t *testing.T, page, body string) {
	t.Helper()
	var object map[string]string
	if err := json.Unmarshal([]byte(body), &object); err != nil {
		t.Errorf("%s: %v in %s", page, err, body)
		return
	}
	firing := readJSON(t, object)
	if object["state"] == "" || firing.State != events.Firing || firing.Key == "" || firing.Title == "" ||
		len(firing.Doubts) > 0 {
		t.Errorf("%s: %s is read as %+v", page, body, firing)
	}
	for _, word := range []string{"RESOLVED", "up", "ok", "OK"} {
		object["state"] = word
		if over := readJSON(t, object); over.State != events.Resolved || over.Key != firing.Key {
			t.Errorf("%s: with the state %s, %s is read as %+v", page, word, body, over)
		}
	}
}

func readJSON(t *testing.T, object map[string]string) *events.Event {
	t.Helper()
	body, err := json.Marshal(object)
	if err != nil {
		t.Fatal(err)
	}
	e, err := events.Read(events.JSON, &events.Request{Body: body})
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// TestExampleOfTriggers reads the example, and has each of its triggers ring about something.
func TestExampleOfTriggers(t *testing.T) {
	presets, err := edge.ReadPresets([]byte("{}"))
	if err != nil {
		t.Fatal(err)
	}
	now := time.Now()
	file, err := trigger.ReadFile([]byte(page(t, "examples/redial.yaml")), trigger.Settings{
		Reader: edge.NewReader(edge.Reader{
			Numbers: edge.Numbers{From: "+815012345678"}, HostURL: "https://redial.example.com", Presets: presets,
		}),
		Now: now, Env: func(string) (string, bool) { return "", false },
	})
	if err != nil {
		t.Fatal(err)
	}
	bodies := map[events.Kind]string{
		events.Alertmanager: `{"alerts":[{"status":"firing","labels":{"alertname":"DiskFull","severity":"page"}}]}`,
		events.Grafana:      `{"alerts":[{"status":"firing","labels":{"alertname":"DiskFull"}}]}`,
		events.UptimeKuma:   `{"heartbeat":{"status":0},"monitor":{"id":1,"name":"Shop"},"msg":"x"}`,
		events.Opsgenie:     `{"message":"Checkout is down","alias":"checkout","priority":"P1"}`,
		events.PagerDuty:    `{"event_action":"trigger","payload":{"summary":"x"},"dedup_key":"k"}`,
		events.Form:         `phone=%2B819012345678`,
	}
	for name, tr := range file.Triggers {
		body := bodies[tr.Source]
		if body == "" {
			body = `{"title":"Disk is full","message":"x"}`
		}
		const form = "application/x-www-form-urlencoded"
		e, err := events.Read(tr.Source, &events.Request{Body: []byte(body), ContentType: form})
		if err != nil {
			t.Fatal(err)
		}
		ring, _ := tr.Ring(e)
		d, err := file.Decide(tr, e, ring, trigger.Around{Now: now})
		if err != nil || len(ring) == 0 || len(d.Doubts) > 0 {
			t.Errorf("%s: %v, %v, %q", name, err, ring, d.Doubts)
			continue
		}
		if w, err := file.Wish(&d, now); err != nil || w.To == "" && len(w.People) == 0 {
			t.Errorf("%s: %v, %+v", name, err, w)
		}
	}
}
