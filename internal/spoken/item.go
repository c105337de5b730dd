package spoken

import "strings"

// kind is a kind of item.
type kind int

const (
	word   kind = iota // letters of any alphabet, without Japanese
	native             // Japanese as it was written
	number             // digits, with a unit and a comparison
	pause              // a comma
	stop               // the end of a sentence
)

// item is a part of a text, in no language yet.
type item struct {
	kind   kind
	text   string // of a number its digits, or a clock's, a date's or an address's
	unit   unit
	scale  scale
	compar compare
	minus  bool
	spaced bool   // it stood behind a space
	of     string // the whole that the number is a part of: 5 in 3/5
}

// is tells whether the item is one of some words.
func (i *item) is(words ...string) bool {
	for _, w := range words {
		if i.kind == word && strings.EqualFold(i.text, w) {
			return true
		}
	}
	return false
}

// unit is what a number counts, as the tables of the languages name it.
type unit string

// scale is what the digits of a number count.
type scale int

const (
	ones scale = iota
	millions
	billions
	trillions
)

// compare is what a number is compared with.
type compare int

const (
	equal compare = iota
	below
	above
	atMost
	atLeast
)

// items are a text. Adding one keeps them tidy: nothing begins with a pause, and no two stand side by side.
type items []item

func (all *items) add(one item) { *all = append(*all, one) }

func (all *items) word(text string) {
	if text != "" {
		all.add(item{kind: word, text: text})
	}
}

// pause adds a pause, unless there is one.
func (all *items) pause() {
	if last := all.last(); last != nil && last.kind != pause && last.kind != stop {
		all.add(item{kind: pause})
	}
}

// stop ends a sentence, if one has begun.
func (all *items) stop() {
	switch last := all.last(); {
	case last == nil || last.kind == stop:
	case last.kind == pause:
		last.kind = stop
	default:
		all.add(item{kind: stop})
	}
}

func (all *items) last() *item {
	if len(*all) == 0 {
		return nil
	}
	return &(*all)[len(*all)-1]
}

// drop takes words off the end for which a test is true.
func (all *items) drop(unwanted func(*item) bool) {
	for last := all.last(); last != nil && unwanted(last); last = all.last() {
		*all = (*all)[:len(*all)-1]
	}
}
