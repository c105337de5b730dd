package page

import (
	"maps"
	"sync"
	"time"

	"redial/internal/call"
	"redial/internal/store"
)

// keptFor is how long a picture is kept that nobody asks for.
const keptFor = time.Minute

// question is what is asked of all calls: of a name or, if that is empty, of anybody; today begins at a time.
type question struct {
	by    string
	today int64 // Unix seconds
}

// picture is what there is to show of all calls. It is never changed.
type picture struct {
	at      time.Time // by the clock of this process
	todayAt time.Time
	today   store.Today
	calls   []store.Asked // the newest first
	queue   call.Queue
	pause   *store.Pause
}

// pictures are those that were asked for last.
type pictures struct {
	mu   sync.Mutex
	seen map[question]*seen
}

type seen struct {
	mu    sync.Mutex // held while the picture is read: others wait for the same one
	asked time.Time
	last  *picture
}

// of is the picture of a question, as it was taken last.
func (p *pictures) of(q question) *seen {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	maps.DeleteFunc(p.seen, func(_ question, s *seen) bool { return now.Sub(s.asked) > keptFor })
	if p.seen[q] == nil {
		p.seen[q] = &seen{}
	}
	p.seen[q].asked = now
	return p.seen[q]
}
