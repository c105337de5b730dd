package web

import (
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// local refuses, where there are no API keys, what does not come from this very machine, or
// was made to by a page in its browser. It returns why, empty if all is well.
//
// http.CrossOriginProtection would let a page's GET through, since the page can't read the
// answer. But a GET may wait, stream and, on the webhooks' stream, write a row.
func local(r *http.Request) string {
	if why := loopbackName(r); why != "" {
		return why
	}
	switch {
	case !r.ProtoAtLeast(1, 1): // as nginx speaks to what is behind it, where nothing else is set
		return "HTTP/1.0 is what a proxy speaks"
	case otherSite(r):
		return "a page of another site asks for it"
	}
	if name := forwarded(r.Header); name != "" {
		return "the header " + name + " comes from a proxy"
	}
	return ""
}

// loopbackName refuses a page whose name was pointed here (DNS rebinding).
func loopbackName(r *http.Request) string {
	if loopback(r.Host) {
		return ""
	}
	return "this asks for another host than loopback's"
}

func loopback(hostport string) bool {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		host = strings.Trim(hostport, "[]")
	}
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}

// Headers that proxies, tunnels and content networks add: how their names begin and end, and
// others by the whole name. (What traces requests is not among them: programs pass that on.)
var (
	proxyPrefixes = []string{"X-Forwarded", "X-Original-", "X-Proxy", "X-Envoy-", "X-Appengine-", "X-Azure-", "X-Amz-Cf-", "X-Vercel-",
		"Cf-", "Fly-", "Fastly-", "Akamai-", "X-Akamai-", "Tailscale-", "Ngrok-", "Proxy-"}
	proxySuffixes = []string{"-Ip", "-Addr"} // X-Real-IP, True-Client-IP, Remote-Addr, …
	proxyHeaders  = []string{"Forwarded", "Via", "X-Real-Port", "X-Host", "X-Scheme", "X-Proto", "X-Url-Scheme", "X-Rewrite-Url", "X-Script-Name",
		"X-Arr-Ssl", "X-Arr-Log-Id", "X-Nginx-Proxy", "X-Varnish", "X-Backend-Server", "Cdn-Loop", "Max-Forwards", "Front-End-Https"}
)

// forwarded names a header which says that the request came through a proxy.
func forwarded(h http.Header) string {
	for name := range h {
		name = http.CanonicalHeaderKey(strings.ReplaceAll(name, "_", "-"))
		begins := func(prefix string) bool { return strings.HasPrefix(name, prefix) }
		ends := func(suffix string) bool { return strings.HasSuffix(name, suffix) }
		if slices.ContainsFunc(proxyPrefixes, begins) || slices.ContainsFunc(proxySuffixes, ends) || slices.Contains(proxyHeaders, name) {
			return name
		}
	}
	return ""
}

// otherSite says that a browser sends this for a page that redial did not serve. Browsers say
// so in Sec-Fetch-Site; older ones tell the page's Origin, if not of every GET.
func otherSite(r *http.Request) bool {
	for _, site := range r.Header.Values("Sec-Fetch-Site") {
		if site != "same-origin" && site != "none" {
			return true
		}
	}
	for _, origin := range r.Header.Values("Origin") {
		u, err := url.Parse(origin)
		if err != nil || u.Scheme != "http" || !strings.EqualFold(u.Host, r.Host) {
			return true
		}
	}
	return false
}
