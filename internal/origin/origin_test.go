package origin

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

// Where a request comes from is its connection's address, and behind a proxy also what that says.
func TestWhereARequestComesFrom(t *testing.T) {
	for _, tc := range []struct {
		name, peer string
		forwarded  []string
		want       string
	}{
		{"a program of this machine", "127.0.0.1:51234", nil, "127.0.0.1"},
		{"by IPv6", "[::1]:51234", nil, "::1"},
		{"an address of IPv4", "203.0.113.7:443", nil, "203.0.113.7"},
		{"of IPv6", "[2001:db8::7]:443", nil, "2001:db8::7"},
		{"of IPv4 on a socket of IPv6", "[::ffff:203.0.113.7]:443", nil, "203.0.113.7"},
		{"with a zone", "[fe80::1%eth0]:443", nil, "fe80::1"},
		{"a proxy", "10.0.0.2:443", []string{"203.0.113.7"}, "10.0.0.2 for 203.0.113.7"},
		{"a proxy behind others", "10.0.0.2:443", []string{"198.51.100.9, 203.0.113.7 , 10.0.0.3"}, "10.0.0.2 for 10.0.0.3"},
		{"several headers", "10.0.0.2:443", []string{"198.51.100.9", "203.0.113.7,10.0.0.3"}, "10.0.0.2 for 10.0.0.3"},
		{"with a port", "10.0.0.2:443", []string{"203.0.113.7:5123"}, "10.0.0.2 for 203.0.113.7"},
		{"IPv6 with a port", "10.0.0.2:443", []string{"[2001:db8::7]:5123"}, "10.0.0.2 for 2001:db8::7"},
		{"IPv6 in brackets", "10.0.0.2:443", []string{"[2001:db8::7]"}, "10.0.0.2 for 2001:db8::7"},
		{"a zone behind a proxy", "10.0.0.2:443", []string{"fe80::1%en0"}, "10.0.0.2 for fe80::1"},
		{"rubbish", "10.0.0.2:443", []string{"<script>"}, "10.0.0.2"},
		{"rubbish at the end", "10.0.0.2:443", []string{"203.0.113.7, unknown"}, "10.0.0.2"},
		{"nothing at the end", "10.0.0.2:443", []string{"203.0.113.7,"}, "10.0.0.2"},
		{"an empty header", "10.0.0.2:443", []string{""}, "10.0.0.2"},
		{"a number and a name", "10.0.0.2:443", []string{"+819012345678"}, "10.0.0.2"},
		{"no connection's address", "@", []string{"203.0.113.7"}, ""},
	} {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/", http.NoBody)
		r.RemoteAddr = tc.peer
		for _, f := range tc.forwarded {
			r.Header.Add("X-Forwarded-For", f)
		}
		if got := Of(r); got != tc.want {
			t.Errorf("%s: %q, want %q", tc.name, got, tc.want)
		}
	}
}
