package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"golang.org/x/term"

	"redial/api"
)

// screen shows the demo: a table that changes in place on a terminal, a line for
// each event anywhere else.
type screen struct {
	mu       sync.Mutex
	out      io.Writer
	terminal io.Writer // nil: there is none
	drawn    bool
	start    time.Time
	rows     []row
}

// row is how one call of the demo fares.
type row struct {
	fate    fate
	rings   []ring // each attempt
	now     string
	outcome string
	took    time.Duration
}

// ring is an attempt: whose phone rings, and how that went so far, in a word.
type ring struct {
	person int // of the fate's people, from 1; 0 where there are none
	word   string
}

func newScreen(con *console, fates []fate) *screen {
	s := &screen{out: con.out, start: time.Now()}
	if con.terminal != nil {
		s.terminal = con.terminal
	}
	for _, f := range fates {
		s.rows = append(s.rows, row{fate: f, now: "asked for"})
	}
	return s
}

// event shows what happened to call i.
func (s *screen) event(i int, e api.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	r := &s.rows[i]
	r.see(e, time.Since(s.start))
	if s.terminal != nil {
		s.draw()
		return
	}
	printf(s.out, "%5.1fs  %-24s  %s\n", time.Since(s.start).Seconds(), r.fate.title, story(e, r.fate.people))
}

func (r *row) see(e api.Event, at time.Duration) {
	r.now = story(e, r.fate.people)
	switch {
	case e.Type == "attempt.dialed":
		r.rings = append(r.rings, ring{e.Person, "…"})
	case e.Type == "attempt.ended" && e.Attempt <= len(r.rings):
		r.rings[e.Attempt-1].word = e.Result
	case e.Type == "call.ended":
		r.outcome, r.now, r.took = e.Outcome, "", at
	}
}

// attempts tells how each person's phone rang, in few words.
func (r *row) attempts() string {
	if len(r.fate.people) == 0 {
		return words(r.rings, 0)
	}
	var all []string
	for i, p := range r.fate.people {
		if text := words(r.rings, i+1); text != "" {
			all = append(all, p.Name+" "+text)
		}
	}
	return strings.Join(all, " · ")
}

// words are those of one person's rings, the same word in a row only once.
func words(rings []ring, person int) string {
	var runs []string
	last, times := "", 0
	for _, r := range rings {
		if r.person != person {
			continue
		}
		if r.word != last {
			runs, last, times = append(runs, r.word), r.word, 0
		}
		if times++; times > 1 {
			runs[len(runs)-1] = fmt.Sprintf("%s ×%d", r.word, times)
		}
	}
	return strings.Join(runs, ", ")
}

// draw writes the table over the one before.
func (s *screen) draw() {
	up := ""
	if s.drawn {
		up = fmt.Sprintf("\x1b[%dA", len(s.rows)+1)
	}
	s.drawn = true
	width := s.width()
	for _, line := range s.table() {
		fmt.Fprintf(s.terminal, "%s%s\x1b[K\n", up, cut(harmless(oneLine(line)), width))
		up = ""
	}
}

// width of the terminal: a line that wraps would be two to the next draw.
func (s *screen) width() int {
	if f, ok := s.terminal.(*os.File); ok {
		if w, _, err := term.GetSize(int(f.Fd())); err == nil && w > 0 {
			return w
		}
	}
	return 80
}

func cut(line string, width int) string {
	if runes := []rune(line); len(runes) > width {
		return string(runes[:width-1]) + "…"
	}
	return line
}

// table is the heading and a line for each call.
func (s *screen) table() []string {
	title, attempts := 0, 24 // the narrowest
	for _, r := range s.rows {
		title, attempts = max(title, utf8.RuneCountInString(r.fate.title)), max(attempts, utf8.RuneCountInString(r.attempts()))
	}
	columns := fmt.Sprintf("%%-%ds  %%-%ds  %%s", title, attempts)
	lines := []string{fmt.Sprintf(columns, "THE PHONE", "ATTEMPTS", "NOW")}
	for _, r := range s.rows {
		now := r.now
		if r.outcome != "" {
			now = fmt.Sprintf("%s after %.1f s", strings.ToUpper(r.outcome), r.took.Seconds())
		}
		lines = append(lines, fmt.Sprintf(columns, r.fate.title, r.attempts(), now))
	}
	return lines
}

// finish writes the table a last time, and what came out wrong.
func (s *screen) finish(wrong []error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.terminal != nil {
		s.draw()
	} else {
		printf(s.out, "\n")
		for _, line := range s.table() {
			printf(s.out, "%s\n", line)
		}
	}
	bad := 0
	for _, err := range wrong {
		if err != nil {
			bad++
			printf(s.out, "\nWRONG  %v", err)
		}
	}
	if bad > 0 {
		printf(s.out, "\n")
	}
	printf(s.out, "\n%d calls, %d as they should have come out, in %.0f s.\n",
		len(s.rows), len(s.rows)-bad, time.Since(s.start).Seconds())
}
