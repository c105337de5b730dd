package web

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"net/http"
	"strings"

	"redial/internal/edge"
	"redial/internal/permit"
)

type keyHash [sha256.Size]byte

func hashKeys(keys []string) []keyHash {
	var hashes []keyHash
	for _, k := range keys {
		hashes = append(hashes, sha256.Sum256([]byte(k)))
	}
	return hashes
}

// refusal is why a request may not use the API, as the metric calls it.
type refusal string

const (
	noKey    refusal = "no_key"
	wrongKey refusal = "wrong_key"
	notLocal refusal = "not_local"
)

var refusals = []refusal{noKey, wrongKey, notLocal}

// authorize returns the problem of a request that may not use the API.
func (s *Server) authorize(r *http.Request) error {
	if len(s.keys) == 0 {
		return s.localOnly(local(r))
	}
	key, ok := bearer(r)
	if !ok {
		return s.refuse(noKey, http.StatusUnauthorized, "send an API key: Authorization: Bearer KEY")
	}
	got := sha256.Sum256([]byte(key))
	for _, k := range s.keys {
		if subtle.ConstantTimeCompare(got[:], k[:]) == 1 {
			return nil
		}
	}
	return s.refuse(wrongKey, http.StatusUnauthorized, "this API key is not known")
}

// scraped returns the problem of a request that may not see the metrics. Without API keys, every request that asks
// for a loopback name may, also through a proxy on this machine.
func (s *Server) scraped(r *http.Request) error {
	if len(s.keys) > 0 {
		return s.authorize(r)
	}
	return s.localOnly(loopbackName(r))
}

func (s *Server) localOnly(why string) error {
	if why == "" {
		return nil
	}
	err := permit.Errorf("without API keys redial serves programs of its own machine only, and %s; set %s to serve others",
		why, permit.APIKeys)
	return s.refuse(notLocal, http.StatusForbidden, edge.Text(err))
}

func (s *Server) refuse(why refusal, status int, detail string) error {
	s.refused.WithLabelValues(string(why)).Inc()
	s.refusedLog[why].Happened()
	return edge.Problem(status, "%s", detail)
}

func bearer(r *http.Request) (string, bool) {
	scheme, key, ok := strings.Cut(r.Header.Get("Authorization"), " ")
	return strings.TrimSpace(key), ok && strings.EqualFold(scheme, "Bearer")
}

// scope names whose Idempotency-Keys a request uses: those of its API key.
func (s *Server) scope(r *http.Request) string {
	if len(s.keys) == 0 {
		return "local"
	}
	key, _ := bearer(r)
	sum := sha256.Sum256([]byte("scope:" + key))
	return hex.EncodeToString(sum[:8])
}
