package web

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"net"
	"net/http"
	"strings"
)

type keyHash [sha256.Size]byte

func hashKeys(keys []string) []keyHash {
	var hashes []keyHash
	for _, k := range keys {
		hashes = append(hashes, sha256.Sum256([]byte(k)))
	}
	return hashes
}

// authorize returns the problem of a request that may not use the API.
func (s *Server) authorize(r *http.Request) error {
	if len(s.keys) == 0 {
		return thisMachineOnly(r)
	}
	key, ok := bearer(r)
	if !ok {
		return problem(http.StatusUnauthorized, "send an API key: Authorization: Bearer KEY")
	}
	got := sha256.Sum256([]byte(key))
	for _, k := range s.keys {
		if subtle.ConstantTimeCompare(got[:], k[:]) == 1 {
			return nil
		}
	}
	return problem(http.StatusUnauthorized, "this API key is not known")
}

func bearer(r *http.Request) (string, bool) {
	scheme, key, ok := strings.Cut(r.Header.Get("Authorization"), " ")
	return strings.TrimSpace(key), ok && strings.EqualFold(scheme, "Bearer")
}

// thisMachineOnly lets in, without a key, what comes from this very machine and
// was meant for it. The Host keeps out pages whose name was pointed here (DNS
// rebinding), the cross-origin check those that post here from a browser.
func thisMachineOnly(r *http.Request) error {
	if !loopback(r.Host) {
		return problem(http.StatusForbidden, "without API keys redial serves this machine only, by a loopback Host; set REDIAL_API_KEYS to serve others")
	}
	if err := new(http.CrossOriginProtection).Check(r); err != nil {
		return problem(http.StatusForbidden, "without API keys redial takes no cross-origin requests")
	}
	return nil
}

func loopback(hostport string) bool {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		host = strings.Trim(hostport, "[]")
	}
	ip := net.ParseIP(host)
	return strings.EqualFold(host, "localhost") || ip != nil && ip.IsLoopback()
}

// scope says whose Idempotency-Keys a request's are: those of its API key.
func (s *Server) scope(r *http.Request) string {
	if len(s.keys) == 0 {
		return "local"
	}
	key, _ := bearer(r)
	sum := sha256.Sum256([]byte("scope:" + key))
	return hex.EncodeToString(sum[:8])
}
