package store

import (
	"sync"
	"time"
)

// useStep is how exactly the last use of an API key is kept.
const useStep = time.Minute

// keyUses are the uses of API keys that are yet to be written: at most one a minute of each key. A request only notes
// its use, and waits for nothing.
type keyUses struct {
	mu    sync.Mutex
	noted map[string]time.Time // the last use of each key that was to be written
	due   map[string]time.Time // those that are yet to be
	some  chan struct{}        // receives when there are any
}

func (u *keyUses) note(k *Key, now time.Time) {
	u.mu.Lock()
	defer u.mu.Unlock()
	last := u.noted[k.ID]
	if k.LastUsedAt.After(last) {
		last = k.LastUsedAt
	}
	if now.Sub(last) < useStep {
		return
	}
	if u.due == nil {
		u.due = map[string]time.Time{}
	}
	if u.noted == nil {
		u.noted = map[string]time.Time{}
	}
	u.noted[k.ID], u.due[k.ID] = now, now
	select {
	case u.some <- struct{}{}:
	default:
	}
}

func (u *keyUses) take() map[string]time.Time {
	u.mu.Lock()
	defer u.mu.Unlock()
	due := u.due
	u.due = nil
	return due
}
