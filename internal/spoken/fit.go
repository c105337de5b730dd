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

// Sentences are as many whole sentences of what Text has made as take no longer than most.
func Sentences(text string, most time.Duration) string {
	var sum time.Duration
	end := 0
	runes := []rune(text)
	for i, r := range runes {
		if sum += lengthOf(r); sum > most {
			return strings.TrimSpace(string(runes[:end]))
		}
		if ends(runes, i) {
			end = i + 1
		}
	}
	return text
}

// Fit shortens what Text has made, so that it takes no longer than most: at the end of a sentence or, where not even
// one fits, between two words.
func Fit(text string, most time.Duration) string {
	if whole := Sentences(text, most); whole != "" {
		return whole
	}
	var sum time.Duration
	part := 0
	runes := []rune(text)
	for i, r := range runes {
		if sum += lengthOf(r); sum+period > most {
			break
		}
		if i+1 < len(runes) && borders(runes, i) {
			part = i + 1
		}
	}
	cut := strings.TrimRight(string(runes[:part]), " ,、")
	if strings.ContainsFunc(cut, japanese) {
		if cut = strings.TrimRight(cut, "がをにのはでと、 "); cut == "" {
			return ""
		}
		return cut + "。"
	}
	if !strings.HasPrefix(string(runes[part:]), ",") {
		cut = closed(cut)
	}
	if cut == "" {
		return ""
	}
	return cut + "."
}

// leading are words behind which something is missing if a sentence ends there.
const leading = " a an the of on in at to for from by with and or that this its is are was were be been has have had " +
	"only less more than least most as will can not no "

// closed takes from the end of what was cut off a sentence the words behind which something is missing. A number may
// miss its unit.
func closed(cut string) string {
	for cut != "" {
		last := cut[strings.LastIndex(cut, " ")+1:]
		if !strings.Contains(leading, " "+strings.ToLower(last)+" ") && !unicode.IsDigit(rune(last[0])) {
			return cut
		}
		cut = strings.TrimRight(strings.TrimSuffix(cut, last), " ,")
	}
	return ""
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
