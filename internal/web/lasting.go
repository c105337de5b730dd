package web

import (
	"context"
	"errors"
	"io"
	"net/http"
	"time"

	"redial/internal/edge"
)

const (
	heartbeat = 15 * time.Second // of a stream, so that proxies keep it open
	writeTime = 30 * time.Second // for an answer, once it is known
)

// stillHere is what a stream says when nothing happens, a comment.
const stillHere = ": still here\n"

// maxLasting bounds the answers that go on, streams and waits. Each takes a connection, and a goroutine.
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

// follow writes a stream that has begun: what next writes now, and whenever changed tells that there may be more, until
// next says io.EOF, the client goes, its API key no longer works, or the server closes. next says whether it wrote
// anything, and whether there is more at once. While it writes nothing, beat does now and then.
func (s *Server) follow(
	w http.ResponseWriter, r *http.Request, changed <-chan struct{}, beat func(),
	next func() (wrote, more bool, err error),
) {
	for said, look := time.Now(), true; ; {
		extend(w, heartbeat+writeTime)
		var wrote, more bool
		var err error
		if look {
			wrote, more, err = next()
		}
		switch {
		case errors.Is(err, io.EOF):
			return
		case err != nil:
			s.brokeOff(r, err)
			return
		case !wrote && time.Since(said) >= heartbeat:
			beat()
			wrote = true
		}
		if wrote {
			said = time.Now()
		}
		if http.NewResponseController(w).Flush() != nil {
			return
		}
		if !more {
			look = s.pause(r.Context(), changed, heartbeat-time.Since(said))
		}
		if r.Context().Err() != nil || s.isClosing() || s.stillMay(r.Context()) != nil {
			return
		}
	}
}

// keyCheck is how often an answer that goes on looks whether its API key still works.
const keyCheck = 200 * time.Millisecond

// pause waits until changed tells something, and says false if it did not: most is over, or ctx, or the server closes,
// or the API key no longer works.
func (s *Server) pause(ctx context.Context, changed <-chan struct{}, most time.Duration) bool {
	step := most
	if a := asker(ctx); a.KeyID != "" || a.Keyless {
		step = keyCheck
	}
	for until := time.Now().Add(most); ; {
		t := time.NewTimer(min(step, time.Until(until)))
		select {
		case <-changed:
			t.Stop()
			return true
		case <-t.C:
			if !time.Now().Before(until) || s.stillMay(ctx) != nil {
				return false
			}
		case <-ctx.Done():
			t.Stop()
			return false
		case <-s.closing:
			t.Stop()
			return false
		}
	}
}

func (s *Server) isClosing() bool {
	select {
	case <-s.closing:
		return true
	default:
		return false
	}
}

// extend gives a slow answer more time than the server's time-outs.
func extend(w http.ResponseWriter, by time.Duration) {
	// The error is that there are no deadlines, as in a test: then none can be hit. The deadline for reading is moved,
	// too: it would end the request although all of it was read.
	c, end := http.NewResponseController(w), time.Now().Add(by)
	_, _ = c.SetReadDeadline(end), c.SetWriteDeadline(end)
}
