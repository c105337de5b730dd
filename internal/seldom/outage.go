package seldom

import (
	"sync"
	"time"
)

// Outage tells when somebody begins to fail, and when they are well again, and nothing in between. Fails is called
// at most once a minute; if they fail again within the minute, and still fail when it is over, Fails is called
// then.
type Outage struct {
	Fails func(err error)
	Well  func(after time.Duration) // after it began to fail

	mu    sync.Mutex
	err   error     // the last error; nil: they are well
	since time.Time // when they began to fail
	last  time.Time // when they failed last
	told  bool      // Fails was called, and Well was not yet
	quiet bool      // Fails was called within the last minute
}

// Went records how the last try with them went; nil: well.
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

// Forgettable says that this Outage remembers nothing: a new one would do the same.
func (o *Outage) Forgettable() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.err == nil && !o.quiet
}
