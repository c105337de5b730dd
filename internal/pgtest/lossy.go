package pgtest

import (
	"bytes"
	"io"
	"net"
	"net/url"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// Committed is a text in the server's answer to a COMMIT.
const Committed = "COMMIT\x00"

// Lossy returns the URL of a proxy to a database of New's that can lose an answer: after lose, the connection
// breaks when the server sends the next answer with these words, so that the client never gets it.
func Lossy(t testing.TB, database string) (through string, lose func(words string)) {
	t.Helper()
	conf, err := pgx.ParseConfig(database)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	armed := new(atomic.Pointer[string])
	network, address := pgconn.NetworkAddress(conf.Host, conf.Port)
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial(network, address)
			if err != nil {
				client.Close()
				continue
			}
			go relay(client, server, armed)
		}
	}()
	u := url.URL{
		Scheme: "postgres", User: url.UserPassword(conf.User, conf.Password), Host: l.Addr().String(),
		Path:     "/" + conf.Database,
		RawQuery: url.Values{"sslmode": {"disable"}}.Encode(),
	}
	return u.String(), func(words string) { armed.Store(&words) }
}

// relay passes on what both sides send. Once armed, it drops one answer of the server's.
func relay(client, server net.Conn, armed *atomic.Pointer[string]) {
	defer client.Close()
	defer server.Close()
	go func() {
		defer server.Close()
		_, _ = io.Copy(server, client) // both sides see how it ends
	}()
	for buf := make([]byte, 64<<10); ; {
		n, err := server.Read(buf)
		words := armed.Load()
		if err != nil || words != nil && bytes.Contains(buf[:n], []byte(*words)) && armed.CompareAndSwap(words, nil) {
			return
		}
		if _, err := client.Write(buf[:n]); err != nil {
			return
		}
	}
}
