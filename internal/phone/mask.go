package phone

import "strings"

// Mask hides the middle of a number, for logs and error messages: "+819012345678"
// becomes "+8190******78". What is left tells country and kind of line, not the person.
// Any text will do, the shorter the more of it is hidden.
func Mask(text string) string {
	runes := []rune(text)
	n := len(runes)
	head, tail := min(5, n*2/5), min(2, n/6)
	return string(runes[:head]) + strings.Repeat("*", n-head-tail) + string(runes[n-tail:])
}
