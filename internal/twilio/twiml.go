package twilio

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"redial/internal/call"
	"redial/internal/permit"
)

// FieldError names the field of a request that Twilio could not take, and what
// is wrong with it.
type FieldError struct {
	Field   string
	Problem error
}

func (e *FieldError) Error() string { return e.Field + " " + e.Problem.Error() }
func (e *FieldError) Unwrap() error { return e.Problem }

// wrong is a *FieldError.
func wrong(field, problem string, args ...any) error {
	return &FieldError{field, fmt.Errorf(problem, args...)}
}

const (
	twimlLimit  = 4000 // characters in the create call's Twiml; error 32018 beyond
	repeatLimit = 20
	urlLimit    = 2000 // bytes
)

var (
	languageForm = regexp.MustCompile(`^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,4}$`)
	voiceForm    = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._:-]{0,99}$`)
	textEscapes  = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")
	attrEscapes  = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;")
)

// twilioVoice is the form of the voices that Twilio has: its own three, Amazon's (some of
// which have accents: Polly.Léa) and Google's, which may become more.
// Source: https://www.twilio.com/docs/voice/twiml/say/text-speech
var twilioVoice = regexp.MustCompile(`^(man|woman|alice|Polly\.[A-Z]\p{Ll}{1,30}(-[A-Z][A-Za-z0-9]{1,20})?|Google\.[a-z]{2,3}-[A-Za-z]{2}-[A-Z][A-Za-z0-9-]{1,60})$`)

// speech speaks the text as often as wished, each time followed by what comes after
// it, with a second of silence in between: Say's own loop attribute would leave no
// gap, and a listener who has just raised the phone to the ear would not hear where
// the text begins anew.
func speech(s call.Say, after string) string {
	once := speak(s, s.Text) + after
	return once + strings.Repeat(`<Pause length="1"/>`+once, max(s.Repeat, 1)-1)
}

// speak is a Say verb with the voice of s.
func speak(s call.Say, text string) string {
	var verb strings.Builder
	verb.WriteString("<Say")
	if s.Language != "" {
		verb.WriteString(` language="` + s.Language + `"`)
	}
	if s.Voice != "" {
		verb.WriteString(` voice="` + s.Voice + `"`)
	}
	verb.WriteString(">" + textEscapes.Replace(text) + "</Say>")
	return verb.String()
}

func response(verbs ...string) string { return "<Response>" + strings.Join(verbs, "") + "</Response>" }

// CheckMessage returns a *FieldError when Twilio would not take the message or could not
// speak it, when there is nothing to hear in it, or when it does what the Rules don't
// allow. callee says what keeps a number from being called.
func (r Rules) CheckMessage(m call.Message, callee func(number string) error) error {
	n := 0
	for _, set := range []bool{m.Say != nil, m.Twiml != "", m.URL != ""} {
		if set {
			n++
		}
	}
	switch {
	case n != 1:
		return wrong("message", "must be exactly one of say, twiml and url")
	case m.Say != nil:
		return r.checkSay(*m.Say)
	case m.Twiml != "":
		return checker{r, callee}.checkTwiml(m.Twiml)
	}
	if err := r.checkURL(m.URL, "http", "https"); err != nil {
		return &FieldError{"url", err}
	}
	return nil
}

func (r Rules) checkSay(s call.Say) error {
	if s.Text == "" {
		return wrong("say.text", "must not be empty")
	}
	if err := checkText("say.text", s.Text); err != nil {
		return err
	}
	if err := r.checkLanguage(s.Language); err != nil {
		return &FieldError{"say.language", err}
	}
	if err := r.checkVoice(s.Voice); err != nil {
		return &FieldError{"say.voice", err}
	}
	if s.Repeat < 0 || s.Repeat > repeatLimit {
		return wrong("say.repeat", "must be from 1 to %d", repeatLimit)
	}
	times := max(s.Repeat, 1)
	doc := func(repeat int) string { s.Repeat = repeat; return response(speech(s, "")) }
	if n := measured(times, doc); n > twimlLimit {
		return wrong("say.text", "is too long: spoken %d times it makes %d characters of TwiML, and Twilio takes %d", times, n, twimlLimit)
	}
	return nil
}

// measured is the length of a document in which a text is repeated. It is built only as often
// as it takes to know that: each repetition makes it longer by as much.
func measured(repeat int, build func(repeat int) string) int {
	once := length(build(1))
	if repeat <= 1 {
		return once
	}
	return once + (repeat-1)*(length(build(2))-once)
}

// checkLanguage says what is wrong with a language; none is the account's own.
func (r Rules) checkLanguage(tag string) error {
	switch {
	case tag == "" || slices.Contains(languages, tag):
		return nil
	case !languageForm.MatchString(tag):
		return errors.New("must be a language tag" + cmp.Or(meant(tag, languages), " such as ja-JP"))
	case allows(r.Languages, tag):
		return nil
	}
	return permit.Errorf("is not spoken by Twilio, as far as redial knows; did you mean %s? To have it spoken, set %s=%s",
		nearestLanguage(tag), permit.Languages, strings.Join(append(slices.Clone(r.Languages), tag), ","))
}

// checkVoice says what is wrong with the form of a voice's name; none is the account's own.
func (r Rules) checkVoice(voice string) error {
	switch {
	case voice == "" || twilioVoice.MatchString(voice):
		return nil
	case allows(r.Languages, anything) && voiceForm.MatchString(voice):
		return nil
	}
	return errors.New("must be the name of a Twilio voice, such as Polly.Kazuha-Neural, Google.ja-JP-Wavenet-B, man or woman")
}

func unspeakable(text string) bool {
	return !utf8.ValidString(text) || strings.ContainsFunc(text, notText)
}

// notText tells the characters that no XML document can contain, and the one that stands
// where somebody could not read a text any more.
func notText(r rune) bool {
	return (r < 0x20 && r != '\t' && r != '\n' && r != '\r') || r == 0xFFFE || r == 0xFFFF || r == utf8.RuneError
}

func tooLong(field, text string) error {
	return wrong(field, "is too long: it has %d characters, and Twilio takes %d of TwiML", length(text), twimlLimit)
}

// length counts UTF-16 code units: of the ways to count characters, the one that
// finds the most.
func length(s string) (n int) {
	for _, r := range s {
		n += max(1, utf16.RuneLen(r))
	}
	return n
}
