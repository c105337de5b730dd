// Package spoken makes what machines write fit to be heard on a phone, in English and Japanese. Names, units and
// numbers become words, and what nobody can follow by ear is left out: URLs, hashes, times to the second, emoji,
// brackets. What a voice can't say it is not given: an English voice no Japanese, a Japanese voice no English. What
// comes out is never markup. It knows no sender and no settings.
//
// A text becomes items (words, numbers, pauses), which know no language; a language then says them. Numbers stay
// digits, rounded and with their units as words: a voice reads them in its own language.
//
// Its files, from the top down:
//
//	text.go             a text, or a name, as a voice says it
//	fit.go              how long it takes, and a shorter text that ends at a sentence
//	english.go          items in English, and in languages of which nothing is known
//	japanese.go         items in Japanese
//	clause.go           English sentences of alerts as Japanese ones
//	japanese_number.go  numbers in Japanese
//	kana.go             English words of the trade, and letters, in kana
//	scan.go             a text to what stands between its spaces, and its Japanese
//	chunk.go            what stands between two spaces to items
//	name.go             hosts and identifiers to items
//	amount.go           numbers, durations and their units
//	reading.go          a text that is turned into items
//	item.go             what a text consists of, in no language
//	clean.go            a text without markup and characters that nobody says
package spoken
