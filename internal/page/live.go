package page

import (
	"bytes"
	"context"
	"net/http"
	"strings"
	"time"

	"redial/internal/store"
)

const (
	lookEvery  = 5 * time.Second        // at what changes with time alone
	stillEvery = 300 * time.Millisecond // whether the viewer is still signed in
	writeTime  = 20 * time.Second       // for what is written at once
	mostLive   = 500                    // pages that are live on this node
)

// A fragment is a part of a page that may change: an element with an id.
type fragment struct{ id, html string }

// Fragments makes what may change of a page, as it is now.
type Fragments func(r *http.Request, v viewer) ([]fragment, error)

// Live serves what changes of a page, as server-sent events: first everything, then each fragment that has changed. The
// page's script puts them in their place. up is the way from the page to the root.
func (s *Server) Live(needs Need, up string, f Fragments) http.Handler {
	return s.LiveOf(needs, up, f, func(*http.Request) (<-chan struct{}, func()) { return s.hub.watch() })
}

// A Watch tells that what a page shows may have changed, until it is ended.
type Watch func(r *http.Request) (changed <-chan struct{}, end func())

// LiveOf does the same for a page about something that can be watched by itself.
func (s *Server) LiveOf(needs Need, up string, f Fragments, watch Watch) http.Handler {
	return s.seen(needs, func(w http.ResponseWriter, r *http.Request, v viewer) error {
		if s.lives.Add(1) > mostLive {
			s.lives.Add(-1)
			return refuse(http.StatusServiceUnavailable, "error.busy")
		}
		defer s.lives.Add(-1)
		h := w.Header()
		h.Set("Content-Type", "text/event-stream")
		if r.Method == http.MethodHead {
			return nil
		}
		v.Root, v.bare = up, true
		changed, done := watch(r)
		defer done()
		(&stream{s, w, r, v, map[string]string{}}).follow(f, changed)
		return nil
	})
}

// stream is a page that is live.
type stream struct {
	*Server
	w    http.ResponseWriter
	r    *http.Request
	v    viewer
	sent map[string]string // fragments, by id
}

// follow writes until the browser goes, the viewer is signed out, or the server closes.
func (l *stream) follow(f Fragments, changed <-chan struct{}) {
	look := time.NewTicker(lookEvery)
	defer look.Stop()
	still := time.NewTicker(stillEvery)
	defer still.Stop()
	for l.show(f) {
		for again := false; !again; {
			select {
			case <-l.r.Context().Done():
				return
			case <-l.closing:
				return
			case <-still.C:
				if still, err := l.still(l.r.Context(), l.v.Asker); err != nil || !still {
					if err == nil {
						l.write("event: gone\ndata: gone\n\n")
					}
					return
				}
			case <-changed:
				again = true
			case <-look.C:
				again = true
			}
		}
	}
}

// show writes what has changed since it wrote last, and says whether the browser is still there.
func (l *stream) show(f Fragments) bool {
	l.v.now = l.Store.Now()
	list, err := f(l.r, l.v)
	if err != nil {
		if l.r.Context().Err() == nil && !store.Away(err) {
			l.Log.Error("a live page failed", "route", l.r.Pattern, "err", err)
		}
		return l.write(": later\n\n") // the database may be back when it looks again
	}
	var out strings.Builder
	for _, x := range list {
		if l.sent[x.id] != x.html { // each alone: a browser reads a row of a table only where it stands first
			l.sent[x.id] = x.html
			out.WriteString("data: " + strings.ReplaceAll(x.html, "\n", "\ndata: ") + "\n\n")
		}
	}
	if out.Len() == 0 {
		out.WriteString(": still here\n\n")
	}
	return l.write(out.String())
}

func (l *stream) write(text string) bool {
	c := http.NewResponseController(l.w)
	// Without deadlines, as in a test, there is nothing to move.
	_, _ = c.SetWriteDeadline(time.Now().Add(writeTime)), c.SetReadDeadline(time.Now().Add(2*lookEvery+writeTime))
	_, err := l.w.Write([]byte(text))
	return err == nil && c.Flush() == nil
}

// still says whether the viewer's API key still works; or, without API keys, that there is still none.
func (s *Server) still(ctx context.Context, a store.Asker) (bool, error) {
	switch {
	case a.KeyID != "":
		return s.Store.KeyRing.Works(ctx, a.KeyID)
	case a.Keyless:
		keys, err := s.Store.KeyRing.Any(ctx)
		return !keys, err
	}
	return true, nil
}

// fragments collects fragments of a page.
type fragments struct {
	book *book
	page string
	list []fragment
	err  error
}

// add renders a template as a fragment.
func (f *fragments) add(id, template string, data any) {
	if f.err != nil {
		return
	}
	var html bytes.Buffer
	if f.err = f.book.render(&html, f.page, template, data); f.err == nil {
		f.list = append(f.list, fragment{id, strings.TrimSpace(html.String())})
	}
}

// CloseStreams ends all that is live. Browsers come back, to another node or to this one once it serves again.
func (s *Server) CloseStreams() { close(s.closing) }
