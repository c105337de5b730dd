package internal_test

import (
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"redial/internal/app"
	"redial/internal/call"
	"redial/internal/crashpoint"
)

const root = ".."

func page(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// section is what stands under a heading, up to the next one.
func section(t *testing.T, text, heading string) string {
	t.Helper()
	_, rest, ok := strings.Cut(text, "\n"+heading+"\n")
	if !ok {
		t.Fatalf("there is no heading %q", heading)
	}
	before, _, _ := strings.Cut(rest, "\n#")
	return before
}

var firstCell = regexp.MustCompile("(?m)^\\| `([^`]+)` \\|")

// listed are the words in the first column of a section's table.
func listed(t *testing.T, text, heading string) (words []string) {
	t.Helper()
	for _, m := range firstCell.FindAllStringSubmatch(section(t, text, heading), -1) {
		words = append(words, m[1])
	}
	return slices.Sorted(slices.Values(words))
}

func sorted[T ~string](words []T) (out []string) {
	for _, w := range words {
		out = append(out, string(w))
	}
	return slices.Sorted(slices.Values(out))
}

// TestStatesPage holds the page's words against the code's.
func TestStatesPage(t *testing.T) {
	text := page(t, "docs/states.md")
	for heading, want := range map[string][]string{
		"### States":   sorted(call.States()),
		"### Outcomes": sorted(call.Outcomes()),
		"### Results":  sorted(call.Results()),
		"### Statuses": sorted([]call.Status{call.Placing, call.Unknown, call.Postponed, call.Queued, call.Initiated,
			call.Ringing, call.InProgress}),
		"## Events": sorted(constants(t, "EventType")),
	} {
		if diff := cmp.Diff(want, listed(t, text, heading)); diff != "" {
			t.Errorf("%s: -code +page:\n%s", heading, diff)
		}
	}
}

// TestCarrierRulesOnPage: whoever adds a carrier finds every rule.
func TestCarrierRulesOnPage(t *testing.T) {
	var want, got []string
	for _, f := range reflect.VisibleFields(reflect.TypeFor[call.EvidenceRules]()) {
		if f.Name != "Carrier" && f.Name != "Name" {
			want = append(want, f.Name)
		}
	}
	_, table, _ := strings.Cut(section(t, page(t, "docs/architecture.md"), "## How to add"), "| rule |\n|---|---|\n")
	table, _, _ = strings.Cut(table, "\n\n")
	for row := range strings.Lines(table) {
		cells := strings.Split(row, "|")
		got = append(got, strings.Split(strings.TrimSpace(cells[2]), ", ")...)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-code +page:\n%s", diff)
	}
}

// TestReliabilityPage holds its table of crash points against the code's.
func TestReliabilityPage(t *testing.T) {
	want := slices.Sorted(slices.Values(crashpoint.Points()))
	if diff := cmp.Diff(want, listed(t, page(t, "docs/reliability.md"), "## What a crash leaves")); diff != "" {
		t.Errorf("-code +page:\n%s", diff)
	}
}

// constants are the values of call's constants of a type, from its source.
func constants(t *testing.T, of string) (values []string) {
	t.Helper()
	declared := regexp.MustCompile(`(?m)^\t\w+ +` + of + ` += "([^"]+)"`)
	for _, m := range declared.FindAllStringSubmatch(page(t, "internal/call/event.go"), -1) {
		values = append(values, m[1])
	}
	return values
}

// TestConfigurationPage holds the page's table against the settings of a node:
// their names and their defaults.
func TestConfigurationPage(t *testing.T) {
	row := regexp.MustCompile("(?m)^\\| `(\\w+)` \\| (?:`([^`]*)`)?")
	onPage := map[string]string{}
	for _, m := range row.FindAllStringSubmatch(section(t, page(t, "docs/configuration.md"), "## redial serve"), -1) {
		onPage[m[1]] = m[2]
	}
	// the command's own, see cmd/redial
	settings := map[string]string{"REDIAL_LOG_FORMAT": "text", "REDIAL_LOG_LEVEL": "info", "REDIAL_CHECK": "true"}
	for f := range reflect.TypeFor[app.Config]().Fields() {
		if env := f.Tag.Get("env"); env != "" {
			settings[env] = f.Tag.Get("default")
		}
	}
	if diff := cmp.Diff(settings, onPage); diff != "" {
		t.Errorf("settings and their defaults, -code +page:\n%s", diff)
	}
}

// TestReceiverInGo compiles the receiver that the page shows.
func TestReceiverInGo(t *testing.T) {
	_, rest, ok := strings.Cut(page(t, "docs/webhooks.md"), "```go\n")
	code, _, closed := strings.Cut(rest, "```")
	if !ok || !closed {
		t.Fatal("the page shows no receiver in Go")
	}
	file := filepath.Join(t.TempDir(), "main.go")
	if err := os.WriteFile(file, []byte(code), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), "go", "build", "-o", os.DevNull, file)
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Errorf("the receiver does not compile: %v\n%s", err, out)
	}
}

// TestReceiverInRuby gives the receiver that the page shows a message of redial's, a forged one, and an old one.
func TestReceiverInRuby(t *testing.T) {
	_, rest, ok := strings.Cut(page(t, "docs/webhooks.md"), "```ruby\n")
	code, _, closed := strings.Cut(rest, "```")
	if !ok || !closed {
		t.Fatal("the page shows no receiver in Ruby")
	}
	const secret, body = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=", `{"type": "call.ended"}`
	wh, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		body string
		at   time.Time
		want string
	}{
		{body, time.Now(), "call.ended"},
		{body + " ", time.Now(), "not signed by redial"},
		{body, time.Now().Add(-time.Hour), "too old, or too new"},
	} {
		signature, err := wh.Sign("evt_1", c.at, []byte(body))
		if err != nil {
			t.Fatal(err)
		}
		use := fmt.Sprintf(`begin
  puts RedialWebhook.new(%q).verify(%q, id: "evt_1", timestamp: "%d", signature: %q)["type"]
rescue RedialWebhook::Refused => e
  puts e.message
end`, secret, c.body, c.at.Unix(), signature)
		out, err := exec.CommandContext(t.Context(), "ruby", "-e", code+use).CombinedOutput()
		if got := strings.TrimSpace(string(out)); err != nil || got != c.want {
			t.Errorf("it says %q, not %q (ruby is needed, and make deps-test installs it): %v", got, c.want, err)
		}
	}
}

var (
	link   = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	notDoc = regexp.MustCompile("(?s)```.*?```|`[^`]*`")
	slug   = regexp.MustCompile(`[^\p{L}\p{N} -]`)
)

// TestLinks follows every link of our pages to a file or a heading of ours.
func TestLinks(t *testing.T) {
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() && d.Name() == ".git" {
			return errOr(err, fs.SkipDir)
		}
		if filepath.Ext(path) == ".md" {
			followLinks(t, path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func errOr(err, otherwise error) error {
	if err != nil {
		return err
	}
	return otherwise
}

func followLinks(t *testing.T, path string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range link.FindAllStringSubmatch(notDoc.ReplaceAllString(string(text), ""), -1) {
		if strings.Contains(m[1], "://") {
			continue
		}
		file, anchor, _ := strings.Cut(m[1], "#")
		target := path
		if file != "" {
			target = filepath.Join(filepath.Dir(path), file)
		}
		if _, err := os.Stat(target); err != nil {
			t.Errorf("%s links to %s, which does not exist", path, m[1])
		} else if anchor != "" && !slices.Contains(anchors(t, target), anchor) {
			t.Errorf("%s links to %s, and there is no such heading", path, m[1])
		}
	}
}

// anchors are the names that headings get when a page is shown on the web.
func anchors(t *testing.T, path string) (names []string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "#") {
			title := strings.ToLower(strings.TrimSpace(strings.TrimLeft(line, "#")))
			names = append(names, strings.ReplaceAll(slug.ReplaceAllString(title, ""), " ", "-"))
		}
	}
	return names
}

// TestDecisionsPage holds the list of the decisions against the records: each by its title, numbered without a gap.
func TestDecisionsPage(t *testing.T) {
	records, err := filepath.Glob(filepath.Join(root, "docs/adr/0*.md"))
	if err != nil || len(records) == 0 {
		t.Fatal("there are no records", err)
	}
	list := page(t, "docs/adr/README.md")
	for i, record := range records { // in the order of their names
		name := filepath.Base(record)
		title, _, _ := strings.Cut(page(t, filepath.Join("docs/adr", name)), "\n")
		title, isTitle := strings.CutPrefix(title, "# ")
		number := fmt.Sprintf("%04d", i+1)
		if !isTitle || !strings.HasPrefix(name, number+"-") || !strings.HasPrefix(title, number+" ") ||
			!strings.Contains(list, "- ["+title+"]("+name+")\n") {
			t.Errorf("%s is not record %s, or is not listed by its title, %q", name, number, title)
		}
	}
}

// TestLibrariesPage holds the record of the libraries against go.mod.
func TestLibrariesPage(t *testing.T) {
	text := page(t, "docs/adr/0007-libraries.md")
	for _, m := range regexp.MustCompile(`(?m)^\t(\S+/\S+) v\S+$`).FindAllStringSubmatch(page(t, "go.mod"), -1) {
		parts := strings.Split(strings.TrimPrefix(m[1], "github.com/"), "/")
		if name := strings.Join(parts[:2], "/"); !strings.Contains(text, "| `"+name) {
			t.Errorf("%s is not among the libraries", name)
		}
	}
}
