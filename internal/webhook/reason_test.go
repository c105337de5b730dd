package webhook

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"strings"
	"syscall"
	"testing"
)

// Why there was no answer is said in our own words: the network's name the resolver, this
// machine, hosts inside, what was sent and what came back.
func TestReasonsAreInOurWords(t *testing.T) {
	inside := &net.TCPAddr{IP: net.IPv4(10, 1, 2, 3), Port: 5353}
	unknown := &net.DNSError{Err: "no such host", Name: "db.corp.example", Server: "10.1.2.3:53", IsNotFound: true}
	for _, test := range []struct {
		err  error
		want string
	}{
		{unknown, errNoAddress.Error()},
		{&net.OpError{Op: "dial", Net: "tcp", Err: unknown}, errNoAddress.Error()},
		{&net.DNSError{Err: "server misbehaving", Name: "db.corp.example", Server: "10.1.2.3:53", IsTemporary: true},
			errNoAddress.Error()},
		{&net.DNSError{Err: "i/o timeout", Name: "db.corp.example", Server: "10.1.2.3:53", IsTimeout: true},
			errNoAddress.Error()},
		{&net.OpError{Op: "dial", Net: "tcp", Addr: inside, Err: ErrPrivate}, errNoAddress.Error()},
		{&net.OpError{Op: "dial", Net: "tcp", Source: inside, Addr: inside,
			Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}, "connection refused"},
		{&net.OpError{Op: "read", Net: "tcp", Source: inside, Addr: inside,
			Err: os.NewSyscallError("read", syscall.ECONNRESET)}, "connection reset by peer"},
		{&net.OpError{Op: "dial", Net: "tcp", Addr: inside, Err: os.ErrDeadlineExceeded}, "no connection within the time"},
		{&tls.CertificateVerificationError{Err: x509.HostnameError{
			Certificate: &x509.Certificate{DNSNames: []string{"db.corp.example"}}, Host: "x",
		}}, "the certificate is another host's"},
		{&tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}}, "the certificate is not to be trusted"},
		{tls.RecordHeaderError{Msg: "first record is 10.1.2.3"}, "what came back is no TLS"},
		{io.EOF, "the connection was closed without an answer"},
		{fmt.Errorf("malformed HTTP response %q", "10.1.2.3 key4711"), "what came back can't be read as HTTP"},
		{errors.New("http2: server sent GOAWAY and closed the connection; debug=10.1.2.3"),
			"what came back can't be read as HTTP"},
	} {
		err := &url.Error{Op: "Post", URL: "https://db.corp.example/key4711", Err: test.err}
		got := reason(context.Background(), err).Error()
		if got != test.want || strings.Contains(got, "10.1.2.3") || strings.Contains(got, "corp") ||
			strings.Contains(got, "4711") {
			t.Errorf("%v: it says %q, not %q", test.err, got, test.want)
		}
	}
}
