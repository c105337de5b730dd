package store

import "sync"

// watchers tells watchers within this process that a Call has changed.
type watchers struct {
	mu   sync.Mutex
	byID map[string]*watched
}

// watched is a Call that somebody watches.
type watched struct {
	told  map[chan struct{}]struct{}
	known int // the seq of the last event that was told
}

func (w *watchers) init() { w.byID = map[string]*watched{} }

// watch returns a channel that receives after Call id was changed, and a function that ends the watch.
func (w *watchers) watch(id string) (<-chan struct{}, func()) {
	ch := make(chan struct{}, 1)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.byID[id] == nil {
		w.byID[id] = &watched{told: map[chan struct{}]struct{}{}}
	}
	w.byID[id].told[ch] = struct{}{}
	return ch, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		c := w.byID[id]
		if c == nil {
			return
		}
		if delete(c.told, ch); len(c.told) == 0 {
			delete(w.byID, id)
		}
	}
}

// tell tells the watchers of Call id that event seq has happened, unless they were told already.
func (w *watchers) tell(id string, seq int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if c := w.byID[id]; c != nil && seq > c.known {
		c.known = seq
		c.poke()
	}
}

// tellAll tells all watchers, who may have missed something.
func (w *watchers) tellAll() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range w.byID {
		c.poke()
	}
}

func (c *watched) poke() {
	for ch := range c.told {
		poke(ch)
	}
}

func poke(ch chan struct{}) {
	select {
	case ch <- struct{}{}:
	default: // the watcher has not received the last one yet
	}
}
