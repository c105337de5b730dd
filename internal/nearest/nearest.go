// Package nearest finds the name that a mistyped one stands for, so that an error can ask whether it is meant. It
// knows no names of its own, and never replaces one.
package nearest

import (
	"slices"
	"strings"
)

// Of returns the name that is probably meant; empty if none resembles it.
func Of(name string, names []string) string {
	if len(names) == 0 {
		return ""
	}
	best := slices.MinFunc(names, func(a, b string) int { return Distance(name, a) - Distance(name, b) })
	if Distance(name, best) > max(2, len(best)/2) {
		return ""
	}
	return best
}

// Distance is how many characters must be inserted, deleted or replaced to turn one name into the other
// (Levenshtein's), whatever the case. Only the first characters count, so that a long name from outside takes no
// time.
func Distance(a, b string) int {
	from, to := first(a), first(b)
	row := make([]int, len(to)+1)
	for j := range row {
		row[j] = j
	}
	for i, r := range from {
		corner := row[0]
		row[0] = i + 1
		for j, s := range to {
			replaced := corner
			if r != s {
				replaced++
			}
			corner = row[j+1]
			row[j+1] = min(replaced, row[j]+1, corner+1)
		}
	}
	return row[len(to)]
}

// first returns a name's first characters, in small letters.
func first(name string) []rune {
	const most = 60
	runes := []rune(strings.ToLower(name[:min(len(name), most*4)]))
	return runes[:min(len(runes), most)]
}
