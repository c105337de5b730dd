// Package origin tells where a request comes from. It never decides who may ask.
package origin

import (
	"net/http"
	"net/netip"
	"strings"
)

// Of is the address that a request came from, for the audit; empty where that is not known. A proxy's is followed by
// the one that it says it serves, which nobody has checked.
func Of(r *http.Request) string {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return ""
	}
	from := withoutZone(peer.Addr())
	list := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	if client, err := forwardedAddr(strings.TrimSpace(list[len(list)-1])); err == nil { // the nearest proxy's own word
		return from + " for " + withoutZone(client)
	}
	return from
}

// forwardedAddr reads what a proxy says of its client: some add the port.
func forwardedAddr(text string) (netip.Addr, error) {
	if withPort, err := netip.ParseAddrPort(text); err == nil {
		return withPort.Addr(), nil
	}
	return netip.ParseAddr(strings.Trim(text, "[]"))
}

// withoutZone is an address without the name of an interface, and that of IPv4 in its own form.
func withoutZone(a netip.Addr) string { return a.Unmap().WithZone("").String() }
