package spoken

import (
	"slices"
	"strings"
)

// kanaVoice says items in Japanese: English words as kana, if they are known.
type kanaVoice struct{}

// say says clause by clause: a sentence of its own where one is known, else word by word where all words are. Of what
// is half understood nothing is said: the words that are known may mean the contrary without the others.
func (v kanaVoice) say(all items, spell bool) (said string, whole bool) {
	var b strings.Builder
	whole = true
	mark := "" // behind what was said so far
	for len(all) > 0 {
		end := clauseEnd(all)
		text, known, form := v.clause(all[:end], spell)
		whole = whole && known
		ended := end < len(all) && all[end].kind == stop
		if ended && form == thing {
			text += "です"
		}
		if text != "" {
			b.WriteString(mark)
			b.WriteString(text)
			mark = "、"
			if form == sentence {
				mark = "。"
			}
		}
		if ended && b.Len() > 0 {
			mark = "。"
		}
		all = all[min(end+1, len(all)):]
	}
	if mark == "。" {
		b.WriteString(mark)
	}
	return b.String(), whole
}

// verbs are those by which a clause begins that belongs to the name before it.
var verbs = []string{"is", "are", "was", "were", "has", "have"}

// clauseEnd is where a clause ends: at a mark. A verb behind a mark belongs to what stands before: Postgres (db 01) is
// down.
func clauseEnd(all items) int {
	mark, verb := len(all), false // whether a verb has come
	for i := range all {
		verb = verb || all[i].is(verbs...)
		switch {
		case all[i].kind == stop:
			return min(mark, i)
		case all[i].kind != pause:
		case i+1 < len(all) && all[i+1].is(verbs...) && !verb && all[:i].foreign():
			mark = len(all)
		default:
			mark = min(mark, i)
		}
	}
	return mark
}

// foreign tells whether nothing of the items is Japanese.
func (all items) foreign() bool {
	return !slices.ContainsFunc(all, func(i item) bool { return i.kind == native })
}

// form is what a clause is in Japanese.
type form int

const (
	fragment form = iota
	thing
	sentence
)

// clause says what stands between two marks.
func (v kanaVoice) clause(all items, spell bool) (said string, whole bool, as form) {
	words := slices.ContainsFunc(all, func(i item) bool { return i.kind == word })
	if spell || !words || !all.foreign() {
		if said, whole = v.words(all, spell); !spell && all.negated() {
			return "", false, fragment
		}
		return said, whole, fragment
	}
	if said, whole = sentenceOf(all); whole {
		return said, true, sentence
	}
	if said, whole = thingOf(withoutWords(all, "the", "a", "an")); whole {
		return said, true, thing
	}
	if said, whole = v.words(all, false); !whole || all.negated() {
		return "", false, fragment
	}
	return said, true, fragment
}

// words says items one by one.
func (v kanaVoice) words(all items, spell bool) (said string, whole bool) {
	var b strings.Builder
	whole = true
	foreign := false // the item before is no Japanese
	for i := range all {
		text, native := "", all[i].kind == native
		switch one := &all[i]; one.kind {
		default:
			text = one.text
		case word:
			var known bool
			text, known = kanaOf(one.text, spell)
			whole = whole && known
		case number:
			text = japaneseNumber(one)
		}
		if text == "" {
			continue
		}
		if b.Len() > 0 && (i > 0 && all[i-1].kind == pause || all[i].spaced || foreign && !native) {
			b.WriteString(" ")
		}
		b.WriteString(text)
		foreign = !native
	}
	return b.String(), whole
}
