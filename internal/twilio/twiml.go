package twilio

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/url"
	"regexp"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"redial/internal/call"
)

// FieldError names the field of a request that Twilio could not take, and what
// is wrong with it.
type FieldError struct{ Field, Problem string }

func (e *FieldError) Error() string { return e.Field + " " + e.Problem }

const (
	twimlLimit  = 4000 // characters in the create call's Twiml; error 32018 beyond
	repeatLimit = 20
	urlLimit    = 2000 // bytes
)

var (
	languageForm = regexp.MustCompile(`^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8}){0,4}$`)
	voiceForm    = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$`)
	textEscapes  = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")
	attrEscapes  = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;")
)

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

// CheckMessage returns a *FieldError when Twilio would not take the message, or
// could not speak it.
func CheckMessage(m call.Message) error {
	n := 0
	for _, set := range []bool{m.Say != nil, m.Twiml != "", m.URL != ""} {
		if set {
			n++
		}
	}
	switch {
	case n != 1:
		return &FieldError{"message", "must be exactly one of say, twiml and url"}
	case m.Say != nil:
		return checkSay(*m.Say)
	case m.Twiml != "":
		return checkTwiml(m.Twiml)
	}
	return checkURL(m.URL)
}

func checkSay(s call.Say) error {
	switch {
	case strings.TrimSpace(s.Text) == "":
		return &FieldError{"say.text", "must not be empty"}
	case length(s.Text) > twimlLimit:
		return tooLong("say.text", s.Text)
	case unspeakable(s.Text):
		return &FieldError{"say.text", "contains characters that can't be spoken"}
	case s.Language != "" && !languageForm.MatchString(s.Language):
		return &FieldError{"say.language", "must be a language tag such as ja-JP"}
	case s.Voice != "" && !voiceForm.MatchString(s.Voice):
		return &FieldError{"say.voice", "must be the name of a Twilio voice such as Polly.Kazuha-Neural"}
	case s.Repeat < 0 || s.Repeat > repeatLimit:
		return &FieldError{"say.repeat", fmt.Sprintf("must be from 1 to %d", repeatLimit)}
	}
	times := max(s.Repeat, 1)
	doc := func(repeat int) string { s.Repeat = repeat; return response(speech(s, "")) }
	if n := measured(times, doc); n > twimlLimit {
		return &FieldError{"say.text", fmt.Sprintf("is too long: spoken %d times it makes %d characters of TwiML, and Twilio takes %d", times, n, twimlLimit)}
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

func unspeakable(text string) bool {
	return !utf8.ValidString(text) || strings.ContainsFunc(text, notInXML)
}

// notInXML tells the characters that no XML document can contain.
func notInXML(r rune) bool {
	return (r < 0x20 && r != '\t' && r != '\n' && r != '\r') || r == 0xFFFE || r == 0xFFFF
}

func checkTwiml(doc string) error {
	if n := length(doc); n > twimlLimit {
		return &FieldError{"twiml", fmt.Sprintf("has %d characters, and Twilio takes %d", n, twimlLimit)}
	}
	if err := wellFormed(doc); err != nil {
		return &FieldError{"twiml", err.Error()}
	}
	return nil
}

func tooLong(field, text string) error {
	return &FieldError{field, fmt.Sprintf("is too long: it has %d characters, and Twilio takes %d of TwiML", length(text), twimlLimit)}
}

// length counts UTF-16 code units: of the ways to count characters, the one that
// finds the most.
func length(s string) (n int) {
	for _, r := range s {
		n += max(1, utf16.RuneLen(r))
	}
	return n
}

// wellFormed wants one XML document with the root element Response. Which verbs
// it contains is Twilio's affair.
func wellFormed(doc string) error {
	d := xml.NewDecoder(strings.NewReader(doc))
	depth, roots := 0, 0
	for {
		begin := d.InputOffset()
		t, err := d.Token()
		switch {
		case errors.Is(err, io.EOF) && roots == 1:
			return nil
		case errors.Is(err, io.EOF):
			return errors.New("must have one root element, Response")
		case err != nil:
			return fmt.Errorf("is not well-formed: %w", err)
		}
		switch t := t.(type) {
		case xml.StartElement:
			if depth == 0 {
				roots++
				if t.Name.Local != "Response" || roots > 1 {
					return errors.New("must have one root element, Response")
				}
			}
			if name := repeated(t.Attr); name != "" {
				return fmt.Errorf("is not well-formed: attribute %.40q appears twice", name)
			}
			depth++
		case xml.EndElement:
			depth--
		case xml.ProcInst:
			if t.Target == "xml" && begin > 0 { // encoding/xml lets it pass
				return errors.New("is not well-formed: its XML declaration must stand at the very beginning")
			}
		case xml.CharData:
			if depth == 0 && strings.TrimSpace(string(t)) != "" {
				return errors.New("is not well-formed: text outside of the root element")
			}
		}
	}
}

// repeated names an attribute that appears twice, which encoding/xml lets pass.
func repeated(attrs []xml.Attr) string {
	seen := map[xml.Name]bool{}
	for _, a := range attrs {
		if seen[a.Name] {
			return a.Name.Local
		}
		seen[a.Name] = true
	}
	return ""
}

func checkURL(s string) error {
	u, err := url.Parse(s[:min(len(s), urlLimit+1)])
	switch {
	case err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Hostname() == "":
		return &FieldError{"url", "must be an absolute http or https URL"}
	case u.User != nil:
		return &FieldError{"url", "must not contain a user or a password"}
	case len(s) > urlLimit:
		return &FieldError{"url", fmt.Sprintf("must be at most %d bytes long", urlLimit)}
	}
	return nil
}
