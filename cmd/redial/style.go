package main

// text is a line whose end has a style.
type text struct {
	words string
	from  int // the character at which the style begins
	style string
}

// Styles are written as parameters of the terminal's SGR command.
const (
	bold, dim          = "1", "2"
	red, green, yellow = "31", "32", "33"
)

func (t text) painted(colors bool) string {
	runes := []rune(t.words)
	if !colors || t.style == "" || t.from >= len(runes) {
		return t.words
	}
	return string(runes[:t.from]) + "\x1b[" + t.style + "m" + string(runes[t.from:]) + "\x1b[0m"
}
