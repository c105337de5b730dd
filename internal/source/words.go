package source

import (
	"regexp"
	"slices"
	"strings"
	"time"

	"redial/internal/spoken"
)

// Words are what a listener is told about an event if nothing else is to be said, and in which language: how bad it
// is, what is wrong, where, and more as far as there is time (spoken.Limit). They are in Japanese for whoever speaks
// Japanese, and in English for everybody else.
//
// An event in English is told to a Japanese listener in the sentences of which most alerts consist, else by what is
// known of it in any language: severity, numbers, the words of the trade and the names of machines, in kana. What is
// only half understood is not said, because its words could mean the contrary. Where that is not all, he is told to
// look at the screen. No English text is spoken by a Japanese voice.
func Words(e *Event, language string) (said, in string) {
	t := newTelling(language)
	about := e.about()
	if len(about) == 0 {
		about = []Member{e.Member}
	}
	total := len(about) + e.More
	var sentences []string
	for i := range about[:min(len(about), maxNamed)] {
		if sentence := t.sentence(&about[i]); sentence != "" {
			sentences = append(sentences, sentence)
		}
	}
	first := sentences[:min(len(sentences), 1)]
	both, more := first, ""
	if total == 1 {
		more = t.details(&about[0])
		both = append(slices.Clone(first), t.first(more))
	}
	lead, short := t.lead(e.Source, e.State, worst(about), total), t.lead("", e.State, worst(about), total)
	// What is wrong matters more than who says so. If more than that can't be told anyway, there is time for both.
	keep := t.ending(total - 1)
	if !t.fit(lead, first, keep) || !t.fit(lead, both, keep) && t.fit(short, both, keep) {
		lead = short
	}
	t.unsaid = t.unsaid && t.fit(lead, first, keep) // else there is no time to say that something is left out
	t.add(lead, 0)
	t.tell(sentences, total)
	t.add(spoken.Sentences(more, spoken.Limit-t.took-t.ending(0)-spoken.Length(t.gap)), 0)
	if t.unsaid {
		t.add(t.look, 0)
	} else if len(t.said) == 1 {
		t.add(t.empty, 0)
	}
	return strings.Join(t.said, t.gap), t.language
}

// maxNamed is how many members are told by name, if there is time. Nobody remembers more.
const maxNamed = 5

// Say is a text, such as a template makes, as the listener's voice says it, and in which language. Words take its
// place if nothing of it can be said or, for whoever speaks Japanese, if it is in another language: something is
// always heard.
func Say(text string, e *Event, language string) (said, in string) {
	said, whole := spoken.Text(text, language)
	said = spoken.Fit(said, spoken.Limit)
	if said == "" || !whole || spoken.Japanese(language) && !spoken.HasJapanese(text) {
		return Words(e, language)
	}
	return said, language
}

// telling is what is being told.
type telling struct {
	phrases
	said   []string
	took   time.Duration
	unsaid bool // something could not be said in this language
}

func newTelling(language string) *telling {
	t := &telling{phrases: englishPhrases}
	if spoken.Japanese(language) {
		t.phrases = japanesePhrases
	}
	if strings.HasPrefix(strings.ToLower(language), t.language[:2]) {
		t.language = language
	}
	return t
}

// add adds a sentence, if there is time for it besides what is kept.
func (t *telling) add(sentence string, keep time.Duration) bool {
	length := spoken.Length(t.gap + sentence)
	if sentence == "" || t.took+length+keep > spoken.Limit {
		return false
	}
	t.said, t.took = append(t.said, sentence), t.took+length
	return true
}

// fit tells whether there is time for some sentences, too.
func (t *telling) fit(lead string, sentences []string, keep time.Duration) bool {
	return spoken.Length(strings.Join(append([]string{lead}, sentences...), t.gap))+keep <= spoken.Limit
}

// first is the first sentence of a text.
func (t *telling) first(text string) string {
	if end := strings.Index(text, t.stop); end >= 0 {
		return text[:end+len(strings.TrimSpace(t.stop))]
	}
	return text
}

// shorten adds as many sentences of a text as there is time for.
func (t *telling) shorten(text string, keep time.Duration) bool {
	return t.add(spoken.Fit(text, spoken.Limit-t.took-keep-spoken.Length(t.gap)), keep)
}

// ending is the time for what has to be said at the end, if so many members will not have been told by name.
func (t *telling) ending(left int) (keep time.Duration) {
	if t.unsaid {
		keep += spoken.Length(t.gap + t.look)
	}
	if left > 0 {
		keep += spoken.Length(t.gap + t.rest(left))
	}
	return keep
}

// tell adds the sentences of members as long as there is time, and counts the others.
func (t *telling) tell(sentences []string, total int) {
	for i, sentence := range sentences {
		told := t.add(sentence, t.ending(total-i-1)) || i == 0 && t.shorten(sentence, t.ending(total-1))
		if !told {
			t.add(t.rest(total-i), 0)
			return
		}
	}
	if left := total - len(sentences); left > 0 && len(sentences) > 0 {
		t.add(t.rest(left), 0)
	}
}

// sentence tells what is wrong with a member, and where.
func (t *telling) sentence(m *Member) string {
	what := t.what(m)
	return t.placed(what, t.where(m, what))
}

// mark is what senders put before a title to say its state, which is said anyway.
var mark = regexp.MustCompile(`^\s*\[(FIRING|RESOLVED|Alerting|OK|No Data)(:\d+)?\]\s*`)

// what tells what is wrong: by the title or, if that can't be said as a whole, by the alert's name.
func (t *telling) what(m *Member) string {
	best := ""
	for _, title := range []string{mark.ReplaceAllString(m.Title, ""), m.Labels["alertname"], t.onlyText(m)} {
		said, whole := spoken.Text(title, t.language)
		if said != "" && whole {
			return said
		}
		t.unsaid = t.unsaid || !whole
		if best == "" {
			best = said
		}
	}
	return best
}

// onlyText is the text of what has no title.
func (t *telling) onlyText(m *Member) string {
	if m.Title != "" {
		return ""
	}
	return m.Text
}

// where tells where something is wrong, if that was not said already.
func (t *telling) where(m *Member, what string) string {
	for _, name := range places {
		value := m.place(name)
		if value == "" {
			continue
		}
		place, whole := spoken.Name(value, t.language)
		if place == "" || !whole {
			continue
		}
		if strings.Contains(strings.ToLower(what), strings.ToLower(place)) {
			return ""
		}
		return place
	}
	return ""
}

// details tells more about the one thing that is wrong.
func (t *telling) details(m *Member) string {
	if m.Title == "" {
		return ""
	}
	said, whole := spoken.Text(dump.ReplaceAllString(m.Text, ""), t.language)
	if !whole {
		t.unsaid = true
		return ""
	}
	title, _ := spoken.Text(m.Title, t.language)
	first := t.first(said)
	if strings.Contains(strings.ToLower(title), strings.ToLower(strings.TrimRight(first, ".。"))) {
		return strings.TrimSpace(strings.TrimPrefix(said, first))
	}
	return said
}

// dump is a line that rules of Prometheus commonly put into descriptions, for those who read.
var dump = regexp.MustCompile(`(?m)^\s*(VALUE|LABELS)\s*[=:].*$`)
