package web

import (
	"context"
	"net/http"
	"time"

	"redial/internal/edge"
)

const (
	heartbeat = 15 * time.Second       // of a stream, so that proxies keep it open
	writeTime = 30 * time.Second       // for an answer, once it is known
	lookAgain = 500 * time.Millisecond // for what other nodes changed
)

// maxLasting bounds the answers that go on, streams and waits: each holds a connection, and a
// goroutine that looks at the database now and then.
const maxLasting = 1000

// lasting begins an answer that goes on, if there may be one more.
func (s *Server) lasting() (end func(), err error) {
	end = func() { s.lasts.Add(-1) }
	if s.lasts.Add(1) > maxLasting {
		end()
		return nil, edge.Problem(http.StatusServiceUnavailable, "this node has %d streams and waits already", maxLasting)
	}
	return end, nil
}

// beginStream begins a stream of server-sent events, whose end is to be told. HEAD hears what
// GET would be, and begins none: end is nil.
func (s *Server) beginStream(w http.ResponseWriter, r *http.Request) (end func(), err error) {
	if r.Method != http.MethodHead {
		if end, err = s.lasting(); err != nil {
			return nil, err
		}
	}
	w.Header().Set("Content-Type", "text/event-stream")
	w.Header().Set("X-Accel-Buffering", "no") // nginx would hold events back
	return end, nil
}

// brokeOff logs why a stream ends that has begun: its client can't be told any more, and
// comes back for the rest.
func (s *Server) brokeOff(r *http.Request, err error) {
	if r.Context().Err() == nil {
		s.Log.Warn("a stream broke off", "route", r.Pattern, "err", err)
	}
}

// pause waits until a Call may have changed, and says false when it is time to
// go: ctx is over, or the server closes. most bounds the pause.
func (s *Server) pause(ctx context.Context, changed <-chan struct{}, most time.Duration) bool {
	if s.Store.Shared() {
		most = lookAgain
	}
	t := time.NewTimer(most)
	defer t.Stop()
	select {
	case <-changed:
	case <-t.C:
	case <-ctx.Done():
	case <-s.closing:
		return false
	}
	return ctx.Err() == nil
}

// extend gives an answer that takes its time longer than the server's time-out.
func extend(w http.ResponseWriter, by time.Duration) {
	// Where there is no deadline to move, as in a test, there is none to hit. The
	// one for reading, too, would end the request, although all of it was read.
	c, end := http.NewResponseController(w), time.Now().Add(by)
	_, _ = c.SetReadDeadline(end), c.SetWriteDeadline(end)
}
