package mariadbtest

import (
	"bytes"
	"encoding/binary"
	"io"
	"net"
	"net/url"
	"sync/atomic"
	"testing"
)

// Loss is what is lost of an exchange with the server.
type Loss int

// The losses.
const (
	Request Loss = iota // the server never gets the statements
	Answer              // the server executes them, and the client gets no answer
	End                 // the client gets the answer without its end, which is that of the last statement
)

// loss is what is to be lost once: of the statements one of which begins with these words.
type loss struct {
	words []byte
	what  Loss
}

// of says whether a packet of the client's has such a statement.
func (l *loss) of(packet []byte) bool {
	const command = 1 // byte, before the statements
	return bytes.HasPrefix(packet[min(header+command, len(packet)):], l.words) ||
		bytes.Contains(packet, append([]byte("; "), l.words...))
}

// Lossy returns the URL of a proxy to a database of New's. After lose, the connection breaks when the client sends
// statements one of which begins with these words, such as COMMIT.
func Lossy(t testing.TB, database string) (through string, lose func(words string, what Loss)) {
	t.Helper()
	u := parsed(t, database)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	armed := new(atomic.Pointer[loss])
	conf := config(u)
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial(conf.Net, conf.Addr)
			if err != nil {
				client.Close()
				continue
			}
			go relay(client, server, armed)
		}
	}()
	u.Host, u.RawQuery = l.Addr().String(), url.Values{}.Encode()
	return u.String(), func(words string, what Loss) { armed.Store(&loss{[]byte(words), what}) }
}

// relay passes on what both sides send, until something is to be lost, or one of them ends.
func relay(client, server net.Conn, armed *atomic.Pointer[loss]) {
	defer client.Close()
	defer server.Close()
	var lost atomic.Pointer[loss]
	answered := make(chan struct{})
	go func() {
		defer close(answered)
		defer client.Close()
		passOn(client, server, &lost)
	}()
	for {
		p, err := readPacket(client)
		if err != nil {
			return
		}
		now := armed.Load()
		if now != nil && now.of(p) && armed.CompareAndSwap(now, nil) {
			if now.what == Request {
				return
			}
			// The server reads the end of the connection after it has answered.
			lost.Store(now)
			if _, err := server.Write(p); err == nil && server.(interface{ CloseWrite() error }).CloseWrite() == nil {
				<-answered
			}
			return
		}
		if _, err := server.Write(p); err != nil {
			return
		}
	}
}

// passOn passes on what the server sends, and drops what is lost.
func passOn(client, server net.Conn, lost *atomic.Pointer[loss]) {
	var kept []byte
	for buf := make([]byte, 64<<10); ; {
		n, err := server.Read(buf)
		is := lost.Load()
		if is != nil {
			kept = append(kept, buf[:n]...)
		} else if _, err := client.Write(buf[:n]); err != nil {
			return
		}
		if err != nil {
			if is != nil && is.what == End {
				_, _ = client.Write(withoutLast(kept))
			}
			return
		}
	}
}

// header is the length of a packet's header: the length of what follows, in three bytes, and a number.
const header = 4

func length(head []byte) int {
	return int(binary.LittleEndian.Uint32([]byte{head[0], head[1], head[2], 0}))
}

func readPacket(r io.Reader) ([]byte, error) {
	head := make([]byte, header)
	if _, err := io.ReadFull(r, head); err != nil {
		return nil, err
	}
	p := append(head, make([]byte, length(head))...)
	_, err := io.ReadFull(r, p[header:])
	return p, err
}

// withoutLast cuts off the last packet of an answer, whose packets are numbered from 1 on. One with the number
// 0 is what MySQL says when it closes the connection.
func withoutLast(packets []byte) []byte {
	last := 0
	for at := 0; at+header <= len(packets); at += header + length(packets[at:]) {
		if at > 0 && packets[at+header-1] == 0 {
			break
		}
		last = at
	}
	return packets[:last]
}
