package spoken

import "unicode"

// reading is a text that is turned into items.
type reading struct {
	items
	compar compare // that stands before a number
	failed bool    // an errno was read: the address behind it is where that happened
}

// link leaves a link out, with the words that lead to it.
func (r *reading) link() {
	r.drop(func(i *item) bool { return i.kind == pause || i.leads() || i.is("of", "for", "from", "to", "on") })
}

// leads tells whether a word leads to a link, which is not said.
func (i *item) leads() bool {
	return i.is("see", "at", "link", "links", "source", "url", "dashboard", "runbook", "here", "details", "href",
		"instance")
}

// number adds a number, with what it is compared with.
func (r *reading) number(one item) {
	one.kind = number
	if one.compar == equal {
		one.compar = r.compar
	}
	r.compar = equal
	r.add(one)
}

// name adds a word.
func (r *reading) name(text string) {
	r.compar = equal
	if unicode.IsLetter([]rune(text)[0]) {
		r.word(text)
	}
}
