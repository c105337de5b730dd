package main

import (
	"html"
	"io"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"pgregory.net/rapid"

	"redial/api"
)

// paper is a terminal, as far as the screen needs one. A long line wraps when it is written. A line that leaves the
// window at the top can't be reached any more. Another width wraps all lines anew.
type paper struct {
	width, height int
	lines         []string // the lines as they were written; the cursor is in the last one
	row           int      // the line of the cursor
}

// physical is how many lines of the window a written line takes.
func (p *paper) physical(line string) int {
	return max(1, (utf8.RuneCountInString(line)+p.width-1)/p.width)
}

var piece = regexp.MustCompile("\x1b\\[(\\d*)([A-Za-z])|\r|\n|[^\x1b\r\n]+")

func (p *paper) Write(b []byte) (int, error) {
	for _, m := range piece.FindAllStringSubmatch(string(b), -1) {
		switch {
		case m[2] == "A":
			n, _ := strconv.Atoi(m[1])
			p.up(n)
		case m[2] == "J":
			p.lines = p.lines[:p.row+1]
			p.lines[p.row] = ""
		case m[2] == "K", m[2] == "m", m[0] == "\r":
		case m[0] == "\n":
			if p.row++; p.row == len(p.lines) {
				p.lines = append(p.lines, "")
			}
		default: // a line is written as one piece, from its beginning
			p.lines[p.row] = m[0]
		}
	}
	return len(b), nil
}

// up moves the cursor up by n lines of the window, but not out of it.
func (p *paper) up(n int) {
	shown := 0
	for _, l := range p.lines {
		shown += p.physical(l)
	}
	gone := max(0, shown-p.height) // lines above the window
	for n > 0 && p.row > 0 {
		above := 0
		for _, l := range p.lines[:p.row] {
			above += p.physical(l)
		}
		if above <= gone {
			return
		}
		p.row--
		n -= p.physical(p.lines[p.row])
	}
}

// drawnOn is a screen that draws on a paper.
func drawnOn(p *paper, story string) *screen {
	s := newScreen(newConsole(io.Discard, io.Discard), demoCalls(story), false)
	s.terminal, s.size, s.out = p, func() (int, int) { return p.width, p.height }, p
	return s
}

// befalls gives each call a whole story, with the longest words that there are.
func befalls(s *screen, then func()) {
	for i, r := range s.rows {
		for n := range max(1, r.call.rings) {
			person := 0
			if len(r.call.people) > 0 {
				person = n%len(r.call.people) + 1
			}
			for _, e := range []api.Event{
				{Type: "attempt.dialed"}, {Type: "attempt.placed", SID: "CA" + strings.Repeat("0", 32)}, {Type: "attempt.ringing"},
				{Type: "attempt.ended", Result: []string{"unconfirmed", "no-answer"}[n%2]},
				{Type: "call.redial_scheduled", Reason: "unconfirmed", NextAttemptAt: time.Now().Add(9 * time.Second)},
			} {
				e.Attempt, e.Person = n+1, person
				s.event(i, e)
				then()
			}
		}
		s.event(i, api.Event{Type: "call.ended", Outcome: r.call.outcome})
		then()
	}
}

// A line that wraps takes two lines of the terminal, and then every redraw begins at the wrong place. In a window of
// 80 columns and 24 lines, nothing is cut, either.
func TestTheTableFitsATerminal(t *testing.T) {
	for story := range watched {
		p := &paper{width: 80, height: 24, lines: []string{""}}
		s := drawnOn(p, story)
		befalls(s, func() {
			if len(p.lines) != len(s.rows)+2 { // plus the heading, and the cursor's line
				t.Fatalf("%s: %d lines for %d calls:\n%s", story, len(p.lines), len(s.rows), strings.Join(p.lines, "\n"))
			}
			for _, line := range p.lines {
				if n := utf8.RuneCountInString(line); n > 80 || strings.HasSuffix(line, "…") {
					t.Errorf("%s: a line of %d characters, or a cut one: %s", story, n, line)
				}
			}
		})
		if n := utf8.RuneCountInString(watched[story]); n > 80 {
			t.Errorf("%s is announced in %d characters", story, n)
		}
	}
}

// Whatever happens to the window, at the end the whole table is there once, and everything that was above it is still
// there.
func TestTheTableSurvivesAnyWindow(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := &paper{width: 80, height: 24, lines: []string{"$ ls", "a file", "$ redial demo", ""}, row: 3}
		s := drawnOn(p, rapid.SampledFrom([]string{"rings", "confirm", "voicemail", "ladder", "night"}).Draw(t, "story"))
		befalls(s, func() {
			if rapid.IntRange(0, 5).Draw(t, "resized") == 0 {
				p.width, p.height = rapid.IntRange(20, 130).Draw(t, "width"), rapid.IntRange(4, 50).Draw(t, "height")
			}
		})
		p.width, p.height = 100, 50
		s.draw(time.Now())
		_ = s.finish(make([]error, len(s.rows)), true)
		if got := strings.Join(p.lines[:3], "\n"); got != "$ ls\na file\n$ redial demo" {
			t.Errorf("what was there before is now:\n%s", got)
		}
		text := strings.Join(p.lines, "\n")
		for _, r := range s.rows {
			if !strings.Contains(text, "\n"+r.call.title+" ") {
				t.Errorf("%s is missing:\n%s", r.call.title, text)
			}
		}
	})
}

// If there is enough room, the table is there once at any time, however its lines wrap.
func TestTheTableIsDrawnOnce(t *testing.T) {
	p := &paper{width: 80, height: 100, lines: []string{"$ redial demo", ""}, row: 1}
	s := drawnOn(p, "rings")
	befalls(s, func() {
		if len(p.lines) != len(s.rows)+3 { // plus the prompt, the heading, and the cursor's line
			t.Fatalf("in %d columns there are %d lines:\n%s", p.width, len(p.lines), strings.Join(p.lines, "\n"))
		}
		p.width = 30 + (p.width+37)%60
	})
}

// uncut matches the end of a row in which nothing is cut.
var uncut = regexp.MustCompile(` [A-Z]+ after \d+\.\d s$`)

// In a narrow window, attempts are cut to make room for what happens now.
func TestANarrowWindowShowsWhatHappensNow(t *testing.T) {
	p := &paper{width: 60, height: 24, lines: []string{""}}
	s := drawnOn(p, "rings")
	befalls(s, func() {})
	for _, row := range p.lines[1 : len(s.rows)+1] {
		if !uncut.MatchString(row) {
			t.Errorf("what happens now is cut: %s", row)
		}
	}
}

// In a window that is too low, the calls that go on are shown.
func TestALowWindowShowsWhatGoesOn(t *testing.T) {
	p := &paper{width: 80, height: 6, lines: []string{""}}
	s := drawnOn(p, "rings")
	for i := range s.rows[:5] {
		s.event(i, api.Event{Type: "call.ended", Outcome: "reached"})
	}
	text := strings.Join(p.lines, "\n")
	if !strings.Contains(text, "wrong number") || strings.Contains(text, "answers at once") ||
		!strings.Contains(text, "5 more") {
		t.Errorf("the table is\n%s", text)
	}
}

// A row that waits says for what, and for how long.
func TestARowSaysWhatItWaitsFor(t *testing.T) {
	now := time.Date(2026, 11, 26, 12, 0, 0, 0, time.Local)
	for want, e := range map[string]api.Event{
		"asked for":              {},
		"waits 2 s: busy":        {Type: "call.redial_scheduled", Reason: "busy", NextAttemptAt: now.Add(2 * time.Second)},
		"waits till 13:00: busy": {Type: "call.redial_scheduled", Reason: "busy", NextAttemptAt: now.Add(time.Hour)},
		"waits 9 s for its window": {Type: "call.created", Waiting: "outside 12:00:09-13:00:00 Etc/UTC",
			NextAttemptAt: now.Add(9 * time.Second)},
		"no time left to ring": {Type: "call.created", Waiting: "a ring would outlast 11:00:00-12:00:20 Etc/UTC",
			NextAttemptAt: now.Add(23 * time.Hour)},
		"holiday until Sat 00:00": {Type: "call.created", Waiting: "holiday 2026-11-26 Etc/UTC",
			NextAttemptAt: now.Add(36 * time.Hour)},
		"not before 12:00:06": {Type: "call.created", Waiting: "not before 2026-11-26T12:00:06Z",
			NextAttemptAt: now.Add(6 * time.Second)},
		"another call rings it": {Type: "call.held"},
		"awaits a callback":     {Type: "attempt.placed", Attempt: 1},
		"waits 5 s":             {Type: "attempt.postponed", Attempt: 1, NextAttemptAt: now.Add(5 * time.Second)},
	} {
		r := row{last: e}
		if got := r.now(now, false); got != want {
			t.Errorf("%+v is shown as %q, not %q", e, got, want)
		}
		if n := utf8.RuneCountInString(want); n > nowWidth {
			t.Errorf("%q has %d characters", want, n)
		}
	}
}

// With several people, the table says whose phone did what; a repeated result is counted.
func TestTheTableTellsPeopleApart(t *testing.T) {
	s := newScreen(newConsole(io.Discard, io.Discard), demoCalls("ladder"), false)
	for i, who := range []int{1, 1, 2} {
		s.event(0, api.Event{Type: "attempt.dialed", Attempt: i + 1, Person: who})
		s.event(0, api.Event{
			Type: "attempt.ended", Attempt: i + 1, Result: []string{"no-answer", "no-answer", "completed"}[i],
		})
	}
	if got := s.rows[0].attempts(); got != "Aiko no-answer ×2 · Ben completed" {
		t.Errorf("attempts: %q", got)
	}
	if got := s.rows[0].now(time.Now(), false); got != "Ben: ended: completed" {
		t.Errorf("it is about %q", got)
	}
}

// Printed lines fit 80 columns, too.
func TestLinesFitWhereThereIsNoTerminal(t *testing.T) {
	for story := range watched {
		var out strings.Builder
		s := newScreen(newConsole(&out, io.Discard), demoCalls(story), true)
		befalls(s, func() {})
		_ = s.finish(make([]error, len(s.rows)), false)
		for line := range strings.Lines(out.String()) {
			if n := utf8.RuneCountInString(strings.TrimSpace(line)); n > 80 || strings.Contains(line, "\x1b") {
				t.Errorf("%s: a line of %d characters: %q", story, n, line)
			}
		}
	}
}

// The night's windows are shown in local time.
func TestTheNightShowsItsWindows(t *testing.T) {
	inZone(t, "Asia/Tokyo")
	now := time.Date(2026, 11, 26, 3, 0, 0, 0, time.UTC)
	c := nightCalls(now)[0]
	if c.times != "12:00:15-13:00:00" || c.policy.Window.Hours != "03:00:15-04:00:00" {
		t.Errorf("it is shown as %s, and asked for as %s", c.times, c.policy.Window.Hours)
	}
	s := newScreen(newConsole(io.Discard, io.Discard), nightCalls(now), false)
	if heading := s.table(now, 80)[0].words; !strings.Contains(heading, "MAY RING (JST)") {
		t.Errorf("the heading is %q", heading)
	}
}

// The picture in the README shows the demo as it is now: make picture draws it.
func TestThePictureIsOfTheDemo(t *testing.T) {
	svg, err := os.ReadFile("../../docs/demo.svg")
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"$ redial demo", watched["rings"], heading, "ATTEMPTS", "NOW"}
	for _, c := range demoCalls("rings") {
		want = append(want, c.title)
	}
	for _, words := range want {
		if !strings.Contains(string(svg), ">"+html.EscapeString(words)+"<") {
			t.Errorf("%q is not in it: make picture", words)
		}
	}
	if len(svg) > 10_000 {
		t.Errorf("it has %d bytes", len(svg))
	}
}
