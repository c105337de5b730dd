package trigger

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// What people write by hand is read, and everything has its place.
func TestYAMLIsRead(t *testing.T) {
	n, wrong := parseYAML([]byte("\ufeff# people\na: {b: [x, 'it''s', \"q\\n\"], 日本: 語}\nc: |\n  {{ .title }}\n  two\n" +
		"d:\n  - {e: 1, f: 1.5, g: true, h: ~}\ni: \"{{ .x }}\"\n"))
	if wrong != nil {
		t.Fatal(wrong)
	}
	const want = `{"a":{"b":["x","it's","q\n"],"日本":"語"},"c":"{{ .title }}\ntwo\n",` +
		`"d":[{"e":1,"f":1.5,"g":true,"h":null}],"i":"{{ .x }}"}`
	if got := string(n.json()); got != want {
		t.Errorf("read\n%s, want\n%s", got, want)
	}
	if e := n.find("a").value.find("日本"); e.place != (place{2, 29}) || e.value.place != (place{2, 33}) {
		t.Errorf("a name at %v, its value at %v", e.place, e.value.place)
	}
	if n.place != (place{2, 1}) || n.find("d").value.items[0].find("f").place != (place{7, 12}) {
		t.Error("places are wrong")
	}
}

// What could be a surprise is a mistake, with its place; all in one file.
func TestYAMLThatIsNotRead(t *testing.T) {
	for text, want := range map[string][]string{
		"a: &x 1\nb: *x\n<<: {c: 1}\nd: !!str 1\n": {
			"1:4: anchors (&)", "2:4: aliases (*)", "3:1: merge keys (<<)", "4:4: tags (!)"},
		"a: {{ .title }}. {{ .text }}\nb: {c: {{ .x }}, d: x {{ .y }} z}\ne: x {{ .z }}\na: 1\n": {
			"1:4: a template is written in quotes", "1:16: a template", "2:8: a template", "2:23: a template",
			"3:4: a template", "4:1: \"a\" is there twice: first in line 1"},
		"{{ .x }}: 1\n":                    {"1:1: a template"},
		"a: {b: {c: 1}}\n":                 nil,
		"a: {b: {c: 1}}\nd: {{ .x }}":      {"2:4: a template"},
		"a: 1\n---\nb: 1\n":                {"3:1: a second document"},
		"? a\n: b\n":                       {"1:1: a name is written without ?"},
		"a: [1, 2\nb: 3\n":                 {"2:1: this is not YAML: ',' or ']' must be specified"},
		"a:\n\tb: 1\n":                     {"2:1: this is not YAML: found character"},
		"a: 1\nb: \"\xff\"":                {"2:5: this is not UTF-8"},
		"a: 1\nb: \"\ufffd\"":              nil,
		"a: 1\rb: {{ .x }}\r\nc: {{ .x }}": {"2:4: a template", "3:4: a template"},
		"a: .inf\n":                        {"1:4: this is neither"},
		strings.Repeat("[", 11):            {"1:11: this is more than 10 levels deep"},
		strings.Repeat("- ", 11):           {"1:21: this is more than 10 levels deep"},
		strings.Repeat("a", maxFile+1):     {"1:1: the file has 262145 bytes"},
		"":                                 nil,
		"# only":                           nil,
		"---\n{}":                          nil,
	} {
		_, wrong := parseYAML([]byte(text))
		var got []string
		for i, m := range wrong {
			s := m.String()
			if i < len(want) && strings.HasPrefix(s, want[i]) {
				s = want[i]
			}
			got = append(got, s)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%.60q: -want +got\n%s", text, diff)
		}
	}
}

// What would take the parser minutes is refused before it.
func TestHostileYAML(t *testing.T) {
	for _, part := range []string{
		"[", "{a: ", "- ", "-\n", "&a ", "!a ", "? ", "@ ", "a: 1\n", "a: >\n\n", "a:\n ", "|\n", "{{", "<<: ",
	} {
		text := strings.Repeat(part, maxFile/len(part))
		if n, wrong := parseYAML([]byte(text)); n != nil || len(wrong) == 0 || len(wrong) > 2*maxTokens {
			t.Errorf("%q is read: %v", part, n)
		}
		began := time.Now()
		_, _ = parseYAML([]byte(text[:len(text)/16]))
		t.Logf("%q: a sixteenth of it takes %v", part, time.Since(began))
	}
}

// What is read has a place in the file, and can be written as JSON.
func FuzzYAML(f *testing.F) {
	for _, text := range []string{
		"a: !!str\nb: &x\nc: *\nd: &\n", "a: !!map\n- !a\n", "{a: s{wi \rO/0ndow: }}",
		"a: {b: [x, 'y', \"z\"]}\nc: |\n  {{ .x }}\n", "a: {{ .x }}", "a: &x [*x]", "- - a", "a: \"\\ud800\"",
		"? [a]\n: b", "{{{}}}",
		"a: 0x1f\nb: 1e999\nc: .nan", "a: 1\n---\nb: 2", "\ufeffa: 1\r\nb: 2\r\n", "%YAML 1.2\n---\na: 1",
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		n, wrong := parseYAML(data)
		lines := strings.Count(string(data), "\n") + strings.Count(string(data), "\r") + 1
		for _, m := range wrong {
			if m.Line < 1 || m.Line > lines || m.Column < 1 || m.Text == "" {
				t.Errorf("%v", m)
			}
		}
		if n != nil && !json.Valid(n.json()) {
			t.Errorf("%s", n.json())
		}
	})
}
