package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"

	"redial/api"
)

// screen shows the demo: a table that changes in place on a terminal, a line for
// each event anywhere else.
type screen struct {
	mu    sync.Mutex
	out   io.Writer
	live  bool
	drawn bool
	start time.Time
	rows  []row
}

// row is how one call of the demo fares.
type row struct {
	fate    fate
	rings   []string // how each attempt went so far, a word each
	now     string
	outcome string
	took    time.Duration
}

func newScreen(out io.Writer, fates []fate) *screen {
	f, ok := out.(*os.File)
	s := &screen{out: out, live: ok && term.IsTerminal(int(f.Fd())), start: time.Now()}
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
	if s.live {
		s.draw()
		return
	}
	fmt.Fprintf(s.out, "%5.1fs  %-22s  %s\n", time.Since(s.start).Seconds(), r.fate.title, story(e, r.fate.people))
}

func (r *row) see(e api.Event, at time.Duration) {
	r.now = story(e, r.fate.people)
	switch {
	case e.Type == "attempt.dialed":
		r.rings = append(r.rings, "…")
	case e.Type == "attempt.ended" && e.Attempt <= len(r.rings):
		r.rings[e.Attempt-1] = e.Result
	case e.Type == "call.ended":
		r.outcome, r.now, r.took = e.Outcome, "", at
	}
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
		fmt.Fprintf(s.out, "%s%s\x1b[K\n", up, cut(line, width))
		up = ""
	}
}

// width of the terminal: a line that wraps would be two to the next draw.
func (s *screen) width() int {
	if f, ok := s.out.(*os.File); ok {
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
	lines := []string{fmt.Sprintf("%-23s %-37s %s", "THE PHONE", "ATTEMPTS", "NOW")}
	for _, r := range s.rows {
		now := r.now
		if r.outcome != "" {
			now = fmt.Sprintf("%s after %.1f s", strings.ToUpper(r.outcome), r.took.Seconds())
		}
		lines = append(lines, fmt.Sprintf("%-23s %-37s %s", r.fate.title, strings.Join(r.rings, ", "), now))
	}
	return lines
}

// finish writes the table a last time, and what came out wrong.
func (s *screen) finish(wrong []error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.live {
		s.draw()
	} else {
		fmt.Fprintf(s.out, "\n%s\n", strings.Join(s.table(), "\n"))
	}
	bad := 0
	for _, err := range wrong {
		if err != nil {
			bad++
			fmt.Fprintf(s.out, "\nWRONG  %v", err)
		}
	}
	if bad > 0 {
		fmt.Fprintln(s.out)
	}
	fmt.Fprintf(s.out, "\n%d calls, %d as they should have come out, in %.0f s.\n",
		len(s.rows), len(s.rows)-bad, time.Since(s.start).Seconds())
}
