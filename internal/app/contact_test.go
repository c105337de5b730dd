package app

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"redial/api"
)

// unreachable keeps Twilio from reaching redial, as a wrong HOST_URL or a proxy does.
func (w *world) unreachable() {
	w.around.Store(new(func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
			if strings.HasPrefix(r.URL.Path, "/twilio_api/") {
				http.NotFound(out, r)
				return
			}
			next.ServeHTTP(out, r)
		})
	}))
}

const (
	missingLine = "a callback was due and none came: is HOST_URL reachable?"
	comeLine    = "callbacks come again"
)

// The log says once that callbacks don't come, when the first was due, and once that they come again.
func TestCallbacksThatNeverComeAreToldOnce(t *testing.T) {
	var log lockedBuffer
	inWorld(t, logged(&log, slog.LevelInfo, nil), func(w *world) {
		w.unreachable()
		w.metric("redial_callbacks_missing 0")
		p := w.phone(alice)
		for range 3 {
			p.does("answer:20s")
			c := w.call(api.CreateCall{To: alice})
			w.pass(5 * time.Minute)
			c.is("reached", "completed")
		}
		if lines := log.lines(missingLine, "level=WARN", "host_url="+hostURL, "call=", "attempt=1"); len(lines) != 1 {
			t.Errorf("%q", lines)
		}
		w.metric("redial_callbacks_missing 1")
		w.pass(time.Hour)
		w.metric("redial_callbacks_missing 1")
		w.around.Store(nil)
		p.answers()
		w.call(api.CreateCall{To: alice})
		w.pass(time.Minute)
		w.metric("redial_callbacks_missing 0")
	})
	if m, c := log.lines(missingLine), log.lines(comeLine); len(m) != 1 || len(c) != 1 {
		t.Errorf("%q, %q", m, c)
	}
}

// Some missing callbacks say nothing about HOST_URL: those that Twilio does not send, a lost one among others, those
// that came while no node was up, and those that nobody asked for.
func TestNoCallbackWasDue(t *testing.T) {
	quiet := func(t *testing.T, change func(*Config), story func(w *world)) {
		t.Helper()
		var log lockedBuffer
		inWorld(t, logged(&log, slog.LevelInfo, change), func(w *world) {
			story(w)
			w.metric("redial_callbacks_missing 0")
		})
		if lines := log.lines(missingLine); len(lines) != 0 {
			t.Errorf("%q", lines)
		}
	}
	t.Run("they come", func(t *testing.T) {
		quiet(t, nil, func(w *world) {
			w.phone(alice).noAnswer().busy().does("answer:300s")
			w.call(api.CreateCall{To: alice})
			w.pass(time.Hour)
		})
	})
	t.Run("one is lost", func(t *testing.T) {
		quiet(t, nil, func(w *world) {
			w.phone(bob).does("answer:600s")
			w.phone(alice).does("answer:20s+lost")
			a := w.call(api.CreateCall{To: alice})
			w.pass(10 * time.Second)
			w.call(api.CreateCall{To: bob})
			w.pass(10 * time.Minute)
			a.is("reached", "completed")
		})
	})
	t.Run("without HOST_URL", func(t *testing.T) {
		quiet(t, func(c *Config) { c.HostURL = "" }, func(w *world) {
			w.phone(alice).noAnswer().does("answer:20s")
			w.call(api.CreateCall{To: alice})
			w.pass(10 * time.Minute)
		})
	})
	t.Run("no node was there", func(t *testing.T) {
		quiet(t, nil, func(w *world) {
			w.phone(alice).does("answer:20s+lost") // as all callbacks are while no node listens
			a := w.call(api.CreateCall{To: alice})
			w.stop()
			w.pass(10 * time.Minute)
			w.start()
			w.pass(10 * time.Minute)
			a.is("reached", "completed")
		})
	})
}

// network can be cut: for some requests another program answers instead of Twilio, or none.
type network struct {
	http.RoundTripper
	cut atomic.Pointer[func(*http.Request) (*http.Response, error)]
}

func (n *network) RoundTrip(r *http.Request) (*http.Response, error) {
	if cut := n.cut.Load(); cut != nil {
		return (*cut)(r)
	}
	return n.RoundTripper.RoundTrip(r)
}

func answering(status int, body string) func(*http.Request) (*http.Response, error) {
	return func(r *http.Request) (*http.Response, error) {
		return &http.Response{StatusCode: status, Header: http.Header{},
			Body: io.NopCloser(strings.NewReader(body)), Request: r}, nil
	}
}

func failing(err error) func(*http.Request) (*http.Response, error) {
	return func(*http.Request) (*http.Response, error) { return nil, err }
}

// cuts are the ways in which Twilio can be unreachable.
var cuts = map[string]func(*http.Request) (*http.Response, error){
	"refused":  failing(&net.OpError{Op: "dial", Net: "tcp", Err: syscall.ECONNREFUSED}),
	"no name":  failing(&net.DNSError{Err: "no such host", Name: "api.twilio.com", IsNotFound: true}),
	"no route": failing(&net.OpError{Op: "dial", Net: "tcp", Err: syscall.EHOSTUNREACH}),
	"TLS":      failing(errors.New("tls: failed to verify certificate")),
	"silence": func(r *http.Request) (*http.Response, error) {
		if r.Body != nil {
			_, _ = io.Copy(io.Discard, r.Body)
		}
		<-r.Context().Done()
		return nil, r.Context().Err()
	},
	"gateway":        answering(503, "<html>no backend</html>"),
	"Twilio's 500":   answering(500, `{"code":20500,"message":"Internal Server Error"}`),
	"captive portal": answering(200, "<html>Log in</html>"),
	"redirect":       answering(302, ""),
}

// Whatever keeps redial from Twilio, the log says once that it began and once that it is over, and a metric shows it.
// That holds for create requests and for others.
func TestTwilioIsUnreachable(t *testing.T) {
	for name, cut := range cuts {
		t.Run(name, func(t *testing.T) {
			var log lockedBuffer
			var way network
			change := func(c *Config) {
				way.RoundTripper = c.Transport
				c.Transport = &way
			}
			inWorld(t, logged(&log, slog.LevelInfo, change), func(w *world) {
				w.metric(`redial_twilio_unreachable{request="create"} 0`)
				w.metric(`redial_twilio_unreachable{request="other"} 0`)
				w.phone(bob).does("answer:600s+lost")
				w.call(api.CreateCall{To: bob}) // redial will ask Twilio about this one
				w.pass(10 * time.Second)
				way.cut.Store(&cut)
				w.phone(alice).answers()
				c := w.call(api.CreateCall{To: alice})
				w.pass(2 * time.Minute)
				for range 7 {
					w.metric(`redial_twilio_unreachable{request="create"} 1`)
					w.metric(`redial_twilio_unreachable{request="other"} 1`)
					w.metric("redial_account_paused 0")
					w.pass(time.Minute)
				}
				way.cut.Store(nil)
				w.pass(20 * time.Minute)
				w.metric(`redial_twilio_unreachable{request="create"} 0`)
				w.metric(`redial_twilio_unreachable{request="other"} 0`)
				if c.now().Outcome != "reached" {
					t.Error(c.story())
				}
			})
			for _, line := range []string{"Twilio does not answer", "Twilio answers again"} {
				for _, kind := range []string{"request=create", "request=other"} {
					if lines := log.lines(line, kind); len(lines) != 1 {
						t.Errorf("%q", lines)
					}
				}
			}
		})
	}
}

// If Twilio refuses the account, it answers, so it is reachable.
func TestARefusingTwilioIsReachable(t *testing.T) {
	inWorld(t, nil, func(w *world) {
		w.sim.Suspend(20003)
		w.phone(alice).answers()
		w.call(api.CreateCall{To: alice})
		w.pass(5 * time.Minute)
		w.metric("redial_account_paused 1")
		w.metric(`redial_twilio_unreachable{request="create"} 0`)
		w.metric(`redial_twilio_unreachable{request="other"} 0`)
		w.sim.Suspend(0)
		w.pass(5 * time.Minute)
	})
}

// A long time after the last request, nothing is known about Twilio.
func TestTwilioWasUnreachableLongAgo(t *testing.T) {
	var way network
	cut := failing(context.DeadlineExceeded)
	inWorld(t, func(c *Config) { way.RoundTripper, c.Transport = c.Transport, &way }, func(w *world) {
		way.cut.Store(&cut)
		w.phone(alice).answers()
		c := w.call(api.CreateCall{To: alice})
		w.pass(time.Minute)
		w.metric(`redial_twilio_unreachable{request="create"} 1`)
		c.cancel()
		c.is("canceled", "unplaced")
		w.pass(11 * time.Minute)
		w.metric(`redial_twilio_unreachable{request="create"} 0`)
		way.cut.Store(nil)
	})
}
