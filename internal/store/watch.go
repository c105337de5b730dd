package store

import "sync"

// watchers tells, within this process, that a Call has changed.
type watchers struct {
	mu   sync.Mutex
	byID map[string]map[chan struct{}]struct{}
}

func (w *watchers) init() { w.byID = map[string]map[chan struct{}]struct{}{} }

// Watch returns a channel that receives after Call id was changed, or had something
// written for the endpoint of that id, by this
// process, and a function that ends the watch. Changes by other nodes are not seen.
func (w *watchers) Watch(id string) (<-chan struct{}, func()) {
	ch := make(chan struct{}, 1)
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.byID[id] == nil {
		w.byID[id] = map[chan struct{}]struct{}{}
	}
	w.byID[id][ch] = struct{}{}
	return ch, func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		delete(w.byID[id], ch)
		if len(w.byID[id]) == 0 {
			delete(w.byID, id)
		}
	}
}

// poke tells whoever watches this id.
func (w *watchers) poke(id string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for ch := range w.byID[id] {
		poke(ch)
	}
}

func poke(ch chan struct{}) {
	select {
	case ch <- struct{}{}:
	default: // it has yet to hear of the last change
	}
}
