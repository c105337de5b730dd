package trigger

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"redial/api"
	"redial/internal/call"
	"redial/internal/source"
	"redial/internal/store"
)

const people = `
people:
  aiko: {number: "+819012345678", name: Aiko, language: ja-JP}
  ben:  {number: "+818012345678", name: Ben}
  carl: {number: "+819012345679", language: en-GB}
rotas:
  primary: {people: [aiko, ben], every: 1d, from: "2026-11-27 09:00 Asia/Tokyo"}
triggers:
  a:
`

func fileOf(t testing.TB, trigger string) *File {
	t.Helper()
	f, err := ReadFile([]byte(people+strings.ReplaceAll("\n"+strings.TrimSpace(trigger), "\n", "\n    ")), settings(t))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func (f *File) decide(t testing.TB, e *source.Event, around Around) (Decision, call.Wish) {
	t.Helper()
	ring, _ := f.Triggers["a"].Ring(e)
	d, err := f.Decide(f.Triggers["a"], e, ring, around)
	if err != nil {
		t.Fatal(err, d.Doubts)
	}
	w, err := f.Wish(&d, around.Now)
	if err != nil {
		t.Fatal(err)
	}
	return d, w
}

func wants(t *testing.T, what string, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s: -want +got\n%s", what, diff)
	}
}

// The article's trigger: one person, and words that are fixed. No English text is said by a Japanese voice.
func TestTheDefaultTrigger(t *testing.T) {
	f := fileOf(t, "to: [aiko]\nsay: {text: \"Hello world!\"}\npolicy: {preset: article}")
	alone := source.Member{State: source.Firing}
	d, w := f.decide(t, &source.Event{Member: alone, Members: []source.Member{alone}}, Around{Now: friday})
	wants(t, "say", w.Message.Say, &call.Say{Text: "Hello world!", Language: "en-US"})
	wants(t, "people", w.People, []call.Person{{Number: "+819012345678", Name: "Aiko"}})
	wants(t, "metadata", w.Metadata, map[string]string{"trigger": "a"})
	if w.Policy.Preset != "article" || len(d.Doubts) > 0 {
		t.Error(w.Policy, d.Doubts)
	}
}

// Whoever is on duty comes first, each number once, and each hears their own language.
func TestWhoIsReachedAndWhatIsSaid(t *testing.T) {
	f := fileOf(t, `
to: [primary, carl, aiko, "{{ .labels.instance }}", "{{ range .members }}{{ .labels.who }},{{ end }}"]
say:
  - {text: "{{ .title }} on {{ .labels.instance }}.", language: en-US, voice: Google.en-US-Wavenet-A, repeat: 2}
  - {text: "{{ .labels.instance }} で {{ .title }} です。", language: ja-JP}
policy: {preset: urgent, confirm: {digit: "1"}}
metadata: {link: "{{ .link }}", severity: "{{ .severity }}"}
match: {severity: [critical, page]}`)
	e := diskFull()
	e.Members[0].Labels["who"] = "Ben; "
	d, w := f.decide(t, e, Around{Now: friday}) // 11:00 in Tokyo
	wants(t, "say", w.Message.Say, &call.Say{Text: "ディービー 1 で ディスク 満杯 です。", Language: "ja-JP"})
	wants(t, "people", w.People, []call.Person{
		{Number: "+819012345678", Name: "Aiko"},
		{Number: "+819012345679", Language: "en-US", Say: "Disk full on db 1."},
		{Number: "+818012345678", Name: "Ben", Language: "en-US", Say: "Disk full on db 1."},
	})
	wants(t, "metadata", w.Metadata, map[string]string{
		"trigger": "a", "link": "https://grafana.example.com/d/1", "severity": "critical",
		"on_duty": "primary: aiko until 2026-11-28T00:00:00Z"})
	wants(t, "doubts", d.Doubts, []string{`to: "db1" is no name of people or rotas`})
	if r := d.Recipients[0]; r.Rota != "primary" || r.Name != "aiko" || !r.Duty.Until.Equal(friday.Add(22*time.Hour)) {
		t.Errorf("%+v", r)
	}

	by := func(after time.Duration, rota, person string) store.Override {
		return store.Override{Rota: rota, Person: person, From: friday, Until: friday.Add(time.Hour),
			MadeAt: friday.Add(after), By: "ops"}
	}
	override, gone, other := by(0, "primary", "ben"), by(1, "primary", "gone"), by(2, "other", "carl")
	d, w = f.decide(t, e, Around{Now: friday, Overrides: []store.Override{override, gone, other}})
	wants(t, "say", w.Message.Say, &call.Say{
		Text: "Disk full on db 1.", Language: "en-US", Voice: "Google.en-US-Wavenet-A", Repeat: 2})
	if r := d.Recipients[0]; r.Name != "ben" || r.Duty.Override == nil {
		t.Errorf("%+v", r)
	}
	wants(t, "on duty", d.Metadata["on_duty"], "primary: ben by an override of ops until "+
		friday.Add(time.Hour).UTC().Format(time.RFC3339))
}

// A template that fails, or yields nothing, rings all the same, with redial's words, and is told.
func TestATypoDoesNotSilenceAnAlarm(t *testing.T) {
	const failed = "say: the template failed, and the event is told in redial's words: "
	for trigger, want := range map[string]string{
		`say: "{{ .labels }}"`:                                  failed + "only texts",
		`say: "{{ index .raw.hosts 9 }}"`:                       failed,
		`say: "{{ .labels.nobody }}"`:                           "say: the template yields nothing that can be heard",
		`say: "{{ .labels.nobody }}!"`:                          "say: the template yields nothing that can be heard",
		`metadata: {x: "{{ lt .title 1 }}", y: "{{ .title }}"}`: "metadata.x is left out, as the template failed: a",
	} {
		f := fileOf(t, "to: [carl, \"{{ .labels }}\", \"{{ .raw.none }}\"]\n"+trigger)
		d, w := f.decide(t, diskFull(), Around{Now: friday})
		wants(t, trigger, w.Message.Say.Text, "Critical alert, 2 in all. Disk full on db 1. Disk slow on db 2.")
		if _, more := f.Triggers["a"].Metadata["y"]; more {
			wants(t, "metadata", w.Metadata, map[string]string{"trigger": "a", "y": "Disk full"})
		}
		if len(d.Doubts) != 3 || !strings.HasPrefix(d.Doubts[0], "to: the template failed: only texts") ||
			d.Doubts[1] != "to: the template yields nobody" || !strings.HasPrefix(d.Doubts[2], want) {
			t.Errorf("%s: %q", trigger, d.Doubts)
		}
	}
	f := fileOf(t, "to: [aiko]")
	_, w := f.decide(t, &source.Event{Members: []source.Member{{State: source.Firing}}}, Around{Now: friday})
	wants(t, "an event without words", w.Message.Say, &call.Say{Text: "警報です。内容は届いていません。", Language: "ja-JP"})
}

// Only a trigger that says so rings numbers that an event brings; and without any number there is nobody to ring.
func TestNumbersOfAnEvent(t *testing.T) {
	e := diskFull()
	for raw, want := range map[string]string{
		"+81 90-1234-5670": "", "+1 212 555 0123": "to: +1********23 can't", "+8190": "to: ", "5550123": "to: ", "aiko": "",
		"+815012345678": "to: ",
	} {
		e.Raw = map[string]any{"phone": raw}
		f := fileOf(t, "to: \"{{ .raw.phone }}\"\nnumbers: true\nonce: false")
		d, err := f.Decide(f.Triggers["a"], e, e.Members, Around{Now: friday})
		if want == "" && (err != nil || len(d.To) != 1) || want != "" && (err != ErrNobody || len(d.Doubts) != 1) {
			t.Errorf("%s: %v, %v", raw, d, err)
		}
		if strings.Contains(strings.Join(d.Doubts, ""), raw) && len(raw) > 7 {
			t.Errorf("a number in %q", d.Doubts)
		}
		f = fileOf(t, `to: "{{ .raw.phone }}"`)
		if d, err := f.Decide(f.Triggers["a"], e, e.Members, Around{Now: friday}); (err == ErrNobody) != (raw != "aiko") {
			t.Errorf("%s: %v, %v", raw, d, err)
		}
	}
}

// However many names a template yields: ten people are called at most, and the doubts are few.
func TestManyNames(t *testing.T) {
	e := diskFull()
	var numbers, names []string
	for i := range 1000 {
		numbers = append(numbers, fmt.Sprintf("+8190123456%02d", i%100))
		names = append(names, fmt.Sprint("nobody", i))
	}
	f := fileOf(t, "to: \"{{ .raw }}\"\nnumbers: true")
	e.Raw = strings.Join(numbers, ",")
	d, w := f.decide(t, e, Around{Now: friday})
	if len(w.People) != call.MaxPeople || len(d.Doubts) != maxDoubts || !strings.Contains(d.Doubts[0], "at most 10") {
		t.Error(len(w.People), d.Doubts)
	}
	e.Raw = strings.Join(names, ";")
	d, err := f.Decide(f.Triggers["a"], e, e.Members, Around{Now: friday})
	if err != ErrNobody || len(d.Doubts) != maxDoubts {
		t.Error(err, d.Doubts)
	}
}

// Firing members are filtered, and nothing else is.
func TestWhatMatches(t *testing.T) {
	e := diskFull()
	e.Members = append(e.Members, source.Member{Key: "f3", State: source.Resolved},
		source.Member{Key: "f4", State: source.Acknowledged}, source.Member{Key: "f5", State: source.Updated},
		source.Member{Key: "f6", State: source.Firing, Severity: "info"})
	for match, want := range map[string]string{
		"": "f1 f2 f6|f3 f4 f5", "{severity: critical}": "f1 f2|f3 f4 f5", "{severity: [x, info]}": "f6|f3 f4 f5",
		"{severity: critical, team: storage}": "f1|f3 f4 f5", "{team: \"\"}": "", "{key: f2}": "f2|f3 f4 f5",
		"{title: Disk slow}": "f2|f3 f4 f5", "{instance: [db1, db2]}": "f1 f2|f3 f4 f5", "{text: x}": "|f3 f4 f5",
		"{link: \"https://grafana.example.com/d/1\"}": "f1 f2|f3 f4 f5",
	} {
		if want == "" {
			continue
		}
		text := "to: ben"
		if match != "" {
			text += "\nmatch: " + match
		}
		ring, others := fileOf(t, text).Triggers["a"].Ring(e)
		keys := func(all []source.Member) string {
			var keys []string
			for _, m := range all {
				keys = append(keys, m.Key)
			}
			return strings.Join(keys, " ")
		}
		wants(t, match, keys(ring)+"|"+keys(others), want)
	}
}

// What rings is told, and not what else was in the group.
func TestOnlyWhatRingsIsTold(t *testing.T) {
	f := fileOf(t, "to: carl\nmetadata: {x: \"{{ .title }}/{{ .severity }}/{{ .labels.instance }}/{{ len .members }}\"}")
	e := diskFull()
	e.Title = "All sorts"
	for i := range 4 {
		m := e.Members[0]
		m.Title, m.Labels = "More "+string(rune('a'+i)), map[string]string{"severity": "critical"}
		e.Members = append(e.Members, m)
	}
	for n, want := range map[int]string{
		1: "Disk full/critical/db1/1", 2: "Disk full; Disk slow/critical//2",
		5: "Disk full; Disk slow; More a; and 2 more/critical//5", 6: "All sorts/critical/db1/6",
	} {
		d, err := f.Decide(f.Triggers["a"], e, e.Members[:n], Around{Now: friday})
		if err != nil {
			t.Fatal(err)
		}
		wants(t, "told", d.Metadata["x"], want)
	}
}

func TestKeysOfIncidents(t *testing.T) {
	e := diskFull()
	for trigger, want := range map[string][2]string{
		"":                               {"f2", ""},
		"once: false":                    {"", ""},
		`once: "{{ .labels.instance }}"`: {"db2", ""},
		`once: "one"`:                    {"one", ""},
		`once: "{{ .labels.no }}"`:       {"f2", "once: the template yields nothing, and the sender's key counts"},
		`once: "{{ .labels }}"`:          {"f2", "once: the template failed, and the sender's key counts: only"},
	} {
		tr := fileOf(t, "to: ben\n"+trigger).Triggers["a"]
		key, doubt := tr.Key(e, &e.Members[1])
		if key != want[0] || !strings.HasPrefix(doubt, want[1]) || doubt != "" && want[1] == "" {
			t.Errorf("%.60s: %q, %q", trigger, key, doubt)
		}
	}
	long := fileOf(t, "to: ben\nonce: \"{{ .title }}\"").Triggers["a"]
	keys := map[string]bool{}
	for _, end := range []string{"", "a", "b"} {
		m := source.Member{Title: strings.Repeat("警", 100) + end}
		key, doubt := long.Key(&source.Event{Member: m, Members: []source.Member{m}}, &m)
		if keys[key] = true; len(key) > maxOnce+65 || doubt != "" || !utf8.ValidString(key) {
			t.Error(key, doubt)
		}
	}
	if len(keys) != 3 {
		t.Error("long keys are taken for one:", keys)
	}
}

// A policy that can't be kept for the numbers of an event gives way to the default.
func TestAPolicyThatIsRefused(t *testing.T) {
	s := settings(t)
	s.Reader.Numbers.AllowedRegions = []string{"JP", "RU"}
	f, err := ReadFile([]byte("triggers:\n  a:\n    to: \"{{ .raw.phone }}\"\n    numbers: true\n"+
		"    policy: {window: {hours: \"09:00-17:00\"}, max_attempts: 7}\n"), s)
	if err != nil {
		t.Fatal(err)
	}
	e := diskFull()
	e.Raw = map[string]any{"phone": "+79141234567"} // in any zone of the country
	d, w := f.decide(t, e, Around{Now: friday})
	if w.Policy.MaxAttempts != 3 || len(d.Doubts) != 1 || !strings.Contains(d.Doubts[0], "policy.window.zone") ||
		w.To != "+79141234567" || w.Message.Say.Text == "" {
		t.Errorf("%+v, %q", w, d.Doubts)
	}
	e.Raw = map[string]any{"phone": "+819012345670"}
	if d, w := f.decide(t, e, Around{Now: friday}); w.Policy.MaxAttempts != 7 || len(d.Doubts) > 0 {
		t.Errorf("%+v, %q", w, d.Doubts)
	}
}

// Whatever a sender sends: it becomes a call, within bounds, and is text. A Japanese voice says no text without
// Japanese, and another voice no Japanese.
func TestAnyEventRings(t *testing.T) {
	f := fileOf(t, `
to: ["{{ .labels.who }}", primary, "{{ .title }}"]
numbers: true
say:
  - {text: "{{ .title }}. {{ .text }} {{ .raw }}", language: en-US, repeat: 3}
  - {text: "{{ range .members }}{{ .title }}、{{ end }}{{ .text }}", language: ja-JP}
policy: {preset: urgent, confirm: {digit: "1"}}
metadata: {link: "{{ .link }}", all: "{{ range keys .labels }}{{ . }}{{ end }}"}`)
	text := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{
		"<Say>x</Say>", "]]><Hangup/>", "<speak><break time=\"10s\"/></speak>", "\x00\x1b[31m", "\xff\xfe", "障害です", "😀",
		"{{ .title }}", "+819012345678", "aiko,ben", strings.Repeat("&", 5000), strings.Repeat("警報", 4000), "\u202e", "",
		strings.Repeat("long words ", 1000),
	}))
	rapid.Check(t, func(t *rapid.T) {
		m := source.Member{
			Key: text.Draw(t, "key"), State: source.Firing, Title: text.Draw(t, "title"), Text: text.Draw(t, "text"),
			Link: text.Draw(t, "link"), Labels: map[string]string{"who": text.Draw(t, "who"), text.Draw(t, "name"): "x"},
		}
		e := &source.Event{Member: m, Members: []source.Member{m}, Fires: 1, Raw: text.Draw(t, "raw")}
		d, err := f.Decide(f.Triggers["a"], e, e.Members, Around{Now: friday})
		if err != nil {
			t.Fatal(err)
		}
		w, err := f.Wish(&d, friday)
		if err != nil || w.Policy.Preset != "urgent" {
			t.Fatal(err, d.Doubts)
		}
		says := []call.Say{*w.Message.Say}
		for _, p := range w.People {
			if p.Say != "" {
				says = append(says, call.Say{Text: p.Say, Language: p.Language})
			}
		}
		for _, s := range says {
			if s.Text == "" || !hasVoice(s.Text, s.Language) && !(hasVoice(s.Text, "ja-JP") && s.Language == "ja-JP") {
				t.Fatalf("said in %s: %q", s.Language, s.Text)
			}
		}
	})
}

// What an event says is put into words that each listener's voice can say; what is fixed is said as it is written.
func TestWhatIsSaidCanBeHeard(t *testing.T) {
	e := diskFull()
	e.Title = e.Title + " on db-prod-01.example.com"
	f := fileOf(t, "to: [aiko, ben]\nsay: \"{{ .title }}\"")
	d, _ := f.decide(t, e, Around{Now: friday})
	japanese := api.Say{
		Text:     "緊急の警報、全部で2件です。ディービー 1で、ディスクが満杯です。ディービー 2で、ディスクが遅くなっています。",
		Language: "ja-JP",
	}
	ben := api.Person{Number: "+818012345678", Name: "Ben", Language: "en-US", Say: "Disk full on db prod 01."}
	wants(t, "say", d.Say, japanese)
	wants(t, "to", d.To[1], ben)
	f = fileOf(t, "to: [aiko, ben]")
	d, _ = f.decide(t, e, Around{Now: friday})
	ben.Say = "Critical alert, 2 in all. Disk full on db 1. Disk slow on db 2."
	wants(t, "say", d.Say, japanese)
	wants(t, "to", d.To[1], ben)
	f = fileOf(t, "to: aiko\nsay: Hello db-prod-01")
	d, _ = f.decide(t, e, Around{Now: friday})
	wants(t, "what is fixed", d.Say, api.Say{Text: "Hello db-prod-01", Language: "en-US"})
	f = fileOf(t, "to: aiko\nsay: {text: \"{{ spoken \\\"ja-JP\\\" .labels.instance }}で障害です。\", language: ja-JP}")
	d, _ = f.decide(t, e, Around{Now: friday})
	wants(t, "spoken", d.Say, api.Say{Text: "ディービー 1で障害です。", Language: "ja-JP"})
}

// Bombs in a trigger's templates cost less than a second, and ring.
func TestBombsRing(t *testing.T) {
	e := bombData()
	for name, text := range bombs() {
		tpl, err := NewTemplate(text)
		if err != nil {
			continue
		}
		f := fileOf(t, "to: ben")
		tr := f.Triggers["a"]
		tr.Say = slices.Repeat([]Wording{{Text: tpl}}, maxSays)
		tr.To = append(tr.To, slices.Repeat([]*Template{tpl}, call.MaxPeople-1)...)
		tr.Metadata = map[string]*Template{}
		for i := range 50 {
			tr.Metadata[string(rune('a'+i))] = tpl
		}
		began := time.Now()
		d, err := f.Decide(tr, e, e.Members, Around{Now: friday})
		if err != nil || d.Say.Text == "" {
			t.Errorf("%s: %v", name, err)
		}
		t.Logf("%s: %v", name, time.Since(began))
	}
}
