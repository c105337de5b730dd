package trigger

import (
	"strings"
	"unicode"
	"unicode/utf16"

	"redial/internal/source"
)

// Voices make texts fit to be heard. The zero value says them as they are written.
type Voices struct {
	// Say is a text as a listener hears it, and in which language; empty if nothing of it can be heard. nil: as it is
	// written, in the listener's language or, if that is not written in its letters, in another.
	Say func(text string, e *source.Event, language string) (said, in string)
	// Words are what a listener is told about an event without words of a trigger's. nil: its title and its text.
	Words func(e *source.Event, language string) (said, in string)
}

// The languages of texts whose writer names none, or another than their letters tell.
const (
	english  = "en-US"
	japanese = "ja-JP"
	korean   = "ko-KR"
)

// nothingToSay is what is said of an event that has no words.
var nothingToSay = map[string]string{
	english: "An alarm without a text has come in.", japanese: "本文のない警報が届きました。",
}

// say is a text that an event made as a listener hears it, and in which language; empty if there is nothing to hear.
func (v Voices) say(text string, e *source.Event, wanted string, room int) (said, in string) {
	if v.Say != nil {
		said, in = v.Say(cut(text, room), e, wanted)
		return audible(cut(said, room)), in
	}
	text = audible(cut(text, room)) // first, so that the voice is one for what is left
	return text, inLettersOf(text, wanted)
}

// words are what a listener is told without words of the trigger's. They are never empty.
func (v Voices) words(e *source.Event, wanted string, room int) (said, in string) {
	if v.Words != nil {
		if said, in = v.Words(e, wanted); audible(said) != "" {
			return audible(cut(said, room)), in
		}
	}
	text := e.Title + ". " + e.Text
	if e.Title == "" || e.Text == "" {
		text = e.Title + e.Text
	}
	if text = audible(cut(text, room)); text != "" {
		return text, inLettersOf(text, wanted)
	}
	if sameBase(wanted, japanese) {
		return nothingToSay[japanese], japanese
	}
	return nothingToSay[english], english
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
