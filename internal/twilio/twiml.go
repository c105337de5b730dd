package twilio

import (
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"redial/internal/call"
)

const twimlLimit = 4000 // characters in the create call's Twiml; error 32018 beyond

var (
	textEscapes = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")
	attrEscapes = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;")
)

// speech speaks the text as often as wished, each time followed by after, with a second
// of silence in between. Say's own loop attribute would leave no gap, and a listener who
// has just raised the phone to the ear would not hear where the text begins anew.
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

func unspeakable(text string) bool {
	return !utf8.ValidString(text) || strings.ContainsFunc(text, notText)
}

// notText says whether no XML document can contain a character, or whether it is the
// replacement character, which says that a text was damaged.
func notText(r rune) bool {
	return (r < 0x20 && r != '\t' && r != '\n' && r != '\r') || r == 0xFFFE || r == 0xFFFF || r == utf8.RuneError
}

// length counts UTF-16 code units. No other way to count characters finds more.
func length(s string) (n int) {
	for _, r := range s {
		n += max(1, utf16.RuneLen(r))
	}
	return n
}
