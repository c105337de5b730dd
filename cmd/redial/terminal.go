package main

import (
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// The size of a terminal that does not tell, and how wide a line of text may become: longer ones are hard to read.
const (
	defaultWidth, defaultHeight = 80, 24
	narrowest, widest           = 40, 120
)

// sizeOf is how many columns and lines a terminal has.
func sizeOf(terminal *os.File) (width, height int) {
	if w, h, err := term.GetSize(int(terminal.Fd())); err == nil && w > 0 && h > 1 {
		return w, h
	}
	return defaultWidth, defaultHeight
}

// columns is how many the terminal has, 0 where the output goes elsewhere.
func (con *console) columns() int {
	if con.terminal == nil {
		return 0
	}
	width, _ := sizeOf(con.terminal)
	return width
}

// width is how wide a line of text may be.
func (con *console) width() int {
	if columns := con.columns(); columns > narrowest {
		return min(columns, widest)
	}
	return defaultWidth
}

// wrap breaks a text into lines of at most width characters, where it has spaces, and a word that is
// longer anywhere.
func wrap(text string, width int) (lines []string) {
	line := []rune{}
	for word := range strings.FieldsSeq(text) {
		for rest := []rune(word); len(rest) > 0; {
			if len(line) > 0 && len(line)+1+len(rest) > width {
				lines, line = append(lines, string(line)), nil
			}
			if len(line) > 0 {
				line = append(line, ' ')
			}
			n := min(len(rest), width)
			line, rest = append(line, rest[:n]...), rest[n:]
		}
	}
	return append(lines, string(line))
}

// printWrapped prints a sentence in lines of so many characters at most; 0: in one.
func printWrapped(out io.Writer, width int, text string) {
	lines := []string{text}
	if width > 0 {
		lines = wrap(harmless(oneLine(text)), width)
	}
	for _, line := range lines {
		printf(out, "%s\n", line)
	}
}

// cut shortens a line: one that wraps would be two.
func cut(line string, width int) string {
	if runes := []rune(line); len(runes) > width {
		return string(runes[:width-1]) + "…"
	}
	return line
}
