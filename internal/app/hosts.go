package app

import (
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"strings"

	"redial/internal/webhook"
)

func hostOf(link string) string {
	u, err := url.Parse(link)
	if err != nil {
		return ""
	}
	return u.Hostname()
}

func loopback(host string) bool {
	ip := net.ParseIP(strings.Trim(host, "[]"))
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}

// private matches names that no server on the public internet has. Source: RFC 6761, RFC 6762, RFC 8375, and ICANN's
// resolution on .internal.
var private = regexp.MustCompile(`(^|\.)(localhost|local|internal|lan|home\.arpa|test|example|invalid|onion)\.?$`)

// public says whether a host may be on the public internet.
func public(host string) bool {
	if a, err := netip.ParseAddr(host); err == nil {
		return webhook.Public(a)
	}
	return strings.Contains(host, ".") && !private.MatchString(host)
}

// PlainHTTP says that others on the way to this URL can read what is sent: it is plain http, and to another host.
func PlainHTTP(link string) bool {
	u, err := url.Parse(link)
	return err == nil && strings.EqualFold(u.Scheme, "http") && !loopback(u.Hostname())
}

// dialable is the address at which a program on this machine reaches a listener.
func dialable(listen string) string {
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return listen
	}
	if a, err := netip.ParseAddr(host); host == "" || err == nil && a.IsUnspecified() {
		host = "127.0.0.1" // also for [::]: Go listens there for both
	}
	return net.JoinHostPort(host, port)
}
