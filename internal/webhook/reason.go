package webhook

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"syscall"

	"redial/internal/permit"
)

// ours is an error in words of redial's own, which may be shown.
type ours string

func (e ours) Error() string { return string(e) }

// ErrPrivate is the error of a private address, which is not dialed.
var ErrPrivate = permit.Errorf("leads to a private address, which needs %s", permit.PrivateWebhooks)

// errPlain is the error of a URL without TLS, to which nothing is sent.
var errPlain = permit.Errorf("plain http needs %s", permit.PrivateWebhooks)

// errNoAddress is the error of a name without an address, and of one with a private address. It is one error for both,
// so that users of the API can't find out which names a private network has.
var errNoAddress = permit.Errorf("the host's name leads to no address that webhooks may go to: "+
	"it is not there, or private, which needs %s", permit.PrivateWebhooks)

// reason says why there was no answer, in words of redial's own. The error's own text is not shown, since it may quote
// the URL, which may hold a secret; what came instead of an answer, which may be what was sent; the names in a
// certificate; the resolver's address; and the address of this machine.
func reason(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("no answer within %s", exchangeTime)
	}
	if _, ok := errors.AsType[*net.DNSError](err); ok || errors.Is(err, ErrPrivate) {
		return errNoAddress
	}
	if errors.Is(err, errPlain) {
		return errPlain
	}
	if e, ok := errors.AsType[ours](err); ok {
		return e
	}
	if e, ok := errors.AsType[syscall.Errno](err); ok { // connection refused, and the like
		return e
	}
	if why := Distrust(err); why != "" {
		return ours(why)
	}
	if e, ok := errors.AsType[net.Error](err); ok && e.Timeout() {
		return ours("no connection within the time")
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return ours("the connection was closed without an answer")
	}
	return ours("what came back can't be read as HTTP")
}

// Distrust says why TLS does not trust the other side. It is empty for other errors.
func Distrust(err error) string {
	if _, ok := errors.AsType[x509.HostnameError](err); ok {
		return "the certificate is another host's"
	}
	if e, ok := errors.AsType[x509.CertificateInvalidError](err); ok && e.Reason == x509.Expired {
		return "the certificate has expired, or is not valid yet"
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return "the certificate is not to be trusted"
	}
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return "what came back is no TLS"
	}
	if _, ok := errors.AsType[tls.AlertError](err); ok {
		return "the other side turned TLS down"
	}
	return ""
}
