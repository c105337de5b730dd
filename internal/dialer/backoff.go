package dialer

import (
	"math/rand/v2"
	"sync"
	"time"
)

// backoff is a wait that doubles, with jitter so that nodes don't move in step.
type backoff struct {
	least, most time.Duration
	mu          sync.Mutex
	wait        time.Duration
	until       time.Time
}

func (b *backoff) next(now time.Time) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.wait = min(max(b.least, 2*b.wait), b.most)
	wait := b.wait/2 + rand.N(b.wait/2)
	b.until = now.Add(wait)
	return wait
}

// reset begins anew, and says whether there was a wait.
func (b *backoff) reset() (was bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	was = b.wait > 0
	b.wait, b.until = 0, time.Time{}
	return was
}

func (b *backoff) over() time.Time {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.until
}
