package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"redial/api"
)

// screen shows the demo: on a terminal as a table that changes in place, anywhere else as a line for each event. It
// only moves the cursor up and clears lines. So the terminal is in order however the process ends.
type screen struct {
	mu       sync.Mutex
	out      io.Writer
	terminal io.Writer // nil: there is no terminal on which it can draw
	size     func() (width, height int)
	colors   bool
	drawn    []int // the lengths of the lines that it drew last
	polling  bool
	start    time.Time
	rows     []row
}

func newScreen(con *console, calls []demoCall, polling bool) *screen {
	s := &screen{out: con.out, polling: polling, start: time.Now()}
	if t := os.Getenv("TERM"); con.terminal != nil && t != "dumb" && t != "" {
		s.terminal, s.size = con.terminal, func() (int, int) { return sizeOf(con.terminal) }
	}
	s.colors = s.terminal != nil && os.Getenv("NO_COLOR") == "" // https://no-color.org
	for _, c := range calls {
		s.rows = append(s.rows, row{call: c})
	}
	return s
}

// event shows what happened to the call with index i.
func (s *screen) event(i int, e api.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	r := &s.rows[i]
	r.see(e, now.Sub(s.start))
	if s.terminal != nil {
		s.draw(now)
		return
	}
	which := ""
	if e.Attempt > 0 {
		which = fmt.Sprintf("attempt %d: ", e.Attempt)
	}
	printf(s.out, "%5.1fs  %-*s  %s%s\n", now.Sub(s.start).Seconds(), s.titles(), r.call.title, which,
		r.now(now, s.polling))
}

// refreshUntil redraws the table until wait returns: rows count seconds, and the window may change its size.
func (s *screen) refreshUntil(wait func()) {
	if s.terminal == nil {
		wait()
		return
	}
	quit := make(chan struct{})
	var drawing sync.WaitGroup
	drawing.Go(func() {
		tick := time.NewTicker(200 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-quit:
				return
			case now := <-tick.C:
				s.mu.Lock()
				s.draw(now)
				s.mu.Unlock()
			}
		}
	})
	wait()
	close(quit)
	drawing.Wait()
}

// draw writes the table over the last one. The caller holds the mutex.
func (s *screen) draw(now time.Time) {
	width, height := s.size()
	lines, hidden := s.fitting(s.table(now, width), height-1)
	if hidden > 0 {
		lines = append(lines, text{fmt.Sprintf("… %d more, for which this window is too low", hidden), 0, dim})
	}
	s.write(lines, width)
}

// write replaces the lines that were drawn last. In a window that has become narrower, they take more lines by now.
func (s *screen) write(lines []text, width int) {
	up := 0
	for _, n := range s.drawn {
		up += max(1, (n+width-1)/width)
	}
	s.drawn = nil
	var b strings.Builder
	b.WriteString("\r") // the terminal may have shown a ^C
	if up > 0 {         // but no farther than the window's top
		fmt.Fprintf(&b, "\x1b[%dA", up)
	}
	for _, l := range lines {
		l.words = cut(harmless(oneLine(l.words)), width)
		s.drawn = append(s.drawn, cells(l.words))
		b.WriteString(l.painted(s.colors) + "\x1b[K\n")
	}
	b.WriteString("\x1b[J")
	_, _ = io.WriteString(s.terminal, b.String()) // if the terminal is closed, nobody looks
}

// fitting leaves out rows until the others fit, first those of calls that have ended. It returns how many.
func (s *screen) fitting(lines []text, room int) (left []text, hidden int) {
	if len(lines) <= room {
		return lines, 0
	}
	out := make([]bool, len(s.rows))
	hide := func(which func(row) bool) {
		for i, r := range s.rows {
			if !out[i] && which(r) && len(lines)-hidden+1 > room { // one line says how many are hidden
				out[i] = true
				hidden++
			}
		}
	}
	hide(func(r row) bool { return r.outcome != "" })
	hide(func(row) bool { return true })
	left = lines[:1:1]
	for i, l := range lines[1:] {
		if !out[i] {
			left = append(left, l)
		}
	}
	return left, hidden
}

// newest is the end of a text that is too long.
func newest(words string, width int) string {
	if runes := []rune(words); len(runes) > width {
		return "…" + string(runes[len(runes)-width+1:])
	}
	return words
}

// These are the widths of the table, which is made for 80 columns.
const (
	tableWidth = 80
	nowWidth   = 24
	timesWidth = 17 // of the column with the window
)

// titles is the width of the first column.
func (s *screen) titles() int {
	width := utf8.RuneCountInString(heading)
	for _, r := range s.rows {
		width = max(width, utf8.RuneCountInString(r.call.title))
	}
	return width
}

const heading = "THE PHONE"

// table is the heading and a line for each call, in width columns, but at most as many as it is made for.
func (s *screen) table(now time.Time, width int) []text {
	title, times := s.titles(), ""
	for _, r := range s.rows {
		if r.call.times != "" {
			times = "MAY RING (" + local(s.start).Format("MST") + ")"
		}
	}
	attempts := min(width, tableWidth) - title - nowWidth - 4
	if times != "" {
		attempts -= timesWidth + 2
	}
	attempts = max(attempts, 8)
	line := func(phone, when, rung string) string {
		if times != "" {
			phone = fmt.Sprintf("%-*s  %-*s", title, phone, timesWidth, when)
		}
		return fmt.Sprintf("%-*s  %-*s  ", title, phone, attempts, rung)
	}
	lines := []text{{line(heading, times, "ATTEMPTS") + "NOW", 0, bold}}
	for _, r := range s.rows {
		before := line(r.call.title, r.call.times, newest(r.attempts(), attempts))
		lines = append(lines, text{before + r.now(now, s.polling), utf8.RuneCountInString(before), r.color()})
	}
	return lines
}

// finish draws the whole table a last time, and prints what came out wrong, unless the demo was stopped.
func (s *screen) finish(wrong []error, stopped bool) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last(time.Now())
	if stopped {
		return nil
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
	if bad > 0 {
		return errors.New("a fate came out wrong")
	}
	return nil
}

func (s *screen) last(now time.Time) {
	if s.terminal != nil {
		width, _ := s.size()
		s.write(s.table(now, width), width)
		return
	}
	printf(s.out, "\n")
	for _, line := range s.table(now, tableWidth) {
		printf(s.out, "%s\n", line.words)
	}
}
