package main

import (
	"strings"
	"testing"
	"unicode/utf8"

	"redial/api"
)

// A line that wraps is two to the terminal, and every redraw after it lands on
// the wrong place.
func TestTheLiveTableNeverWraps(t *testing.T) {
	var out strings.Builder
	s := newScreen(&out, demoFates("rings"))
	s.live = true
	s.event(1, api.Event{Type: "attempt.dialed", Attempt: 1})
	s.event(1, api.Event{Type: "attempt.placed", Attempt: 1, SID: "CA" + strings.Repeat("0", 32)})
	s.event(1, api.Event{Type: "attempt.ended", Attempt: 1, Result: "no-answer"})
	tables := strings.Split(out.String(), "\x1b[9A") // up to the heading above eight calls
	if len(tables) != 3 {
		t.Fatalf("%d tables are drawn over each other, not 3:\n%s", len(tables), &out)
	}
	for _, table := range tables {
		for line := range strings.Lines(strings.ReplaceAll(table, "\x1b[K", "")) {
			if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > 80 {
				t.Errorf("a line of %d characters in 80 columns: %s", n, line)
			}
		}
	}
	if !strings.Contains(tables[2], "no-answer") {
		t.Errorf("the attempt's end is not shown:\n%s", tables[2])
	}
}
