package page

import (
	"net"
	"net/http"
	"net/url"
	"strings"
)

// transport is how a browser's requests come.
type transport int

const (
	plainHTTP  transport = iota // anybody on the way can read them
	onLoopback                  // they don't leave the machine
	overTLS
)

// transportOf says how a browser's requests come. What the browser itself says of its page counts most, since a proxy
// may have changed the host; then what the proxy says.
func transportOf(r *http.Request, hostURL string) transport {
	if u, err := url.Parse(r.Header.Get("Origin")); err == nil && u.Host != "" {
		return transportTo(u.Scheme, u.Host)
	}
	host := r.Host
	if via := r.Header.Get("X-Forwarded-Host"); via != "" {
		host = via
	}
	if scheme := r.Header.Get("X-Forwarded-Proto"); scheme != "" {
		return transportTo(strings.ToLower(scheme), host)
	}
	if u, err := url.Parse(hostURL); err == nil && u.Scheme == "https" && u.Host == host {
		return overTLS
	}
	return transportTo("http", host)
}

func transportTo(scheme, host string) transport {
	switch {
	case scheme == "https":
		return overTLS
	case isLoopback(host):
		return onLoopback
	}
	return plainHTTP
}

func isLoopback(hostport string) bool {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		host = strings.Trim(hostport, "[]")
	}
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}
