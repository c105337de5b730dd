package webhook

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"net/netip"
	"net/url"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"redial/internal/store"
)

func TestWhatIsPublic(t *testing.T) {
	for text, want := range map[string]bool{
		"93.184.216.34": true, "2606:2800:220:1::1": true, "::ffff:93.184.216.34": true, "64:ff9b::5db8:d822": true,
		"127.0.0.1": false, "10.1.2.3": false, "172.31.0.1": false, "192.168.0.1": false, "169.254.169.254": false,
		"0.0.0.0": false, "0.1.2.3": false,
		"100.64.0.1": false, "224.0.0.1": false, "255.255.255.255": false, "240.0.0.1": false, "198.18.0.1": false,
		"192.0.0.8": false,
		"::":        false, "::1": false, "fe80::1": false, "fe80::1%eth0": false, "fc00::1": false, "fd00:ec2::254": false,
		"ff02::1": false, "fec0::1": false,
		"::ffff:127.0.0.1": false, "::ffff:169.254.169.254": false, "::7f00:1": false, "64:ff9b::a9fe:a9fe": false,
		"64:ff9b:1::1":      false,
		"2002:a9fe:a9fe::1": false, "2002:7f00:1::": false, "2001:0:7f00:1::1": false, "2001:db8::1": false,
		"::ffff:0:7f00:1": false, "::ffff:0:a9fe:a9fe": false, "64:ff9b:2::1": false, "100::1": false, "2001:2::1": false,
		"2001:10::1": false,
		"4000::1":    false, "5f00::1": false, "2a00:1450:4001:80b::200e": true, "64:ff9b::7f00:1": false,
	} {
		if got := Public(netip.MustParseAddr(text)); got != want {
			t.Errorf("%s is public: %t", text, got)
		}
	}
}

func TestCheckURL(t *testing.T) {
	for link, words := range map[string]string{
		"https://example.com/hook?key=1": "", "https://example.com:8443": "", "https://93.184.216.34/": "",
		"https://[2606:2800:220:1::1]/": "",
		"":                              "must be a URL", "example.com": "must be a URL",
		"https:example.com": "must be a URL", "https:///x": "must be a URL",
		"https://" + strings.Repeat("x", maxURL): "must be a URL",

		"https://" + strings.Repeat(strings.Repeat("a", 60)+".", 5) + "com/": "must not have a host name of more than 253",
		"https://example.com:65536/":                                         "must have a port from 1 to 65535",
		"https://example.com:0/":                                             "must have a port from 1 to 65535",
		"https://example.com:" + strings.Repeat("0", 400) + "443/":           "must have a port from 1 to 65535",
		"http://example.com":                                                 "https", "ftp://example.com": "https",
		"https://u:p@example.com": "password", "https://example.com/#x": "fragment",
		"https://localhost": "private", "https://LOCALHOST.": "private", "https://a.localhost": "private",
		"https://127.0.0.1":                        "private",
		"https://169.254.169.254/latest/meta-data": "private", "https://[::1]": "private",
		"https://[fe80::1%25eth0]": "private", "https://[::ffff:10.0.0.1]/": "private",
	} {
		err := CheckURL(link, false)
		if words == "" && err != nil || words != "" && (err == nil || !strings.Contains(err.Error(), words)) {
			t.Errorf("%q: %v, want %q", link, err, words)
		}
	}
	for _, link := range []string{"http://localhost:3000/hook", "https://10.0.0.1"} {
		if err := CheckURL(link, true); err != nil {
			t.Errorf("%q: %v", link, err)
		}
	}
	if CheckURL("http://u:p@localhost", true) == nil {
		t.Error("a password is taken, where private addresses are")
	}
}

// names is a resolver in memory: what a name means, one answer after the other; the last
// one stays.
func names(t *testing.T, means map[string][]string) *net.Resolver {
	asked := map[string]*atomic.Int32{}
	for name := range means {
		asked[name] = new(atomic.Int32)
	}
	return &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		ours, theirs := net.Pipe()
		go func() {
			defer theirs.Close()
			buf := make([]byte, 1024)
			for {
				if _, err := io.ReadFull(theirs, buf[:2]); err != nil { // a stream has its length first
					return
				}
				n, err := io.ReadFull(theirs, buf[:int(buf[0])<<8|int(buf[1])])
				if err != nil {
					return
				}
				var m dnsmessage.Message
				if err := m.Unpack(buf[:n]); err != nil {
					t.Error(err)
					return
				}
				q := m.Questions[0]
				m.Response = true
				m.Additionals = nil
				if list := means[strings.TrimSuffix(q.Name.String(), ".")]; q.Type == dnsmessage.TypeA && list != nil {
					turn := int(asked[strings.TrimSuffix(q.Name.String(), ".")].Add(1)) - 1
					m.Answers = []dnsmessage.Resource{{
						Header: dnsmessage.ResourceHeader{Name: q.Name, Class: q.Class, Type: q.Type},
						Body:   &dnsmessage.AResource{A: netip.MustParseAddr(list[min(turn, len(list)-1)]).As4()},
					}}
				}
				out, err := m.Pack()
				if err != nil {
					t.Error(err)
					return
				}
				if _, err := theirs.Write(append([]byte{byte(len(out) >> 8), byte(len(out))}, out...)); err != nil {
					return
				}
			}
		}()
		return ours, nil
	}}
}

// trySender is a Sender of which only Test is used.
func trySender(t *testing.T, allow bool, resolver *net.Resolver) *Sender {
	t.Helper()
	s, err := store.Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "x.db"), store.Options{Migrate: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return New(Config{
		Store: s, AllowPrivate: allow, Transport: NewTransport(allow, resolver), Log: slog.New(slog.DiscardHandler),
	})
}

// What is not public is never dialed, however its address is come by.
func TestTheGuardDialsOnlyWhatItChecked(t *testing.T) {
	asked := new(atomic.Int32)
	inner := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	defer inner.Close()
	u, err := url.Parse(inner.URL)
	if err != nil {
		t.Fatal(err)
	}
	resolver := names(t, map[string][]string{
		"local.example.com":    {"127.0.0.1"},
		"metadata.example.com": {"169.254.169.254"},
		"changes.example.com":  {"93.184.216.34", "127.0.0.1"},
	})
	// Whoever looked before finds a public address; it has changed when it is dialed.
	if found, err := resolver.LookupHost(t.Context(), "changes.example.com"); err != nil || found[0] != "93.184.216.34" {
		t.Fatal(found, err)
	}
	s := trySender(t, false, resolver)
	// Nor does it say whether a name is there: nowhere.example.com is not.
	for _, host := range []string{
		"nowhere.example.com", "127.0.0.1", "169.254.169.254", "[::1]", "local.example.com", "metadata.example.com",
		"changes.example.com",
	} {
		link := "https://" + host + ":" + u.Port() + "/hook"
		try, err := s.Test(t.Context(), &store.Endpoint{
			Source: store.FromAPI, URL: link, Secrets: []store.Secret{{Text: NewSecret()}},
		})
		if err != nil || try.Error != errNoAddress.Error() {
			t.Errorf("%s: %+v, %v", link, try, err)
		}
	}
	if asked.Load() > 0 {
		t.Error("the inner server was asked")
	}
}

// A redirect to somewhere inside is not followed, and what is allowed is reached.
func TestRedirectsLeadNowhere(t *testing.T) {
	asked := new(atomic.Int32)
	inner := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	defer inner.Close()
	outer := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, inner.URL, http.StatusTemporaryRedirect)
	}))
	defer outer.Close()
	s := trySender(t, true, nil)
	e := &store.Endpoint{Source: store.FromAPI, URL: outer.URL, Secrets: []store.Secret{{Text: NewSecret()}}}
	if try, err := s.Test(t.Context(), e); err != nil || try.Status != 307 || try.Error == "" || asked.Load() > 0 {
		t.Errorf("%+v, %v, asked %d times", try, err, asked.Load())
	}
	e.URL = inner.URL
	if try, err := s.Test(t.Context(), e); err != nil || try.Error != "" || asked.Load() != 1 {
		t.Errorf("%+v, %v", try, err)
	}
}

// An answer without end is not read to its end.
func TestAnAnswerIsBounded(t *testing.T) {
	endless := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for block := make([]byte, 4096); r.Context().Err() == nil; {
			if _, err := w.Write(block); err != nil {
				return
			}
		}
	}))
	defer endless.Close()
	s := trySender(t, true, nil)
	try, err := s.Test(t.Context(), &store.Endpoint{
		Source: store.FromAPI, URL: endless.URL, Secrets: []store.Secret{{Text: NewSecret()}},
	})
	if err != nil || try.Status != 200 {
		t.Errorf("%+v, %v", try, err)
	}
}

// The status is the answer: a body that breaks off, or never ends, takes nothing back.
func TestTheBodyOfAnAnswerDoesNotMatter(t *testing.T) {
	s := trySender(t, true, nil)
	for name, body := range map[string]func(w http.ResponseWriter, r *http.Request){
		"breaks off": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"hangs":      func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
	} {
		for _, status := range []int{http.StatusOK, http.StatusGone} {
			odd := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Length", "100")
				w.WriteHeader(status)
				if err := http.NewResponseController(w).Flush(); err != nil {
					t.Error(err)
				}
				body(w, r)
			}))
			ctx, cancel := context.WithCancel(t.Context())
			trace := &httptrace.ClientTrace{ // a server may take its time until it answers, however long
				GotFirstResponseByte: func() { time.AfterFunc(200*time.Millisecond, cancel) },
			}
			v := s.post(httptrace.WithClientTrace(ctx, trace), message{
				url: odd.URL, id: "evt_1", body: []byte("{}"), secrets: []store.Secret{{Text: NewSecret()}},
			})
			cancel()
			odd.Close()
			if v.try.Status != status || v.taken() != (status == http.StatusOK) || v.over != (status == http.StatusGone) {
				t.Errorf("%d, and then its body %s: %+v", status, name, v)
			}
		}
	}
}

// Why there was no answer is kept and logged: it quotes nothing of what came instead,
// which may be what was sent, with its secrets and numbers.
func TestReasonsQuoteNobody(t *testing.T) {
	s := trySender(t, true, nil)
	const long = 40 << 10
	for name, answer := range map[string]string{
		"an echo":        "",
		"a status":       "HTTP/1.1 +819012345678 \r\n\r\n",
		"a header":       "HTTP/1.1 200 OK\r\n+819012345678 key4711\r\n\r\n",
		"a length":       "HTTP/1.1 200 OK\r\nContent-Length: +819012345678\r\n\r\n",
		"an encoding":    "HTTP/1.1 200 OK\r\nTransfer-Encoding: +819012345678\r\n\r\n",
		"no end":         strings.Repeat("x", long) + "\r\n\r\n",
		"another length": "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: key4711\r\n\r\n",
	} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		go func() {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			defer conn.Close()
			buf := make([]byte, 4096)
			n, _ := conn.Read(buf)
			if answer != "" {
				buf, n = []byte(answer), len(answer)
			}
			_, _ = conn.Write(buf[:n])
		}()
		link := "http://" + l.Addr().String() + "/key4711"
		try, err := s.Test(t.Context(), &store.Endpoint{
			Source: store.FromAPI, URL: link, Secrets: []store.Secret{{Text: NewSecret()}},
		})
		if err != nil || try.Error == "" || len(try.Error) > 200 || strings.Contains(try.Error, "key4711") ||
			strings.Contains(try.Error, "819012345678") {
			t.Errorf("%s: %.200q, %v", name, try.Error, err)
		}
		l.Close()
	}
}
