package seldom

import (
	"sync"
	"time"
)

const quietTime = time.Minute

// Line is a line of the log that anybody can cause. It is written at once the first time, and then at most once a
// minute, with a count.
type Line struct {
	Log func(count int)

	mu    sync.Mutex
	count int  // since the last line
	quiet bool // the last line was written less than a minute ago
}

// Happened counts what the line tells of, and writes the line if it may.
func (l *Line) Happened() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.count++
	if !l.quiet {
		l.write()
	}
}

func (l *Line) write() {
	l.Log(l.count)
	l.count, l.quiet = 0, true
	time.AfterFunc(quietTime, l.quietIsOver)
}

func (l *Line) quietIsOver() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.quiet = false
	if l.count > 0 {
		l.write()
	}
}
