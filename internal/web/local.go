package web

import (
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// local says why a request is refused if there are no API keys: it does not come from this very machine, or a web page
// made a browser on this machine send it. It is empty if the request is not refused.
//
// http.CrossOriginProtection would let a page's GET through, since the page can't read the answer. But a GET may wait,
// stream and, on the webhooks' stream, write a row.
func local(r *http.Request) string {
	if why := loopbackName(r); why != "" {
		return why
	}
	switch {
	case !r.ProtoAtLeast(1, 1): // nginx speaks it to a server behind it, unless it is set otherwise
		return "HTTP/1.0 is what a proxy speaks"
	case otherSite(r):
		return "a page of another site asks for it"
	}
	if name := forwarded(r.Header); name != "" {
		return "the header " + name + " comes from a proxy"
	}
	return ""
}

// localBrowser does the same for a page of ours. A browser may open it from a page of another site: it shows the page
// then, and the other site learns nothing of it.
func localBrowser(r *http.Request) string {
	opened := r.Header.Get("Sec-Fetch-Mode") == "navigate" && r.Header.Get("Sec-Fetch-Dest") == "document"
	if opened && r.Method == http.MethodGet {
		r = r.Clone(r.Context())
		r.Header.Del("Sec-Fetch-Site")
	}
	return local(r)
}

// loopbackName refuses a request for another name, which may have been pointed here (DNS rebinding).
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

// Headers that proxies, tunnels and content networks add: beginnings and endings of names, and whole names. Headers
// that trace requests are not among them: programs pass those on.
var (
	proxyPrefixes = []string{
		"X-Forwarded", "X-Original-", "X-Proxy", "X-Envoy-", "X-Appengine-", "X-Azure-", "X-Amz-Cf-", "X-Vercel-",
		"Cf-", "Fly-", "Fastly-", "Akamai-", "X-Akamai-", "Tailscale-", "Ngrok-", "Proxy-",
	}
	proxySuffixes = []string{"-Ip", "-Addr"} // X-Real-IP, True-Client-IP, Remote-Addr, …
	proxyHeaders  = []string{
		"Forwarded", "Via", "X-Real-Port", "X-Host", "X-Scheme", "X-Proto", "X-Url-Scheme", "X-Rewrite-Url",
		"X-Script-Name", "X-Arr-Ssl", "X-Arr-Log-Id", "X-Nginx-Proxy", "X-Varnish", "X-Backend-Server", "Cdn-Loop",
		"Max-Forwards", "Front-End-Https",
	}
)

// forwarded returns the name of a header that a proxy added. It is empty if there is none.
func forwarded(h http.Header) string {
	for name := range h {
		name = http.CanonicalHeaderKey(strings.ReplaceAll(name, "_", "-"))
		begins := func(prefix string) bool { return strings.HasPrefix(name, prefix) }
		ends := func(suffix string) bool { return strings.HasSuffix(name, suffix) }
		if slices.ContainsFunc(proxyPrefixes, begins) || slices.ContainsFunc(proxySuffixes, ends) ||
			slices.Contains(proxyHeaders, name) {
			return name
		}
	}
	return ""
}

// otherSite says whether a browser sends the request for a page of another site. Browsers say so in Sec-Fetch-Site;
// older ones send the page's Origin, but not with every GET, and the oldest not with a form.
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
	return r.Method == http.MethodPost && formOfOldBrowser(r.Header)
}

// formOfOldBrowser says whether a browser sends a form, and not whose page has it. No preflight goes before a form.
func formOfOldBrowser(h http.Header) bool {
	said := h.Get("Sec-Fetch-Site") != "" || h.Get("Origin") != ""
	return !said && strings.HasPrefix(h.Get("User-Agent"), "Mozilla/") && strings.Contains(h.Get("Accept"), "text/html")
}
