package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"
)

// printf is how all commands print. The form is ours, but anybody may have written the arguments: names, messages,
// URLs, errors. Each argument stays within its line and its column.
func printf(w io.Writer, form string, args ...any) {
	for i, a := range args {
		switch a := a.(type) {
		case string:
			args[i] = oneLine(a)
		case error:
			args[i] = oneLine(a.Error())
		}
	}
	fmt.Fprintf(w, form, args...)
}

// oneLine replaces whatever would begin another line or column by spaces.
func oneLine(text string) string { return strings.Join(strings.FieldsFunc(text, breaks), " ") }

func breaks(r rune) bool { return strings.ContainsRune("\n\r\t\v\f\u0085\u2028\u2029", r) }

// filter wraps everything that the process writes to a terminal. It lets no character through that commands a
// terminal, or changes the direction of text. It writes such a character in JSON's notation, so that JSON keeps its
// meaning.
type filter struct{ to io.Writer }

func (f filter) Write(b []byte) (int, error) {
	if isPlain(b) {
		return f.to.Write(b)
	}
	if _, err := io.WriteString(f.to, harmless(string(b))); err != nil {
		return 0, err
	}
	return len(b), nil
}

// outlet remembers the first error of its writer, because printf ignores errors.
type outlet struct {
	to   io.Writer
	mu   sync.Mutex
	lost error // the first error
}

func (o *outlet) Write(b []byte) (int, error) {
	n, err := o.to.Write(b)
	if err != nil {
		o.mu.Lock()
		defer o.mu.Unlock()
		o.lost = cmp.Or(o.lost, err)
	}
	return n, err
}

func (o *outlet) error() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.lost
}

// isPlain says that text is printable ASCII, like most lines of the log. It is a shortcut: looking up each
// character's properties costs as much as writing the line.
func isPlain(text []byte) bool {
	return !slices.ContainsFunc(text, func(c byte) bool { return (c < ' ' || c > '~') && c != '\n' && c != '\t' })
}

func harmless(text string) string {
	if utf8.ValidString(text) && !strings.ContainsFunc(text, isCommand) {
		return text
	}
	var b strings.Builder
	for _, r := range text { // invalid UTF-8, which may be a command in another encoding, becomes U+FFFD here
		if isCommand(r) {
			fmt.Fprintf(&b, `\u%04x`, r)
		} else {
			b.WriteRune(r)
		}
	}
	return b.String()
}

// isCommand says whether a character tells a terminal what to do: control characters of ASCII and Latin-1 (such as
// ESC), line separators, and characters that change the direction of text.
func isCommand(r rune) bool {
	return unicode.IsControl(r) && r != '\n' && r != '\t' || unicode.Is(unicode.Bidi_Control, r) ||
		r == '\u2028' || r == '\u2029'
}
