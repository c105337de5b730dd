package spoken

import (
	"strings"
	"time"
	"unicode"
)

// Limit is how long a message may be heard: somebody who is woken by it hears it to its end, and hears it again.
const Limit = 12 * time.Second

// How long it takes to say a character. They are those of a slow voice: 150 English words a minute, seven Japanese
// morae a second. A digit is a word of its own, a kanji is two morae on average.
const (
	letter = 70 * time.Millisecond
	digit  = 280 * time.Millisecond
	kana   = 140 * time.Millisecond
	kanji  = 280 * time.Millisecond
	comma  = 250 * time.Millisecond
	period = 500 * time.Millisecond
)

// Length is how long it takes to say a text, as far as that can be known from its characters.
func Length(text string) (sum time.Duration) {
	for _, r := range text {
		sum += lengthOf(r)
	}
	return sum
}

func lengthOf(r rune) time.Duration {
	switch {
	case unicode.IsDigit(r):
		return digit
	case unicode.Is(unicode.Han, r):
		return kanji
	case japanese(r):
		return kana
	case strings.ContainsRune(",、", r):
		return comma
	case strings.ContainsRune(".。!?", r):
		return period
	}
	return letter
}

// Fit shortens what Text has made, so that it takes no longer than most: at the end of a sentence or, where not even
// one fits, between two words.
func Fit(text string, most time.Duration) string {
	var sum time.Duration
	sentence, part, end := 0, 0, period
	runes := []rune(text)
	for i, r := range runes {
		if sum += lengthOf(r); sum > most {
			break
		}
		switch {
		case ends(runes, i):
			sentence = i + 1
		case sum+end <= most && i+1 < len(runes) && borders(runes, i):
			part = i + 1
		}
	}
	switch {
	case sum <= most:
		return text
	case sentence > 0:
		return strings.TrimSpace(string(runes[:sentence]))
	case part == 0:
		return ""
	}
	cut := strings.TrimRight(string(runes[:part]), " ,、")
	if strings.ContainsFunc(cut, japanese) {
		return cut + "。"
	}
	return cut + "."
}

// ends tells whether a sentence ends with a character.
func ends(runes []rune, i int) bool {
	switch runes[i] {
	case '。':
		return true
	case '.', '!', '?':
		return i+1 == len(runes) || runes[i+1] == ' '
	}
	return false
}

// borders tells whether a text can be cut behind a character: before a space or a comma, or between kinds of Japanese
// characters.
func borders(runes []rune, i int) bool {
	here, next := runes[i], runes[i+1]
	if strings.ContainsRune(" ,、", next) {
		return true
	}
	return unicode.Is(unicode.Hiragana, here) && !unicode.Is(unicode.Hiragana, next)
}
