package phone

import (
	"strings"
	"unicode"
)

// clean removes characters that are copied along with a number and can't be seen, and replaces all kinds of dashes
// and spaces by the plain ones. Wave dashes are replaced, too: the library would drop the digits behind them as an
// extension.
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

// invisible says whether r only changes how its neighbours are shown: marks of direction, joiners, byte order marks
// (Cf), variation selectors, and the key around an emoji digit.
func invisible(r rune) bool {
	return unicode.In(r, unicode.Cf, unicode.Variation_Selector) || r == '\u034F' || r == '\u20E3'
}
