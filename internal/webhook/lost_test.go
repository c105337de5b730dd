package webhook

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// pipes is a listener in memory.
type pipes struct {
	conns chan net.Conn
	over  chan struct{}
	close func()
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.over:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error { p.close(); return nil }

func (*pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 443} }

// lost is a connection of which, once it is, nothing arrives, and nobody says so.
type lost struct {
	net.Conn
	is *atomic.Bool
}

func (c lost) Write(b []byte) (int, error) {
	if c.is.Load() {
		return len(b), nil
	}
	return c.Conn.Write(b)
}

// A connection that was lost on the way is not used again: over HTTP/2 every message to
// that host would fail, for as long as the kernel believes in it.
func TestALostConnectionIsNotUsedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &pipes{conns: make(chan net.Conn), over: make(chan struct{})}
		l.close = sync.OnceFunc(func() { close(l.over) })
		var asked []string
		server := &httptest.Server{Listener: l, EnableHTTP2: true,
			Config: &http.Server{Handler: http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
				asked = append(asked, r.Proto)
			})}}
		server.StartTLS()
		defer server.Close()
		transport := NewTransport(true, nil)
		transport.TLSClientConfig = server.Client().Transport.(*http.Transport).TLSClientConfig.Clone()
		defer transport.CloseIdleConnections()
		latest := new(atomic.Bool)
		transport.DialContext = func(context.Context, string, string) (net.Conn, error) {
			ours, theirs := net.Pipe()
			l.conns <- theirs
			latest = new(atomic.Bool)
			return lost{ours, latest}, nil
		}
		post := func() error {
			ctx, cancel := context.WithTimeout(t.Context(), exchangeTime)
			defer cancel()
			r, err := http.NewRequestWithContext(ctx, http.MethodPost, server.URL, http.NoBody)
			if err != nil {
				t.Fatal(err)
			}
			res, err := transport.RoundTrip(r)
			if err == nil {
				res.Body.Close()
			}
			return err
		}
		if err := post(); err != nil || asked[0] != "HTTP/2.0" {
			t.Fatal(asked, err)
		}
		latest.Store(true)
		if err := post(); err == nil {
			t.Fatal("it was answered over a lost connection")
		}
		time.Sleep(Delays[0])
		if err := post(); err != nil {
			t.Errorf("the next try goes over the lost connection, too: %v", err)
		}
	})
}
