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

// maxLasting bounds the answers that go on, streams and waits. Each takes a connection, and a goroutine that looks at
// the database now and then.
const maxLasting = 1000

// lasting begins an answer that goes on, unless there are too many.
func (s *Server) lasting() (end func(), err error) {
	end = func() { s.lasts.Add(-1) }
	if s.lasts.Add(1) > maxLasting {
		end()
		return nil, edge.Problem(http.StatusServiceUnavailable, "this node has %d streams and waits already", maxLasting)
	}
	return end, nil
}

// beginStream begins a stream of server-sent events. The caller calls end when it is over. HEAD gets the headers of GET
// and begins no stream: end is nil.
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

// brokeOff logs why a stream breaks off. Its client can't be told an error any more; it reconnects for the rest.
func (s *Server) brokeOff(r *http.Request, err error) {
	if r.Context().Err() == nil {
		s.Log.Warn("a stream broke off", "route", r.Pattern, "err", err)
	}
}

// pause waits until a Call may have changed, or for most. It returns false if the answer must end: ctx is over, or the
// server closes.
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

// extend gives a slow answer more time than the server's time-outs.
func extend(w http.ResponseWriter, by time.Duration) {
	// The error is that there are no deadlines, as in a test: then none can be hit. The deadline for reading is moved,
	// too: it would end the request although all of it was read.
	c, end := http.NewResponseController(w), time.Now().Add(by)
	_, _ = c.SetReadDeadline(end), c.SetWriteDeadline(end)
}
