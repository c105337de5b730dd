package web

import (
	"sync"
	"time"
)

const quietTime = time.Minute

// seldom logs what strangers can cause as often as they like: the first time at once, and
// then at most once a minute, with a count.
type seldom struct {
	log func(count int)

	mu    sync.Mutex
	count int  // since the last line
	quiet bool // the last line is not a minute old
}

func (l *seldom) happened() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.count++
	if !l.quiet {
		l.write()
	}
}

func (l *seldom) write() {
	l.log(l.count)
	l.count, l.quiet = 0, true
	time.AfterFunc(quietTime, l.quietIsOver)
}

func (l *seldom) quietIsOver() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.quiet = false
	if l.count > 0 {
		l.write()
	}
}
