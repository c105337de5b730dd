package trigger

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"redial/api"
	"redial/internal/call"
	"redial/internal/source"
	"redial/internal/store"
)

// Decision is what a trigger does about the members of an event that ring: whom it reaches, and what is said.
type Decision struct {
	Recipients []Recipient
	Say        api.Say // what the first of them hears; the others, where it is something else, have it in To
	To         []api.Person
	Policy     json.RawMessage // nil: the default
	Metadata   map[string]string

	// Doubts are what went wrong on the way, as sentences for whoever wrote the file, without a number or a secret. The
	// phone rings all the same.
	Doubts []string
}

// Recipient is somebody whom a decision reaches, and why.
type Recipient struct {
	Name string // of the file; empty for a number that stands in none
	Rota string // in which they are on duty; empty where they are meant themselves
	Duty Duty   // then
	Person
}

// Around is what a decision depends on beside the file and the event.
type Around struct {
	Now       time.Time
	Overrides []store.Override
	Doubt     string      // why the overrides are not as they stand now; empty: they are
	Instead   []Recipient // whom a request names itself; none: those of the trigger
}

// ErrNobody is returned where a decision leaves no number to be rung.
var ErrNobody = errors.New("there is nobody to ring")

const (
	maxMetadata = 1000 // bytes of a value
	maxNames    = 50   // of metadata
	maxDoubts   = 20   // the others are like them
	maxYield    = 50   // names of a template that are looked at
)

// Decide says what the trigger does about some members of an event, those that ring now, and reach the same people. It
// always has words; it returns ErrNobody, beside the doubts that explain it, if it has no number.
func (f *File) Decide(t *Trigger, e *source.Event, ring []source.Member, around Around) (Decision, error) {
	told := e.Of(ring)
	data := told.Data()
	d := Decision{Policy: t.Policy, Recipients: around.Instead}
	if len(d.Recipients) == 0 {
		first := e.Of(ring[:min(len(ring), 1)]) // alone: what all have in common may be other people's
		f.recipients(&d, t, first.Data(), around)
	}
	if len(d.Recipients) == 0 {
		return d, ErrNobody
	}
	d.words(t, &told, data)
	d.metadata(t, data)
	if e.Test && len(d.Metadata) < maxNames {
		d.Metadata[metaTest] = "true"
	}
	return d, nil
}

func (d *Decision) doubt(text string, args ...any) {
	if len(d.Doubts) < maxDoubts {
		d.Doubts = append(d.Doubts, fmt.Sprintf(text, args...))
	}
}

// recipients finds out who is to be reached, each number once, in the order of the trigger's list. A template yields
// names by commas, semicolons or lines, in small or large letters.
func (f *File) recipients(d *Decision, t *Trigger, data map[string]any, around Around) {
	s := new(steps)
	for _, tpl := range t.To {
		text, err := tpl.execute(data, s)
		if err != nil {
			d.doubt("to: the template failed: %v", err)
			continue
		}
		names := []string{text}
		if !tpl.Fixed() {
			names = strings.FieldsFunc(strings.ToLower(text), func(r rune) bool { return strings.ContainsRune(",;\n", r) })
		}
		found := 0
		for _, name := range names[:min(len(names), maxYield)] {
			if name = strings.TrimSpace(name); name != "" {
				found++
				f.recipient(d, t, name, around)
			}
		}
		if found == 0 {
			d.doubt("to: the template yields nobody")
		}
	}
}

// recipient adds whoever a name stands for.
func (f *File) recipient(d *Decision, t *Trigger, name string, around Around) {
	r := Recipient{Name: name}
	if rota := f.Rotas[name]; rota != nil {
		r.Rota, r.Duty = name, rota.OnDuty(around.Now, f.Known(name, around.Overrides))
		r.Name = r.Duty.Person
		if around.Doubt != "" {
			d.doubt("to: %s", around.Doubt)
		}
	}
	person, known := f.People[r.Name]
	switch {
	case known:
		r.Person = person
	case !t.Numbers:
		d.doubt("to: %s is no name of people or rotas", brief(name))
		return
	default:
		number, err := f.number(name, around.Now)
		if err != nil {
			d.doubt("to: %s can't be rung: %v", brief(name), err)
			return
		}
		r = Recipient{Person: Person{Number: number}}
	}
	switch {
	case slices.ContainsFunc(d.Recipients, func(other Recipient) bool { return other.Number == r.Number }):
	case len(d.Recipients) == call.MaxPeople:
		d.doubt("to: %s is left out: a call has at most %d people", brief(name), call.MaxPeople)
	default:
		d.Recipients = append(d.Recipients, r)
	}
}

// Known are the overrides of a rota that put people on duty whom the file still has.
func (f *File) Known(rota string, all []store.Override) (some []store.Override) {
	for _, o := range all {
		if _, there := f.People[o.Person]; there && o.Rota == rota {
			some = append(some, o)
		}
	}
	return some
}

// words finds what each of them hears: the first text in their language or, where there is none, the trigger's first.
func (d *Decision) words(t *Trigger, e *source.Event, data map[string]any) {
	texts := d.render(t, data)
	for i, r := range d.Recipients {
		s := forListener(t, texts, e, r.Language)
		if e.Test {
			s.Text = thisIsATest(s.Language) + s.Text
		}
		p := api.Person{Number: r.Number, Name: r.Person.Name}
		switch {
		case i == 0:
			d.Say = s
		case s.Text != d.Say.Text || s.Language != d.Say.Language:
			p.Language, p.Say = s.Language, s.Text
		}
		d.To = append(d.To, p)
	}
}

// forListener is what somebody of a language hears. A text without any {{ }} is said as it is written.
func forListener(t *Trigger, texts []string, e *source.Event, language string) (s api.Say) {
	n := t.sayFor(language)
	if n < 0 {
		s.Text, s.Language = words(e, voiceOf("", language), t.room())
		return s
	}
	wording := t.Say[n]
	wanted := voiceOf(wording.Language, language)
	s.Repeat = wording.Repeat
	switch {
	case wording.Text.Fixed() && wording.Language != "":
		s.Text, s.Language = texts[n], wording.Language
	case wording.Text.Fixed():
		s.Text, s.Language = texts[n], inLettersOf(texts[n], wanted)
	case texts[n] != "":
		s.Text, s.Language = say(texts[n], e, wanted, t.room())
	}
	if s.Text == "" {
		s.Text, s.Language = words(e, voiceOf("", language), t.room())
	}
	if s.Language == wanted {
		s.Voice = wording.Voice // a voice is one of a language
	}
	return s
}

// render writes each of the trigger's texts; empty where that failed.
func (d *Decision) render(t *Trigger, data map[string]any) []string {
	s := new(steps)
	texts := make([]string, len(t.Say))
	for i, one := range t.Say {
		text, err := one.Text.execute(data, s)
		switch {
		case err != nil:
			d.doubt("say: the template failed, and the event is told in redial's words: %v", err)
		case audible(text) == "":
			d.doubt("say: the template yields nothing that can be heard, and the event is told in redial's words")
		default:
			texts[i] = text
		}
	}
	return texts
}

// sayFor is the text for a person's language: the same, another of the same language, or the first. It is -1 if the
// trigger has none.
func (t *Trigger) sayFor(language string) int {
	if language != "" {
		for _, same := range []func(a, b string) bool{strings.EqualFold, sameBase} {
			if i := slices.IndexFunc(t.Say, func(s Wording) bool { return same(s.Language, language) }); i >= 0 {
				return i
			}
		}
	}
	return min(len(t.Say), 1) - 1
}

func (d *Decision) metadata(t *Trigger, data map[string]any) {
	s := new(steps)
	d.Metadata = map[string]string{metaTrigger: t.Name}
	if onDuty := d.onDuty(); onDuty != "" {
		d.Metadata[metaDuty] = metaValue(onDuty)
	}
	for _, name := range slices.Sorted(maps.Keys(t.Metadata)) {
		text, err := t.Metadata[name].execute(data, s)
		if err != nil {
			d.doubt("metadata.%s is left out, as the template failed: %v", name, err)
			continue
		}
		d.Metadata[name] = metaValue(text)
	}
}

func metaValue(text string) string {
	if text = strings.ToValidUTF8(text, ""); len(text) > maxMetadata {
		text = strings.ToValidUTF8(text[:maxMetadata], "")
	}
	return text
}

// onDuty says who is reached because they are on duty, in which rotas and why.
func (d *Decision) onDuty() string {
	var said []string
	for _, r := range d.Recipients {
		if r.Rota != "" {
			said = append(said, r.Rota+": "+r.Duty.String())
		}
	}
	return strings.Join(said, "; ")
}

// Body is the request for the call, as anybody could send it.
func (d *Decision) Body() []byte {
	return withPolicy(api.CreateCall{People: d.To, Say: &d.Say, Metadata: d.Metadata}, d.Policy)
}

// Wish has the edge read the decision. What it refuses (two numbers may be in zones whose windows never meet) is left
// out, and becomes a doubt: a mistake must not silence an alarm.
func (f *File) Wish(d *Decision, now time.Time) (call.Wish, error) {
	w, err := f.reader.Wish(d.Body(), now)
	if err == nil {
		_, _, err = call.New(w, now)
	}
	if err == nil {
		return w, nil
	}
	plain := *d
	plain.Policy, plain.Metadata = nil, map[string]string{metaTrigger: d.Metadata[metaTrigger]}
	bare, again := f.reader.Wish(plain.Body(), now)
	if again != nil {
		return w, err
	}
	d.doubt("the call has the default policy, and no metadata, as what the trigger says was refused: %v", err)
	return bare, nil
}

// number reads a number that may be rung.
func (f *File) number(text string, now time.Time) (string, error) {
	body, err := json.Marshal(api.CreateCall{To: text, Say: &api.Say{Text: "x"}})
	if err != nil {
		return "", err
	}
	w, err := f.reader.Wish(body, now)
	if p, ok := errors.AsType[*api.Problem](err); ok && len(p.Errors) > 0 {
		return "", errors.New(p.Errors[0].Detail)
	}
	return w.To, err
}
