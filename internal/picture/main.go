// Command picture makes a picture of a terminal: it reads the text there, with its styles, as
// tmux capture-pane -e prints it, and writes SVG. The words stay words, which can be selected and
// read aloud. Each run of words gets the width of its cells, so that columns line up in any font.
package main

import (
	"bufio"
	"fmt"
	"html"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: tmux capture-pane -e -p | picture TITLE")
		os.Exit(2)
	}
	if err := draw(os.Stdout, os.Stdin, os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "picture:", err)
		os.Exit(1)
	}
}

// Measures, in pixels.
const (
	columns = 80
	cell    = 8.4
	line    = 19
	size    = 14
	margin  = 16
	bar     = 34 // of the window, above the text
)

// style gives each run its class. The colors are those of GitHub's dark theme, on a dark background of their own,
// so that the picture is readable on a light page, too.
const style = `<style>
text{font:14px ui-monospace,SFMono-Regular,"SF Mono",Menlo,Consolas,"Liberation Mono",monospace;` +
	`fill:#e6edf3;white-space:pre}
.s1{font-weight:600}.s2{fill:#9198a1}.s31{fill:#ff7b72}.s32{fill:#3fb950}.s33{fill:#d29922}` +
	`.s34{fill:#58a6ff}.s35{fill:#bc8cff}.s36{fill:#39c5cf}
</style>`

func draw(w io.Writer, r io.Reader, title string) error {
	var lines []string
	for s := bufio.NewScanner(r); s.Scan(); {
		lines = append(lines, strings.TrimRight(s.Text(), " "))
	}
	for len(lines) > 0 && lines[len(lines)-1] == "" {
		lines = lines[:len(lines)-1]
	}
	if len(lines) == 0 {
		return fmt.Errorf("there is nothing to be seen")
	}
	width, height := int(columns*cell)+2*margin, bar+len(lines)*line+margin
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" viewBox="0 0 %[1]d %[2]d" `+
		`role="img">`+"\n", width, height)
	fmt.Fprintf(&b, "<title>%s</title>\n%s\n", html.EscapeString(title), style)
	fmt.Fprintf(&b, `<rect x="0.5" y="0.5" width="%d" height="%d" rx="8" fill="#0d1117" stroke="#3d444d"/>`+"\n",
		width-1, height-1)
	for i, fill := range []string{"#ff5f57", "#febc2e", "#28c840"} {
		fmt.Fprintf(&b, `<circle cx="%d" cy="%d" r="6" fill="%s"/>`+"\n", margin+6+20*i, bar/2, fill)
	}
	for i, text := range lines {
		for _, run := range runs(text) {
			b.WriteString(run.svg(bar + i*line + size))
		}
	}
	b.WriteString("</svg>\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// run is a piece of a line in one style.
type run struct {
	column int
	words  string
	codes  []string // of the style
}

// mark is an escape sequence that changes the style of the text behind it.
var mark = regexp.MustCompile("\x1b\\[([0-9;]*)m")

// word is the text between the blanks of two columns.
var word = regexp.MustCompile(`\S+( \S+)*`)

// runs splits a line into pieces of one style each.
func runs(text string) (list []run) {
	column := 0
	var codes []string
	add := func(piece string) {
		for _, at := range word.FindAllStringIndex(piece, -1) {
			list = append(list, run{column + utf8.RuneCountInString(piece[:at[0]]), piece[at[0]:at[1]], codes})
		}
		column += utf8.RuneCountInString(piece)
	}
	end := 0
	for _, at := range mark.FindAllStringSubmatchIndex(text, -1) {
		add(text[end:at[0]])
		codes, end = styled(codes, text[at[2]:at[3]]), at[1]
	}
	add(text[end:])
	return list
}

// styled returns the style after a mark. It ignores marks that the picture does not show, such as another
// background.
func styled(codes []string, mark string) []string {
	codes = slices.Clone(codes)
	without := func(begin string) {
		codes = slices.DeleteFunc(codes, func(c string) bool { return strings.HasPrefix(c, begin) })
	}
	for code := range strings.SplitSeq(mark, ";") {
		switch code {
		case "", "0":
			codes = nil
		case "22":
			codes = slices.DeleteFunc(codes, func(c string) bool { return c == "s1" || c == "s2" })
		case "39":
			without("s3")
		case "1", "2":
			codes = append(codes, "s"+code)
		case "31", "32", "33", "34", "35", "36":
			without("s3")
			codes = append(codes, "s"+code)
		}
	}
	return codes
}

func (r run) svg(y int) string {
	class := ""
	if len(r.codes) > 0 {
		class = fmt.Sprintf(` class="%s"`, strings.Join(r.codes, " "))
	}
	return fmt.Sprintf(`<text x="%.1f" y="%d" textLength="%.1f"%s>%s</text>`+"\n", margin+float64(r.column)*cell, y,
		float64(utf8.RuneCountInString(r.words))*cell, class, html.EscapeString(r.words))
}
