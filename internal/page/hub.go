package page

import (
	"context"
	"sync"
	"time"

	"redial/internal/store"
)

const (
	hubRest  = 300 * time.Millisecond // between two times that pages are told, however much happens
	hubAgain = time.Second            // after the feed could not be read
)

// nothing is a filter of events that wants none: pages read how it stands, and not what has happened.
var nothing = store.Filter{"nothing"}

// hub tells all pages of this node that something has happened to some call. It listens to the feed once for all of
// them, while there are any.
type hub struct {
	store *store.Store
	mu    sync.Mutex
	pages map[chan struct{}]struct{}
	leave context.CancelFunc
}

// watch returns a channel that receives when something has happened, and a function that ends the watch.
func (h *hub) watch() (<-chan struct{}, func()) {
	changed := make(chan struct{}, 1)
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.pages) == 0 {
		ctx, leave := context.WithCancel(context.Background())
		h.leave = leave
		go h.listen(ctx)
	}
	h.pages[changed] = struct{}{}
	return changed, sync.OnceFunc(func() {
		h.mu.Lock()
		defer h.mu.Unlock()
		if delete(h.pages, changed); len(h.pages) == 0 {
			h.leave()
		}
	})
}

// listen listens until ctx is done.
func (h *hub) listen(ctx context.Context) {
	for ctx.Err() == nil {
		if l, err := h.store.Listen(ctx, store.FromNow, nothing); err == nil {
			h.tell() // what happened before is read now
			h.hear(ctx, l)
			l.Close()
		}
		rest(ctx, hubAgain)
	}
}

// hear tells pages of what a Listener hears, until that fails.
func (h *hub) hear(ctx context.Context, l *store.Listener) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-l.Changed():
		}
		if _, _, err := l.Next(ctx); err != nil {
			return
		}
		h.tell()
		rest(ctx, hubRest)
	}
}

func (h *hub) tell() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for changed := range h.pages {
		select {
		case changed <- struct{}{}:
		default: // it has not looked since it was told last
		}
	}
}

func rest(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
