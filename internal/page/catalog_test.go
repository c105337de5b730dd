package page

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"redial/internal/call"
)

// entries are the texts of a language, by id, with all their forms.
func entries(t *testing.T, lang string) map[string][]string {
	t.Helper()
	file, err := catalogFiles.ReadFile("catalog/" + lang + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var raw map[string]any
	if err := json.Unmarshal(file, &raw); err != nil {
		t.Fatal(err)
	}
	texts := map[string][]string{}
	for id, v := range raw {
		switch v := v.(type) {
		case string:
			texts[id] = []string{v}
		case map[string]any:
			for _, form := range v {
				texts[id] = append(texts[id], form.(string))
			}
		}
	}
	return texts
}

var placeholder = regexp.MustCompile(`\{\{\.(\w+)\}\}`)

// Each language says everything, with the same values, and without markup.
func TestLanguagesSayTheSame(t *testing.T) {
	english := entries(t, "en")
	for _, l := range languages[1:] {
		other := entries(t, l.String())
		for id := range english {
			if other[id] == nil {
				t.Errorf("%s lacks %s", l, id)
			}
		}
		for id, forms := range other {
			if english[id] == nil {
				t.Errorf("%s has %s, which English lacks", l, id)
				continue
			}
			want := valuesIn(english[id])
			if got := valuesIn(forms); !slices.Equal(got, want) && !slices.Equal(got, slices.DeleteFunc(want, isCount)) {
				t.Errorf("%s: %s says %q with %q, English with %q", l, id, forms, got, want)
			}
		}
	}
	for _, l := range languages {
		for id, forms := range entries(t, l.String()) {
			if strings.ContainsAny(strings.Join(forms, ""), "<>&") {
				t.Errorf("%s: %s has markup: %q", l, id, forms)
			}
		}
	}
}

func isCount(name string) bool { return name == "Count" }

func valuesIn(forms []string) (names []string) {
	for _, form := range forms {
		for _, m := range placeholder.FindAllStringSubmatch(form, -1) {
			names = append(names, m[1])
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// sameInJapanese are texts that Japanese writes in Latin letters, too.
var sameInJapanese = []string{"zone.utc", "word.twilio", "fact.twiml", "fact.once", "fact.id"}

// Japanese is written in Japanese, with its own punctuation.
func TestJapaneseIsJapanese(t *testing.T) {
	for id, forms := range entries(t, "ja") {
		for _, form := range forms {
			has := strings.ContainsFunc(form, func(r rune) bool {
				return unicode.In(r, unicode.Hiragana, unicode.Katakana, unicode.Han)
			})
			letters := strings.ContainsFunc(placeholder.ReplaceAllString(form, ""), unicode.IsLetter)
			if letters && !has && !slices.Contains(sameInJapanese, id) {
				t.Errorf("%s has no kana or kanji: %q", id, form)
			}
			if strings.ContainsAny(placeholder.ReplaceAllString(form, ""), ",;:!?") {
				t.Errorf("%s has Latin punctuation: %q", id, form)
			}
		}
	}
}

// letters that may stand in a template: names, which are the same in every language.
var namesInTemplates = []string{"redial", "redial call +819012345678 --say 'Your parcel is at the door.' --wait"}

var (
	tag       = regexp.MustCompile(`(?s)<!--.*?-->|</?[a-zA-Z!][^>]*>`)
	spokenOne = regexp.MustCompile(`(?:title|alt|placeholder|aria-label|data-text|data-done)="([^"]*)"`)
	entity    = regexp.MustCompile(`&[a-z]+;`)
)

// No template has a letter that is not from the catalogue: neither in its text nor in what is read aloud.
func TestTemplatesSpeakThroughTheCatalogue(t *testing.T) {
	for _, text := range templatesWithoutActions(t) {
		var spoken strings.Builder
		spoken.WriteString(tag.ReplaceAllString(text, "\n"))
		for _, m := range spokenOne.FindAllStringSubmatch(text, -1) {
			spoken.WriteString("\n" + m[1])
		}
		for line := range strings.Lines(entity.ReplaceAllString(spoken.String(), "")) {
			line = strings.TrimSpace(strings.ReplaceAll(line, hole, ""))
			line = strings.TrimSpace(strings.TrimSuffix(line, "· redial"))
			if strings.ContainsFunc(line, unicode.IsLetter) && !slices.Contains(namesInTemplates, line) {
				t.Errorf("a template says %q by itself", line)
			}
		}
	}
}

// The test above finds what it looks for.
func TestLettersInTemplatesAreFound(t *testing.T) {
	for _, bad := range []string{`<p>Hello</p>`, `<p title="Hello">1</p>`, `<svg aria-label="Hello"/>`} {
		var text strings.Builder
		text.WriteString(tag.ReplaceAllString(bad, "\n"))
		for _, m := range spokenOne.FindAllStringSubmatch(bad, -1) {
			text.WriteString(m[1])
		}
		if !strings.Contains(text.String(), "Hello") {
			t.Errorf("%s is not found", bad)
		}
	}
}

// hole stands for an action of a template.
const hole = "\x00"

// templatesWithoutActions are all templates, with a hole for each action.
func templatesWithoutActions(t *testing.T) (texts []string) {
	t.Helper()
	for _, file := range templateNames(t) {
		source, err := templateFiles.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, action.ReplaceAllString(string(source), hole))
	}
	return texts
}

var action = regexp.MustCompile(`(?s)\{\{.*?\}\}`)

func templateNames(t *testing.T) []string {
	t.Helper()
	names, err := filepath.Glob("templates/*.html")
	if err != nil || len(names) < 4 {
		t.Fatalf("%d templates: %v", len(names), err)
	}
	return names
}

// families are the ids that the program puts together, with what they end in.
func families() map[string][]string {
	all := map[string][]string{
		"zone.": zones, "theme.": themes, "word.": {"twilio", "database", "callbacks"},
		"doing.reached_by.": {"key", "pin", "human", "answer"},
		"picture.":          {"queued", "ringing", "talking"},
	}
	for _, r := range call.Results() {
		all["result."] = append(all["result."], string(r))
	}
	for _, s := range []call.Status{call.Placing, call.Unknown, call.Postponed, call.Queued, call.Initiated, call.Ringing,
		call.InProgress} {
		all["status."] = append(all["status."], string(s))
	}
	for _, o := range outcomes {
		all["sentence."] = append(all["sentence."], strings.TrimPrefix(o.Word, "state."))
	}
	all["sentence."] = append(all["sentence."], "waiting", "held", "dialing", "ringing", "talking", "unknown")
	for _, e := range call.EventTypes() {
		all["event."] = append(all["event."], string(e))
	}
	all["event."] = append(all["event."], "call.cancel_requested.hang_up", "call.cancel_requested.trigger",
		"attempt.confirmed.answer")
	all["message."] = []string{"pending", "delivered", "dead"}
	all["confirm."] = []string{"any-key", "digit", "pin", "keys"}
	all["key."] = []string{"confirm", "pass-on"}
	return all
}

var idLiteral = regexp.MustCompile(`"([a-z_0-9-]+(?:\.[a-z_0-9-]+)*)"`)

// Every text that is asked for is there, and every text that is there is asked for.
func TestTheCatalogueIsWhatIsSaid(t *testing.T) {
	texts, asked := entries(t, "en"), map[string]bool{}
	for prefix, ends := range families() {
		for _, end := range ends {
			if asked[prefix+end] = true; texts[prefix+end] == nil {
				t.Errorf("the catalogue lacks %s%s", prefix, end)
			}
		}
	}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range append(files, templateNames(t)...) {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		for _, m := range idLiteral.FindAllStringSubmatch(string(source), -1) {
			asked[m[1]] = true
			asked[m[1]+".fix"] = asked[m[1]+".fix"] || strings.HasPrefix(m[1], "verdict.") // of a verdict that is bad
		}
	}
	for id := range texts {
		if !asked[id] {
			t.Errorf("nobody says %s", id)
		}
	}
	for _, id := range idsInTemplates(t) {
		if texts[id] == nil {
			t.Errorf("a template says %s, which is not in the catalogue", id)
		}
	}
}

// idsInTemplates are the ids that templates give to t.
func idsInTemplates(t *testing.T) (ids []string) {
	t.Helper()
	said := regexp.MustCompile(`\bt "([^"]+)"`)
	for _, file := range templateNames(t) {
		source, err := templateFiles.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, submatches(said, string(source))...)
	}
	if len(ids) < 10 {
		t.Fatalf("only %d texts are in the templates", len(ids))
	}
	return ids
}

func submatches(re *regexp.Regexp, text string) (list []string) {
	for _, m := range re.FindAllStringSubmatch(text, -1) {
		list = append(list, m[1])
	}
	return list
}
