package trigger

import (
	"cmp"
	"strings"
	"unicode"
	"unicode/utf16"

	"redial/internal/source"
)

// The languages of texts whose writer names none, or another than their letters tell.
const (
	english  = "en-US"
	japanese = "ja-JP"
	korean   = "ko-KR"
)

// say is a text that an event made as a listener hears it, and in which language. It is never empty.
func say(text string, e *source.Event, wanted string, room int) (said, in string) {
	said, in = source.Say(cut(text, room), e, wanted)
	if said = audible(cut(said, room)); said == "" {
		return words(e, wanted, room)
	}
	return said, in
}

// words are what a listener is told without words of the trigger's. They are never empty.
func words(e *source.Event, wanted string, room int) (said, in string) {
	said, in = source.Words(e, wanted)
	return audible(cut(said, room)), in
}

// inLettersOf is the wanted language or, if a text is not in its letters, another that it is in.
func inLettersOf(text, wanted string) string {
	for _, one := range []string{wanted, english, japanese, korean} {
		if hasVoice(text, one) {
			return one
		}
	}
	return wanted
}

// voiceOf is the language that a text is to be said in: its own or, where it has none, the hearer's.
func voiceOf(text, hearer string) string {
	switch {
	case text != "":
		return text
	case hearer != "":
		return hearer
	}
	return english
}

// sameBase says whether two tags are of one language: en-US and en-GB.
func sameBase(a, b string) bool {
	x, _, _ := strings.Cut(a, "-")
	y, _, _ := strings.Cut(b, "-")
	return strings.EqualFold(x, y)
}

// scripts are those of languages that are not written in Latin, Greek or Cyrillic letters.
var scripts = map[string][]*unicode.RangeTable{
	"ja": {unicode.Hiragana, unicode.Katakana, unicode.Han}, "zh": {unicode.Han}, "cmn": {unicode.Han},
	"yue": {unicode.Han}, "ko": {unicode.Hangul},
}

// hasVoice says whether a text is in the letters of a language. English words may stand in a Japanese text.
func hasVoice(text, language string) bool {
	base, _, _ := strings.Cut(strings.ToLower(language), "-")
	own, special := scripts[base]
	if special {
		isOwn := func(r rune) bool { return unicode.In(r, own...) }
		return strings.ContainsFunc(text, isOwn) || !strings.ContainsFunc(text, unicode.IsLetter)
	}
	return !strings.ContainsFunc(text, func(r rune) bool {
		return unicode.In(r, unicode.Hiragana, unicode.Katakana, unicode.Han, unicode.Hangul)
	})
}

// audible is a text without what no document of TwiML can have; empty if there is nothing to say in it.
func audible(text string) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return ' '
		case unicode.IsControl(r), r == unicode.ReplacementChar, r == 0xFFFE, r == 0xFFFF:
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, ""))
	if !strings.ContainsFunc(text, heard) {
		return ""
	}
	return strings.TrimSpace(text)
}

// heard says whether a character is a letter or a number that a voice says.
func heard(r rune) bool {
	mute := unicode.In(r, unicode.Lm, unicode.Other_Default_Ignorable_Code_Point)
	return unicode.IsLetter(r) && !mute || unicode.IsNumber(r)
}

// cut shortens a text to its room, where & and its like take six characters.
func cut(text string, room int) string {
	const word = 40 // bytes that a word may have, so that none is cut in two
	end, space := 0, 0
	for i, r := range text {
		takes := max(1, utf16.RuneLen(r))
		if strings.ContainsRune(`&<>"'`, r) {
			takes = 6
		}
		if end += takes; end > room {
			if space > i-word {
				i = space
			}
			return strings.TrimSpace(text[:i])
		}
		if r == ' ' {
			space = i
		}
	}
	return text
}

// tests is what is said before the words of a test, by language.
var tests = map[string]string{
	"en": "This is a test. ", "ja": "これはテストです。", "de": "Dies ist ein Test. ", "fr": "Ceci est un test. ",
	"es": "Esto es una prueba. ",
}

// thisIsATest says so in a language or, where redial has no words in it, in English.
func thisIsATest(language string) string {
	base, _, _ := strings.Cut(strings.ToLower(language), "-")
	return cmp.Or(tests[base], tests["en"])
}
