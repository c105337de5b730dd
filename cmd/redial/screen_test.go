package main

import (
	"io"
	"strings"
	"testing"
	"unicode/utf8"

	"redial/api"
)

// A line that wraps is two to the terminal, and every redraw after it lands on
// the wrong place.
func TestTheLiveTableNeverWraps(t *testing.T) {
	var out strings.Builder
	s := newScreen(newConsole(io.Discard, io.Discard), demoFates("rings"))
	s.terminal = &out
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

// Where there are several people, the table says whose phone did what; what happened
// again is counted, so that the last table fits 80 columns.
func TestTheTableTellsPeopleApart(t *testing.T) {
	s := newScreen(newConsole(io.Discard, io.Discard), demoFates("ladder"))
	for i, who := range []int{1, 1, 2} {
		s.event(0, api.Event{Type: "attempt.dialed", Attempt: i + 1, Person: who})
		s.event(0, api.Event{Type: "attempt.ended", Attempt: i + 1, Result: []string{"no-answer", "no-answer", "completed"}[i]})
	}
	if got := s.rows[0].attempts(); got != "Aiko no-answer ×2 · Ben completed" {
		t.Errorf("attempts: %q", got)
	}
	for _, story := range []string{"rings", "confirm", "voicemail"} {
		s := newScreen(newConsole(io.Discard, io.Discard), demoFates(story))
		for i := range s.rows {
			for n := range s.rows[i].fate.rings {
				s.event(i, api.Event{Type: "attempt.dialed", Attempt: n + 1})
				s.event(i, api.Event{Type: "attempt.ended", Attempt: n + 1, Result: "unconfirmed"})
			}
			s.event(i, api.Event{Type: "call.ended", Outcome: s.rows[i].fate.outcome})
		}
		for _, line := range s.table() {
			if n := utf8.RuneCountInString(line); n > 80 {
				t.Errorf("%s: a line of %d characters: %s", story, n, line)
			}
		}
	}
}
