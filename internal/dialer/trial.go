package dialer

import (
	"sync"

	"redial/internal/call"
	"redial/internal/store"
)

// trial is the one call that is dialed although dialing pauses: when the account can be read
// again, only a call that is taken proves that calls are taken.
type trial struct {
	mu    sync.Mutex
	armed bool   // the next call that is due may be dialed
	call  string // that is being dialed
}

func (t *trial) arm() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.armed, t.call = true, ""
}

func (t *trial) disarm() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.armed, t.call = false, ""
}

func (t *trial) isArmed() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.armed
}

// begin makes the first of the calls that are dialed the trial.
func (t *trial) begin(due []store.Due) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, c := range due {
		if t.armed && dials(c) > 0 {
			t.armed, t.call = false, c.Call.ID
		}
	}
}

// end says whether a call was the trial. A second time, it is not.
func (t *trial) end(id string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.call != id {
		return false
	}
	t.call = ""
	return true
}

// dials is how many phones are dialed for a Call that was woken.
func dials(c store.Due) (n int) {
	for _, a := range c.Actions {
		if a.Kind == call.Dial {
			n++
		}
	}
	return n
}
