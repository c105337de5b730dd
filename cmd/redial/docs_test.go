package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"

	"redial/api/apitest"
	"redial/internal/app"
)

const root = "../.."

// A block is the text between two fences of a page. The word behind the language says what the block is; for JSON it
// names the schema in openapi.yaml.
type block struct {
	page string // its path from the root
	line int
	lang string
	kind string
	text string
}

func (b block) String() string { return fmt.Sprintf("%s:%d", b.page, b.line) }

var fence = regexp.MustCompile("(?ms)^( *)```([a-z]*)[ ]*([^\n`]*)\n(.*?)^ *```[ ]*$")

// blocks are the fenced blocks of a page, from top to bottom.
func blocks(page, text string) (all []block) {
	for _, m := range fence.FindAllStringSubmatchIndex(text, -1) {
		part := func(n int) string { return text[m[2*n]:m[2*n+1]] }
		all = append(all, block{
			page: page, line: 1 + strings.Count(text[:m[0]], "\n"), lang: part(2), kind: part(3),
			text: strings.ReplaceAll("\n"+part(4), "\n"+part(1), "\n")[1:],
		})
	}
	return all
}

// pages are all texts that we have written for people, by their paths from the root.
func pages(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == ".git" || d.Name() == "testdata" || d.Name() == "node_modules"):
			return fs.SkipDir
		case filepath.Ext(path) != ".md":
			return nil
		}
		text, err := os.ReadFile(path)
		all[filepath.ToSlash(strings.TrimPrefix(path, root+string(filepath.Separator)))] = string(text)
		return err
	})
	if err != nil || len(all) == 0 {
		t.Fatal("there are no pages", err)
	}
	return all
}

// TestPages follows each page from top to bottom, as a reader would. It runs the commands, compares their output with
// the page, and validates the JSON against the contract.
func TestPages(t *testing.T) {
	for name, text := range pages(t) {
		if all := blocks(name, text); len(all) > 0 {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				r := newReader(t, all)
				for _, b := range all {
					r.try(b)
				}
			})
		}
	}
}

// TestTables fails for an entry of the tables that is not needed.
func TestTables(t *testing.T) {
	for name := range notTried {
		file, lang, _ := strings.Cut(name, " ")
		if !slices.ContainsFunc(blocks(file, pages(t)[file]), func(b block) bool { return b.lang == lang }) {
			t.Errorf("%s has no block in %q", file, lang)
		}
	}
	for begin := range notRun {
		command := regexp.MustCompile(`(?m)^(\$ )?` + regexp.QuoteMeta(begin))
		needed := false
		for name, text := range pages(t) {
			for _, b := range blocks(name, text) {
				needed = needed || (b.lang == "sh" || b.lang == "console") && command.MatchString(b.text)
			}
		}
		if !needed {
			t.Errorf("no page has a command that begins with %q", begin)
		}
	}
}

// notRun has the beginnings of commands that are not run here, and the reasons.
var notRun = map[string]string{
	"bin/redial demo": "demo.txtar runs it, for half a minute",
	"docker ":         "needs a daemon; TestTheComposeFilePlacesACall plays what the file says",
	"go build ":       "takes a minute, and is how this test comes to be",
	"install ":        "is root's",
	"journalctl ":     "needs systemd",
	"make ":           "builds, tests and measures for minutes; the Makefile must have the target",
	"redial resolve ": "needs an attempt of which Twilio shows two calls",
	"set -a; . /etc/": "is root's",
	"sqlite3 ":        "is not ours, and not everywhere",
	"systemctl ":      "needs systemd",
	"systemd-run ":    "needs systemd",
}

// notTried has the blocks that are neither commands, JSON nor programs, by page and language, and why they are not
// tried.
var notTried = map[string]string{
	"docs/architecture.md ":             "drawings",
	"docs/connect/README.md text":       "what a command shows",
	"docs/connect/messages.md text":     "a server that is not there",
	"docs/connect/monitoring.md text":   "a server that is not there",
	"docs/connect/oncall.md text":       "a URL",
	"docs/connect/scripts.md ini":       "systemd's own",
	"docs/connect/scripts.md text":      "a table of cron",
	"docs/from-the-article.ja.md shell": "ridgepole's own",
	"docs/from-the-article.ja.md sql":   "TestTheArticlePages compares it with the file that is run",
	"docs/from-the-article.md shell":    "ridgepole's own",
	"docs/from-the-article.md sql":      "as above",
	"docs/operations.md ":               "lines of the log, as in logs.txtar",
	"docs/operations.md sql":            "TestTheArticlePages compares it with what is run",
	"docs/operations.md yaml":           "Prometheus' own",
	"docs/people.md ":                   "a drawing",
	"docs/simulator.md ":                "what goes on being printed, as in desk.txtar",
	"docs/start-operator.md ":           "Caddy's own",
	"docs/start-operator.md ini":        "settings, looked up by TestWordsOfPages",
	"docs/states.md ":                   "drawings",
	"docs/webhooks.md go":               "internal/docs_test.go compiles it",
	"docs/webhooks.md http":             "the lines around a body that is held against its schema",
}

func (r *reader) try(b block) {
	r.t.Helper()
	switch _, known := notTried[b.page+" "+b.lang]; {
	case b.lang == "sh":
		r.run(b)
	case b.lang == "console":
		r.talk(b)
	case strings.HasPrefix(b.page, "docs/connect/") && b.kind != "":
		// internal/connect_test.go has it read by the program that reads it
	case b.lang == "json":
		r.json(b)
	case b.lang == "yaml" && b.kind == "triggers":
		r.triggers(b)
	case b.kind != "" || readers[b.lang] != nil:
		r.program(b)
	case !known:
		r.t.Errorf("%s: a block in %q is neither tried nor in notTried", b, b.lang)
	}
}

// triggers looks at a file of triggers as redial triggers check does.
func (r *reader) triggers(b block) {
	r.t.Helper()
	file := filepath.Join(r.dir, "redial.yaml")
	r.must(os.WriteFile(file, []byte(b.text), 0o600))
	conf := app.Config{ConfigFile: file, From: demoFrom, HostURL: "https://redial.example.com"}
	if _, err := conf.CheckTriggers(); err != nil {
		r.t.Errorf("%s: %v", b, err)
	}
}

// json validates an example against the schema that the fence names. An example that is called a part may lack
// required fields. A request for a call is also sent, as a dry run.
func (r *reader) json(b block) {
	r.t.Helper()
	name, part := strings.CutSuffix(b.kind, " part")
	var value any
	if err := json.Unmarshal([]byte(soon(b.text, time.Now())), &value); err != nil {
		r.t.Errorf("%s: %v", b, err)
		return
	}
	wish, isObject := value.(map[string]any)
	isWish := isObject && name == "CreateCall"
	if isWish && part {
		fillIn(wish)
	}
	schema, err := schemaOf(name)
	if err != nil {
		r.t.Errorf("%s: write the schema behind ```json: %v", b, err)
		return
	}
	for _, err := range flat(schema.VisitJSON(value, openapi3.MultiErrors())) {
		if of, ok := errors.AsType[*openapi3.SchemaError](err); !ok || !part || of.SchemaField != "required" {
			r.t.Errorf("%s is no %s: %v", b, name, err)
		}
	}
	if isWish {
		var answer any
		if err := r.http("POST", "/v1/calls?dry_run=true", wish, &answer); err != nil {
			r.t.Errorf("%s: asked what would become of it: %v", b, err)
		}
	}
}

// fillIn adds what a part of a request lacks.
func fillIn(wish map[string]any) {
	for field, value := range map[string]any{"to": "+819012345678", "say": "Hello."} {
		if _, has := wish[field]; !has {
			wish[field] = value
		}
	}
}

// schemaOf finds a schema by its name, or the schema of a field, such as Call.reached.
func schemaOf(name string) (*openapi3.Schema, error) {
	doc, err := apitest.Document()
	if err != nil {
		return nil, err
	}
	name, fields, _ := strings.Cut(name, ".")
	ref := doc.Components.Schemas[name]
	for field := range strings.SplitSeq(fields, ".") {
		if ref != nil && field != "" {
			ref = ref.Value.Properties[field]
		}
	}
	if ref == nil {
		return nil, fmt.Errorf("there is no %s.%s", name, fields)
	}
	return ref.Value, nil
}

func flat(err error) []error {
	if err == nil {
		return nil
	}
	all, many := err.(openapi3.MultiError)
	if !many {
		return []error{err}
	}
	var each []error
	for _, one := range all {
		each = append(each, flat(one)...)
	}
	return each
}

// TestReader proves that a page with a false statement fails.
func TestReader(t *testing.T) {
	for _, c := range []struct{ name, want, got string }{
		{"a word", "reached Ben", "reached Aiko"},
		{"a line too few", "a\nb", "a"},
		{"a line too many", "a\nb", "a\nb\nc"},
		{"after a gap", "a\n…\nd", "a\nb\nc"},
		{"a time that is none", "07:24:38.692  call created", "call created"},
		{"a time without its zone", "07:24:38.692  call created", "07:24:38.692 +09:00  call created"},
		{"an order", "a\nb", "b\na"},
	} {
		if answers(c.want, c.got) {
			t.Errorf("%s: %q passes for %q", c.name, c.got, c.want)
		}
	}
	for _, c := range []struct{ name, want, got string }{
		{"times and ids", "07:24:38.692  attempt 1 taken by Twilio as CA0000000100000000000000000000000c",
			"11:00:00.001  attempt 1 taken by Twilio as CA0000000200000000000000000000000d"},
		{"two of a moment", "07:24:38.692  a\n07:24:38.693  b", "11:00:00.001  b\n11:00:00.001  a"},
		{"times of one day, and of two", "it rings 2026-11-26 22:00:00 +09:00, 23:00:00",
			"it rings 2026-11-26 23:30:00 +09:00, 2026-11-27 00:30:00 +09:00"},
		{"midnight between", "23:59:59.999 +09:00  a\n23:59:59.999 +09:00  b",
			"23:59:59.999 +09:00  a\n2026-11-27\n00:00:00.001 +09:00  b"},
		{"a window that is open now", "Not now  outside mon-fri 09:00-16:00\na", "a"},
		{"a window that closes in a moment", "Not now  outside mon-fri 09:00-16:00\na",
			"Not now  a ring would outlast mon-fri 09:00-16:00\na"},
		{"a gap", "a\n…\nd", "a\nb\nc\nd"},
		{"a gap in a line", "call 019a… waits", "call 019abc waits"},
		{"widths", "a   b", "a b"},
	} {
		if !answers(c.want, c.got) {
			t.Errorf("%s: %q does not pass for %q", c.name, c.got, c.want)
		}
	}
}

// TestCutCommand cuts texts where a shell sees the end of a command.
func TestCutCommand(t *testing.T) {
	for _, c := range []struct{ text, command, rest string }{
		{"\n\na\nb\n", "a\n", "b\n"},
		{"a \\\n  --b\nc\n", "a \\\n  --b\n", "c\n"},
		{"a '{\n}'\nc\n", "a '{\n}'\n", "c\n"},
		{"cat <<END\na\nEND\nc\n", "cat <<END\na\nEND\n", "c\n"},
		{"a 'b\nc\n", "a 'b\nc\n", ""}, // a shell would find this wrong
		{"\n", "", ""},
	} {
		if command, rest := cutCommand(c.text); command != c.command || rest != c.rest {
			t.Errorf("%q begins with %q, and %q is left", c.text, command, rest)
		}
	}
}

// TestSoon moves dates by whole weeks.
func TestSoon(t *testing.T) {
	now := time.Date(2027, 5, 5, 12, 0, 0, 0, time.UTC) // a Wednesday
	got := soon("from 2026-11-30T08:00:00Z to 2026-12-04, not 2026-12-02", now)
	if got != "from 2027-05-10T08:00:00Z to 2027-05-14, not 2027-05-12" {
		t.Error(got)
	}
	if got := soon("no date", now); got != "no date" {
		t.Error(got)
	}
}
