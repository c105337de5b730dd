package seldom

import (
	"sync"
	"time"
)

// Turn tells when somebody begins to fail, and when they are well again, and nothing in between. Who wavers is
// said to fail at most once a minute: one that still fails when the minute is over is told of then.
type Turn struct {
	Fails func(err error)
	Well  func(after time.Duration) // after it began to fail

	mu    sync.Mutex
	err   error     // the last one; nil: it is well
	since time.Time // it fails
	last  time.Time // that it failed
	told  bool      // that it fails
	quiet bool      // Fails was told within the last minute
}

// Went says how it went with them: nil is well.
func (t *Turn) Went(err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if err != nil {
		t.last = time.Now()
	}
	if t.err == nil {
		t.since = t.last
	}
	t.err = err
	t.tell()
}

func (t *Turn) tell() {
	switch {
	case t.err == nil && t.told:
		t.told = false
		t.Well(time.Since(t.since))
	case t.err != nil && !t.told && !t.quiet:
		t.told, t.quiet = true, true
		t.Fails(t.err)
		time.AfterFunc(quietTime, t.quietIsOver)
	}
}

func (t *Turn) quietIsOver() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.quiet = false
	t.tell()
}

// Failing says whether they fail, as far as is known, and when they did last.
func (t *Turn) Failing() (failing bool, last time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.err != nil, t.last
}

// Forgettable says that nothing need be remembered of them: a new Turn would do the same.
func (t *Turn) Forgettable() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.err == nil && !t.quiet
}
