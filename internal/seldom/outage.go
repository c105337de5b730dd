package seldom

import (
	"sync"
	"time"
)

// Outage tells when somebody begins to fail, and when they are well again, and nothing in between. Who wavers is
// said to fail at most once a minute: one that still fails when the minute is over is told of then.
type Outage struct {
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
func (o *Outage) Went(err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if err != nil {
		o.last = time.Now()
	}
	if o.err == nil {
		o.since = o.last
	}
	o.err = err
	o.tell()
}

func (o *Outage) tell() {
	switch {
	case o.err == nil && o.told:
		o.told = false
		o.Well(time.Since(o.since))
	case o.err != nil && !o.told && !o.quiet:
		o.told, o.quiet = true, true
		o.Fails(o.err)
		time.AfterFunc(quietTime, o.quietIsOver)
	}
}

func (o *Outage) quietIsOver() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.quiet = false
	o.tell()
}

// Failing says whether they fail, as far as is known, and when they did last.
func (o *Outage) Failing() (failing bool, last time.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.err != nil, o.last
}

// Forgettable says that nothing need be remembered of them: a new Outage would do the same.
func (o *Outage) Forgettable() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.err == nil && !o.quiet
}
