package trigger

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"redial/internal/edge"
	"redial/internal/source"
)

var friday = time.Date(2026, 11, 27, 2, 0, 0, 0, time.UTC)

func settings(t testing.TB) Settings {
	t.Helper()
	presets, err := edge.ReadPresets([]byte(`{"night": {"max_attempts": 10}}`))
	if err != nil {
		t.Fatal(err)
	}
	env := map[string]string{
		"ALERTS": "0123456789abcdef0123456789abcdef", "SHORT": "0123", "AGAIN": "0123456789abcdef0123456789abcdef",
	}
	return Settings{
		Reader: edge.NewReader(edge.Reader{
			Numbers: edge.Numbers{From: "+815012345678"}, Presets: presets, HostURL: "https://calls.example.com",
		}),
		Taken: []string{"night"}, Now: friday,
		Env: func(name string) (string, bool) { value, ok := env[name]; return value, ok },
	}
}

// good is a file as the page of triggers shows it, with all that there is.
const good = `
people:
  aiko: {number: "+819012345678", name: Aiko, language: ja-JP}
  ben:  {number: "080-1234-5678 "}
  carl: {number: "+81 90-1234-5679", language: en-US}
rotas:
  primary: {people: [aiko, ben], every: 1w, from: "2026-11-30 09:00 Asia/Tokyo"}
presets:
  office: {max_attempts: 5, redial_after: {no-answer: [1m, 5m]}, window: {hours: "09:00-17:00"}}
triggers:
  default:                      # the article's
    to: [aiko]
    say: {text: "Hello world!"}
    policy: {preset: article}
  alerts:
    source: alertmanager
    match: {severity: [critical, page], team: storage}
    to: [primary, carl, "{{ .labels.owner }}"]
    say:
      - {text: "{{ .title }}. {{ .text }}", language: en-US, repeat: 2}
      - text: |
          {{ .title }} です。
        language: ja-JP
        voice: Polly.Kazuha-Neural
    policy: {preset: urgent, confirm: {digit: "1"}}
    metadata: {link: "{{ .link }}", who: redial}
    once: "{{ .labels.instance }}"
    hold: 30s
    again_after: 10m
    remind_after: 2h
    forget_after: 48h
    secret: ${ALERTS}
  form:
    source: form
    to: "{{ .raw.phone }}"
    numbers: true
    once: false
    policy: {preset: office}
`

func TestAFileIsRead(t *testing.T) {
	s := settings(t)
	s.Reader.Numbers.DefaultRegion = "JP"
	f, err := ReadFile([]byte(good), s)
	if err != nil {
		t.Fatal(err)
	}
	people := map[string]Person{
		"aiko": {Number: "+819012345678", Name: "Aiko", Language: "ja-JP"}, "ben": {Number: "+818012345678"},
		"carl": {Number: "+819012345679", Language: "en-US"},
	}
	if diff := cmp.Diff(people, f.People); diff != "" {
		t.Error(diff)
	}
	alerts := f.Triggers["alerts"]
	secret, _ := HashSecret("0123456789abcdef0123456789abcdef")
	switch {
	case len(f.Hash) != 64 || f.Presets["office"] == nil || f.Presets["urgent"] == nil || f.Presets["night"] == nil:
		t.Error(f.Hash, f.Presets)
	case s.Reader.Presets["office"] != nil:
		t.Error("the installation's presets were changed")
	case f.Rotas["primary"].Every != 7*24*time.Hour || len(f.Rotas["primary"].People) != 2:
		t.Error(f.Rotas["primary"])
	case alerts.Source != source.Alertmanager || len(alerts.To) != 3 || alerts.To[2].Fixed() || alerts.Secret != secret ||
		alerts.Hold != 30*time.Second || alerts.AgainAfter != 10*time.Minute || alerts.RemindAfter != 2*time.Hour ||
		alerts.ForgetAfter != 48*time.Hour || alerts.Once == nil || alerts.Each || alerts.Numbers || len(alerts.Say) != 2 ||
		alerts.Say[0].Repeat != 2 || string(alerts.Policy) != `{"confirm":{"digit":"1"},"preset":"urgent"}`:
		t.Errorf("%+v", alerts)
	}
	form := f.Triggers["form"]
	if !form.Numbers || !form.Each || form.AgainAfter != 15*time.Minute || form.RemindAfter != 0 ||
		form.ForgetAfter != 24*time.Hour || form.Secret != (SecretHash{}) {
		t.Errorf("%+v", form)
	}
	again, err := ReadFile([]byte(good+" "), s)
	if err != nil || again.Hash == f.Hash {
		t.Error("another file has the same hash", err)
	}
	if f, err := ReadFile(nil, s); err != nil || len(f.Triggers) != 0 {
		t.Error("an empty file", f, err)
	}
}

// Every mistake of a file is told at once, where it stands, and how to put it right.
func TestMistakesOfAFile(t *testing.T) {
	const file = `people:
  aiko: {number: +819012345678, langage: ja-JP}
  ben: {number: "+8190123", name: Ben, language: japanese}
  Carl: {number: "+819012345679"}
  dora: {}
  eve: "+819012345679"
  fred: {number: "+815012345678"}
  gina:
rotas:
  primary: {people: [aiko, benn], every: 1 week, from: 2026-11-30 09:00}
  second: {every: 1w}
  ben: {people: [ben], every: 1d, from: "2026-11-30 09:00 Asia/Tokyo"}
presets:
  night: {max_attempts: 5}
  bad: {max_attempts: 99, preset: urgent, deadline: "2026-12-24T18:00:00+09:00"}
triggers:
  a:
    source: alertmanger
    to: [aiko, primry, "+819012345678", aiko, "{{ .titel }}"]
    say: {text: {{ .title }}, language: xx-YY, volume: 11}
    policy: {preset: urgnt, max_attempts: "3", confirm: {digit: 1}}
    match: {state: firing, severity: 1}
  b:
    say: Hello
    hold: 2h
    again_after: 15
    remind_after: 1 day
    once: true
    secret: 0123456789abcdef0123456789abcdef
    metadata: {n: 3}
  c: {to: ben, secret: "${NOPE}", say: ""}
  d: {to: [ben], secret: "${SHORT}", policy: {preset: bad, window: {hours: "09:00-10:00", days: [mon]}}}
  d: {}
trigers: {}
`
	want := []string{
		`2:18: number must be a text, and YAML reads a number: put it in quotes, "+8190******78"`,
		`2:33: a person has no field "langage": is language meant?; it may have: number, name, language`,
		`3:17: +81****3 has too few digits for a number of country code +81: write it in E.164, such as +819012345678`,
		`3:50: must be a language tag such as ja-JP`,
		`4:3: "Carl" can't be a name: use at most 63 of a-z, 0-9, and . _ - behind the first`,
		`5:3: dora has no number: write number: "+819012345678"`,
		`6:8: a person must be an object, not a text`,
		`7:18: is the same number as from`,
		`8:8: a person is empty: write an object, or leave it out`,
		`10:28: "benn" is no person: is ben meant?; there are: aiko, ben, dora, eve, fred`,
		`10:42: every must be hours, days or weeks, such as 12h, 1d or 1w`,
		`10:56: from must be a date, a time and a zone, such as "2026-11-30 09:00 Asia/Tokyo"`,
		`11:3: second has no from: a rota is `,
		`11:3: second has no people: a rota is `,
		`12:3: ben is a person, too: give the rota another name, since a trigger names both`,
		`14:3: the installation has a preset night of its own: give one of them another name`,
		`15:9: policy.max_attempts must be from 1 to 20`,
		`15:27: a preset can't stand in a preset`,
		`15:43: policy.deadline must be a duration, such as 2h: an event may come after any date`,
		`18:13: "alertmanger" is no source: is alertmanager meant?; there are: json, form, `,
		`19:16: "primry" is no name of people or rotas: is primary meant?; there are: aiko, ben, `,
		`19:24: a number needs numbers: true; better give it a name in people, and write that`,
		`19:41: "aiko" is there twice`,
		`19:47: to can't be used: an event has no .titel: is title meant?`,
		`20:17: a template is written in quotes, as in "{{ .title }}": without them, YAML reads its braces`,
		`20:31: say.language is not spoken by Twilio, as far as redial knows`,
		`20:48: say has no field "volume"; it may have: text, language, voice, repeat`,
		`21:14: policy.preset is "urgnt", which is no preset: is urgent meant?; there are: article, bad, night, ` +
			"polite, urgent",
		`21:29: policy.max_attempts must be a whole number, not string`,
		`21:58: policy.confirm.digit must be a string, not number: write "1"`,
		`22:13: state can't be matched: what fires rings, and what resolves is never left out`,
		`22:38: match.severity must be a text, and YAML reads a number: put it in quotes, "1"`,
		`23:3: b rings nobody: write to: [a name of people or rotas]`,
		`25:11: hold must be from 0s to 1h`,
		`26:18: again_after must have its unit, such as 15s or 15m`,
		`27:19: remind_after must be a duration such as 30s, 5m or 24h: write 24h`,
		`28:11: once must be false, or a text that is the same for one incident`,
		`29:13: a secret does not stand in the file: put it into a variable of the environment`,
		`30:19: metadata.n must be a text, and YAML reads a number: put it in quotes, "3"`,
		`31:24: NOPE is not set: set it to 32 hex digits, as of openssl rand -hex 16`,
		`31:40: say is empty: leave it out`,
		`32:26: SHORT must be 32 hex digits`,
		`33:3: "d" is there twice: first in line 32`,
		`34:1: the file has no field "trigers": is triggers meant?; it may have: people, rotas, presets, triggers`,
	}
	sameMistakes(t, file, want)
}

func sameMistakes(t *testing.T, file string, want []string) {
	t.Helper()
	_, err := ReadFile([]byte(file), settings(t))
	wrong, _ := errors.AsType[Mistakes](err)
	var got []string
	for i, m := range wrong {
		s := m.String()
		if i < len(want) && strings.HasPrefix(s, want[i]) {
			s = want[i]
		}
		got = append(got, s)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

const somebody = "people: {ben: {number: \"+818012345678\"}}\ntriggers:\n  a: {to: ben, "

// What an event would find out only at night is found out as the file is read.
func TestAFileThatWouldBeSilent(t *testing.T) {
	for rest, want := range map[string]string{
		`policy: {window: {hours: "09:00-17:00", days: [mon, tue, wed, thu, fri]}}}`: "3:25: an event of a, such as on Fri " +
			"08:00 UTC, would ring nobody: give policy.deadline as much time",
		`policy: {window: {hours: "09:00-17:00", days: [mon, tue, wed, thu, fri]}, deadline: 96h}}`: "",
		`policy: {preset: polite}}`:                          "",
		`policy: {not_before: "2027-01-01T00:00:00Z"}}`:      "3:25: policy.not_before must be a duration",
		`metadata: {"` + strings.Repeat("x", 101) + `": y}}`: "3:27: metadata.xxx",
		`say: {text: "{{ .title }}", repeat: 21}}`:           "3:44: say.repeat must be from 1 to 20",
		`say: {text: "{{ .title }}", repeat: "2"}}`:          "3:52: repeat must be a number, not a text",
		`say: {text: "{{ .title }}", repeat: 1.5}}`:          "3:44: say.repeat must be from 1 to 20",
		`say: "!"}`:                    "3:21: say.text has neither a letter nor a digit",
		`say: {voice: x, text: y}}`:    "3:22: say.voice must be the name of a Twilio voice",
		`say: [{text: x}, {text: y}]}`: "3:33: there are two texts for one language",
		`say: []}`:                     "3:21: say has 0 parts",
		`say: {text: "` + strings.Repeat("y", 5000) + `"}}`: "3:22: say.text",
	} {
		_, err := ReadFile([]byte(somebody+rest), settings(t))
		if got := errorText(err); want == "" && got != "" || !strings.HasPrefix(got, want) {
			t.Errorf("%.90s: %s, want %s", rest, got, want)
		}
	}
}

// Whoever is on duty, and meant by name, too, is one person.
func TestARotaThatWouldBeSilent(t *testing.T) {
	sameMistakes(t, "people: {ben: {number: \"+818012345678\"}}\n"+
		"rotas: {r: {people: [ben], every: 1d, from: \"2026-11-30 09:00 Asia/Tokyo\"}}\n"+
		"triggers: {a: {to: [r, ben], policy: {window: {hours: \"09:00-17:00\", days: [mon]}}}}\n",
		[]string{"3:39: an event of a, such as on Fri 02:00 UTC, would ring nobody"})
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

// Confirmation by a key needs a URL that Twilio reaches, and all else a caller's number.
func TestAFileIsReadWithTheSettings(t *testing.T) {
	s := settings(t)
	s.Reader.HostURL = ""
	_, err := ReadFile([]byte(somebody+`policy: {confirm: any-key}}`), s)
	if got := errorText(err); !strings.HasPrefix(got, "3:25: policy.confirm needs HOST_URL, the public URL ") {
		t.Error(got)
	}
	s = settings(t)
	presets := s.Reader.Presets
	s.Reader = edge.NewReader(edge.Reader{Numbers: edge.Numbers{AllowedRegions: []string{"JP"}}, Presets: presets})
	_, err = ReadFile([]byte(somebody+`}`), s)
	if got := errorText(err); got != "1:1: triggers ring nobody: from is missing, and REDIAL_FROM gives no default" {
		t.Error(got)
	}
	s.Reader = edge.NewReader(edge.Reader{Numbers: edge.Numbers{From: "+12125550123"}, Presets: presets})
	_, err = ReadFile([]byte(somebody+`}`), s)
	if got := errorText(err); !strings.HasPrefix(got, "1:24: +8180******78 is a number in region JP, which REDIAL_") {
		t.Error(got)
	}
}

func TestTwoTriggersWithOneSecret(t *testing.T) {
	sameMistakes(t, "people: {ben: {number: \"+818012345678\"}}\ntriggers:\n  a: {to: ben, secret: \"${ALERTS}\"}\n"+
		"  b: {to: ben, secret: \"${AGAIN}\"}\n", []string{"4:24: the secret is that of a, too: each trigger has its own"})
}

func TestManyMistakesAreCounted(t *testing.T) {
	_, err := ReadFile([]byte(strings.Repeat("x: 1\n", 200)), settings(t))
	if text := err.Error(); strings.Count(text, "\n") > maxMistakes || !strings.Contains(text, "\n… and ") {
		t.Error(text)
	}
}

// Any file is a file, or has mistakes with places; and what is a file, rings.
func FuzzFile(f *testing.F) {
	f.Add([]byte(good))
	for _, text := range []string{
		somebody + "}", "people: [a]", "triggers: {a: {to: [1, {}, []], say: [1], match: [], metadata: 1, policy: []}}",
		"rotas: {a: {people: {}, every: {}, from: []}}", "presets: {a: {window: {}, b: null}, c: 1}",
		"triggers: {a: {to: x, say: {text: {{ .x }} }}}", "{}", "- a", "a",
		"people: {a: {number: \"+819012345678\", name: \"\\u0000\"}}",
	} {
		f.Add([]byte(text))
	}
	s := settings(f)
	f.Fuzz(func(t *testing.T, data []byte) {
		slow := time.AfterFunc(10*time.Second, func() { panic("it takes too long") })
		defer slow.Stop()
		file, err := ReadFile(data, s)
		if (file == nil) == (err == nil) {
			t.Fatalf("%v, %v", file, err)
		}
		wrong, _ := errors.AsType[Mistakes](err)
		if err != nil && len(wrong) == 0 {
			t.Fatal(err)
		}
		for _, m := range wrong {
			if m.Line < 1 || m.Column < 1 || m.Text == "" || len(m.Text) > 5000 {
				t.Errorf("%v", m)
			}
		}
	})
}
