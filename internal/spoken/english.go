package spoken

import (
	"strings"
	"time"
	"unicode"
)

// spaced says items with spaces between them, as languages with alphabets are written.
type spaced struct {
	latin bool // whether it can say words in Latin letters alone
	words words
}

// words are what is said of a number beside its digits.
type words struct {
	units   map[unit][2]string // one, many
	scales  [4]string
	compare [5]string
	minus   string
	of      string
	dot     string
	date    string // as package time formats it
}

var english = spaced{latin: true, words: words{
	units: map[unit][2]string{
		"%": {"percent", "percent"}, "°": {"degree", "degrees"}, "times": {"times", "times"},
		"B": {"byte", "bytes"}, "kB": {"kilobyte", "kilobytes"}, "MB": {"megabyte", "megabytes"},
		"GB": {"gigabyte", "gigabytes"}, "TB": {"terabyte", "terabytes"},
		"B/s": {"byte per second", "bytes per second"}, "kB/s": {"kilobyte per second", "kilobytes per second"},
		"MB/s": {"megabyte per second", "megabytes per second"}, "GB/s": {"gigabyte per second", "gigabytes per second"},
		"kbit": {"kilobit per second", "kilobits per second"}, "Mbit": {"megabit per second", "megabits per second"},
		"Gbit": {"gigabit per second", "gigabits per second"}, "/s": {"per second", "per second"},
		"ms": {"millisecond", "milliseconds"}, "s": {"second", "seconds"}, "m": {"minute", "minutes"},
		"h": {"hour", "hours"}, "d": {"day", "days"}, "xx": {"x x", "x x"},
	},
	scales:  [4]string{"", "million", "billion", "trillion"},
	compare: [5]string{"", "less than", "more than", "at most", "at least"},
	minus:   "minus", of: "of", dot: " dot ", date: "January 2 2006",
}}

// plain is for languages of which nothing is known: units stay signs, which their voices know.
var plain = spaced{words: words{
	units: map[unit][2]string{
		"%": {"%", "%"}, "°": {"°", "°"}, "B": {"B", "B"}, "kB": {"kB", "kB"}, "MB": {"MB", "MB"}, "GB": {"GB", "GB"},
		"TB": {"TB", "TB"}, "ms": {"ms", "ms"}, "s": {"s", "s"}, "m": {"min", "min"}, "h": {"h", "h"},
		"d": {"d", "d"}, "xx": {"xx", "xx"},
	},
	dot: ".", date: time.DateOnly,
}}

func (v spaced) say(all items, _ bool) (said string, whole bool) {
	var b strings.Builder
	whole = true
	pending := "" // a mark that is written before the next word, or at the end
	for i := range all {
		text, mark := "", ""
		switch one := &all[i]; one.kind {
		case native:
			text = one.text
			if v.latin {
				text, whole = "", false
			}
		case word:
			if text = v.word(one.text); text == "" {
				whole = false
			}
		case number:
			text = v.number(one)
		case pause:
			mark = ","
		case stop:
			mark = "."
		}
		if mark != "" && b.Len() > 0 && pending != "." {
			pending = mark
		}
		if text != "" {
			if b.Len() > 0 {
				b.WriteString(pending + " ")
			}
			pending = ""
			b.WriteString(text)
		}
	}
	if pending == "." {
		b.WriteString(pending)
	}
	return b.String(), whole
}

// word is a word in letters that the voice can say.
func (v spaced) word(text string) string {
	for _, r := range text {
		if r != '\'' && (!unicode.IsLetter(r) || v.latin && !unicode.Is(unicode.Latin, r)) && !unicode.IsMark(r) {
			return ""
		}
	}
	return text
}

func (v spaced) number(one *item) string {
	w := &v.words
	text := one.text
	switch {
	case strings.Contains(text, "-"):
		if day, err := time.Parse(time.DateOnly, text); err == nil {
			text = day.Format(w.date)
		}
	case strings.Count(text, ".") > 1:
		text = strings.ReplaceAll(text, ".", w.dot)
	}
	many := 1
	if text == "1" && one.scale == ones && one.of == "" {
		many = 0
	}
	parts := []string{w.compare[one.compar], "", text, "", "", w.scales[one.scale], w.units[one.unit][many]}
	if one.minus {
		parts[1] = w.minus
	}
	if one.of != "" {
		parts[3], parts[4] = w.of, one.of
	}
	return strings.Join(strings.Fields(strings.Join(parts, " ")), " ")
}
