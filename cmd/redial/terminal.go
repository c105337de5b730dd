package main

import (
	"io"
	"os"
	"slices"
	"strings"
	"text/tabwriter"
	"unicode"
	"unicode/utf8"

	"golang.org/x/term"
	"golang.org/x/text/width"
)

// These are the size of a terminal that does not tell its size, and bounds of a line's width: longer lines are hard
// to read.
const (
	defaultWidth, defaultHeight = 80, 24
	narrowest, widest           = 40, 120
)

// sizeOf returns how many columns and lines a terminal has.
func sizeOf(terminal *os.File) (columns, lines int) {
	if w, h, err := term.GetSize(int(terminal.Fd())); err == nil && w > 0 && h > 1 {
		return w, h
	}
	return defaultWidth, defaultHeight
}

// columns is the number of the terminal's columns; 0 if standard output is no terminal.
func (con *console) columns() int {
	if con.terminal == nil {
		return 0
	}
	columns, _ := sizeOf(con.terminal)
	return columns
}

// width is how wide a line of text may become.
func (con *console) width() int {
	if columns := con.columns(); columns > narrowest {
		return min(columns, widest)
	}
	return defaultWidth
}

// wrap breaks a text at spaces into lines of at most so many columns. It breaks a word that is longer than a line,
// such as a sentence in Japanese, anywhere.
func wrap(text string, columns int) (lines []string) {
	columns = max(columns, 2) // so that a Japanese character fits
	line := ""
	flush := func() { lines, line = append(lines, line), "" }
	for word := range strings.FieldsSeq(text) {
		long := cells(word) > columns
		for gap := " "; word != ""; gap = "" {
			if line == "" {
				gap = ""
			}
			part := fitting(word, columns-cells(line+gap))
			if line != "" && (part == "" || part != word && !long) {
				flush()
				part = fitting(word, columns)
			} else {
				line += gap
			}
			line, word = line+part, word[len(part):]
			if word != "" {
				flush()
			}
		}
	}
	return append(lines, line)
}

// fitting is as much of a word as fits into so many columns. With two columns, that is at least one character.
func fitting(word string, columns int) string {
	end, used := 0, 0
	for i, r := range word {
		if used += cellsOf(r); used > columns {
			break
		}
		end = i + utf8.RuneLen(r)
	}
	return word[:end]
}

// cells is the number of columns that a text takes on a terminal.
func cells(text string) (n int) {
	for _, r := range text {
		n += cellsOf(r)
	}
	return n
}

func cellsOf(r rune) int {
	switch k := width.LookupRune(r).Kind(); {
	case unicode.In(r, unicode.Mn, unicode.Me):
		return 0
	case k == width.EastAsianWide || k == width.EastAsianFullwidth:
		return 2
	}
	return 1
}

// printWrapped prints a sentence in lines of at most so many columns; 0: in one line.
func printWrapped(out io.Writer, columns int, text string) {
	lines := []string{text}
	if columns > 0 {
		lines = wrap(harmless(oneLine(text)), columns)
	}
	for _, line := range lines {
		printf(out, "%s\n", line)
	}
}

// printBehind prints a text behind a head. If it does not fit into the terminal's columns, it is broken between
// words, and all lines begin in the same column.
func printBehind(out io.Writer, columns int, head, text string) {
	text = harmless(oneLine(text))
	indent := cells(head)
	lines := []string{text}
	if room := columns - indent; columns > 0 && room >= 20 && cells(text) > room {
		lines = wrap(text, room)
	}
	for _, line := range lines {
		printf(out, "%s%s\n", head, line)
		head = strings.Repeat(" ", indent)
	}
}

// cut shortens a line that would wrap.
func cut(line string, columns int) string {
	if cells(line) > columns {
		return fitting(line, columns-1) + "…"
	}
	return line
}

func printLines(out io.Writer, lines []string) {
	for _, line := range lines {
		printf(out, "%s\n", line)
	}
}

// shownID is how many characters of an id a terminal shows. They hold the time, so exactly that all ids of one node
// differ.
const shownID = 18

// table aligns a heading and a row for each of a list in columns.
func table[T any](heading string, list []T, row func(w io.Writer, i int, v *T)) (lines []string) {
	var b strings.Builder
	t := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	io.WriteString(t, heading+"\n")
	for i := range list {
		row(t, i, &list[i])
	}
	t.Flush() // a strings.Builder never fails
	for line := range strings.Lines(b.String()) {
		lines = append(lines, strings.TrimRight(line, " \n"))
	}
	return lines
}

// differ says whether a column would tell something: not all that are listed have the same there.
func differ[T any](list []T, column func(*T) string) bool {
	return slices.ContainsFunc(list, func(one T) bool { return column(&one) != column(&list[0]) })
}

// printIf prints a column that is only there if it tells something.
func printIf(w io.Writer, there bool, text string) {
	if there {
		printf(w, "%s\t", text)
	}
}

// shortened are the beginnings of ids; different ids with the same beginning stay whole.
func shortened(ids []string) []string {
	of := map[string]string{}
	clash := map[string]bool{}
	short := func(id string) string { return id[:min(len(id), shownID)] }
	for _, id := range ids {
		if first, seen := of[short(id)]; seen && first != id {
			clash[short(id)] = true
		}
		of[short(id)] = id
	}
	list := slices.Clone(ids)
	for i, id := range ids {
		if !clash[short(id)] {
			list[i] = short(id)
		}
	}
	return list
}
