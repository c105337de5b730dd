package webhook

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"time"

	"redial/internal/store"
)

const (
	maxURL      = 2000 // bytes
	maxHost     = 253  // bytes of a name: DNS has no longer ones. Source: RFC 1035, 2.3.4
	connectTime = 5 * time.Second
	pingTime    = 5 * time.Second // of silence until one is sent, and then until it is answered
	maxHeader   = 64 << 10        // bytes of an answer's header
)

// CheckURL says what is wrong with a URL that webhooks are to go to. It checks an address in the URL, but looks up no
// name: the address behind a name is checked when it is dialed.
func CheckURL(link string, allowPrivate bool) error {
	u, err := url.Parse(link)
	switch {
	case err != nil || len(link) > maxURL || u.Opaque != "" || u.Hostname() == "":
		return fmt.Errorf("must be a URL of at most %d bytes, such as https://example.com/hook", maxURL)
	case len(u.Hostname()) > maxHost:
		return fmt.Errorf("must not have a host name of more than %d bytes", maxHost)
	case !isPort(u.Port()):
		return errors.New("must have a port from 1 to 65535, or none")
	case u.Scheme != "https" && !(u.Scheme == "http" && allowPrivate):
		return errors.New("must begin with https://")
	case u.User != nil:
		return errors.New("must not hold a user or a password")
	case u.Fragment != "":
		return errors.New("must not have a #fragment")
	case allowPrivate:
		return nil
	}
	host := strings.ToLower(strings.TrimSuffix(u.Hostname(), "."))
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return ErrPrivate
	}
	if a, err := netip.ParseAddr(host); err == nil && !Public(a) {
		return ErrPrivate
	}
	return nil
}

// isPort says whether a URL's port is one that can be dialed; empty is the scheme's own.
func isPort(port string) bool {
	n, err := strconv.ParseUint(port, 10, 16)
	return port == "" || err == nil && n > 0 && len(port) <= len("65535")
}

// special are the ranges that are not on the public internet, beside those that netip knows.
// Source: IANA's special-purpose address registries.
var special = prefixes(
	"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24",
	"203.0.113.0/24", "240.0.0.0/4",
	"2001::/32", "2001:2::/48", "2001:10::/28", "2001:db8::/32", "3fff::/20",
)

// allocated is the one range in which IPv6 has public addresses. Other addresses stay inside a network, such as those
// of translated IPv4 (::ffff:0:a.b.c.d). Source: IANA's IPv6 address space.
var allocated = netip.MustParsePrefix("2000::/3")

// embedding are ranges of IPv6 whose addresses contain an IPv4 address, which begins at this byte.
var embedding = map[netip.Prefix]int{
	netip.MustParsePrefix("::/96"):        12,
	netip.MustParsePrefix("64:ff9b::/96"): 12, // NAT64
	netip.MustParsePrefix("2002::/16"):    2,  // 6to4
}

func prefixes(list ...string) (out []netip.Prefix) {
	for _, p := range list {
		out = append(out, netip.MustParsePrefix(p))
	}
	return out
}

// Public says whether an address is on the public internet. It knows all forms in which IPv6 writes an IPv4 address.
func Public(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	if !a.IsGlobalUnicast() || a.IsPrivate() {
		return false
	}
	for _, p := range special {
		if p.Contains(a) {
			return false
		}
	}
	for p, from := range embedding {
		if p.Contains(a) {
			b := a.As16()
			return Public(netip.AddrFrom4([4]byte(b[from : from+4])))
		}
	}
	return a.Is4() || allocated.Contains(a)
}

// NewTransport makes a transport that connects to public addresses only, unless private ones are allowed, and uses no
// proxy. The resolver may be nil.
func NewTransport(allowPrivate bool, resolver *net.Resolver) *http.Transport {
	return &http.Transport{
		DialContext: dialer(allowPrivate, resolver).DialContext, TLSHandshakeTimeout: connectTime,
		ForceAttemptHTTP2: true, DisableCompression: true,
		MaxIdleConnsPerHost: perTarget, IdleConnTimeout: time.Minute, MaxResponseHeaderBytes: maxHeader,
		// A connection that no longer answers is closed before the exchange on it times out: else the next exchanges would
		// use it, too.
		HTTP2: &http.HTTP2Config{SendPingTimeout: pingTime, PingTimeout: pingTime},
	}
}

// dialer checks the very address that it dials. The name was looked up by then, so its address can't change between
// check and dial.
func dialer(allowPrivate bool, resolver *net.Resolver) *net.Dialer {
	d := &net.Dialer{Timeout: connectTime, Resolver: resolver}
	if !allowPrivate {
		d.ControlContext = func(_ context.Context, _, address string, _ syscall.RawConn) error {
			a, err := netip.ParseAddrPort(address)
			if err != nil || !Public(a.Addr()) {
				return ErrPrivate
			}
			return nil
		}
	}
	return d
}

// Reach connects to the server of a URL, with TLS where the URL is of https, and sends no request. It returns the error
// of the network, or ErrPrivate.
func Reach(ctx context.Context, link string, allowPrivate bool) error {
	ctx, cancel := context.WithTimeout(ctx, 2*connectTime)
	defer cancel()
	u, err := url.Parse(link)
	if err != nil {
		return err
	}
	conn, err := dialer(allowPrivate, nil).DialContext(ctx, "tcp", store.Host(link))
	if err != nil {
		return err
	}
	defer conn.Close()
	if u.Scheme != "https" {
		return nil
	}
	return tls.Client(conn, &tls.Config{ServerName: u.Hostname()}).HandshakeContext(ctx)
}
