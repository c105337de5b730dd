package trigger

import (
	"fmt"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"redial/internal/source"
)

// diskFull is an event as its sender might have told it.
func diskFull() *source.Event {
	member := source.Member{
		Key: "f1", State: source.Firing, Title: "Disk full", Text: "Only 3 % left.", Severity: "critical",
		Link: "https://grafana.example.com/d/1", At: time.Date(2026, 11, 27, 1, 30, 0, 0, time.UTC),
		Labels: map[string]string{"instance": "db1", "severity": "critical", "team": "storage"},
	}
	other := member
	other.Key, other.Title, other.Labels = "f2", "Disk slow", map[string]string{"instance": "db2", "severity": "critical"}
	return &source.Event{
		Member: member, Source: source.JSON, Members: []source.Member{member, other}, Fires: 2,
		Raw: map[string]any{"count": int64(3), "load": 1.5, "ok": true, "none": nil, "hosts": []any{"a", "b"}},
	}
}

func render(text string, e *source.Event) (string, error) {
	t, err := NewTemplate(text)
	if err != nil {
		return "", err
	}
	return t.execute(e.Data(), new(steps))
}

// Every function does what its line says, and what is missing is empty.
func TestTemplates(t *testing.T) {
	for _, tc := range [][2]string{
		{"a text", "a text"},
		{"{{ .title }}. {{ .text }}", "Disk full. Only 3 % left."},
		{"{{ .labels.nobody }}|", "|"},
		{"{{ .raw.none }}|{{ .raw.no }}", "|"},
		{"{{ .raw.count }} {{ .raw.load }}", "3 1.5"},
		{"{{ .raw.hosts }}", "a, b"},
		{"{{ range .members }}{{ .title }} on {{ .labels.instance }}; {{ end }}", "Disk full on db1; Disk slow on db2; "},
		{"{{ range $i, $m := .members }}{{ $i }}{{ $m.key }}{{ end }}", "0f11f2"},
		{"{{ range .labels.nobody }}x{{ else }}none{{ end }}", "none"},
		{"{{ range keys .labels }}{{ . }} {{ end }}", "instance severity team "},
		{"{{ with .labels.team }}{{ . }} {{ $.title }}{{ end }}", "storage Disk full"},
		{"{{ with $ }}{{ .title }}{{ end }}{{ if and (le 1 1) (ge 1 1) (not (lt 1 1)) (not (gt 1 1)) }}!{{ end }}",
			"Disk full!"},
		{"{{ with .labels }}{{ .team }}{{ .no }}{{ end }}", "storage"},
		{"{{ range .members }}{{ .labels.team }}{{ .no }}{{ end }}", "storage"},
		{"{{ with .labels.no }}{{ . }}{{ else }}{{ .title }}{{ end }}", "Disk full"},
		{`{{ default "nobody" .labels.owner }}`, "nobody"},
		{`{{ .labels.team | upper }} {{ lower "ABC" }} {{ trim "  x " }}`, "STORAGE abc x"},
		{`{{ join " and " .raw.hosts }}`, "a and b"},
		{`{{ (first .members).key }}{{ (last .members).key }}`, "f1f2"},
		{`{{ replace "Disk" "Volume" .title }}`, "Volume full"},
		{`{{ contains "full" .title }} {{ hasPrefix "x" .title }} {{ hasSuffix "full" .title }}`, "true false true"},
		{`{{ clock "15:04" "Asia/Tokyo" .at }}|{{ clock "15:04" "Asia/Tokyo" .ended }}`, "10:30|"},
		{`{{ printf "%s: %d, %.1f" .title .raw.count .raw.load }}`, "Disk full: 3, 1.5"},
		{`{{ print .title "!" }}`, "Disk full!"},
		{`{{ if and (eq .severity "critical" "page") (gt .raw.count 2.5) (lt .raw.load 2) }}wake{{ end }}`, "wake"},
		{`{{ if or (ne .title "x") (le 1 1) (ge 1 1) (not .raw.ok) }}yes{{ end }}`, "yes"},
		{`{{ eq .labels.no "x" }} {{ eq .labels.no "" }} {{ eq .raw.count 3 }} {{ eq .raw.ok true }} {{ eq .title 3 }}`,
			"false true true true false"},
		{`{{ plus .raw.count 1 }} {{ minus (len .members) 1 }} {{ index .raw.hosts 1 }}`, "4 1 b"},
		{
			`{{ define "one" }}{{ .title }}{{ end }}{{ range .members }}{{ template "one" . }} {{ end }}`,
			"Disk full Disk slow ",
		},
		{"{{ $x := 1 }}{{ range .members }}{{ $x = plus $x 1 }}{{ break }}{{ end }}{{ $x }}", "2"},
	} {
		text, want := tc[0], tc[1]
		got, err := render(text, diskFull())
		if err != nil || got != want {
			t.Errorf("%s: %q, %v; want %q", text, got, err, want)
		}
	}
}

// A mistake of a template is told where it is written, before any event comes.
func TestTemplatesThatAreRefused(t *testing.T) {
	for _, tc := range [][2]string{
		{"{{ .titel }}", "an event has no .titel: is title meant?; it has: at, "},
		{"{{ range .members }}{{ $.titel }}{{ end }}", "an event has no .titel"},
		{"{{ with .x }}{{ end }}", "an event has no .x: is at meant?; it has"},
		{"{{ .title | printff }}", `function "printff" not defined`},
		{"{{ call .raw }}", "there is no function call"},
		{"{{ html .title }}", "there is no function html; there are: and, clock, "},
		{"{{ js .title }}", "there is no function js"},
		{"{{ urlquery .title }}", "there is no function urlquery"},
		{"{{ slice .title 1 }}", "there is no function slice"},
		{"{{ _step 1 }}", "there is no function _step"},
		{"{{ (_list .members) }}", "there is no function _list"},
		{"{{ if .title }}", "unexpected EOF"},
		{"a\nb {{ end }}", "in its line 2: unexpected {{end}}"},
		{`{{ template "x" }}`, `there is no template "x"`},
		{`{{ define "a" }}{{ template "a" . }}{{ end }}{{ template "a" . }}`, `template "a" calls itself`},
		{`{{ define "a" }}{{ template "b" }}{{ end }}{{ define "b" }}{{ template "a" }}{{ end }}`, "calls itself"},
		{strings.Repeat("x", maxTemplate+1), "a template may have 16384 bytes"},
	} {
		text, want := tc[0], tc[1]
		if _, err := NewTemplate(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.60q: %v, want %s", text, err, want)
		}
	}
}

// What fails does so with a sentence for whoever wrote it.
func TestTemplatesThatFail(t *testing.T) {
	for _, tc := range [][2]string{
		{"{{ .labels }}", "of a map, name one of its fields"},
		{"{{ range 5 }}{{ end }}", "range goes through a list or a map, and this is a number"},
		{"{{ range .raw.count }}{{ end }}", "range goes through a list or a map, and this is a number"},
		{"{{ range .title }}{{ end }}", "and this is a text"},
		{"{{ range $i := 1000000000 }}{{ end }}", "and this is a number"},
		{"{{ lt .title 1 }}", "a text and a number can't be compared"},
		{"{{ eq .labels .labels }}", "lists and maps can't be compared"},
		{`{{ printf "%*d" 5 6 }}`, `the format of printf has "%*d"`},
		{`{{ printf "%[1]s" .title }}`, `the format of printf has "%[1]s"`},
		{`{{ printf "%100d" 1 }}`, `the format of printf has "%100d"`},
		{`{{ printf "%.100d" 1 }}`, `the format of printf has`},
		{`{{ printf "%v" .raw }}`, "printf takes texts and numbers, and this is a map"},
		{`{{ clock "15" "Tokyo" .at }}`, `"Tokyo" is no zone`},
		{`{{ clock "15" "Asia/Tokyo" .title }}`, "clock wants a time"},
		{"\n{{ index .raw.hosts 7 }}", "in its line 2: "},
		{`{{ plus .title 1 }}`, "only numbers can be added"},
		{`{{ join "," .title }}`, "join wants a list"},
		{`{{ keys .title }}`, "keys wants a map"},
	} {
		text, want := tc[0], tc[1]
		got, err := render(text, diskFull())
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "_spell") {
			t.Errorf("%s: %q, %v; want %s", text, got, err, want)
		}
	}
}

// bombs are templates that would run, or write, for ever.
func bombs() map[string]string {
	nested := strings.Repeat("{{ range .raw.many }}", 6) + "x" + strings.Repeat("{{ end }}", 6)
	nested = strings.ReplaceAll(nested, ".raw", "$.raw")
	var twice strings.Builder
	for i := range 60 {
		fmt.Fprintf(&twice, `{{ define "%d" }}{{ template "%d" . }}{{ template "%d" . }}{{ end }}`, i, i+1, i+1)
	}
	twice.WriteString(`{{ define "60" }}{{ end }}{{ template "0" . }}`)
	return map[string]string{
		"ranges in ranges":       nested,
		"empty bodies":           strings.ReplaceAll(nested, "x", ""),
		"templates by templates": twice.String(),
		"a text that doubles":    `{{ $x := "abcdefgh" }}{{ range .raw.many }}{{ $x = print $x $x }}{{ end }}`,
		"a format that doubles":  `{{ $x := "abcdefgh" }}{{ range .raw.many }}{{ $x = printf "%s%s" $x $x }}{{ end }}`,
		"quoted and quoted":      `{{ $x := "\"\"\"\"" }}{{ range .raw.many }}{{ $x = printf "%q" $x }}{{ end }}`,
		"replaced":               `{{ $x := "aaaaaaaa" }}{{ range .raw.many }}{{ $x = replace "a" "aaaaaaaa" $x }}{{ end }}`,
		"joined":                 `{{ $x := "aaaaaaaa" }}{{ range .raw.many }}{{ $x = join $x $.raw.many }}{{ end }}`,
		"upper":                  `{{ range .raw.many }}{{ range $.raw.many }}{{ $x := upper $.raw.long }}{{ end }}{{ end }}`,
		"spoken":                 `{{ range .raw.many }}{{ $x := spoken "ja-JP" $.raw.long }}{{ end }}`,
		"many words spoken": `{{ $x := replace "zzzzzzzz" "9.7GB a-b1 " .raw.long }}` +
			`{{ range .raw.many }}{{ $y := spoken "en-US" $x }}{{ end }}`,
		"a long output":    `{{ range .raw.many }}{{ $.raw.long }}{{ end }}`,
		"a huge output":    `{{ .raw.huge }}`,
		"a huge text":      `{{ range .raw.many }}{{ if eq $.raw.huge $.raw.same }}x{{ end }}{{ end }}`,
		"a sorted map":     `{{ range .raw.many }}{{ range $k, $v := $.raw.names }}{{ break }}{{ end }}{{ end }}`,
		"many actions":     `{{ range .raw.many }}` + strings.Repeat(`{{len .}}`, 1500) + `{{ end }}`,
		"deep parentheses": `{{ ` + strings.Repeat("(", 7000) + `1` + strings.Repeat(")", 7000) + ` }}`,
		"deep bodies":      strings.Repeat("{{if 1}}", 1000) + strings.Repeat("{{end}}", 1000),
	}
}

func bombData() *source.Event {
	e := diskFull()
	many, names := make([]any, 20_000), map[string]any{}
	for i := range many {
		many[i] = "x"
		names[fmt.Sprint(i)] = "x"
	}
	huge := strings.Repeat("y", 2<<20)
	e.Raw = map[string]any{
		"many": many, "names": names, "long": strings.Repeat("z", 10_000), "huge": huge, "same": strings.Clone(huge),
	}
	return e
}

// No template runs for long, whatever it is given, or uses much memory.
func TestBombsAreBounded(t *testing.T) {
	data := bombData().Data()
	for name, text := range bombs() {
		tpl, err := NewTemplate(text)
		if err != nil {
			t.Logf("%s: refused: %.80v", name, err)
			continue
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		began, s := time.Now(), new(steps)
		out, err := tpl.execute(data, s)
		took := time.Since(began)
		runtime.ReadMemStats(&after)
		if err == nil && name != "deep parentheses" && name != "deep bodies" {
			t.Errorf("%s: it ran to its end", name)
		}
		used := (after.TotalAlloc - before.TotalAlloc) >> 20
		t.Logf("%s: %v, %d steps, %d MB, %.100v", name, took, s.taken, used, err)
		if len(out) > maxOutput || s.taken > 2*maxSteps+4*maxTemplate || used > 200*raceFold {
			t.Errorf("%s: wrote %d bytes in %d steps and with %d MB", name, len(out), s.taken, used)
		}
	}
}

// Whatever is taken as a template ends, and writes a text within its bounds.
func FuzzTemplate(f *testing.F) {
	for _, text := range bombs() {
		f.Add(text)
	}
	for _, name := range Functions() {
		f.Add("{{ " + name + " .title }}")
		f.Add("{{ " + name + ` "1" .raw.many }}`)
		f.Add("{{ " + name + ` "%s" .at .raw.load }}`)
	}
	data := diskFull().Data()
	f.Fuzz(func(t *testing.T, text string) {
		tpl, err := NewTemplate(text)
		if err != nil {
			return
		}
		s := new(steps)
		out, err := tpl.execute(data, s)
		if len(out) > maxOutput || strings.Contains(out, "<no value>") && !strings.Contains(text, "<no value>") {
			t.Errorf("%q writes %q", text, out)
		}
		if err != nil && strings.Contains(err.Error(), "_") && !strings.Contains(text, "_") {
			t.Errorf("%q: %v", text, err)
		}
	})
}

func TestFunctionsAreDocumented(t *testing.T) {
	if !slices.IsSorted(Functions()) || slices.ContainsFunc(Functions(), func(s string) bool { return s[0] == '_' }) {
		t.Error(Functions())
	}
}
