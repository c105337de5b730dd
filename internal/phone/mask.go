package phone

import "strings"

// Mask hides the middle of a number, for logs and error messages: "+819012345678" becomes "+8190******78". The rest
// tells the country and the kind of line, but not whose number it is. Of a shorter text a greater part is hidden.
func Mask(text string) string {
	runes := []rune(text)
	n := len(runes)
	head, tail := min(5, n*2/5), min(2, n/6)
	return string(runes[:head]) + strings.Repeat("*", n-head-tail) + string(runes[n-tail:])
}
