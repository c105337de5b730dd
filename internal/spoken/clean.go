package spoken

import (
	"html"
	"regexp"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// maxInput is how many bytes of a text are read: far more than can be said in the time that a listener has.
const maxInput = 8 << 10

// tag is markup, or a link as Slack writes it.
var tag = regexp.MustCompile(`</?[a-zA-Z][^<>]*>`)

// clean is a text in one form for each character, without markup, control characters and marks that are not heard.
func clean(text string) string {
	text = html.UnescapeString(strings.ToValidUTF8(text[:min(len(text), maxInput)], ""))
	text = norm.NFKC.String(strings.Map(audible, text))
	return tag.ReplaceAllStringFunc(text, func(tag string) string {
		_, name, _ := strings.Cut(tag, "|")
		return " " + strings.TrimSuffix(name, ">") + " "
	})
}

// audible is the common form of a character, -1 for one that nobody hears.
func audible(r rune) rune {
	switch {
	case r == '\n' || r == '\r' || r == '\u2028' || r == '\u2029':
		return '\n'
	case unicode.IsSpace(r), unicode.IsControl(r):
		return ' '
	case unicode.Is(unicode.Cf, r), unicode.Is(unicode.Variation_Selector, r):
		return -1
	case r == '’' || r == '‘':
		return '\''
	case unicode.Is(unicode.Pd, r) || r == '−':
		return '-'
	}
	return r
}

// HasJapanese tells whether a text has any Japanese writing.
func HasJapanese(text string) bool { return strings.ContainsFunc(norm.NFKC.String(text), japanese) }

// japanese tells whether a character is Japanese writing.
func japanese(r rune) bool {
	return unicode.IsLetter(r) && unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana) || r == 'ー'
}
