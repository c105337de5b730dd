package phone

import (
	"strings"
	"unicode"
)

// clean takes away what is copied along with a number and can't be seen, and writes each
// of the many dashes and spaces there are as the plain one; wave dashes, too, behind which
// the library would drop the digits as an extension.
func clean(text string) string {
	return strings.TrimSpace(strings.Map(func(r rune) rune {
		switch {
		case invisible(r):
			return -1
		case unicode.In(r, unicode.Pd) || strings.ContainsRune("−⁃ーｰ~～∼", r):
			return '-'
		case unicode.In(r, unicode.Zs):
			return ' '
		}
		return r
	}, text))
}

// invisible says whether r only steers how its neighbours are shown: marks of direction,
// joiners, byte order marks (Cf), variation selectors, and the key around an emoji digit.
func invisible(r rune) bool {
	return unicode.In(r, unicode.Cf, unicode.Variation_Selector) || r == '\u034F' || r == '\u20E3'
}
