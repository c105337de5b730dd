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

// The cookies of sessions. A browser sends the first only to the very host that set it, over TLS. The second is for
// loopback, where not every browser takes the first.
const (
	sessionCookie = "__Host-redial"
	localCookie   = "redial-session"
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

// sessionCookieFor is the cookie with a session's token. Without a token it removes the one that the browser has.
func sessionCookieFor(t transport, token string) *http.Cookie {
	c := &http.Cookie{
		Name: localCookie, Value: token, Path: "/", HttpOnly: true, SameSite: http.SameSiteLaxMode,
		MaxAge: int(sessionLife.Seconds()),
	}
	if t == overTLS {
		c.Name, c.Secure = sessionCookie, true
	}
	if token == "" {
		c.MaxAge = -1
	}
	return c
}

// tokenOf is the token of a browser's session, or empty.
func tokenOf(r *http.Request) string {
	if token := cookie(r, sessionCookie); token != "" {
		return token
	}
	return cookie(r, localCookie)
}
