package seldom

import (
	"sync"
	"sync/atomic"
)

// Failures is a Line about errors that come by the thousand and have one cause. It tells the last of them.
type Failures struct {
	Log func(last error, count int)

	begin sync.Once
	line  Line
	last  atomic.Pointer[error]
}

// Happened counts an error, and writes the line if it may.
func (f *Failures) Happened(err error) {
	f.begin.Do(func() { f.line.Log = func(count int) { f.Log(*f.last.Load(), count) } })
	f.last.Store(&err)
	f.line.Happened()
}
